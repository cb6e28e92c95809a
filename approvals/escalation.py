"""Who is asked besides when those whom a step asks let its time pass."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from approvals.access import said_yes
from approvals.models import Role, Step
from approvals.querysets import StepQuerySet
from approvals.recording import asked_above
from approvals.roster import limits_of
from approvals.tiers import Above
from customers.access import FINANCE
from customers.models import User


def next_in_line(step: Step) -> list[tuple[User, str]]:
    """The superiors of those asked, else the next role's people, each with the role of their limit.

    Nobody comes after finance but superiors, and nobody but finance where a tax comes too late.

    Whoever took part in the note or said yes to it is left out (rule 6); so is, on a final step,
    whose limit does not cover the amount, and on one before it whoever is asked later on: they
    say yes once. An appeal goes to nobody below whoever said no.
    """
    if step.is_final and step.why.get("time_limits"):
        return _able(step, Q(groups__name=FINANCE), Role.FINANCE)
    standing = step.assignments.filter(replaced_by=None)
    asked = standing.values("user")
    if superiors := _able(step, Q(reports__in=asked), Role.MANAGEMENT):
        return superiors
    if Role.FINANCE in (step.role, *standing.values_list("asked_as", flat=True)):
        return []
    return _able(step, Q(groups__name=FINANCE), Role.FINANCE)


def _able(step: Step, who: Q, role: Role) -> list[tuple[User, str]]:
    """Those of them who could decide the step, in that role."""
    people = (
        User.objects.filter(who, company=step.note.company_id, is_active=True)
        .exclude(participations__note=step.note_id)
        .exclude(assignments__step__in=_excluding(step))
        .exclude(Exists(said_yes(step.note_id, step.submission, OuterRef("pk"))))
        .distinct()
        .order_by("pk")
    )
    above = asked_above(step)
    return [(person, role.value) for person in people if _may(person, role, step, above)]


def _excluding(step: Step) -> StepQuerySet:
    """The steps whose people are not asked besides: all of the submission, the last by itself."""
    steps: StepQuerySet = Step.objects.filter(note=step.note_id, submission=step.submission)
    return steps.filter(pk=step.pk) if step.is_final else steps


def _may(person: User, role: str, step: Step, above: Above | None) -> bool:
    limits = limits_of(step.note.company)
    if above and not above.reaches(limits.approver(person.pk, role)):
        return False
    limit = limits.amount(person.pk, role)
    return not step.is_final or limit is None or step.amount_counted <= limit
