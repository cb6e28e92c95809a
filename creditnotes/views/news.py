"""News: what happened to the credit notes that concern a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from creditnotes.models import CreditNote, News
from creditnotes.news import seen
from creditnotes.views.finding import signed_in
from customers.models import User
from customers.paging import page_of


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
        seen(user, timezone.now())
        return redirect("creditnotes:news")
    items = _news_of(user).select_related(
        "event__note__customer", "event__note__document", "event__actor", "event__on_behalf_of"
    )
    page = page_of(items, ("-pk",), request.GET)
    unseen = _news_of(user).filter(seen_at__isnull=True).exists()
    context = {"page": page, "days": by_day(page.rows), "has_unseen": unseen}
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
    count = _news_of(signed_in(request)).filter(seen_at__isnull=True).count()
    return render(request, "creditnotes/news_count.html", {"count": count})


def _news_of(user: User) -> QuerySet[News]:
    """The person's news about notes that they may still see (rule 7)."""
    visible = CreditNote.objects.visible_to(user)
    return News.objects.filter(user=user, event__note__in=visible)
