"""What a browser may keep: nothing of what signed-in people see, and files only to ask again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import Policy
from creditnotes import services
from creditnotes.documents.rendering import stored_pdf
from creditnotes.models import Attachment, MessageFile
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT

SignIn = Callable[[User], Client]
NOT_KEPT = "no-store, private"


def got(answer: Any) -> Any:
    """The answer, read to its end as a browser does."""
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


@pytest.fixture
def photo(contact: User, rep: User, invoice: Invoice, policy: Policy) -> Attachment:
    """A photo that the contact sent with a request."""
    note = factories.draft_note(invoice, contact)
    photo = services.attach(note, factories.photo(), actor=contact, moment=MOMENT)
    services.request(note, actor=contact, moment=MOMENT)
    return photo


@pytest.mark.parametrize(
    "address",
    [
        "/portal/",
        "/portal/invoices/?as=csv",
        "/portal/account/statement/?as=csv",
        "/portal/policy/",
        "/portal/nowhere/",
    ],
)
def test_no_page_or_list_of_a_customer_is_kept(
    client_of: SignIn, contact: User, invoice: Invoice, address: str
) -> None:
    assert client_of(contact).get(address)["Cache-Control"] == NOT_KEPT


@pytest.mark.parametrize(
    "address", ["/", "/invoices/", "/invoices/?as=csv", "/search/?q=INV", "/news/count/"]
)
def test_no_page_list_or_fragment_of_the_staff_is_kept(
    client_of: SignIn, rep: User, invoice: Invoice, address: str
) -> None:
    assert client_of(rep).get(address, headers={"HX-Request": "true"})["Cache-Control"] == NOT_KEPT


def test_the_administration_is_not_kept(client_of: SignIn, admin: User) -> None:
    assert "no-store" in client_of(admin).get("/admin/customers/customer/")["Cache-Control"]


def test_what_a_script_saves_is_not_kept(
    client_of: SignIn, contact: User, invoice: Invoice
) -> None:
    answer = client_of(contact).post(
        f"{reverse('portal:keep')}?invoice={invoice.pk}", {"token": str(uuid4()), "comment": "Two"}
    )
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == NOT_KEPT


def test_no_document_is_kept(client_of: SignIn, contact: User, rep: User, invoice: Invoice) -> None:
    note = factories.issued_note(invoice, rep)
    stored_pdf(note.document)
    for person, name in ((contact, "portal:credit_note_pdf"), (rep, "creditnotes:credit_note_pdf")):
        answer = client_of(person).get(reverse(name, args=[note.pk]))
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == NOT_KEPT


def test_what_is_for_everybody_may_be_kept(client: Client, client_of: SignIn, rep: User) -> None:
    for browser in (client, client_of(rep)):
        assert "public" in browser.head("/static/css/tokens.css")["Cache-Control"]


@pytest.mark.parametrize("part", ["", "thumbnail/"])
def test_a_photo_is_asked_for_again_and_not_sent_twice(
    client_of: SignIn, contact: User, rep: User, photo: Attachment, part: str
) -> None:
    for person, area in ((contact, "portal"), (rep, "credit-notes")):
        browser, address = client_of(person), f"/{area}/attachments/{photo.pk}/{part}"
        first = got(browser.get(address))
        assert first["Cache-Control"] == "private, no-cache"
        second = browser.get(address, headers={"If-None-Match": first["ETag"]})
        assert (second.status_code, second["ETag"]) == (304, first["ETag"])
        assert second["Cache-Control"] == "private, no-cache"
        other = got(browser.get(address, headers={"If-None-Match": '"other"'}))
        assert other.status_code == 200


@pytest.mark.parametrize("part", ["", "thumbnail/"])
def test_the_next_person_on_a_device_is_refused_what_it_kept(
    client_of: SignIn, contact: User, stranger_contact: User, photo: Attachment, part: str
) -> None:
    address = f"/portal/attachments/{photo.pk}/{part}"
    etag = got(client_of(contact).get(address))["ETag"]
    refused = client_of(stranger_contact).get(address, headers={"If-None-Match": etag})
    assert refused.status_code == 404
    contact.contacts.all().delete()
    contact.customerusergrant_set.all().delete()
    lost = client_of(contact).get(address, headers={"If-None-Match": etag})
    assert lost.status_code == 404


def test_the_file_of_a_message_is_asked_for_again(
    client_of: SignIn, contact: User, rep: User, photo: Attachment
) -> None:
    services.send_message(
        photo.note, actor=contact, moment=MOMENT, text="Here.", uploads=[factories.photo("b.jpg")]
    )
    file = MessageFile.objects.get()
    for person, name in ((contact, "portal:message_file"), (rep, "creditnotes:message_file")):
        browser, address = client_of(person), reverse(name, args=[file.pk])
        first = got(browser.get(address))
        assert first["Cache-Control"] == "private, no-cache"
        again = browser.get(address, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
