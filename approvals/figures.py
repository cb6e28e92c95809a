"""What a decider's queue and their pace come to, in two queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.utils import timezone

from approvals.models import Decision
from approvals.querysets import StepQuerySet
from approvals.timing import span
from customers.models import User
from customers.money import HUNDRED

A_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Load:
    """What waits; ``fitting`` of it is what the list is narrowed to."""

    count: int
    overdue: int
    fitting: int
    #: What it comes to with tax, as (amount, currency), the currency of most notes first.
    sums: Sequence[tuple[Decimal, str]]


@dataclass(frozen=True)
class Pace:
    """How fast a person decides, and how many they decided this week."""

    this_week: int
    median: timedelta | None
    median_before: timedelta | None

    @property
    def median_in_words(self) -> str:
        """The median time to decide over 30 days, such as *5 h 40 min*."""
        return span(self.median) if self.median is not None else ""

    @property
    def change(self) -> Decimal | None:
        """By how many percent it changed against the 30 days before; less is faster."""
        if self.median is None or not self.median_before:
            return None
        return (Decimal(self.median / self.median_before) * HUNDRED - HUNDRED).quantize(Decimal(1))


class Median(Aggregate):
    """The middle value."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def load_of(steps: StepQuerySet, moment: datetime) -> Load:
    """What these steps come to."""
    return loads_of({"": steps}, "", Q(), moment)[""]


def loads_of(
    views: Mapping[str, StepQuerySet], narrowed: str, condition: Q, moment: datetime
) -> dict[str, Load]:
    """What each view comes to, by its name; one query.

    ``condition`` tells how much of the view called ``narrowed`` is *fitting*.
    """
    summed = [
        _sums(name, steps, condition if name == narrowed else Q(), moment)
        for name, steps in views.items()
    ]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in views}
    for row in summed[0].union(*summed[1:], all=True):
        rows[row["view"]].append(row)
    return {name: _load(found) for name, found in rows.items()}


def _sums(name: str, steps: StepQuerySet, condition: Q, moment: datetime) -> QuerySet[Any, Any]:
    """One row for each currency."""
    named = steps.order_by().annotate(view=Value(name, TextField()))
    sums: QuerySet[Any, Any] = named.values("view", "note__currency").annotate(
        count=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=moment, stopped_at=None)),
        fitting=Count("pk", filter=condition) if condition else Count("pk"),
        sum=Sum("note__total"),
    )
    return sums


def _load(rows: Sequence[dict[str, Any]]) -> Load:
    sums = sorted(rows, key=lambda row: (-row["count"], row["note__currency"]))
    return Load(
        count=_total(rows, "count"),
        overdue=_total(rows, "overdue"),
        fitting=_total(rows, "fitting"),
        sums=[(row["sum"], row["note__currency"]) for row in sums],
    )


def _total(rows: Sequence[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def pace_of(user: User, moment: datetime) -> Pace:
    """How fast ``user`` decided within 30 days and the 30 before, from opening to decision."""
    took = ExpressionWrapper(F("decided_at") - F("step__opened_at"), DurationField())
    recently, before = Q(decided_at__gte=moment - A_MONTH), Q(decided_at__lt=moment - A_MONTH)
    found = Decision.objects.filter(actor=user, decided_at__gte=moment - 2 * A_MONTH).aggregate(
        this_week=Count("pk", filter=Q(decided_at__gte=_monday(moment))),
        median=Median(took, filter=recently, output_field=DurationField()),
        median_before=Median(took, filter=before, output_field=DurationField()),
    )
    return Pace(**found)


def _monday(moment: datetime) -> datetime:
    """When this week began, in the active time zone."""
    today = timezone.localtime(moment).date()
    return timezone.make_aware(datetime.combine(today - timedelta(days=today.weekday()), time()))
