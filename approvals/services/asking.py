"""Asking before deciding, and answering."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import Question
from approvals.services.turns import turn_of
from approvals.services.watching import run_clocks, stop_clocks
from creditnotes import events
from creditnotes.models import CreditNote, Event, Origin
from creditnotes.services import locked, require
from customers.access import REQUEST, is_staff_member, represents
from customers.errors import Incomplete, Refusal, WrongState
from customers.models import User


@transaction.atomic
def ask(note: CreditNote, *, actor: User, moment: datetime, text: str, to: User | None) -> Question:
    """Ask a colleague, or (None) the customer, before deciding; the step stays open.

    Who is asked may see the note. Only who has asked for the credit themselves is asked as the
    customer: of a credit that the company began they know nothing yet.
    """
    note = locked(note)
    turn = turn_of(note, actor, moment)
    _require_text(text)
    _require_fitting(note, actor, to)
    question = Question.objects.create(
        note=note,
        step=turn.step,
        asked_by=actor,
        to_user=to,
        to_customer=to is None,
        text=text,
        asked_at=moment,
    )
    if question.to_customer:
        stop_clocks(note, moment=moment)
    _record(question, Event.Kind.QUESTION_ASKED, actor, moment, text)
    return question


def _require_text(text: str) -> None:
    if not text.strip():
        raise Incomplete(_("Write something, please."), field="text")


def _require_fitting(note: CreditNote, actor: User, to: User | None) -> None:
    if to is None:
        if note.origin != Origin.PORTAL:
            raise Refusal(
                _("The customer does not know of this credit yet. Ask the rep."), field="to"
            )
    elif not is_staff_member(to) or to.company_id != note.company_id or to == actor:
        raise Refusal(_("Choose a colleague."), field="to")


@transaction.atomic
def answer(question: Question, *, actor: User, moment: datetime, text: str) -> Question:
    """Answer what one was asked; whoever asked is told.

    Raises :class:`~customers.errors.WrongState` once it is answered or its step is over.
    """
    note = locked(question.note)
    question = Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
    require(may_answer(actor, question))
    if question.answered_at is not None:
        raise WrongState(_("%(who)s has answered already.") % {"who": question.answered_by})
    if not Question.objects.waiting().filter(pk=question.pk).exists():
        raise WrongState(_("The answer is no longer needed: this was decided meanwhile."))
    _require_text(text)
    question.answer, question.answered_by, question.answered_at = text, actor, moment
    question.save(update_fields=["answer", "answered_by", "answered_at"])
    question.note = note
    if question.to_customer:
        run_clocks(note, moment=moment)
    _record(question, Event.Kind.QUESTION_ANSWERED, actor, moment, text)
    return question


def may_answer(user: User, question: Question) -> bool:
    """Who was asked: that colleague, or anybody who may ask for the customer."""
    if question.to_customer:
        return represents(user, question.note.customer, right=REQUEST)
    return user.pk == question.to_user_id


def _record(question: Question, kind: str, actor: User, moment: datetime, text: str) -> None:
    events.record(
        question.note,
        kind,
        actor=actor,
        moment=moment,
        old_state=question.note.state,
        comment=text,
        payload={
            "question": question.pk,
            "to_customer": question.to_customer,
            "whom": str(question.to_user or question.note.customer),
        },
    )
