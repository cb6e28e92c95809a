"""A request that was sent takes more photos from who raised it, until it is being decided."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals import services as approval_services
from creditnotes import services
from creditnotes.models import CreditNote
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
FORM = "Add photos or documents"


@pytest.fixture
def request_of(contact: User, invoice: Invoice) -> CreditNote:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"))
    return services.request(note, actor=contact, moment=factories.MOMENT)


def add(client: Client, note: CreditNote, *files: SimpleUploadedFile) -> tuple[int, str]:
    address = f"/portal/credit-notes/{note.pk}/photos/"
    answer = client.post(address, {"photos": list(files)}, follow=True)
    return answer.status_code, answer.content.decode()


def test_a_photo_joins_what_was_sent(
    client_of: SignIn, contact: User, request_of: CreditNote
) -> None:
    client = client_of(contact)
    assert FORM in client.get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    status, page = add(client, request_of, factories.photo())
    assert (status, request_of.attachments.count()) == (200, 1)
    assert "Thank you. We have what you added." in page
    assert "pallet.jpg" in page


def test_also_after_a_colleague_of_ours_took_it_over(
    client_of: SignIn, contact: User, rep: User, request_of: CreditNote
) -> None:
    services.pick_up(request_of, actor=rep, moment=factories.MOMENT)
    assert add(client_of(contact), request_of, factories.photo())[0] == 200
    assert request_of.attachments.count() == 1


def test_not_while_it_is_decided(
    client_of: SignIn, contact: User, rep: User, request_of: CreditNote
) -> None:
    services.pick_up(request_of, actor=rep, moment=factories.MOMENT)
    approval_services.submit(request_of, actor=rep, moment=factories.MOMENT)
    client = client_of(contact)
    assert FORM not in client.get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    assert add(client, request_of, factories.photo())[0] == 409
    assert not request_of.attachments.exists()


def test_what_is_no_photo_is_named_beside_the_field_and_the_rest_kept(
    client_of: SignIn, contact: User, request_of: CreditNote
) -> None:
    wrong = SimpleUploadedFile("virus.png", b"MZ nothing to see", "image/png")
    status, page = add(client_of(contact), request_of, wrong, factories.photo())
    assert status == 422
    assert "virus.png is neither a photo (JPEG, PNG, WebP) nor a PDF." in page
    assert [kept.name for kept in request_of.attachments.all()] == ["pallet.jpg"]


def test_nothing_chosen_says_so(client_of: SignIn, contact: User, request_of: CreditNote) -> None:
    status, page = add(client_of(contact), request_of)
    assert (status, "Choose a photo or a document." in page) == (422, True)


def test_nobody_else_adds_to_it(
    client_of: SignIn,
    customer: Customer,
    stranger_contact: User,
    rep: User,
    request_of: CreditNote,
) -> None:
    colleague = client_of(factories.contact(customer, "Carla Colleague"))
    assert FORM not in colleague.get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    assert add(colleague, request_of, factories.photo())[0] == 403
    assert add(client_of(stranger_contact), request_of, factories.photo())[0] == 404
    assert add(client_of(rep), request_of, factories.photo())[0] == 404
    assert not request_of.attachments.exists()
