"""In-page news of what customers ask about their accounts."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from customers.live import Change, announce
from customers.models import AccountWish, User, WishNews


def news_of(user: User) -> QuerySet[WishNews]:
    """What customers whom the person may still see asked (rule 7), the latest first."""
    visible = AccountWish.objects.visible_to(user)
    return WishNews.objects.filter(user=user, wish__in=visible)


def unseen_of(user: User) -> QuerySet[WishNews]:
    """What the bell counts."""
    return news_of(user).filter(seen_at=None)


def seen(user: User, moment: datetime, wish: AccountWish | None = None) -> None:
    """The person has read of one wish, or of all."""
    unseen = WishNews.objects.filter(user=user, seen_at=None)
    if wish is not None:
        unseen = unseen.filter(wish=wish)
    if unseen.update(seen_at=moment):
        announce(Change(news=(user.pk,)))
