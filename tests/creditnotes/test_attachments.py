"""Photos and documents: private, harmless, and removable while the note may change."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageFile

from approvals import services as approval_services
from creditnotes import services
from creditnotes.models import Attachment
from customers.errors import Refusal
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def photo(rep: User, invoice: Invoice) -> Attachment:
    note = factories.draft_note(invoice, rep)
    return services.attach(note, factories.photo("côté.jpg"), actor=rep, moment=factories.MOMENT)


def address(attachment: Attachment, then: str = "") -> str:
    return f"/credit-notes/attachments/{attachment.pk}/{then}"


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_photo_is_shown_in_a_sandbox(client_of: SignIn, rep: User, photo: Attachment) -> None:
    answer = client_of(rep).get(address(photo))

    with photo.file.open() as kept:
        assert body(answer) == kept.read()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''c%C3%B4t%C3%A9.jpg")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_document_is_only_downloaded(client_of: SignIn, rep: User, photo: Attachment) -> None:
    upload = SimpleUploadedFile("slip.pdf", b"%PDF-1.4 something", "text/html")
    slip = services.attach(photo.note, upload, actor=rep, moment=factories.MOMENT)

    answer = client_of(rep).get(address(slip))

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="slip.pdf"'
    assert body(answer).startswith(b"%PDF-")


def test_whoever_may_not_see_the_note_may_not_see_its_photo(
    client_of: SignIn,
    other_rep: User,
    foreign_rep: User,
    contact: User,
    stranger_contact: User,
    photo: Attachment,
) -> None:
    for stranger in (other_rep, foreign_rep, contact, stranger_contact):
        assert client_of(stranger).get(address(photo)).status_code == 404
        assert client_of(stranger).post(address(photo, "remove/")).status_code == 404
    assert Attachment.objects.filter(pk=photo.pk).exists()
    assert Client().get(address(photo)).status_code == 302


def test_it_is_removed_while_the_note_is_open(
    client_of: SignIn, rep: User, photo: Attachment
) -> None:
    answer = client_of(rep).post(address(photo, "remove/"))

    assert answer.headers["Location"] == f"/credit-notes/{photo.note_id}/"
    assert not Attachment.objects.exists()
    assert client_of(rep).get(address(photo)).status_code == 404


def test_it_stays_with_what_was_submitted(client_of: SignIn, rep: User, invoice: Invoice) -> None:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, rep)
    photo = services.attach(note, factories.photo(), actor=rep, moment=factories.MOMENT)
    approval_services.submit(note, actor=rep, moment=factories.MOMENT)

    assert client_of(rep).post(address(photo, "remove/")).status_code == 409
    assert Attachment.objects.exists()


def test_it_is_not_removed_by_looking(client_of: SignIn, rep: User, photo: Attachment) -> None:
    assert client_of(rep).get(address(photo, "remove/")).status_code == 405


def picture(file_format: str, **options: object) -> bytes:
    """A real picture file of that format."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "orange").save(file, file_format, **options)
    return file.getvalue()


def test_a_phones_photo_of_several_pictures_is_kept_as_one(rep: User, invoice: Invoice) -> None:
    second = Image.new("RGB", (32, 24), "blue")
    data = picture("MPO", save_all=True, append_images=[second])
    note = factories.draft_note(invoice, rep)

    upload = SimpleUploadedFile("pallet.jpg", data)
    kept = services.attach(note, upload, actor=rep, moment=factories.MOMENT)

    assert kept.content_type == "image/jpeg"
    with kept.file.open() as file, Image.open(file) as photo:
        assert photo.format == "JPEG"
        assert photo.getpixel((5, 5)) == pytest.approx((255, 165, 0), abs=8)


def test_a_comment_inside_a_photo_is_not_kept(rep: User, invoice: Invoice) -> None:
    upload = SimpleUploadedFile("a.jpg", picture("JPEG", comment=b"at 5 Private Street"))
    note = factories.draft_note(invoice, rep)

    kept = services.attach(note, upload, actor=rep, moment=factories.MOMENT)

    with kept.file.open() as file:
        assert b"Private Street" not in file.read()


def broken_chunk() -> bytes:
    data = bytearray(picture("PNG"))
    data[data.index(b"IDAT") + 6] ^= 0xFF
    return bytes(data)


def unknown_chunk() -> bytes:
    data = picture("PNG")
    return data[:33] + b"\0\0\0\4\1\2\3\4" + data[33:]


@pytest.mark.parametrize(
    "data",
    [
        broken_chunk(),
        unknown_chunk(),
        picture("PNG")[:40],
        picture("PNG")[:20],
        picture("JPEG")[:150],
        picture("WEBP")[:30],
    ],
    ids=["changed byte", "not a chunk", "cut", "cut early", "cut JPEG", "cut WebP"],
)
def test_a_broken_photo_is_refused(rep: User, invoice: Invoice, data: bytes) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as in a process that renders PDFs
    note = factories.draft_note(invoice, rep)

    with pytest.raises(Refusal, match="neither a photo"):
        services.attach(note, SimpleUploadedFile("x.png", data), actor=rep, moment=factories.MOMENT)
    assert not Attachment.objects.exists()
