"""What a decider's queue and their pace come to, in two queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Aggregate,
    BooleanField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.utils import timezone

from approvals.models import Decision
from approvals.querysets import StepQuerySet
from approvals.timing import span
from approvals.whose import Whose, standing_of, views_of
from customers.models import User
from customers.money import HUNDRED

A_MONTH = timedelta(days=30)
#: How a step stands to a person, as :func:`approvals.whose.standing_of` tells.
STANDING = ("asks_them", "asks_others", "of_team", "free")
EVERY = Q(Value(True))


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
    return _load(list(_summed(steps, Q(), moment)))


def loads_of(user: User, condition: Q, moment: datetime) -> dict[Whose, Load]:
    """What each view of the person's queue comes to; ``condition`` tells what of it is *fitting*.

    One query, which looks at each step once.
    """
    rows: dict[Whose, list[dict[str, Any]]] = {whose: [] for whose in Whose}
    for row in _summed(standing_of(user), condition, moment, STANDING):
        for whose in views_of(row):
            rows[whose].append(row)
    return {whose: _load(found) for whose, found in rows.items()}


def _summed(
    steps: StepQuerySet, condition: Q, moment: datetime, by: Sequence[str] = ()
) -> QuerySet[Any, Any]:
    """One row for each currency, whether overdue and fitting or not, and what else is told."""
    late = ExpressionWrapper(Q(due_at__lt=moment, stopped_at=None), BooleanField())
    fits = ExpressionWrapper(condition or EVERY, BooleanField())
    named = steps.order_by().annotate(late=late, fits=fits)
    grouped = named.values("note__currency", "late", "fits", *by)
    sums: QuerySet[Any, Any] = grouped.annotate(count=Count("pk"), sum=Sum("note__total"))
    return sums


def _load(rows: Sequence[dict[str, Any]]) -> Load:
    counts: Counter[str] = Counter()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        counts[row["note__currency"]] += row["count"]
        sums[row["note__currency"]] += row["sum"]
    return Load(
        count=counts.total(),
        overdue=sum(row["count"] for row in rows if row["late"]),
        fitting=sum(row["count"] for row in rows if row["fits"]),
        sums=[(sums[code], code) for code in sorted(sums, key=lambda code: (-counts[code], code))],
    )


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
