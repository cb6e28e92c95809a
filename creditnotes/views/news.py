"""News: what happened to the credit notes that concern a person, and what customers ask them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from creditnotes.models import CreditNote, News
from creditnotes.news import seen
from creditnotes.views.finding import signed_in
from customers.models import AccountWish, User, WishNews
from customers.paging import page_of
from customers.wishes import news as wish_news

#: As many questions about accounts stand above the news; their list has all.
MOST_ASKED = 10


@dataclass
class Told:
    """What happened to one note on one day, latest first."""

    note: CreditNote
    news: list[News] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether any of it was not seen yet."""
        return any(item.seen_at is None for item in self.news)


@require_http_methods(["GET", "POST"])
def news(request: HttpRequest) -> HttpResponse:
    """The person's news by day and note, latest first; a POST marks all as seen."""
    user = signed_in(request)
    if request.method == "POST":
        now = timezone.now()
        seen(user, now)
        wish_news.seen(user, now)
        return redirect("creditnotes:news")
    items = _news_of(user).select_related(
        "event__note__customer", "event__note__document", "event__actor", "event__on_behalf_of"
    )
    page = page_of(items, ("-pk",), request.GET)
    context = {
        "page": page,
        "days": by_day(page.rows),
        "asked": [] if page.before else _asked(user),
        "has_unseen": bool(_unseen(user)),
    }
    return render(request, "creditnotes/news.html", context)


def by_day(items: Iterable[News]) -> list[tuple[date, list[Told]]]:
    """News grouped by the day on which it happened, and by note within the day."""
    days: dict[date, dict[int, Told]] = {}
    for item in items:
        event = item.event
        day = days.setdefault(timezone.localtime(event.happened_at).date(), {})
        day.setdefault(event.note_id, Told(event.note)).news.append(item)
    return [(day, list(notes.values())) for day, notes in days.items()]


@require_GET
def news_count(request: HttpRequest) -> HttpResponse:
    """How many news the person has not seen: a fragment for the bell."""
    return render(request, "creditnotes/news_count.html", {"count": _unseen(signed_in(request))})


def _unseen(user: User) -> int:
    of_notes = _news_of(user).filter(seen_at__isnull=True)
    return of_notes.count() + wish_news.unseen_of(user).count()


def _asked(user: User) -> list[WishNews]:
    """What customers ask about their accounts: what waits, and what is new to this person."""
    asked = wish_news.news_of(user).filter(Q(wish__state=AccountWish.State.OPEN) | Q(seen_at=None))
    parties = ("wish__customer", "wish__entry", "wish__payer")
    return list(asked.select_related(*parties).order_by("-pk")[:MOST_ASKED])


def _news_of(user: User) -> QuerySet[News]:
    """The person's news about notes that they may still see (rule 7)."""
    visible = CreditNote.objects.visible_to(user)
    return News.objects.filter(user=user, event__note__in=visible)
