"""Writing to the company in the portal, and reading what both sides wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags

from approvals import services as approval_services
from creditnotes import services
from creditnotes.models import CreditNote, Message
from customers.models import Company, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
NOW = factories.MOMENT


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    return factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))


def page_of(client: Client, note: CreditNote) -> str:
    return " ".join(client.get(f"/portal/credit-notes/{note.pk}/").content.decode().split())


def test_a_message_with_a_photo_stands_in_the_timeline(
    client_of: SignIn, contact: User, note: CreditNote, stranger_contact: User
) -> None:
    client = client_of(contact)
    sent = {"text": "Two more were split.", "photos": [factories.photo()]}
    assert client.post(f"/portal/credit-notes/{note.pk}/write/", sent).status_code == 302
    page = page_of(client, note)
    for words in ("You wrote", "Two more were split.", "pallet.jpg"):
        assert words in page
    file = Message.objects.get().files.get()
    address = f"/portal/messages/files/{file.pk}/"
    assert b"".join(client.get(address)).startswith(b"\xff\xd8")  # a JPEG
    assert client_of(stranger_contact).get(address).status_code == 404


def test_what_is_no_photo_is_refused_and_the_words_are_kept(
    client_of: SignIn, contact: User, note: CreditNote
) -> None:
    wrong = SimpleUploadedFile("evil.svg", b"<svg/>", "image/jpeg")
    sent = {"text": "Look at this.", "photos": [wrong]}
    answer = client_of(contact).post(f"/portal/credit-notes/{note.pk}/write/", sent)
    assert answer.status_code == 422
    assert "Look at this.</textarea>" in answer.content.decode()
    assert "evil.svg is neither a photo" in answer.content.decode()
    assert not Message.objects.exists()


def test_names_are_shown_as_the_company_wishes(
    client_of: SignIn, contact: User, rep: User, note: CreditNote, company: Company
) -> None:
    services.send_message(note, actor=rep, moment=NOW, text="Which truck?")
    page = page_of(client_of(contact), note)
    assert "North Supply Ltd. wrote" in page
    assert "It waits for the manager." in page
    assert "Rita" not in page
    assert "Manon" not in page
    company.shows_names = True
    company.save()
    page = page_of(client_of(contact), note)
    for words in ("Rita Rep wrote", "It waits for Manon Manager."):
        assert words in page


def test_a_question_and_its_answer_stand_in_the_same_thread(
    client_of: SignIn, contact: User, manager: User, note: CreditNote
) -> None:
    question = approval_services.ask(note, actor=manager, moment=NOW, text="Which truck?", to=None)
    page = page_of(client_of(contact), note)
    assert page.count("It waits for your answer.") == 2  # where it stands, and in the story
    for contradiction in ("We are about to decide", "Expected by", "expected by"):
        assert contradiction not in page
    approval_services.answer(question, actor=contact, moment=NOW, text="The blue one.")
    page = page_of(client_of(contact), note)
    for words in ("We asked you", "Which truck?", "You answered", "The blue one."):
        assert words in page


def test_what_was_applied_is_told(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.issued_note(invoice, rep)
    assert note.document.entry is not None
    page = page_of(client_of(contact), note)
    assert "applied to invoice INV-1" in strip_tags(page)


def test_what_is_kept_back_and_left_out_is_told_line_by_line(
    client_of: SignIn, contact: User, rep: User, manager: User, invoice: Invoice
) -> None:
    fee = factories.reason(invoice.company, "returned", restocking_fee=15)
    note = factories.issued_note(invoice, rep, factories.claim(invoice, 1, "2"), reason=fee)
    page = page_of(client_of(contact), note)
    assert "$10.00 (15 %) kept back" in page
    assert "Kept back for restocking, before tax" in page
