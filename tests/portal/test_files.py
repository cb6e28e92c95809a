"""Files in the portal: the issued PDF, and the photos that customers sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from approvals import services as approval_services
from creditnotes import services
from creditnotes.documents.rendering import stored_pdf
from creditnotes.models import CreditNote, Dispatch
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all

SignIn = Callable[[User], Client]


@pytest.fixture
def note(rep: User, invoice: Invoice) -> CreditNote:
    return factories.issued_note(invoice, rep)


def test_the_pdf_is_the_one_that_was_made(
    client_of: SignIn, contact: User, note: CreditNote
) -> None:
    kept = stored_pdf(note.document)
    response = client_of(contact).get(f"/portal/credit-notes/{note.pk}/pdf/")
    assert response.status_code == 200
    assert response.content == bytes(kept.content)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{note.document.number}.pdf"'
    assert response["Cache-Control"] == "no-store, private"


def test_a_pdf_that_is_not_made_yet_is_waited_for(
    client_of: SignIn, contact: User, note: CreditNote
) -> None:
    client = client_of(contact)
    waiting = client.get(f"/portal/credit-notes/{note.pk}/pdf/")
    assert waiting.status_code == 200
    assert waiting["Refresh"] == "2"
    assert "being made" in waiting.content.decode()
    deliver_all()
    assert client.get(f"/portal/credit-notes/{note.pk}/pdf/").content.startswith(b"%PDF-")


def test_asking_for_replayed_history_has_it_made(
    client_of: SignIn, contact: User, rep: User, manager: User, invoice: Invoice
) -> None:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, rep, quiet=True)
    note = approval_services.submit(note, actor=rep, moment=factories.MOMENT, quiet=True)
    note = approval_services.approve(note, actor=manager, moment=factories.MOMENT, quiet=True)
    note = services.issue(note, actor=None, moment=factories.MOMENT, quiet=True)
    assert not Dispatch.objects.exists()
    client_of(contact).get(f"/portal/credit-notes/{note.pk}/pdf/")
    assert list(Dispatch.objects.values_list("consumer", flat=True)) == ["pdf"]


def test_what_is_not_issued_has_no_pdf(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)
    assert client_of(contact).get(f"/portal/credit-notes/{note.pk}/pdf/").status_code == 404


def test_nobody_elses_pdf(
    client_of: SignIn, stranger_contact: User, foreign_contact: User, rep: User, note: CreditNote
) -> None:
    stored_pdf(note.document)
    for person in (stranger_contact, foreign_contact, rep):
        response = client_of(person).get(f"/portal/credit-notes/{note.pk}/pdf/")
        assert response.status_code == 404


def test_own_photos_are_shown_and_harmless(
    client_of: SignIn, contact: User, stranger_contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, contact)
    photo = services.attach(
        note, factories.photo("my pallet.jpg"), actor=contact, moment=factories.MOMENT
    )
    address = f"/portal/attachments/{photo.pk}/"
    response = client_of(contact).get(address)
    assert response.status_code == 200
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'inline; filename="my pallet.jpg"'
    for person in (stranger_contact, rep):
        assert client_of(person).get(address).status_code == 404


def test_what_colleagues_attach_is_not_the_customers(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, rep)
    services.attach(note, factories.photo(), actor=rep, moment=factories.MOMENT)
    photo = note.attachments.get()
    assert client_of(contact).get(f"/portal/attachments/{photo.pk}/").status_code == 404


def test_a_photo_is_shown_small_and_opened_whole(
    client_of: SignIn, contact: User, stranger_contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, contact)
    photo = services.attach(note, factories.photo(), actor=contact, moment=factories.MOMENT)
    services.request(note, actor=contact, moment=factories.MOMENT)
    whole, small = f"/portal/attachments/{photo.pk}/", f"/portal/attachments/{photo.pk}/thumbnail/"
    page = client_of(contact).get(f"/portal/credit-notes/{note.pk}/").content.decode()
    assert f'href="{whole}"' in page
    assert f'src="{small}"' in page
    assert f'src="{whole}"' not in page
    assert client_of(contact).get(small).content.startswith(b"\xff\xd8")
    for person in (stranger_contact, rep):
        assert client_of(person).get(small).status_code == 404
