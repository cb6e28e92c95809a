"""Steps in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from approvals import access

if TYPE_CHECKING:
    from customers.models import User


class StepQuerySet(models.QuerySet[Any]):
    """Steps; the queue, its badge and the check under lock all start from here."""

    def decidable_by(self, user: User) -> Self:
        """Open steps that this person may decide now, their own or delegated to them."""
        return self.filter(access.may_decide(user))

    def asking(self, user: User) -> Self:
        """Steps that ask this person themselves, in a role that they still hold."""
        return self.filter(pk__in=user.assignments.filter(access.still_stands()).values("step"))

    def by_time_left(self) -> Self:
        """The most urgent first, then the oldest."""
        return self.order_by("due_at", "pk")

    def with_notes(self) -> Self:
        """Together with what the queue shows of each note, in one query."""
        return self.select_related(
            "note__customer", "note__reason", "note__created_by", "note__owner"
        )
