"""Taking in photos and documents: checked by content, cleaned, stored out of the web's reach."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from datetime import datetime
from functools import partial
from typing import Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from creditnotes.models import Attachment, CreditNote, PhotoLink
from customers.errors import Refusal
from customers.models import InvoiceLine, User

PDF = "application/pdf"
#: Pillow's name of a format → the type under which we keep and serve it.
PHOTO_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
#: How Pillow calls a JPEG of several pictures, as phones write it; the first is the photo.
MULTI_PICTURE = "MPO"
#: What Pillow raises for a file that only begins like a photo.
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    SyntaxError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
#: A picture of more pixels than this is not a photo but an attack on memory.
MAX_PIXELS = 60_000_000


class Upload(Protocol):
    """What a form hands over for a file, such as Django's ``UploadedFile``."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def read(self) -> bytes: ...


def store(
    note: CreditNote,
    upload: Upload,
    source: User | PhotoLink,
    moment: datetime,
    line: InvoiceLine | None = None,
) -> Attachment:
    """Check and keep one file; one that the note has already is answered as it is.

    ``source`` is who adds it, or the link by which it comes: that takes photos alone, for what
    a stranger sends is never kept as it is. ``line`` is the invoice line that it shows; None
    for the whole.

    Photos are written anew without their metadata, so that no location is kept.
    Raises :class:`~customers.errors.Refusal` for what is too large, too many, or
    neither a photo nor a PDF, whatever its name says.
    """
    name = (upload.name or _("file"))[-200:]
    if (upload.size or 0) > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise Refusal(
            _("%(name)s is larger than %(limit)s MB.") % {"name": name, "limit": limit},
            field="photos",
        )
    if note.attachments.count() >= settings.ATTACHMENT_MAX_COUNT:
        raise Refusal(
            _("A credit note holds at most %(count)s files.")
            % {"count": settings.ATTACHMENT_MAX_COUNT},
            field="photos",
        )
    link, person = (source, None) if isinstance(source, PhotoLink) else (None, source)
    content, content_type = cleaned(upload.read(), name, photos_only=link is not None)
    digest = hashlib.sha256(content).hexdigest()
    known = note.attachments.filter(sha256=digest).first()
    return known or note.attachments.create(
        invoice_line=line,
        file=ContentFile(content, name="file"),
        name=name,
        content_type=content_type,
        size=len(content),
        sha256=digest,
        added_by=person,
        link=link,
        added_at=moment,
    )


def discard(note: CreditNote) -> None:
    """Take all files off a note that is given up, and off the disk once that has happened."""
    files = list(note.attachments.all())
    note.attachments.all().delete()
    for attachment in files:
        transaction.on_commit(partial(attachment.file.delete, save=False), robust=True)


def cleaned(data: bytes, name: str, *, photos_only: bool = False) -> tuple[bytes, str]:
    """A photo without its metadata, or a PDF as it is, and its type; else raises the refusal."""
    if data.startswith(b"%PDF-") and not photos_only:
        return data, PDF
    try:
        return _photo(data)
    except UNREADABLE as error:
        words = _("%(name)s is neither a photo (JPEG, PNG, WebP) nor a PDF.")
        if photos_only:
            words = _("%(name)s is no photo (JPEG, PNG, WebP).")
        raise Refusal(words % {"name": name}, field="photos") from error


def _photo(data: bytes) -> tuple[bytes, str]:
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, where it is loaded, is lenient
    with Image.open(io.BytesIO(data), formats=list(PHOTO_FORMATS)) as picture:
        kind = "JPEG" if picture.format == MULTI_PICTURE else picture.format or ""
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(picture)
        clean = io.BytesIO()
        upright.save(clean, format=kind, quality=88, comment=b"")
    return clean.getvalue(), PHOTO_FORMATS[kind]
