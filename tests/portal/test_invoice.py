"""An invoice as its customer sees it, and choosing one to ask about."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def test_lines_and_what_was_credited_of_them(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.issued_note(invoice, rep, factories.claim(invoice, 1, "3"))
    page = client_of(contact).get(f"/portal/invoices/{invoice.pk}/").content.decode()
    for words in ("Lumber 2×4×8", "$333.30", "$99.99", "3 ea", "$461.38", note.document.number):
        assert words in page
    assert f"/portal/requests/new/?invoice={invoice.pk}" in page


def test_what_is_only_reserved_is_not_shown(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "3"))
    page = client_of(contact).get(f"/portal/invoices/{invoice.pk}/").content.decode()
    assert "$99.99" not in page
    assert str(note) not in page


def test_another_customers_invoice_is_not_there(
    client_of: SignIn,
    contact: User,
    rep: User,
    invoice: Invoice,
    quebec_invoice: Invoice,
    foreign_invoice: Invoice,
) -> None:
    for theirs in (quebec_invoice, foreign_invoice):
        assert client_of(contact).get(f"/portal/invoices/{theirs.pk}/").status_code == 404
    assert client_of(rep).get(f"/portal/invoices/{invoice.pk}/").status_code == 404


def test_choosing_the_invoice_to_ask_about(
    client_of: SignIn, contact: User, customer: Customer, invoice: Invoice
) -> None:
    factories.invoice(customer, "INV-77", [("Shingles", "4", "25.00", "goods")])
    client = client_of(contact)
    everything = client.get("/portal/requests/new/").content.decode()
    assert "INV-1" in everything
    assert "INV-77" in everything
    for words in ("77", "shing"):
        found = client.get("/portal/requests/new/", {"q": words}).content.decode()
        assert "INV-77" in found
        assert ">INV-1<" not in found
    nothing = client.get("/portal/requests/new/", {"q": "concrete"}).content.decode()
    assert "Nothing fits" in nothing
