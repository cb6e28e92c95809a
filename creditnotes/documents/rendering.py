"""The issued document as a file: rendered once by a worker, kept byte for byte.

WeasyPrint is imported on first use: it takes a second and 60 MB that no web
process has to spare (``tests/creditnotes/test_documents.py`` holds that).
"""

from __future__ import annotations

import atexit
import hashlib
import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from celery.signals import worker_before_create_process
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from creditnotes.documents.page import html_of
from creditnotes.events import consumer
from creditnotes.models import DocumentFile, Event, IssuedDocument
from customers.live import Change, announce

PDF = DocumentFile.Format.PDF
#: Archival PDF with tags for screen readers; fonts are inside.
VARIANT = "pdf/a-3a"

TEMPLATES = Path(settings.ROOT, "templates", "documents")
#: Static faces: variable ones take several times as long.
FONTS = Path(settings.ROOT, "node_modules", "@expo-google-fonts", "inter")
FACES = ("400Regular/Inter_400Regular.ttf", "600SemiBold/Inter_600SemiBold.ttf")

#: Advisory locks share one space of numbers; this is ours.
RENDERING = 0x0CF1


@consumer("pdf", Event.Kind.ISSUED)
def render(event: Event) -> None:
    """Render and keep the file of what was issued, unless that was done before."""
    stored_pdf(event.note.document)
    announce(Change(note=event.note_id))


@transaction.atomic
def stored_pdf(document: IssuedDocument) -> DocumentFile:
    """The kept file, rendered now if nobody has yet. For workers: it may take a second.

    Two workers that ask at once do not both render: one waits for the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [RENDERING, document.pk])
    known = document.files.filter(format=PDF).first()
    return known or _keep(document, pdf_of(document))


def _keep(document: IssuedDocument, content: bytes) -> DocumentFile:
    return DocumentFile.objects.create(
        document=document,
        format=PDF,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        rendered_at=timezone.now(),
    )


def pdf_of(document: IssuedDocument) -> bytes:
    """The document as PDF/A-3a, from its snapshot alone: the same bytes each time."""
    return printed(html_of(document.snapshot), document.snapshot)


def printed(html: str, snapshot: dict[str, Any]) -> bytes:
    """A page as PDF/A-3a; the same page of the same snapshot prints the same bytes."""
    from weasyprint import HTML

    style, fonts = _style()
    page = HTML(string=html, url_fetcher=_fetcher([]))
    content: bytes = page.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant=VARIANT,
        pdf_identifier=_identifier(snapshot),
    )
    return content


@worker_before_create_process.connect
def warm_up(**_signal: Any) -> None:
    """Import the renderer before a worker forks, so that its children need not."""
    import_module("weasyprint")


def _identifier(snapshot: dict[str, Any]) -> bytes:
    canonical = json.dumps(snapshot, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32].encode()


@cache
def _style() -> tuple[Any, Any]:
    """The print stylesheet with its fonts, read once a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    for face in FACES:
        if not (FONTS / face).exists():  # or WeasyPrint would silently take another font
            raise FileNotFoundError(FONTS / face)
    fonts = FontConfiguration()
    text = (TEMPLATES / "credit_note.css").read_text()
    base = f"{FONTS.as_uri()}/"
    return CSS(string=text, base_url=base, font_config=fonts, url_fetcher=_fetcher(["file"])), fonts


# A font configuration cleans up after itself, for which it needs a living interpreter.
atexit.register(_style.cache_clear)


def _fetcher(protocols: list[str]) -> Any:
    """Fetches nothing from the network, whatever a document may say."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=protocols, allow_redirects=False)
