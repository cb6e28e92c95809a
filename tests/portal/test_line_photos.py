"""Photos of a line: kept with it, shown beside it, harmless whatever their name says."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from approvals import services as approval_services
from approvals.models import Policy
from creditnotes import services
from creditnotes.models import Attachment, CreditNote, Reason
from customers.models import Invoice, User
from tests import factories
from tests.portal.test_ask import address, filled, text

SignIn = Callable[[User], Client]
PHOTOS = "/portal/requests/photos/"

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>45,25N</exif:GPSLatitude></x:xmpmeta>'


@pytest.fixture
def browser(client_of: SignIn, contact: User) -> Client:
    return client_of(contact)


def upload(client: Client, invoice: Invoice, *files: Any, **more: Any) -> Any:
    sent = {"token": more.pop("token", str(uuid4())), "photos": list(files), **more}
    return client.post(f"{PHOTOS}?invoice={invoice.pk}", sent)


def test_several_photos_show_one_line_and_reach_the_rep_with_it(
    browser: Client, client_of: SignIn, rep: User, invoice: Invoice, damaged: Reason
) -> None:
    line = invoice.lines.get(position=1)
    form = filled(invoice, damaged)
    for name, colour in (("one.jpg", "red"), ("two.jpg", "blue")):
        answer = upload(
            browser,
            invoice,
            factories.photo(name, colour),
            of=str(line.pk),
            token=form["token"],
        )
    assert text(answer).count("/thumbnail/") == 2
    other = upload(browser, invoice, factories.photo("all.jpg", "green"), token=form["token"])
    assert text(other).count("/thumbnail/") == 1  # the whole's strip, not the line's
    assert browser.post(address(invoice), form).status_code == 302
    note = CreditNote.objects.get()
    shown = note.attachments.order_by("pk").values_list("name", "invoice_line")
    assert list(shown) == [("one.jpg", line.pk), ("two.jpg", line.pk), ("all.jpg", None)]
    assert "Lumber 2×4×8 · one.jpg" in text(client_of(rep).get(f"/credit-notes/{note.pk}/"))


def test_they_stand_under_their_line_on_every_page_at_no_cost(
    client_of: SignIn, contact: User, rep: User, manager: User, invoice: Invoice, policy: Policy
) -> None:
    costs = []
    another = factories.invoice(invoice.customer, "INV-9")
    for bill, names in ((invoice, ["one"]), (another, ["one", "two", "three"])):
        first, second = bill.lines.filter(position__lte=2).order_by("position")
        note = factories.draft_note(
            bill, contact, factories.claim(bill, 1), factories.claim(bill, 2)
        )
        for name, colour in zip(names, ("red", "green", "blue"), strict=False):
            photo = factories.photo(f"{name}.jpg", colour)
            services.attach(note, photo, actor=contact, moment=factories.MOMENT, line=first)
        whole = factories.photo("all.jpg", "gray")
        services.attach(note, whole, actor=contact, moment=factories.MOMENT)
        slip = SimpleUploadedFile("slip.pdf", b"%PDF-1.7 slip")
        services.attach(note, slip, actor=contact, moment=factories.MOMENT, line=first)
        approval_services.request(note, actor=contact, moment=factories.MOMENT)
        asked = [seen_by(client_of(contact), f"/portal/credit-notes/{note.pk}/")]
        services.pick_up(note, actor=rep, moment=factories.MOMENT)
        approval_services.submit(note, actor=rep, moment=factories.MOMENT)
        decided = f"/approvals/{note.pk}/"
        asked += [
            seen_by(client_of(rep), f"/credit-notes/{note.pk}/"),
            seen_by(client_of(manager), decided),
        ]
        costs.append([cost for _page, cost in asked])
        for page, _cost in asked:
            row = page.split('class="line-photos"')[1].split("</td>")[0]
            assert page.count('class="line-photos"') == 1
            assert page.count('class="line-photo"') == len(names)
            assert f'alt="{first.name} · one.jpg"' in row
            assert 'loading="lazy"' in row
            assert first.name in page.split('class="line-photos"')[0].rsplit("<td", 1)[1]
            assert second.name not in row
    assert costs[0] == costs[1]


def seen_by(client: Client, page: str) -> tuple[str, int]:
    """The page, and how many questions it asked of the database."""
    client.get(page)  # what is asked once
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(page)
    assert answer.status_code == 200, page
    return text(answer), len(queries)


def test_without_script_each_line_has_its_own_files(
    browser: Client, invoice: Invoice, damaged: Reason
) -> None:
    line = invoice.lines.get(position=2)
    form = filled(invoice, damaged) | {f"photos-{line.pk}": [factories.photo()]}
    assert browser.post(address(invoice), form).status_code == 302
    assert CreditNote.objects.get().attachments.get().invoice_line == line


def test_a_photo_of_a_line_is_removed_there(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    line, token = invoice.lines.get(position=1), str(uuid4())
    upload(browser, invoice, factories.photo(), of=str(line.pk), token=token)
    photo = Attachment.objects.get()
    answer = upload(browser, invoice, of=str(line.pk), token=token, remove=str(photo.pk))
    assert "/thumbnail/" not in text(answer)
    assert not Attachment.objects.exists()


def test_another_customers_line_is_not_shown_by_it(
    browser: Client, contact: User, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    theirs = quebec_invoice.lines.get(position=1)
    upload(browser, invoice, factories.photo(), of=str(theirs.pk))
    assert Attachment.objects.get().invoice_line is None
    note = factories.draft_note(invoice, contact)
    with pytest.raises(DatabaseError, match="another customer"), transaction.atomic():
        services.attach(
            note, factories.photo(), actor=contact, moment=factories.MOMENT, line=theirs
        )


# What is taken in --------------------------------------------------------------------


def jpeg() -> bytes:
    return bytes(factories.photo().read())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("drawing.jpg", SVG),
        ("drawing.svg", SVG),
        ("page.png", HTML),
        ("page.pdf", HTML),
        ("empty.jpg", b""),
        ("gif.jpg", b"GIF89a" + HTML),
        ("archive.webp", b"PK\x03\x04" + b"0" * 100),
    ],
)
def test_what_is_no_photo_is_refused_whatever_its_name_says(
    browser: Client, invoice: Invoice, name: str, data: bytes
) -> None:
    answer = upload(browser, invoice, SimpleUploadedFile(name, data, "image/jpeg"))
    assert answer.status_code == 422
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("hidden", [HTML, SVG, b"PK\x03\x04zip", b"<?php system($_GET[0]);"])
def test_what_hides_behind_a_photo_is_cut_off(
    browser: Client, invoice: Invoice, hidden: bytes
) -> None:
    upload(browser, invoice, SimpleUploadedFile("both.html", jpeg() + hidden, "text/html"))
    kept = Attachment.objects.get()
    with kept.file.open("rb") as file:
        assert hidden not in file.read()
    answer = browser.get(f"/portal/attachments/{kept.pk}/")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_document_that_is_a_page_as_well_is_only_ever_downloaded(
    browser: Client, invoice: Invoice
) -> None:
    upload(browser, invoice, SimpleUploadedFile("slip.html", b"%PDF-1.7\n" + HTML, "text/html"))
    kept = Attachment.objects.get()
    answer = browser.get(f"/portal/attachments/{kept.pk}/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_too_large_and_too_many_are_said(browser: Client, invoice: Invoice, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2**20
    huge = SimpleUploadedFile("huge.jpg", jpeg() + b"0" * 2**20, "image/jpeg")
    assert "huge.jpg is larger than 1 MB." in text(upload(browser, invoice, huge))
    settings.ATTACHMENT_MAX_COUNT = 2
    colours = ("red", "green", "blue")
    answer = upload(browser, invoice, *(factories.photo(f"{each}.jpg", each) for each in colours))
    assert answer.status_code == 422
    assert "at most 2 files" in text(answer)
    assert Attachment.objects.count() == 2


# Where it was taken ------------------------------------------------------------------


def with_location(kind: str) -> bytes:
    """A picture that says where it was taken, in each way that its format knows."""
    exif = Image.Exif()
    exif[0x010E] = "at 5 Private Street"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (45.0, 25.0, 0.0)
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        words = PngInfo()
        words.add_text("Comment", "at 5 Private Street")
        words.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options["pnginfo"] = words
    else:
        options["xmp"] = XMP
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "orange").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_is_forgotten(browser: Client, invoice: Invoice, kind: str) -> None:
    data = with_location(kind)
    assert b"GPSLatitude" in data  # else this would prove nothing
    assert b"Private Street" in data
    upload(browser, invoice, SimpleUploadedFile("here.jpg", data))
    with Attachment.objects.get().file.open("rb") as file:
        kept = file.read()
    assert b"GPSLatitude" not in kept
    assert b"Private Street" not in kept
    with Image.open(io.BytesIO(kept)) as photo:
        assert not photo.getexif()
        assert not {"exif", "xmp", "XML:com.adobe.xmp", "comment"} & set(photo.info)
