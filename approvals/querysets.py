"""Steps in business words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from approvals import access
from creditnotes.models import CLOSED, Attachment, CreditLine

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

    def whose_clock_runs(self) -> Self:
        """Open steps of submitted notes that do not wait for the customer."""
        return self.filter(status="open", note__state="submitted", stopped_at=None)

    def by_time_left(self) -> Self:
        """The most urgent first, then the oldest."""
        return self.order_by("due_at", "pk")

    def with_notes(self) -> Self:
        """Together with what the queue shows of each note, in one query."""
        return self.select_related(
            "note__company",
            "note__customer__department",
            "note__reason",
            "note__created_by",
            "note__owner",
        )

    def with_hints(self, user: User) -> Self:
        """Together with what catches the eye in the queue of ``user``, in the same query.

        ``files`` are how many photos and documents there are; ``is_doubled`` tells that
        another open or issued note credits the same lines; ``is_accepted_offer`` that the
        customer settled for just this; ``is_own`` that the step asks the person themselves,
        else ``principal`` names whom they stand in for; either still holds the step's role.
        """
        files = Attachment.objects.filter(note=OuterRef("note")).order_by().values("note")
        own = CreditLine.objects.filter(note=OuterRef(OuterRef("note"))).values("creditable")
        doubles = CreditLine.objects.filter(creditable__in=own).exclude(note__state__in=CLOSED)
        questions = apps.get_model("approvals", "Question").objects.waiting()
        questions = questions.filter(step=OuterRef("pk"))
        asked = user.assignments.model.objects.filter(access.still_stands(), step=OuterRef("pk"))
        principals = asked.filter(access.principals_of(user)).order_by("user")
        offers = apps.get_model("approvals", "CustomerOffer").objects.filter(status="accepted")
        accepted = offers.filter(note=OuterRef("note"), content_hash=OuterRef("note__content_hash"))
        return self.annotate(
            is_accepted_offer=Exists(accepted),
            files=Coalesce(Subquery(files.annotate(count=Count("pk")).values("count")), 0),
            is_doubled=Exists(doubles.exclude(note=OuterRef("note"))),
            is_own=Exists(asked.filter(user=user)),
            waits_for_customer=Exists(questions.filter(to_customer=True)),
            principal=Subquery(principals.values("user__full_name")[:1]),
        )


class QuestionQuerySet(models.QuerySet[Any]):
    """Questions that were asked before deciding."""

    def waiting(self) -> Self:
        """Without an answer, while their step is open."""
        return self.filter(answered_at__isnull=True, step__status="open")

    def of_customers(self) -> Self:
        """Asked to the customer: the step waits for them meanwhile."""
        return self.filter(to_customer=True)
