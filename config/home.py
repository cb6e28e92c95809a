"""The start page: what waits for this person, what waits on others, what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals.figures import load_of, pace_of
from approvals.models import Assignment, Decision, Step
from approvals.queue import Waiting
from config.charts import Chart, bar_chart
from creditnotes.access import may_compose
from creditnotes.figures import credited_since
from creditnotes.models import CreditNote, Event, News, State
from creditnotes.ratings import rated_lately
from creditnotes.restocking import awaits_goods
from customers.access import FINANCE, MANAGERS, is_in, is_staff_member
from customers.models import AccountWish, User

#: How many rows each part of the page shows, and up to how many it counts.
MOST, COUNTED = 8, 99
#: What a manager is not told of: what happens before anybody is asked.
UNTOLD = (Event.Kind.STARTED, Event.Kind.EDITED, Event.Kind.PICKED_UP)
#: How many weeks of decisions are drawn.
WEEKS = 8


@dataclass(frozen=True)
class Part:
    """The first rows of a list, and how many there are in all."""

    rows: list[Any]
    total: int

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def has_more(self) -> bool:
        return self.total > len(self.rows)

    @property
    def count(self) -> str:
        """The total as people read it: beyond a hundred nobody counts."""
        return str(self.total) if self.total <= COUNTED else f"{COUNTED}+"


@dataclass(frozen=True)
class Change:
    """Something that happened to a credit note, and whether it is news to the person."""

    event: Event
    is_new: bool


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Staff see their own work; a customer's contact is sent to the portal."""
    if not is_staff_member(request.user):
        return redirect("portal:portal")
    user, now = request.user, timezone.now()
    context = {
        "now": now,
        "composes": may_compose(user),
        "mine": _part(_mine(user, State.DRAFT, State.RETURNED)),
        "waiting": _part(_mine(user, State.SUBMITTED, State.APPROVED), _waits_on()),
        "changes": _changes(user),
        "credited": credited_since(user, _first_of_month(now)),
    }
    if _decides(user):
        context |= _deciding(user, now)
    if context["composes"]:
        requests = _visible(user, State.REQUESTED).order_by("pk")
        context["requests"] = _part(requests)
    context["account_wishes"] = _part(_wishes(user))
    if is_in(user, FINANCE):
        context["to_issue"] = _part(_to_issue(user))
    return render(request, "home.html", context)


def _decides(user: User) -> bool:
    """Whether the person's role decides, or they stand in for somebody now."""
    is_asked = is_in(user, MANAGERS) or is_in(user, FINANCE)
    return is_asked or Step.objects.decidable_by(user).exists()


def _deciding(user: User, now: datetime) -> dict[str, Any]:
    """What somebody who decides sees besides: the queue's first rows, and their pace."""
    steps = Step.objects.decidable_by(user).with_notes().by_time_left()[:MOST]
    return {
        "decides": True,
        "to_decide": [Waiting(step, now) for step in steps],
        "load": load_of(Step.objects.decidable_by(user), now),
        "pace": pace_of(user, now),
        "rated": rated_lately(user, now),
        "decisions": _decisions_by_week(user, now),
    }


def _part(rows: QuerySet[Any], *prefetched: Any) -> Part:
    found = list(rows.prefetch_related(*prefetched)[: MOST + 1])
    total = len(found) if len(found) <= MOST else rows.order_by()[: COUNTED + 1].count()
    return Part(found[:MOST], total)


def _visible(user: User, *states: State) -> QuerySet[CreditNote]:
    notes: QuerySet[CreditNote] = CreditNote.objects.visible_to(user).with_parties()
    return notes.filter(state__in=states)


def _mine(user: User, *states: State) -> QuerySet[CreditNote]:
    return _visible(user, *states).filter(owner=user).order_by("-changed_at", "-pk")


def _wishes(user: User) -> QuerySet[AccountWish]:
    """What customers ask about their accounts, and this person may answer."""
    waiting = AccountWish.objects.visible_to(user).waiting().with_parties()
    if not is_in(user, FINANCE):
        waiting = waiting.filter(kind=AccountWish.Kind.QUESTION)
    found: QuerySet[AccountWish] = waiting
    return found


def _to_issue(user: User) -> QuerySet[CreditNote]:
    """What was approved; first what may be issued now, last what waits for goods."""
    notes = _visible(user, State.APPROVED).annotate(awaits_goods=awaits_goods())
    return notes.order_by("awaits_goods", "changed_at", "pk")


def _waits_on() -> Prefetch[str]:
    """The open step of each note, with the people who may decide it, as ``open_steps``."""
    standing = Assignment.objects.filter(replaced_by=None).select_related("user").order_by("pk")
    open_steps = Step.objects.filter(status=Step.Status.OPEN)
    steps = open_steps.prefetch_related(Prefetch("assignments", standing))
    return Prefetch("steps", steps, to_attr="open_steps")


def _changes(user: User) -> list[Change]:
    """What happened last: to a manager's department, else what the person has news of."""
    if is_in(user, MANAGERS):
        return [Change(event, is_new=False) for event in _happenings(user)[:MOST]]
    return [Change(news.event, news.seen_at is None) for news in _news(user)[:MOST]]


def _happenings(user: User) -> QuerySet[Event]:
    """What others did with the notes that the person may see; drafts change too often to tell."""
    events = Event.objects.filter(note__in=CreditNote.objects.visible_to(user))
    told = events.exclude(kind__in=UNTOLD).exclude(actor=user)
    return told.select_related("note__customer", "actor").order_by("-pk")


def _news(user: User) -> QuerySet[News]:
    """The person's news about notes that they may still see (rule 7)."""
    visible = CreditNote.objects.visible_to(user)
    news = News.objects.filter(user=user, event__note__in=visible)
    return news.select_related("event__note__customer", "event__actor").order_by("-pk")


def _first_of_month(now: datetime) -> date:
    return timezone.localdate(now).replace(day=1)


def _decisions_by_week(user: User, now: datetime) -> Chart:
    """The person's decisions of the last weeks, in time and late, each week from its Monday."""
    today = timezone.localdate(now)
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=ago) for ago in range(WEEKS - 1, -1, -1)]
    made = Decision.objects.filter(
        actor=user, decided_at__gte=now - timedelta(weeks=WEEKS)
    ).values_list("decided_at", "step__due_at")
    counts = Counter(
        (day - timedelta(days=day.weekday()), bool(due and decided > due))
        for decided, due in made
        for day in [timezone.localdate(decided)]
    )
    return bar_chart(
        [
            (f"{week:%m-%d}", [("", counts[week, False]), ("bars-late", counts[week, True])])
            for week in mondays
        ]
    )
