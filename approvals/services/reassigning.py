"""Handing an open step on to somebody else who could lawfully decide it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from approvals.access import said_yes
from approvals.models import Assignment, Step
from approvals.reassigning import Successor, may_give_away, may_hand_on, successors
from creditnotes import events
from creditnotes.models import CreditNote, Event, State
from creditnotes.services import locked, require_comment
from customers.errors import NotAllowed, Refusal, WrongState
from customers.models import Company, User


@transaction.atomic
def reassign(
    assignment: Assignment, *, actor: User, moment: datetime, to: User, comment: str
) -> Assignment:
    """Let ``to`` decide in place of the one asked, who stays on record; the clock runs on.

    Raises :class:`~customers.errors.WrongState` once the step was decided or is with somebody
    else, :class:`~customers.errors.NotAllowed` where this is not the person's to do, and
    :class:`~customers.errors.Refusal` for somebody who could not decide it.
    """
    # As an account is closed, so that nothing is handed to, or from, somebody who leaves.
    Company.objects.select_for_update(no_key=True).get(pk=assignment.step.note.company_id)
    note = locked(assignment.step.note)
    assignment = _read_again(assignment)
    require_movable(note, assignment, actor)
    require_comment(comment)
    chosen = _chosen(assignment, to)
    given = Assignment.objects.create(
        step=assignment.step,
        user=to,
        cause=Assignment.Cause.REASSIGNED,
        asked_as=chosen.role,
        replaces=assignment,
        given_by=actor,
        comment=comment.strip(),
    )
    _record(note, assignment, given, moment)
    return given


def _read_again(assignment: Assignment) -> Assignment:
    related = ("user", "replaced_by__user", "step__note__company", "step__note__customer")
    return Assignment.objects.select_related(*related).get(pk=assignment.pk)


def require_movable(note: CreditNote, assignment: Assignment, actor: User) -> None:
    """Raise the reason for which the person can't hand this on, where there is one."""
    if not may_hand_on(actor, assignment):
        raise NotAllowed(
            _("Only %(who)s, those above them and administrators hand this to somebody else.")
            % {"who": assignment.user}
        )
    if later := getattr(assignment, "replaced_by", None):
        raise WrongState(_already_given(note, assignment, later))
    if note.state != State.SUBMITTED or assignment.step.status != Step.Status.OPEN:
        raise WrongState(_("This step is no longer open, so there is nothing to hand on."))
    if actor == assignment.user and not may_give_away(actor, assignment.pk):
        raise NotAllowed(
            _("You are asked as what you were and are no longer, so others hand this on.")
        )
    if said_yes(note.pk, note.submissions, actor).exists():
        raise NotAllowed(
            _("You have said yes to this credit note, so you don't choose who decides on it next.")
        )
    if note.participants.filter(user=actor).exists():
        raise NotAllowed(
            _("You took part in this credit note, so you don't choose who decides on it.")
        )


def _already_given(note: CreditNote, assignment: Assignment, later: Assignment) -> str:
    told = {"who": assignment.user, "to": later.user}
    for event in note.events.filter(kind=Event.Kind.REASSIGNED).select_related("actor"):
        if event.payload["assignment"] == later.pk:
            when = date_format(localtime(event.happened_at), "SHORT_DATETIME_FORMAT")
            return _("%(actor)s handed this on already, %(when)s: %(to)s decides now.") % {
                "actor": event.actor,
                "when": when,
                **told,
            }
    return _("%(to)s decides now in place of %(who)s.") % told


def _chosen(assignment: Assignment, to: User) -> Successor:
    for each in successors(assignment):
        if each.user == to:
            return each
    raise Refusal(
        _("%(who)s can't decide on this credit note. Choose somebody else.") % {"who": to},
        field="to",
    )


def _record(note: CreditNote, before: Assignment, given: Assignment, moment: datetime) -> None:
    events.record(
        note,
        Event.Kind.REASSIGNED,
        actor=given.given_by,
        moment=moment,
        old_state=note.state,
        comment=given.comment,
        payload={
            "step": given.step_id,
            "assignment": given.pk,
            "from": before.user_id,
            "to": given.user_id,
            "names": [str(before.user), str(given.user)],
        },
    )
