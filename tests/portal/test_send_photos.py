"""The page behind a link for photos: without a sign-in, and without anything else of the note."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from creditnotes import photo_links, services
from creditnotes.models import CreditNote, Event, PhotoLink
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
ENDED = "This link takes no photos any more"


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.draft_note(invoice, rep, explanation="Crushed by the fork.")
    services.attach(note, factories.photo("inside.jpg", "black"), actor=rep, moment=timezone.now())
    return note


@pytest.fixture
def link(note: CreditNote, rep: User) -> PhotoLink:
    return services.ask_for_photos(note, "Dan Driver", actor=rep, moment=timezone.now())


def address(link: PhotoLink) -> str:
    return f"/portal/photos/{photo_links.token_for(link)}/"


def send(client: Client, link: PhotoLink, *photos: SimpleUploadedFile) -> tuple[int, str]:
    answer = client.post(address(link), {"photos": list(photos)}, follow=True)
    return answer.status_code, answer.content.decode()


def test_the_page_tells_the_least(client: Client, link: PhotoLink, note: CreditNote) -> None:
    answer = client.get(address(link))
    page = answer.content.decode()
    assert answer.status_code == 200
    for told in ("North Supply", "Rita Rep", "INV-1"):
        assert told in page
    for kept in (note.reference, str(note.total), "Crushed", "inside.jpg", "Dan", "Lumber"):
        assert kept not in page
    assert note.customer.name not in page


def test_the_address_is_told_to_nobody(client: Client, link: PhotoLink) -> None:
    answer = client.get(address(link))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]


def test_to_open_it_changes_nothing(client: Client, link: PhotoLink, note: CreditNote) -> None:
    before = note.events.count()
    assert {client.get(address(link)).status_code, client.head(address(link)).status_code} == {200}
    assert note.events.count() == before
    assert "sessionid" not in client.cookies


def test_photos_join_the_note_and_are_told(link: PhotoLink, note: CreditNote) -> None:
    strict = Client(enforce_csrf_checks=True)  # without any cookie
    status, page = send(strict, link, factories.photo(), factories.photo("corner.jpg", "red"))
    assert status == 200
    assert "Thank you, 2 photos have arrived" in page
    assert "corner.jpg" in page
    assert note.attachments.filter(link=link).count() == 2
    assert note.events.latest("pk").payload["count"] == 2


def test_the_script_gets_the_part_that_changes(client: Client, link: PhotoLink) -> None:
    sent = {"photos": factories.photo()}
    answer = client.post(address(link), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "pallet.jpg" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_where_it_was_taken_is_not_kept(client: Client, link: PhotoLink, note: CreditNote) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (45.0, 25.0, 0.0)}
    exif[0x010E] = "at the back gate"
    taken = io.BytesIO()
    Image.new("RGB", (40, 30), "olive").save(taken, "JPEG", exif=exif)
    send(client, link, SimpleUploadedFile("gate.jpg", taken.getvalue(), "image/jpeg"))
    with note.attachments.get(link=link).file.open("rb") as kept:
        assert not Image.open(kept).getexif()


def test_what_is_no_photo_is_named_and_the_rest_kept(
    client: Client, link: PhotoLink, note: CreditNote
) -> None:
    wrong = SimpleUploadedFile("virus.png", b"MZ nothing to see", "image/png")
    paper = SimpleUploadedFile("slip.pdf", b"%PDF-1.7", "application/pdf")
    empty = SimpleUploadedFile("empty.jpg", b"", "image/jpeg")
    status, page = send(client, link, wrong, paper, empty, factories.photo())
    assert status == 422
    assert page.count("is no photo (JPEG, PNG, WebP).") == 3
    assert "Thank you, 1 photo has arrived" in page
    assert note.attachments.filter(link=link).count() == 1
    assert "Choose a photo." in send(client, link)[1]


def test_other_links_photos_are_not_shown(
    client: Client, link: PhotoLink, note: CreditNote, rep: User
) -> None:
    other = services.ask_for_photos(note, "Eve", actor=rep, moment=timezone.now())
    send(client, other, factories.photo("theirs.jpg"))
    assert "theirs.jpg" not in client.get(address(link)).content.decode()


def gone(client: Client, link: PhotoLink) -> None:
    """Whatever one does with the link is answered by a page that names nothing."""
    for answer in (client.get(address(link)), client.post(address(link), {"photos": "x"})):
        page = answer.content.decode()
        assert (answer.status_code, ENDED in page) == (410, True)
        for kept in ("INV-1", "Rita", "North Supply", link.note.reference, address(link)):
            assert kept not in page
        assert answer["Referrer-Policy"] == "no-referrer"


def test_it_expires(client: Client, link: PhotoLink) -> None:
    with time_machine.travel(link.expires_at - timedelta(minutes=1), tick=False):
        assert client.get(address(link)).status_code == 200
    with time_machine.travel(link.expires_at, tick=False):
        gone(client, link)
        sent = {"photos": factories.photo()}
        part = client.post(address(link), sent, headers={"HX-Request": "true"})
        assert (part.status_code, link.photos.count()) == (410, 0)


def test_it_is_ended(client: Client, link: PhotoLink, rep: User) -> None:
    services.end_photo_link(link, actor=rep, moment=timezone.now())
    gone(client, link)


def test_it_ends_with_the_note(
    client: Client, link: PhotoLink, note: CreditNote, rep: User
) -> None:
    services.withdraw(note, actor=rep, moment=timezone.now(), comment="")
    gone(client, link)


def test_a_forged_one_is_no_page(client: Client, link: PhotoLink, rep: User) -> None:
    other = services.ask_for_photos(link.note, "Eve", actor=rep, moment=timezone.now())
    mark = photo_links.token_for(other).split(":")[1]
    for forged in (f"{link.pk}:{mark}", str(link.pk), "x", f"{photo_links.token_for(link)}x"):
        assert client.get(f"/portal/photos/{forged}/").status_code == 404
        assert client.post(f"/portal/photos/{forged}/").status_code == 404


def test_it_speaks_the_customers_language_or_the_one_chosen(
    client: Client, link: PhotoLink, note: CreditNote
) -> None:
    CreditNote.objects.filter(pk=note.pk).update(language="fr-ca")
    assert 'lang="fr-ca"' in client.get(address(link)).content.decode()[:200]
    english = f"{address(link)}?language=en"
    assert "Send us your photos" in client.get(english).content.decode()
    assert 'lang="fr-ca"' in client.get(f"{address(link)}?language=xx").content.decode()[:200]
    answer = client.post(english, {"photos": factories.photo()})
    assert answer["Location"].endswith("?language=en")


def test_whoever_is_signed_in_may_use_it_too(
    client_of: SignIn, stranger_contact: User, link: PhotoLink
) -> None:
    assert send(client_of(stranger_contact), link, factories.photo())[0] == 200
    assert link.photos.get().added_by is None


def test_too_often_waits_by_link_and_by_address(
    link: PhotoLink, note: CreditNote, rep: User, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {"links": (2, 3600)}
    answers = [
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(address(link)).status_code
        for number in range(3)
    ]
    assert answers == [422, 422, 429]  # one link from three addresses
    cache.clear()
    now = timezone.now()
    links = [services.ask_for_photos(note, "Eve", actor=rep, moment=now) for _ in range(3)]
    answers = [Client().post(address(each)).status_code for each in links]
    assert answers == [422, 422, 429]  # three links from one address


def test_what_comes_is_live_for_the_rep(client: Client, link: PhotoLink, note: CreditNote) -> None:
    send(client, link, factories.photo())
    last = note.events.latest("pk")
    assert (last.kind, last.actor) == (Event.Kind.PHOTOS_CAME, None)
    assert set(last.dispatches.values_list("consumer", flat=True)) >= {"news"}
