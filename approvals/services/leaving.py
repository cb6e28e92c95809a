"""A leaver: the open work handed over and the account closed, in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.absence import Absence, objections
from approvals.leaving import OpenWork, named_by_policies, open_work_of, why_not
from approvals.models import Assignment, Delegation, Step
from creditnotes import events
from creditnotes.models import CreditNote, Event
from customers.access import (
    ADMINS,
    is_in,
    let_serve_department,
)
from customers.errors import NotAllowed, Refusal
from customers.models import Company, User
from customers.sessions import sign_out_everywhere


@transaction.atomic
def close_account(
    person: User, successor: User | None, *, actor: User, moment: datetime
) -> OpenWork:
    """Hand all open work to ``successor`` and end the person's access, at once or not at all.

    Who has no open work needs no successor; whom a policy names is taken out of it first.
    Raises :class:`~customers.errors.Refusal`. Answers what was handed over.
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
    for words in named_by_policies(person):
        raise Refusal(words, field="successor")
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
