"""Who may hand an open step on, and to whom: only to people who could lawfully decide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.access import said_yes, still_stands
from approvals.course import Asked, Stop
from approvals.models import Assignment, Decision, Role, Step
from approvals.recording import asked_above
from approvals.roster import limits_of
from approvals.routing import Approver
from approvals.tiers import Above
from creditnotes.models import CreditNote
from customers.access import ADMINS, FINANCE, NOBODY, is_in
from customers.models import Department, User


@dataclass(frozen=True)
class Successor:
    """Somebody who could decide a step; ``role`` gives them their limit, empty is the step's."""

    user: User
    role: str


def may_hand_on(actor: User, assignment: Assignment) -> bool:
    """Whether it is the one asked, somebody above them up the line, or an admin of the company.

    What else keeps them from it, the service asks under lock.
    """
    if actor.company_id != assignment.step.note.company_id:
        return False
    if actor.pk == assignment.user_id or is_in(actor, ADMINS):
        return True
    return actor.pk in line_of(assignment.user_id, reports_in(actor.company_id))


def handed_on_by(
    actor: User, note: CreditNote, course: Sequence[Stop], *, is_their_turn: bool
) -> list[Asked]:
    """Of those whom the note's open steps ask the ones whose place the person may give away.

    Their own first; to whoever took part in the note, or has said yes to it, none. Who decides
    in their own name, as ``is_their_turn`` says, is known to hold the role.
    """
    if any(_said_yes(actor, stop.decision) for stop in course):
        return []
    asked = [each for stop in course if stop.is_open for each in stop.standing]
    own = [each for each in asked if each.user == actor.pk]
    if own or not asked:
        return [each for each in own if is_their_turn or may_give_away(actor, each.pk)]
    if not is_in(actor, ADMINS):
        above = reports_in(actor.company_id)
        asked = [each for each in asked if actor.pk in line_of(each.user, above)]
    took_part = bool(asked) and note.participants.filter(user=actor).exists()
    return [] if took_part else asked


def may_give_away(actor: User, assignment: int) -> bool:
    """Whether one still holds the role in which one is asked; admins, by their own right."""
    if is_in(actor, ADMINS):
        return True
    return Assignment.objects.filter(still_stands(), pk=assignment).exists()


def _said_yes(actor: User, decision: Decision | None) -> bool:
    """Whether it is a yes that the person, or somebody for them, gave."""
    if decision is None or decision.verdict not in Decision.YES:
        return False
    return actor.pk in (decision.actor_id, decision.on_behalf_of_id)


def line_of(person: int, above: Mapping[int, int]) -> list[int]:
    """The ids of those above the person, the nearest first; a circle ends where it closes."""
    line: list[int] = []
    while (superior := above.get(person)) is not None and superior not in line:
        line.append(superior)
        person = superior
    return line


def reports_in(company: int | None) -> dict[int, int]:
    """Whom each of the company's people reports to; one query."""
    rows = User.objects.filter(company=company, reports_to__isnull=False)
    return dict(rows.values_list("pk", "reports_to_id"))


def successors(assignment: Assignment) -> list[Successor]:
    """All to whom the step could go in place of the one asked, by name; five queries.

    They hold the step's role, or one of those who decide besides: an account's, a person's or a
    manager's step also goes to another manager, up the line, or to finance; a pool's and
    finance's within it or up the line; and what the law leaves to finance stays there. On a final
    step their limit covers the amount, and on an appeal it is higher than that of whoever said no
    before. Left out are who took part in the note, who has said
    yes to it, and who is asked on it anyhow (rule 6).
    """
    step = assignment.step
    limits, above = limits_of(step.note.company), asked_above(step)
    found: dict[int, Successor] = {}
    for role, people in _in_roles(assignment):
        for user in people:
            able = limits.approver(user.pk, role or step.role)
            if user.pk not in found and _covers(able, step, above):
                found[user.pk] = Successor(user, role)
    return sorted(found.values(), key=lambda each: (str(each.user).casefold(), each.user.pk))


def _in_roles(assignment: Assignment) -> Iterator[tuple[str, QuerySet[User]]]:
    """Each role that fits, with those who hold it and may be asked."""
    step, free = assignment.step, _free(assignment.step)
    yield "", free.filter(_holding(step)).distinct()
    if step.why.get("time_limits") and step.is_final:
        return
    above = line_of(assignment.user_id, reports_in(step.note.company_id))
    yield Role.MANAGEMENT.value, free.filter(pk__in=above)
    if step.role in (Role.FINANCE, Role.POOL):
        return
    managers = Department.objects.filter(company=step.note.company_id, manager__isnull=False)
    yield Role.DEPARTMENT_MANAGER.value, free.filter(pk__in=managers.values("manager"))
    yield Role.FINANCE.value, free.filter(groups__name=FINANCE)


def _holding(step: Step) -> Q:
    """The condition on a user that they hold the step's own role today."""
    customer = step.note.customer
    match step.role:
        case Role.DEPARTMENT_MANAGER:
            return Q(managed_departments=customer.department_id)
        case Role.FINANCE:
            return Q(groups__name=FINANCE)
        case Role.ACCOUNT_MANAGER:
            return Q(accounts_managed=customer.pk)
        case Role.POOL:
            return Q(pools=step.pool_id)
    return NOBODY


def _free(step: Step) -> QuerySet[User]:
    """Active colleagues who took no part, have not said yes, and are not asked anyhow."""
    note: CreditNote = step.note
    asked = Assignment.objects.filter(
        step__note=note,
        step__submission=step.submission,
        step__status__in=[Step.Status.OPEN, Step.Status.WAITING],
        replaced_by=None,
    )
    return (
        User.objects.filter(company=note.company_id, is_active=True)
        .exclude(participations__note=note)
        .exclude(Exists(said_yes(note.pk, step.submission, OuterRef("pk"))))
        .exclude(pk__in=asked.values("user"))
    )


def _covers(able: Approver, step: Step, above: Above | None) -> bool:
    reaches = above is None or above.reaches(able)
    return reaches and (not step.is_final or able.covers(step.amount_counted))
