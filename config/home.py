"""The start page: what waits for this person, what waits on others, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals.models import Step
from creditnotes.access import may_compose
from creditnotes.models import CreditNote, News, State
from customers.access import FINANCE, MANAGERS, is_in, is_staff_member
from customers.models import User

#: How many rows each part of the page shows.
MOST = 8


@dataclass(frozen=True)
class Part:
    """The first rows of a list, and whether there are more."""

    rows: list[Any]
    has_more: bool

    def __bool__(self) -> bool:
        return bool(self.rows)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Staff see their own work; a customer's contact is sent to the portal."""
    if not is_staff_member(request.user):
        return redirect("portal:portal")
    user = request.user
    context = {
        "now": timezone.now(),
        "decides": is_in(user, MANAGERS) or is_in(user, FINANCE),
        "composes": may_compose(user),
        "issues": is_in(user, FINANCE),
        "to_decide": _part(Step.objects.decidable_by(user).with_notes().by_time_left()),
        "mine": _part(_mine(user, State.DRAFT, State.RETURNED)),
        "waiting": _part(
            _mine(user, State.SUBMITTED, State.APPROVED).prefetch_related(_waits_on())
        ),
        "news": _part(_news(user)),
    }
    if context["composes"]:
        context["requests"] = _part(_visible(user, State.REQUESTED).order_by("pk"))
    if context["issues"]:
        context["to_issue"] = _part(_visible(user, State.APPROVED).order_by("changed_at", "pk"))
    return render(request, "home.html", context)


def _part(rows: QuerySet[Any]) -> Part:
    found = list(rows[: MOST + 1])
    return Part(found[:MOST], len(found) > MOST)


def _visible(user: User, *states: State) -> QuerySet[CreditNote]:
    notes: QuerySet[CreditNote] = CreditNote.objects.visible_to(user).with_parties()
    return notes.filter(state__in=states)


def _mine(user: User, *states: State) -> QuerySet[CreditNote]:
    return _visible(user, *states).filter(owner=user).order_by("-changed_at", "-pk")


def _waits_on() -> Prefetch[str]:
    """The open step of each note, with the people who may decide it, as ``open_steps``."""
    steps = Step.objects.filter(status=Step.Status.OPEN).prefetch_related("assignments__user")
    return Prefetch("steps", steps, to_attr="open_steps")


def _news(user: User) -> QuerySet[News]:
    """The person's news about notes that they may still see (rule 7)."""
    visible = CreditNote.objects.visible_to(user)
    news = News.objects.filter(user=user, event__note__in=visible)
    return news.select_related("event__note__customer", "event__actor").order_by("-pk")
