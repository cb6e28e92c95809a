"""Answering what a customer asks: just as they asked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from approvals.comparing import wished_claims
from approvals.services.submitting import submit
from creditnotes import access
from creditnotes import services as creditnote_services
from creditnotes.content import Content, claims_of
from creditnotes.models import CreditNote, State
from creditnotes.services import locked, require
from customers.models import User


@transaction.atomic
def accept_as_asked(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """Submit exactly what the customer asked for, whatever was made of the draft since.

    Takes the request over if nobody has. Raises
    :class:`~customers.errors.OverCredit` where less is left by now.
    """
    note = locked(note)
    require(access.may_pick_up(actor, note))
    if note.state == State.REQUESTED:
        note = creditnote_services.pick_up(note, actor=actor, moment=moment)
    wished = wished_claims(note)
    if claims_of(note) != wished:
        content = Content(
            reason=note.reason,
            claims=wished,
            explanation=note.explanation,
            internal_note=note.internal_note,
            customer_reference=note.customer_reference,
        )
        note = creditnote_services.edit(note, content, actor=actor, moment=moment)
    return submit(note, actor=actor, moment=moment)
