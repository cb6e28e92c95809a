"""The debit note on paper: what its snapshot holds, its page, its kept file."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from creditnotes import events
from creditnotes.documents.page import Snapshot, Writer, page_of
from creditnotes.documents.rendering import printed
from creditnotes.documents.snapshot import customer_of, supplier_of
from creditnotes.documents.words import Words, languages_of
from creditnotes.events import consumer
from creditnotes.models import CreditNote, DebitNote, DebitNoteFile, Dispatch, Event, Reversal
from customers.live import Change, announce

#: Which shape a debit note's snapshot has.
SHAPE = 1
#: The name under which the renderer registered.
RENDERER = "debit_pdf"
#: Advisory locks share one space of numbers; this is ours.
RENDERING = 0x0DF1


def snapshot_of_debit(
    note: CreditNote, reversal: Reversal, number: str, day: date
) -> dict[str, Any]:
    """The debit note's data as JSON: the credit as it was issued, and what takes it back.

    The parties are those of today; lines, taxes and amounts those of the credit note.
    """
    credit = note.document.snapshot
    return {
        **credit,
        "shape": SHAPE,
        "number": number,
        "issued_on": day.isoformat(),
        "supplier": supplier_of(note.company),
        "customer": customer_of(note.customer),
        "reverses": {"number": credit["number"], "issued_on": credit["issued_on"]},
        "why": reversal.reason,
        "applied": {"invoices": [], "on_account": "0"},
    }


def html_of_debit(snapshot: Snapshot) -> str:
    """The whole page, to be printed."""
    words = Words(languages_of(snapshot["language"], snapshot["customer"]["province"]))
    reversed_on = Writer(words).date(snapshot["reverses"]["issued_on"])
    context = page_of(snapshot, "debit_title") | {"reversed_on": reversed_on}
    return render_to_string("documents/debit_note.html", context)


@consumer(RENDERER, Event.Kind.REVERSED)
def render_debit(event: Event) -> None:
    """Render and keep the debit note's file, unless that was done before."""
    stored_debit_pdf(event.note.debit_note)
    announce(Change(note=event.note_id))


@transaction.atomic
def stored_debit_pdf(debit_note: DebitNote) -> DebitNoteFile:
    """The kept file, rendered now if nobody has yet. For workers: it may take a second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [RENDERING, debit_note.pk])
    known = kept_debit_pdf(debit_note)
    return known or _keep(debit_note, pdf_of_debit(debit_note))


def pdf_of_debit(debit_note: DebitNote) -> bytes:
    """The debit note as PDF/A-3a, from its snapshot alone: the same bytes each time."""
    return printed(html_of_debit(debit_note.snapshot), debit_note.snapshot)


def _keep(debit_note: DebitNote, content: bytes) -> DebitNoteFile:
    return DebitNoteFile.objects.create(
        debit_note=debit_note,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        rendered_at=timezone.now(),
    )


def kept_debit_pdf(debit_note: DebitNote) -> DebitNoteFile | None:
    """The rendered file, byte for byte as it was first made; None until a worker made it."""
    file: DebitNoteFile | None = DebitNoteFile.objects.filter(debit_note=debit_note).first()
    return file


@transaction.atomic
def ask_for_debit_pdf(debit_note: DebitNote) -> None:
    """Have a worker render the file; asked again while it is under way, nothing more happens."""
    event = Event.objects.filter(note=debit_note.note_id, kind=Event.Kind.REVERSED).latest("id")
    dispatch, _created = Dispatch.objects.get_or_create(event=event, consumer=RENDERER)
    if dispatch.done_at is None and dispatch.due_at <= timezone.now():
        transaction.on_commit(lambda: events.offer([dispatch.pk]), robust=True)
