"""The review queue: what waits for a person, in which order, and where in it one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import Lag, Lead, RowNumber
from django.utils import timezone

from approvals.clock import calendar_of
from approvals.models import Step
from approvals.querysets import StepQuerySet
from approvals.timing import time_left, time_left_short, tone
from approvals.whose import Whose, steps_of
from creditnotes.browsing import matching
from creditnotes.models import CreditNote
from customers.businesshours import BusinessCalendar
from customers.models import User
from customers.money import ZERO
from customers.wording import first_of

#: Name of a sort → columns, the last one unique.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "left": ("due_at", "pk"),
    "-left": ("-due_at", "-pk"),
    "total": ("note__total", "pk"),
    "-total": ("-note__total", "-pk"),
    "customer": ("note__customer__sort_name", "pk"),
    "-customer": ("-note__customer__sort_name", "-pk"),
    "submitted": ("note__submitted_at", "pk"),
    "-submitted": ("-note__submitted_at", "-pk"),
}
DEFAULT_ORDER = "left"
#: How many of those asked a row names.
MOST_NAMED = 2


@dataclass(frozen=True)
class Waiting:
    """A step in the queue, with how much time there is and what catches the eye."""

    step: Step
    moment: datetime

    @property
    def note(self) -> CreditNote:
        """What waits."""
        return self.step.note

    @property
    def who(self) -> User:
        """Who submitted it."""
        return self.note.owner or self.note.created_by

    @property
    def stands_in_for(self) -> str:
        """For whom the person would decide, where not for themselves."""
        is_own = getattr(self.step, "is_own", True)
        return "" if is_own else getattr(self.step, "principal", None) or ""

    @property
    def is_to_decide(self) -> bool:
        """Whether who looks may decide it, for themselves or others; else they only look."""
        return getattr(self.step, "is_to_decide", True)

    @property
    def asked(self) -> Sequence[str]:
        """The names of those who may decide it themselves, where that was looked up."""
        return getattr(self.step, "asked", [])

    @property
    def waits_for(self) -> str:
        """The same in short: no more than two of them by name."""
        return first_of(self.asked, MOST_NAMED)

    @property
    def is_stopped(self) -> bool:
        """Whether its clock stands still, because the customer was asked something."""
        return self.step.stopped_at is not None

    @property
    def now(self) -> datetime:
        """What its clock shows: the moment in which it stopped, where it stands still."""
        return self.step.stopped_at or self.moment

    @property
    def calendar(self) -> BusinessCalendar:
        """When those who decide work."""
        return calendar_of(self.note)

    @property
    def tone(self) -> str:
        """How pressing it is: ``bad``, ``warn`` or ``calm``."""
        return tone(self.step.due_at, self.now, self.calendar) if self.step.due_at else "calm"

    @property
    def time_left(self) -> str:
        """How much time is left, in words."""
        return time_left(self.step.due_at, self.now, self.calendar) if self.step.due_at else ""

    @property
    def time_left_short(self) -> str:
        """How much time is left, at a glance."""
        return (
            time_left_short(self.step.due_at, self.now, self.calendar) if self.step.due_at else ""
        )

    @property
    def is_within_offer(self) -> bool:
        """Whether the standard offer covers it, so that it is within policy."""
        note = self.note
        return bool(note.offer_percent and note.net <= (note.offer_net or ZERO))


@dataclass(frozen=True)
class Place:
    """Where a note is in somebody's queue, counted from 1, and the notes around it."""

    position: int
    total: int
    previous: int | None
    following: int | None


def waiting_for(
    user: User, whose: Whose, filters: Mapping[str, Any], moment: datetime
) -> StepQuerySet:
    """That view of the queue of ``user``, narrowed by the filter form's cleaned values."""
    return steps_of(user, whose).filter(narrowing(filters, moment))


def next_to_decide(
    user: User, whose: Whose, filters: Mapping[str, Any], moment: datetime
) -> StepQuerySet:
    """What of that view the person may decide; of a view to look at, whatever they may."""
    if whose.is_decided_here:
        return waiting_for(user, whose, filters, moment)
    steps: StepQuerySet = Step.objects.decidable_by(user).filter(narrowing(filters, moment))
    return steps


def narrowing(filters: Mapping[str, Any], moment: datetime) -> Q:
    """The filter form's cleaned values as a condition on steps."""
    condition = _due(filters.get("due", ""), moment) & _offered(filters.get("offer", ""))
    if words := filters.get("q"):
        condition &= Q(note__in=CreditNote.objects.filter(matching(words)).values("pk"))
    if reason := filters.get("reason"):
        condition &= Q(note__reason=reason)
    return condition


def _due(when: str, moment: datetime) -> Q:
    match when:
        case "late":
            return Q(due_at__lt=moment, stopped_at=None)
        case "today":
            return Q(due_at__gte=moment, due_at__lt=_midnight_after(moment))
    return Q()


def _midnight_after(moment: datetime) -> datetime:
    """The end of the day that it is in the active time zone."""
    tomorrow = timezone.localtime(moment).date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, time()))


def _offered(how: str) -> Q:
    within = Q(note__offer_percent__gt=0, note__net__lte=F("note__offer_net"))
    match how:
        case "within":
            return within
        case "above":
            return ~within
    return Q()


def place_of(note: CreditNote, steps: StepQuerySet, order: Sequence[str]) -> Place | None:
    """Where the note is among these steps; None where it is not. One query."""
    along = [F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in order]
    numbered = steps.annotate(
        rank=Window(RowNumber(), order_by=along),
        total=Window(Count("pk")),
        previous=Window(Lag("note_id"), order_by=along),
        following=Window(Lead("note_id"), order_by=along),
    )
    # The second, impossible half keeps the condition from being applied before counting.
    here = numbered.filter(Q(note=note) | Q(rank=0))
    found = here.values_list("rank", "total", "previous", "following").first()
    return Place(*found) if found else None


def next_in(
    steps: StepQuerySet, order: Sequence[str], *, besides: CreditNote, wished: int | None
) -> int | None:
    """The id of the note to open next: the one ``wished`` if it still waits, else the first."""
    others = steps.exclude(note=besides)
    if wished and others.filter(note=wished).exists():
        return wished
    following: int | None = others.order_by(*order).values_list("note_id", flat=True).first()
    return following
