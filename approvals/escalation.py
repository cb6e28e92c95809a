"""Who is asked besides when those whom a step asks let its time pass."""

from __future__ import annotations

from decimal import Decimal

from approvals.models import Role, Step
from approvals.planning import limit_of
from approvals.querysets import StepQuerySet
from customers.access import FINANCE
from customers.models import User


def next_in_line(step: Step) -> list[tuple[User, str]]:
    """The next role's people with the role that gives them their limit; nobody after finance.

    Whoever took part in the note is left out (rule 6); so is, on a final step, whose limit does
    not cover the amount, and on one before it whoever is asked later on: they say yes once.
    """
    if Role.FINANCE in (step.role, *step.assignments.values_list("asked_as", flat=True)):
        return []
    people = (
        User.objects.filter(groups__name=FINANCE, company=step.note.company_id, is_active=True)
        .exclude(participations__note=step.note_id)
        .exclude(assignments__step__in=_excluding(step))
        .order_by("pk")
    )
    return [(person, Role.FINANCE.value) for person in people if _may(person, Role.FINANCE, step)]


def _excluding(step: Step) -> StepQuerySet:
    """The steps whose people are not asked besides: all of the submission, the last by itself."""
    steps: StepQuerySet = Step.objects.filter(note=step.note_id, submission=step.submission)
    return steps.filter(pk=step.pk) if step.is_final else steps


def _may(person: User, role: str, step: Step) -> bool:
    limit: Decimal | None = limit_of(person, role)
    return not step.is_final or limit is None or step.amount_counted <= limit
