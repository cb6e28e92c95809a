"""A leaver: the open work handed over and the account closed, in one step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.absence import Absence, objections
from approvals.access import still_stands
from approvals.models import Assignment, Delegation, PolicyStep, Pool, Role, Step
from approvals.roster import limits_of
from creditnotes import events
from creditnotes.access import may_compose
from creditnotes.models import CreditNote, Event, State
from customers.access import (
    ADMINS,
    FINANCE,
    MANAGERS,
    is_in,
    let_serve_department,
    served_by,
)
from customers.errors import NotAllowed, Refusal
from customers.models import Company, Customer, Department, User
from customers.sessions import sign_out_everywhere

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
    return [*_named_by_policies(person), *_notes(work, successor), *_steps(work, successor)]


def _named_by_policies(person: User) -> Iterator[str]:
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
    limit = limits_of(step.note.company).amount(successor.pk, assignment.asked_as or step.role)
    if step.is_final and limit is not None and limit < step.amount_counted:
        words = _("%(who)s may approve %(limit)s at most, and %(note)s counts as %(amount)s.")
        told = {"who": successor, "limit": limit, "note": step.note, "amount": step.amount_counted}
        return words % told
    return ""


# Closing the account -----------------------------------------------------------------------


@transaction.atomic
def close_account(
    person: User, successor: User | None, *, actor: User, moment: datetime
) -> OpenWork:
    """Hand all open work to ``successor`` and end the person's access, at once or not at all.

    Who has no open work needs no successor. Raises :class:`~customers.errors.Refusal`.
    Answers what was handed over.
    """
    if not (actor.is_superuser or (is_in(actor, ADMINS) and actor.company_id == person.company_id)):
        raise NotAllowed(_("Only an administrator closes accounts."))
    if actor == person:
        raise NotAllowed(_("Nobody closes their own account."))
    Company.objects.select_for_update(of=("self",), no_key=True).get(people=person)
    _locked(open_work_of(person, moment))
    _ask_nothing_more(person)
    notes = _locked(open_work_of(person, moment))
    work = _still_about(notes, open_work_of(person, moment))
    if work:
        if successor is None:
            raise Refusal(_("Choose who takes the open work over."), field="successor")
        for words in why_not(work, successor):
            raise Refusal(words, field="successor")
        _hand_over(work, notes, successor, actor, moment)
    for delegation in work.given:
        _end(delegation, moment)
    person.reports.update(reports_to=person.reports_to)
    person.is_active = False
    person.save(update_fields=["is_active"])
    sign_out_everywhere(person)
    return work


def _hand_over(
    work: OpenWork, notes: Sequence[CreditNote], successor: User, actor: User, moment: datetime
) -> None:
    person = work.person
    for department in work.departments:
        let_serve_department(successor, department)
    person.managed_departments.update(manager=successor)
    person.accounts_managed.update(account_manager=successor)
    for pool in work.pools:
        pool.members.add(successor)
        pool.members.remove(person)
    for note in notes:
        if not _hand_over_note(note, work, successor):
            continue
        events.record(
            note,
            Event.Kind.HANDED_OVER,
            actor=actor,
            moment=moment,
            old_state=note.state,
            comment=f"{person} → {successor}",
            payload={"from": person.pk, "to": successor.pk},
        )
    for delegation in work.held:
        _pass_on(delegation, successor, moment)


def _ask_nothing_more(person: User) -> None:
    """Whoever asks them something at this moment is waited for; whoever comes later waits."""
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)


def _locked(work: OpenWork) -> Sequence[CreditNote]:
    """The notes that something of it is about, locked in the order of their ids."""
    ids = {note.pk for note in work.notes} | {each.step.note_id for each in work.steps}
    notes = CreditNote.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return list(notes.select_related("company", "customer__department"))


def _still_about(notes: Sequence[CreditNote], work: OpenWork) -> OpenWork:
    """The work as it is read under the notes' locks; what was decided meanwhile is gone."""
    known = {note.pk for note in notes}
    return replace(
        work,
        notes=[note for note in work.notes if note.pk in known],
        steps=[each for each in work.steps if each.step.note_id in known],
    )


def _hand_over_note(note: CreditNote, work: OpenWork, successor: User) -> bool:
    """Its owner is another, who is asked in place of the leaver, too; whether it was theirs."""
    is_owned = note in work.notes
    if is_owned:
        note.owner = successor
        note.save(update_fields=["owner"])
    steps = [each for each in work.steps if each.step.note_id == note.pk]
    for each in steps:
        if not _is_asked(successor, each.step):
            Assignment.objects.create(
                step=each.step,
                user=successor,
                cause=Assignment.Cause.HANDED_OVER,
                asked_as=each.asked_as,
                replaces=each,
            )
    return is_owned or bool(steps)


def _is_asked(person: User, step: Step) -> bool:
    return step.assignments.filter(user=person, replaced_by=None).exists()


def _pass_on(delegation: Delegation, successor: User, moment: datetime) -> None:
    """Whom the leaver stood in for has the successor instead, where that may be."""
    absence = Absence(
        delegation.delegator,
        successor,
        max(delegation.starts_at, moment),
        delegation.ends_at,
        delegation.department,
        delegation.up_to,
    )
    _end(delegation, moment)
    if not any(objections(absence, moment)):
        Delegation.objects.create(**vars(absence), given_by=delegation.given_by)


def _end(delegation: Delegation, moment: datetime) -> None:
    if delegation.starts_at >= moment:
        delegation.delete()
        return
    delegation.ends_at = moment
    delegation.save(update_fields=["ends_at"])
