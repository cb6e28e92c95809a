"""Making an approved note a legal document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access
from creditnotes.content import hash_of
from creditnotes.creditable import plain
from creditnotes.documents.snapshot import snapshot_of
from creditnotes.models import (
    CreditNote,
    Event,
    IssuedDocument,
    State,
)
from creditnotes.posting import accounts_of, post_credit
from creditnotes.restocking import awaited
from creditnotes.services.guards import (
    locked,
    move,
    require,
    require_transition,
)
from creditnotes.services.rebilling import bill_anew
from creditnotes.written_off import reverse_write_offs
from customers.errors import StaleContent, WrongState
from customers.models import User
from customers.numbering import numbered, take_number


@transaction.atomic
def issue(
    note: CreditNote, *, actor: User | None, moment: datetime, quiet: bool = False
) -> CreditNote:
    """Make an approved note a legal document: number, posting, snapshot, in one transaction.

    ``actor`` is None when policy issues by itself. A note that is issued already
    is answered as it is, so that a repeated delivery does no harm.
    """
    note = locked(note)
    if note.state == State.ISSUED:
        return note
    require(actor is None or access.may_issue(actor, note))
    require_transition(note.issue, note)
    _require_goods(note)
    if hash_of(note) != note.content_hash:
        raise StaleContent(
            _(
                "This is not what was approved: the reason was changed since. "
                "Cancel this credit note, so that it can be raised anew."
            )
        )
    day = note.company.day_of(moment)
    move(note, note.issue, Event.Kind.ISSUED, actor=actor, moment=moment, quiet=quiet)
    _write_document(note, actor, moment, day)
    return note


def _require_goods(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.WrongState` while goods must still come back."""
    if waiting := awaited(note):
        goods = ", ".join(f"{plain(each.missing)} × {each.charged}" for each in waiting)
        raise WrongState(
            _("Goods must come back first: %(goods)s. Record what was received.") % {"goods": goods}
        )


def _write_document(note: CreditNote, actor: User | None, moment: datetime, day: Any) -> None:
    # The entry is named after the note's own reference, so that the series row,
    # which everybody issuing waits for, is locked last and briefly.
    reverse_write_offs(note, actor, moment)
    entry = post_credit(note, day, actor)
    rebilled = bill_anew(note, entry, actor=actor, moment=moment)
    number = take_number(IssuedDocument, note.company, moment)
    IssuedDocument.objects.create(
        **numbered(note.company, number, moment),
        note=note,
        issued_by=actor,
        entry=entry,
        content_hash=note.content_hash,
        snapshot=snapshot_of(note, str(number), day, entry)
        | {"accounts": accounts_of(note)}
        | ({"replaced_by": rebilled.number} if rebilled else {}),
    )
