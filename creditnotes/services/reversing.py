"""Taking an issued credit back: one finance person proposes it, a second one confirms.

What was issued stays as it is. A debit note with a number of its own, dated the day of
the confirmation, says that it holds no longer; the opposite entry is posted, and what was
credited of the invoices can be credited again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.documents.debit import snapshot_of_debit
from creditnotes.models import CreditNote, DebitNote, Event, Reversal, State
from creditnotes.posting import post_reversal, take_goods_back
from creditnotes.services.drafting import lock_counters
from creditnotes.services.guards import (
    locked,
    move,
    require,
    require_comment,
    require_transition,
)
from customers.errors import Incomplete, NotAllowed, WrongState
from customers.models import Application, OpenItem, User
from customers.numbering import numbered, take_number


@transaction.atomic
def propose_reversal(
    note: CreditNote, *, actor: User, moment: datetime, comment: str
) -> CreditNote:
    """Ask a second finance person to reverse an issued note; ``comment`` says why.

    The customer reads it on the debit note. Nothing changes until it is confirmed.
    """
    note = locked(note)
    require(access.may_reverse(actor, note))
    require_transition(note.reverse, note)
    if not comment.strip():
        raise Incomplete(_("Say why, please: the customer reads it."), field="comment")
    if proposed_on(note):
        raise WrongState(_("A reversal of %(note)s is proposed already.") % {"note": note})
    require_unapplied(note)
    Reversal.objects.create(note=note, reason=comment, proposed_by=actor, proposed_at=moment)
    _record(note, Event.Kind.REVERSAL_PROPOSED, actor, moment, comment)
    return note


@transaction.atomic
def confirm_reversal(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """Reverse what a colleague proposed: debit note, entry and counters in one transaction.

    A note that is reversed already is answered as it is, so that a second click does no harm.
    """
    note = locked(note)
    require(access.may_reverse(actor, note))
    if note.state == State.REVERSED:
        return note
    require_transition(note.reverse, note)
    reversal = _proposal(note)
    _require_second_person(reversal, actor)
    lock_counters(note, ())
    require_unapplied(note)
    _decide(reversal, Reversal.Status.CONFIRMED, actor, moment)
    move(
        note,
        note.reverse,
        Event.Kind.REVERSED,
        actor=actor,
        moment=moment,
        comment=reversal.reason,
    )
    _write_debit_note(note, reversal, actor, moment)
    return note


@transaction.atomic
def decline_reversal(
    note: CreditNote, *, actor: User, moment: datetime, comment: str
) -> CreditNote:
    """The second person says no, and why; the credit note stays issued."""
    note = locked(note)
    require(access.may_reverse(actor, note))
    reversal = _proposal(note)
    _require_second_person(reversal, actor)
    require_comment(comment)
    _decide(reversal, Reversal.Status.DECLINED, actor, moment, comment)
    _record(note, Event.Kind.REVERSAL_DECLINED, actor, moment, comment)
    return note


@transaction.atomic
def withdraw_reversal(
    note: CreditNote, *, actor: User, moment: datetime, comment: str = ""
) -> CreditNote:
    """Whoever proposed the reversal takes the proposal back."""
    note = locked(note)
    require(access.may_reverse(actor, note))
    reversal = _proposal(note)
    if reversal.proposed_by_id != actor.pk:
        raise NotAllowed(_("Only who proposed it can take it back; you can decline it."))
    _decide(reversal, Reversal.Status.WITHDRAWN, actor, moment, comment)
    _record(note, Event.Kind.REVERSAL_WITHDRAWN, actor, moment, comment)
    return note


def proposed_on(note: CreditNote) -> Reversal | None:
    """The reversal of the note that waits for a second person, if there is one."""
    proposed: Reversal | None = note.reversals.filter(status=Reversal.Status.PROPOSED).first()
    return proposed


def applied_to(note: CreditNote) -> list[Application]:
    """Where the issued credit is applied now, what was undone left out; oldest first."""
    standing = Application.objects.filter(
        payer__entry__credit_document__note=note, undoes__isnull=True, undone_by__isnull=True
    )
    return list(standing.select_related("invoice__entry").order_by("pk"))


def require_unapplied(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.WrongState`, naming where the credit is applied.

    Its open item is locked, so that nobody applies it before the transaction ends.
    """
    items = OpenItem.objects.select_for_update(of=("self",))
    item = items.filter(entry__credit_document__note=note).first()
    if item is not None and item.applied:
        raise WrongState(
            _("%(number)s is applied to %(documents)s. Unapply it first.")
            % {"number": note.document.number, "documents": _named(applied_to(note))}
        )


def _named(applications: Sequence[Application]) -> str:
    return ", ".join(f"{each.invoice.entry.reference} ({each.amount})" for each in applications)


def _proposal(note: CreditNote) -> Reversal:
    reversal = proposed_on(note)
    if reversal is None:
        raise WrongState(
            _("No reversal of %(note)s waits for a decision any more.") % {"note": note}
        )
    return reversal


def _require_second_person(reversal: Reversal, actor: User) -> None:
    if reversal.proposed_by_id == actor.pk:
        raise NotAllowed(_("You proposed this reversal, so somebody else must decide."))


def _decide(
    reversal: Reversal, status: str, actor: User, moment: datetime, comment: str = ""
) -> None:
    reversal.status = status
    reversal.decided_by, reversal.decided_at, reversal.comment = actor, moment, comment
    reversal.save(update_fields=["status", "decided_by", "decided_at", "comment"])


def _record(note: CreditNote, kind: str, actor: User, moment: datetime, comment: str) -> None:
    events.record(note, kind, actor=actor, moment=moment, old_state=note.state, comment=comment)


def _write_debit_note(note: CreditNote, reversal: Reversal, actor: User, moment: datetime) -> None:
    day = note.company.day_of(moment)
    entry = post_reversal(note, day, actor)
    take_goods_back(note, day, actor)
    number = take_number(DebitNote, note.company, moment)
    DebitNote.objects.create(
        **numbered(note.company, number, moment),
        note=note,
        reversal=reversal,
        issued_by=actor,
        entry=entry,
        snapshot=snapshot_of_debit(note, reversal, str(number), day),
    )
