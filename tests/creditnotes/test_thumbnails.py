"""Small pictures of photos: right side up, made once, and as private as the photos."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from creditnotes import services, thumbnails
from creditnotes.models import Attachment
from creditnotes.thumbnails import thumbnail_of
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
UPSIDE_DOWN = 3


def picture(size: tuple[int, int] = (1600, 1200), **saving: object) -> SimpleUploadedFile:
    """A photo, red above and blue below."""
    made = Image.new("RGB", size, "blue")
    made.paste("red", (0, 0, size[0], size[1] // 2))
    written = io.BytesIO()
    made.save(written, "JPEG", **saving)
    return SimpleUploadedFile("pallet.jpg", written.getvalue(), "image/jpeg")


@pytest.fixture
def keep(rep: User, invoice: Invoice) -> Callable[[SimpleUploadedFile], Attachment]:
    """Attach a file to a draft."""
    note = factories.draft_note(invoice, rep)
    return lambda file: services.attach(note, file, actor=rep, moment=factories.MOMENT)


def test_a_large_photo_becomes_a_small_jpeg(
    keep: Callable[[SimpleUploadedFile], Attachment],
) -> None:
    kept = keep(picture())

    small = thumbnail_of(kept)

    assert small is not None
    assert len(small) < 10_000
    with Image.open(io.BytesIO(small)) as shown:
        assert (shown.format, shown.size) == ("JPEG", thumbnails.SIZE)


def test_it_is_turned_as_the_camera_was_held(
    keep: Callable[[SimpleUploadedFile], Attachment],
) -> None:
    turned = Image.Exif()
    turned[0x0112] = UPSIDE_DOWN

    small = thumbnail_of(keep(picture(exif=turned)))

    assert small is not None
    with Image.open(io.BytesIO(small)) as shown:
        red, _green, blue = shown.convert("RGB").getpixel((160, 10))  # type: ignore[misc]
        assert blue > red


def test_it_is_made_once(
    keep: Callable[[SimpleUploadedFile], Attachment], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(picture())
    first = thumbnail_of(kept)
    default_storage.delete(str(kept.file.name))

    assert thumbnail_of(kept) == first


def test_what_shines_through_stands_on_white(
    keep: Callable[[SimpleUploadedFile], Attachment],
) -> None:
    written = io.BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(written, "PNG")

    small = thumbnail_of(keep(SimpleUploadedFile("scan.png", written.getvalue(), "image/png")))

    assert small is not None
    with Image.open(io.BytesIO(small)) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_the_page_shows_it_with_its_size_so_that_nothing_moves(
    client_of: SignIn, rep: User, keep: Callable[[SimpleUploadedFile], Attachment]
) -> None:
    kept = keep(picture())
    browser = client_of(rep)

    page = browser.get(f"/credit-notes/{kept.note_id}/").content.decode()
    answer = browser.get(f"/credit-notes/attachments/{kept.pk}/thumbnail/")

    image = page.split(f'src="/credit-notes/attachments/{kept.pk}/thumbnail/"')[1].split(">")[0]
    assert 'width="320"' in image
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_document_has_none(
    client_of: SignIn, rep: User, keep: Callable[[SimpleUploadedFile], Attachment]
) -> None:
    kept = keep(SimpleUploadedFile("slip.pdf", b"%PDF-1.4 slip", "application/pdf"))

    answer = client_of(rep).get(f"/credit-notes/attachments/{kept.pk}/thumbnail/")

    assert answer.status_code == 404
    assert f"attachments/{kept.pk}/thumbnail/" not in (
        client_of(rep).get(f"/credit-notes/{kept.note_id}/").content.decode()
    )
