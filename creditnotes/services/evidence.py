"""Photos and documents: added while a note may be edited, removed while it may."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditnotes import access, events
from creditnotes.attaching import Upload, store
from creditnotes.models import EDITABLE, Attachment, CreditNote, Event, Participant, State
from creditnotes.services.guards import locked, require, require_editable
from customers.models import InvoiceLine, User


@transaction.atomic
def attach(
    note: CreditNote,
    upload: Upload,
    *,
    actor: User,
    moment: datetime,
    line: InvoiceLine | None = None,
) -> Attachment:
    """Add a photo or document; the same file twice is kept once. It counts as editing.

    ``line`` is the invoice line that it shows, of the note's customer; None for the whole.
    Raises :class:`~customers.errors.Refusal` for a file of the wrong kind or size, and
    :class:`~customers.errors.WrongState` from submission on.
    """
    note = locked(note)
    require(access.may_add_evidence(actor, note) or access.may_edit(actor, note))
    if not takes_evidence(actor, note):
        require_editable(note)
    attachment = store(note, upload, actor, moment, line)
    if attachment.added_by_id == actor.pk:  # else somebody had added the same before
        _take_part(note, actor, moment, attached=attachment.name)
    return attachment


def takes_evidence(actor: User, note: CreditNote) -> bool:
    """Whether the contact who raised it may still add photos: until it is to be decided."""
    is_open = note.state == State.REQUESTED or note.state in EDITABLE
    return is_open and access.may_add_evidence(actor, note)


@transaction.atomic
def detach(attachment: Attachment, *, actor: User, moment: datetime) -> None:
    """Remove an attachment while its note may still be edited. It counts as editing."""
    note = locked(attachment.note)
    require(access.may_edit(actor, note))
    require_editable(note)
    attachment.delete()
    _take_part(note, actor, moment, removed=attachment.name)


def _take_part(note: CreditNote, actor: User, moment: datetime, **what: str) -> None:
    """Who changed its files had a part in the note; the first time, an event says so."""
    _, is_new = Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    if is_new:
        events.record(note, Event.Kind.EDITED, actor=actor, moment=moment, payload=what)
