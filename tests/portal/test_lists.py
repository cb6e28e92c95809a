"""The whole lists of a customer: searched, narrowed, sorted, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
NOTES, INVOICES = "/portal/credit-notes/", "/portal/invoices/"


def requested(invoice: Invoice, contact: User, pieces: str = "1", **content: Any) -> CreditNote:
    """A request for some pieces of the first line."""
    claim = factories.claim(invoice, 1, pieces)
    note = factories.draft_note(invoice, contact, claim, **content)
    return services.request(note, actor=contact, moment=factories.MOMENT)


def page(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def rows(client: Client, address: str, **query: str) -> list[list[str]]:
    """The rows of the exported file, without its header."""
    response = client.get(address, {"as": "csv", **query})
    assert response["Content-Type"].startswith("text/csv")
    content: Iterator[bytes] = response.streaming_content  # type: ignore[attr-defined]
    return [line.split(",") for line in b"".join(content).decode().splitlines()[1:]]


@pytest.fixture
def nails(customer: Customer) -> Invoice:
    """An invoice of a hundred nails."""
    return factories.invoice(customer, "INV-50", [("Nails", "100", "1.00", "goods")])


def test_credits_are_narrowed_by_how_they_stand(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    issued = factories.issued_note(invoice, rep)
    asked = requested(invoice, contact)
    declined = requested(invoice, contact)
    services.decline(declined, actor=rep, moment=factories.MOMENT, comment="No.")
    client = client_of(contact)
    shown = {"": 3, "waiting": 1, "credited": 1, "refused": 1, "nonsense": 3}
    for state, count in shown.items():
        assert len(rows(client, NOTES, state=state)) == count, state
    assert str(asked) in page(client, NOTES, state="waiting")
    assert issued.document.number in page(client, NOTES, state="credited")
    assert str(declined) in page(client, NOTES, state="refused")


def test_credits_are_found_by_number_own_reference_and_invoice(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice, nails: Invoice
) -> None:
    issued = factories.issued_note(invoice, rep)
    asked = requested(nails, contact, customer_reference="PO 4711")
    client = client_of(contact)
    for words, found in [
        (issued.document.number, issued),
        ("inv-1", issued),
        ("4711", asked),
        (asked.reference, asked),
        (str(asked.pk), asked),
    ]:
        assert [row[0] for row in rows(client, NOTES, q=words)] == [found.reference], words
    assert "No credit fits" in page(client, NOTES, q="concrete")


def test_what_a_rep_makes_of_a_request_is_not_found(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice, nails: Invoice
) -> None:
    note = services.pick_up(requested(nails, contact), actor=rep, moment=factories.MOMENT)
    content = Content(reason=note.reason, claims=[factories.claim(invoice, 1, "1")])
    services.edit(note, content, actor=rep, moment=factories.MOMENT)
    assert rows(client_of(contact), NOTES, q="INV-1") == []


def test_invoices_say_what_is_to_be_paid_and_what_can_be_credited(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep)
    client = client_of(contact)
    text = page(client, INVOICES)
    assert "$423.72" in text  # 461.38 less the credit of 37.66
    assert "$423.72 can still be credited" in text
    assert rows(client, INVOICES)[0][7:9] == ["423.72", "423.72"]


def test_what_is_asked_for_and_reserved_is_no_longer_to_be_credited(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "10"))
    assert rows(client_of(contact), INVOICES)[0][7:9] == ["461.38", "84.75"]


def test_invoices_are_narrowed_found_and_sorted(
    client_of: SignIn, contact: User, customer: Customer, invoice: Invoice, nails: Invoice
) -> None:
    long_ago = factories.MOMENT - timedelta(days=200)
    factories.invoice(customer, "INV-0", moment=long_ago)
    client = client_of(contact)

    def numbers(**query: str) -> list[str]:
        return [row[0] for row in rows(client, INVOICES, **query)]

    assert numbers(q="nails, box") == ["INV-1", "INV-0"]
    assert numbers(q="50") == ["INV-50", "INV-1", "INV-0"]  # so many nails are in a box
    assert numbers(status="paid") == []
    assert numbers(sort="date")[0] == "INV-0"
    assert numbers(sort="total")[0] == "INV-50"
    assert "No invoice fits" in page(client, INVOICES, q="concrete")


@pytest.mark.parametrize("address", [NOTES, INVOICES])
def test_a_new_customer_is_told_what_will_be_here(
    address: str, client_of: SignIn, contact: User
) -> None:
    text = page(client_of(contact), address)
    assert ("Nothing here yet" in text) or ("No invoices yet" in text)


@pytest.mark.parametrize("address", [NOTES, INVOICES])
def test_nobody_elses(
    address: str,
    client_of: SignIn,
    contact: User,
    rep: User,
    other_rep: User,
    other_customer: Customer,
    quebec_invoice: Invoice,
) -> None:
    theirs = factories.issued_note(quebec_invoice, other_rep)
    client = client_of(contact)
    assert rows(client, address) == []
    assert rows(client, address, q="INV-3") == []
    found = page(client, address, q=theirs.document.number)
    assert theirs.reference not in found
    assert "row-link" not in found
    for query in ({"customer": str(other_customer.pk)}, {"customer": "x"}):
        assert client.get(address, query).status_code == 404
    assert client_of(rep).get(address).status_code == 404


def test_a_long_list_has_pages(client_of: SignIn, contact: User, nails: Invoice) -> None:
    notes = [requested(nails, contact) for _ in range(23)]
    client = client_of(contact)
    first = client.get(NOTES)
    assert str(notes[0]) not in first.content.decode()
    second = page(client, NOTES, after=first.context["page"].after)
    assert str(notes[0]) in second
    assert str(notes[-1]) not in second


@pytest.mark.parametrize("address", [NOTES, INVOICES])
def test_twice_the_rows_take_no_more_queries(
    address: str, client_of: SignIn, contact: User, customer: Customer, nails: Invoice
) -> None:
    client = client_of(contact)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    for _ in range(3):
        requested(nails, contact)
    few = queries()
    for number in range(6):
        requested(nails, contact)
        factories.invoice(customer, f"INV-6{number}")
    assert queries() == few
