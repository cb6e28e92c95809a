"""What somebody who leaves has open, and what keeps a colleague from taking it over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.access import said_yes, still_stands
from approvals.models import Assignment, Delegation, PolicyStep, Pool, Role, Step
from approvals.recording import asked_above
from approvals.roster import limits_of
from creditnotes.access import may_compose
from creditnotes.models import CreditNote, State
from customers.access import FINANCE, MANAGERS, is_in, served_by
from customers.models import Customer, Department, User

#: Where a credit note still needs its owner.
UNFINISHED = (State.DRAFT, State.RETURNED, State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True)
class OpenWork:
    """What waits for somebody who leaves."""

    person: User
    #: Unfinished credit notes that they own, and so requests that they took over.
    notes: Sequence[CreditNote]
    #: Open and later steps that ask them in a role that they still hold.
    steps: Sequence[Assignment]
    departments: Sequence[Department]
    customers: Sequence[Customer]
    pools: Sequence[Pool]
    #: Absences that are not over: their own, and those in which they stand in.
    given: Sequence[Delegation]
    held: Sequence[Delegation]

    def __bool__(self) -> bool:
        return any(
            [self.notes, self.steps, self.departments, self.customers, self.pools, self.held]
        )


def open_work_of(person: User, moment: datetime) -> OpenWork:
    """All that would be left lying if the person were gone."""
    lasting = Delegation.objects.filter(ends_at__gt=moment).order_by("pk")
    return OpenWork(
        person=person,
        notes=list(
            CreditNote.objects.filter(owner=person, state__in=UNFINISHED)
            .select_related("customer", "company")
            .order_by("pk")
        ),
        steps=list(_asking(person)),
        departments=list(person.managed_departments.order_by("name")),
        customers=list(person.accounts_managed.order_by("sort_name", "pk")),
        pools=list(person.pools.order_by("name")),
        given=list(lasting.filter(delegator=person).select_related("delegate", "department")),
        held=list(lasting.filter(delegate=person).select_related("delegator", "department")),
    )


def _asking(person: User) -> Iterator[Assignment]:
    assignments = person.assignments.filter(
        still_stands(),
        step__status__in=[Step.Status.OPEN, Step.Status.WAITING],
        step__note__state=State.SUBMITTED,
    )
    return (
        assignments.select_related("step__note__customer").order_by("step__note", "pk").iterator()
    )


# What keeps somebody from taking over --------------------------------------------------------


def why_not(work: OpenWork, successor: User) -> list[str]:
    """All that keeps ``successor`` from taking the work over, in plain words; empty for nothing."""
    person = work.person
    if successor == person or successor.company_id != person.company_id or not successor.is_active:
        return [_("Choose a colleague who works here.")]
    return [*named_by_policies(person), *_notes(work, successor), *_steps(work, successor)]


def named_by_policies(person: User) -> Iterator[str]:
    """That a policy in force names the person, in plain words: it would ask nobody any more."""
    steps = PolicyStep.objects.filter(person=person, policy__is_active=True)
    if names := ", ".join({str(step.policy): "" for step in steps.select_related("policy")}):
        yield _("%(policies)s names %(who)s: change the policy first.") % {
            "policies": names,
            "who": person,
        }


def _notes(work: OpenWork, successor: User) -> Iterator[str]:
    served = set(
        CreditNote.objects.filter(
            served_by(successor, "customer"), pk__in=[note.pk for note in work.notes]
        ).values_list("pk", flat=True)
    )
    unserved = len(work.notes) - len(served)
    if work.notes and not may_compose(successor):
        yield _("%(who)s does not work on credit notes: choose a rep or a manager.") % {
            "who": successor
        }
    elif unserved:
        yield ngettext(
            "%(who)s does not serve the customer of %(count)d of these credit notes.",
            "%(who)s does not serve the customers of %(count)d of these credit notes.",
            unserved,
        ) % {"who": successor, "count": unserved}


def _steps(work: OpenWork, successor: User) -> Iterator[str]:
    if work.departments and not is_in(successor, MANAGERS):
        yield _("%(who)s is no manager, so can't lead %(department)s.") % {
            "who": successor,
            "department": ", ".join(map(str, work.departments)),
        }
    roles = {each.asked_as or each.step.role for each in work.steps}
    if Role.FINANCE in roles and not is_in(successor, FINANCE):
        yield _("%(who)s is not in finance, whose steps these are.") % {"who": successor}
    for each in work.steps:
        if not _has_others(each) and (words := _why_not_step(each, successor)):
            yield words


def _has_others(assignment: Assignment) -> bool:
    """Whether somebody else is asked on the step, too."""
    others = Assignment.objects.filter(still_stands(), step=assignment.step_id)
    return others.exclude(user=assignment.user_id).exists()


def _why_not_step(assignment: Assignment, successor: User) -> str:
    step = assignment.step
    if step.note.participants.filter(user=successor).exists():
        words = _("%(who)s took part in %(note)s, on which nobody else is asked.")
        return words % {"who": successor, "note": step.note}
    if said_yes(step.note_id, step.submission, successor).exists():
        words = _("%(who)s said yes to %(note)s already, on which nobody else is asked now.")
        return words % {"who": successor, "note": step.note}
    if _is_asked_alone_besides(successor, step):
        words = _("%(who)s is asked alone in another step of %(note)s, and nobody says yes twice.")
        return words % {"who": successor, "note": step.note}
    limits, role = limits_of(step.note.company), assignment.asked_as or step.role
    above = asked_above(step)
    if above is not None and not above.reaches(limits.approver(successor.pk, role)):
        words = _("%(note)s is an appeal, and %(who)s may approve no more than %(no)s.")
        return words % {"who": successor, "note": step.note, "no": above.name}
    limit = limits.amount(successor.pk, role)
    if step.is_final and limit is not None and limit < step.amount_counted:
        words = _("%(who)s may approve %(limit)s at most, and %(note)s counts as %(amount)s.")
        told = {"who": successor, "limit": limit, "note": step.note, "amount": step.amount_counted}
        return words % told
    return ""


def _is_asked_alone_besides(person: User, step: Step) -> bool:
    """Whether another step, open or to come, asks them and nobody else (rule 6)."""
    standing = Assignment.objects.filter(
        replaced_by=None,
        step__note=step.note_id,
        step__status__in=[Step.Status.OPEN, Step.Status.WAITING],
    ).exclude(step=step)
    others = Assignment.objects.filter(
        step=OuterRef("step"), replaced_by=None, user__is_active=True
    ).exclude(user=person)
    return standing.filter(~Exists(others), user=person).exists()
