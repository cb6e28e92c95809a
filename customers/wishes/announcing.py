"""Telling the company's people that a customer asks something about their account."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from customers import live, outbox
from customers.mailing import Letter, Reader, address_of, send
from customers.models import AccountWish, User, WishNews
from customers.wishes.answering import who_answer

ANNOUNCE = "customers.tasks.announce_wish"


def offer(wish: AccountWish) -> AccountWish:
    """Have a worker announce it once it is committed."""
    transaction.on_commit(lambda: outbox.offer(ANNOUNCE, [wish.pk]), robust=True)
    return wish


@transaction.atomic
def announce(wish_id: int) -> bool:
    """Mail everybody who may answer, and put it into their news; once.

    False where nobody waits for an answer any more, or another worker is at it.
    """
    unannounced = AccountWish.objects.to_announce()
    locked = unannounced.select_for_update(skip_locked=True, of=("self",)).with_parties()
    wish = locked.filter(pk=wish_id).first()
    if wish is None:
        return False
    people = who_are_told(wish)
    put_in_news(wish, people)
    send(_letter(wish, person) for person in people)
    wish.announced_at = timezone.now()
    wish.save(update_fields=["announced_at"])
    return True


def who_are_told(wish: AccountWish) -> list[User]:
    """Everybody who may answer."""
    return list(User.objects.filter(who_answer(wish)).distinct().order_by("pk"))


def put_in_news(wish: AccountWish, people: Iterable[User]) -> None:
    """Have the bell of each say so."""
    news = [WishNews(user=person, wish=wish) for person in people]
    WishNews.objects.bulk_create(news, ignore_conflicts=True)
    live.announce(live.Change(news=tuple(each.user_id for each in news)))


def _letter(wish: AccountWish, person: User) -> Letter:
    return Letter(
        "account_asked",
        Reader.of(person),
        key=f"wish asked {wish.pk}",
        thread=f"wish-{wish.pk}",
        company=wish.customer.company,
        context={"wish": wish, "url": address_of("customers:account_wish", wish.pk)},
    )
