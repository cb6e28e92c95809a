"""The review queue: what waits for a person, most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.models import Step
from approvals.querysets import StepQuerySet
from approvals.timing import time_left
from creditnotes.browsing import matching
from creditnotes.models import CreditNote
from customers.models import User

#: The queue's order; the last column is unique.
BY_TIME_LEFT = ("due_at", "pk")


@dataclass(frozen=True)
class Waiting:
    """A step in the queue, with how much time there is."""

    step: Step
    moment: datetime

    @property
    def note(self) -> CreditNote:
        """What waits."""
        return self.step.note

    @property
    def is_overdue(self) -> bool:
        """Whether its time has passed."""
        return self.step.due_at is not None and self.step.due_at < self.moment

    @property
    def time_left(self) -> str:
        """How much time is left, in words."""
        return time_left(self.step.due_at, self.moment) if self.step.due_at else ""


def waiting_for(user: User, filters: Mapping[str, Any], moment: datetime) -> StepQuerySet:
    """What ``user`` may decide now, narrowed by the filter form's cleaned values."""
    steps: StepQuerySet = Step.objects.decidable_by(user).with_notes()
    if words := filters.get("q"):
        steps = steps.filter(note__in=CreditNote.objects.filter(matching(words)).values("pk"))
    if reason := filters.get("reason"):
        steps = steps.filter(note__reason=reason)
    if filters.get("late"):
        steps = steps.filter(due_at__lt=moment)
    return steps


def next_for(user: User, besides: CreditNote) -> Step | None:
    """The most urgent step that waits for ``user`` apart from ``besides``."""
    waiting = Step.objects.decidable_by(user).exclude(note=besides)
    step: Step | None = waiting.select_related("note").by_time_left().first()
    return step
