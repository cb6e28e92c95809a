"""Small pictures of photos, made once and kept beside them, equally private."""

from __future__ import annotations

import io

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from creditnotes.attaching import UNREADABLE
from creditnotes.models import Attachment

#: Pixels; a page shows it at half of that, so that it is sharp on a phone.
SIZE = (320, 240)
TYPE = "image/jpeg"


def thumbnail_of(attachment: Attachment) -> bytes | None:
    """A JPEG of :data:`SIZE` cut from the photo's middle; None for what is no photo."""
    if not attachment.is_photo:
        return None
    path = f"thumbnails/{attachment.sha256}-{SIZE[0]}.jpg"
    if default_storage.exists(path):
        with default_storage.open(path) as kept:
            return bytes(kept.read())
    small = _made_from(attachment)
    if small is not None and not default_storage.exists(path):  # else another was faster
        default_storage.save(path, ContentFile(small))
    return small


def _made_from(attachment: Attachment) -> bytes | None:
    try:
        with attachment.file.open("rb") as file, Image.open(file) as photo:
            photo.draft("RGB", SIZE)  # a large JPEG is read at a fraction of its size
            upright = ImageOps.exif_transpose(photo)
            small = ImageOps.fit(_flat(upright), SIZE)
    except UNREADABLE:
        return None
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80, optimize=True)
    return written.getvalue()


def _flat(photo: Image.Image) -> Image.Image:
    """The photo on white, where it lets something shine through."""
    if photo.mode in ("RGBA", "LA", "PA") or "transparency" in photo.info:
        clear = photo.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return photo.convert("RGB")
