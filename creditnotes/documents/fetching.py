"""The kept file of an issued document, for pages: they read it, workers make it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from creditnotes import events
from creditnotes.models import Dispatch, DocumentFile, Event, IssuedDocument

#: The name under which the renderer registered.
RENDERER = "pdf"


def kept_pdf(document: IssuedDocument) -> DocumentFile | None:
    """The rendered file, byte for byte as it was first made; None until a worker made it."""
    file: DocumentFile | None = document.files.filter(format=DocumentFile.Format.PDF).first()
    return file


@transaction.atomic
def ask_for_pdf(document: IssuedDocument) -> None:
    """Have a worker render the file; asked again while it is under way, nothing more happens.

    History that was replayed quietly has no dispatch yet; it gets one here.
    """
    issued = Event.objects.filter(note=document.note_id, kind=Event.Kind.ISSUED).latest("id")
    dispatch, _created = Dispatch.objects.get_or_create(event=issued, consumer=RENDERER)
    if dispatch.done_at is None and dispatch.due_at <= timezone.now():
        transaction.on_commit(lambda: events.offer([dispatch.pk]), robust=True)
