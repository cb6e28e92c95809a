"""What a contact may do beside reading: ask, see the account; each by itself (rule 7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from approvals import services as approvals
from approvals.models import Policy
from creditnotes import services
from creditnotes.models import CreditNote
from customers.errors import NotAllowed
from customers.models import Customer, Invoice, OpenItem, User
from tests import factories
from tests.factories import MOMENT, claim

Browser = Callable[[User], Client]


@pytest.fixture
def reader(customer: Customer) -> User:
    """A colleague of the contact who may do nothing but read."""
    return factories.contact(customer, "Rosa Reader", may_request=False, sees_statement=False)


@pytest.fixture
def asker(customer: Customer) -> User:
    return factories.contact(customer, "Ari Asker", sees_statement=False)


@pytest.fixture
def bookkeeper(customer: Customer) -> User:
    return factories.contact(customer, "Bea Bookkeeper", may_request=False)


def get(client: Client, name: str, *args: int, **query: str | int) -> tuple[int, str]:
    response = client.get(reverse(name, args=args), query)
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return response.status_code, body.decode()


def test_without_the_account_nothing_tells_what_is_owed(
    client_of: Browser, asker: User, contact: User, invoice: Invoice
) -> None:
    client = client_of(asker)
    for name in ("portal:statement", "portal:statement_pdf"):
        assert get(client, name)[0] == 404
    for page in (
        get(client, "portal:portal"),
        get(client, "portal:invoices"),
        get(client, "portal:invoices", status="open"),
        get(client, "portal:invoices", **{"as": "csv"}),
        get(client, "portal:invoice", invoice.pk),
    ):
        assert page[0] == 200
        assert "INV-1" in page[1]
        for words in ("To be paid", "past due", "settled", reverse("portal:statement")):
            assert words not in page[1]
    assert "To be paid" in get(client_of(contact), "portal:invoice", invoice.pk)[1]
    assert "To be paid" in get(client_of(contact), "portal:invoices", **{"as": "csv"})[1]


def test_without_the_account_nothing_tells_what_a_credit_settled(
    client_of: Browser, asker: User, contact: User, rep: User, finance: User, invoice: Invoice
) -> None:
    applied = factories.issued_note(invoice, rep)
    paid_out = factories.unapply(factories.issued_note(invoice, rep, claim(invoice, 2)))
    factories.refund(OpenItem.objects.get(entry=paid_out.document.entry_id))
    for note, words in ((applied, "applied to invoice"), (paid_out, "paid out to you")):
        assert words in get(client_of(contact), "portal:credit_note", note.pk)[1]
        status, page = get(client_of(asker), "portal:credit_note", note.pk)
        assert status == 200
        assert "Credit note issued" in page
        assert words not in page


def test_a_filter_by_what_is_paid_tells_nothing(
    client_of: Browser, asker: User, contact: User, invoice: Invoice
) -> None:
    assert "INV-1" in get(client_of(asker), "portal:invoices", status="paid")[1]
    assert "INV-1" not in get(client_of(contact), "portal:invoices", status="paid")[1]


def test_without_the_right_to_ask_no_page_asks(
    client_of: Browser, bookkeeper: User, invoice: Invoice
) -> None:
    client = client_of(bookkeeper)
    assert get(client, "portal:ask")[0] == 404
    assert get(client, "portal:ask", invoice=invoice.pk)[0] == 404
    for name in ("portal:ask", "portal:estimate", "portal:photos"):
        assert client.post(f"{reverse(name)}?invoice={invoice.pk}", {}).status_code == 404
    for page in (get(client, "portal:portal"), get(client, "portal:invoice", invoice.pk)):
        assert page[0] == 200
        assert reverse("portal:ask") not in page[1]
    assert get(client, "portal:statement")[0] == 200


def test_without_the_right_to_ask_nothing_is_answered_or_added(
    client_of: Browser,
    bookkeeper: User,
    contact: User,
    invoice: Invoice,
    manager: User,
    rep: User,
    policy: Policy,
) -> None:
    note = factories.asked_for(invoice, contact, rep)
    question = approvals.ask(note, actor=manager, moment=MOMENT, text="Which pallet?", to=None)
    client = client_of(bookkeeper)
    status, shown = get(client, "portal:credit_note", note.pk)
    assert status == 200
    assert "Which pallet?" in shown
    assert reverse("portal:answer", args=[question.pk]) not in shown
    overview = get(client, "portal:portal")[1]
    assert "Waits for your answer" in overview
    assert "We need an answer from you" not in overview
    answered = client.post(reverse("portal:answer", args=[question.pk]), {"text": "The first."})
    assert answered.status_code == 404


def test_whoever_lost_the_right_can_neither_start_nor_go_on(
    contact: User, customer: Customer, invoice: Invoice
) -> None:
    draft = factories.draft_note(invoice, contact)
    sent = services.request(factories.draft_note(invoice, contact), actor=contact, moment=MOMENT)
    contact.contacts.update(may_request=False)
    with pytest.raises(NotAllowed):
        factories.draft_note(invoice, contact, claim(invoice))
    with pytest.raises(NotAllowed):
        services.request(draft, actor=contact, moment=MOMENT)
    with pytest.raises(NotAllowed):
        services.attach(sent, factories.photo(), actor=contact, moment=MOMENT)
    with pytest.raises(NotAllowed):
        approvals.withdraw(sent, actor=contact, moment=MOMENT)
    assert CreditNote.objects.get(pk=sent.pk).state == "requested"


def test_a_reader_sees_requests_and_invoices(
    client_of: Browser, reader: User, contact: User, invoice: Invoice
) -> None:
    sent = services.request(factories.draft_note(invoice, contact), actor=contact, moment=MOMENT)
    client = client_of(reader)
    for name, args in (
        ("portal:portal", ()),
        ("portal:credit_notes", ()),
        ("portal:invoices", ()),
        ("portal:credit_note", (sent.pk,)),
        ("portal:invoice", (invoice.pk,)),
    ):
        assert get(client, name, *args)[0] == 200, name


def test_a_right_for_one_customer_is_none_for_another(
    client_of: Browser, contact: User, other_customer: Customer, quebec_invoice: Invoice
) -> None:
    factories.let_act(contact, other_customer, may_request=False, sees_statement=False)
    client = client_of(contact)
    other = other_customer.pk
    assert get(client, "portal:statement", customer=other)[0] == 404
    assert get(client, "portal:ask", customer=other)[0] == 404
    assert get(client, "portal:ask", invoice=quebec_invoice.pk)[0] == 404
    assert get(client, "portal:portal", customer=other)[0] == 200
    assert get(client, "portal:statement")[0] == 404  # that is the customer now visited
