"""Ways to end without a credit, each of which releases what was reserved."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditnotes import access, events
from creditnotes.models import (
    CreditNote,
    Event,
    Hold,
    State,
)
from creditnotes.services.guards import (
    locked,
    move,
    require,
    require_comment,
)
from customers.models import User


@transaction.atomic
def withdraw(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Whoever raised it takes it back for good; what it reserved is released."""
    note = locked(note)
    require(access.may_withdraw(actor, note))
    move(note, note.withdraw, Event.Kind.WITHDRAWN, actor=actor, moment=moment, comment=comment)
    return note


@transaction.atomic
def expire_reservation(note: CreditNote, *, moment: datetime) -> CreditNote:
    """Release what a returned note reserves, once its time is up; it can be submitted again."""
    note = locked(note)
    due = note.reserved_until is not None and note.reserved_until <= moment
    if note.state == State.RETURNED and note.hold == Hold.RESERVED and due:
        note.hold = Hold.NONE
        note.reserved_until = None
        note.changed_at = moment
        note.save()
        events.record(note, Event.Kind.RESERVATION_EXPIRED, actor=None, moment=moment)
    return note


@transaction.atomic
def cancel(note: CreditNote, *, actor: User, moment: datetime, comment: str) -> CreditNote:
    """Finance stops an approved note; what it reserved is released."""
    note = locked(note)
    require(access.may_cancel(actor, note))
    require_comment(comment)
    move(note, note.cancel, Event.Kind.CANCELLED, actor=actor, moment=moment, comment=comment)
    return note
