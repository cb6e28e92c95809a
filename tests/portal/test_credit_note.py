"""One request or credit note as its customer sees it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from approvals import services as approval_services
from creditnotes import services
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote
from customers import ledger
from customers.access import stop_representing
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
NOW = factories.MOMENT


def page_of(client: Client, note: CreditNote) -> str:
    """The page's text, which must be there."""
    response = client.get(f"/portal/credit-notes/{note.pk}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def request_(contact: User, invoice: Invoice) -> CreditNote:
    """Two pieces of lumber, asked for in the portal."""
    note = factories.draft_note(
        invoice,
        contact,
        factories.claim(invoice, 1, "2"),
        customer_reference="PO 77",
    )
    services.attach(note, factories.photo(), actor=contact, moment=NOW)
    return services.request(note, actor=contact, moment=NOW, comment="Two were split.")


def test_a_request_shows_what_was_asked(
    client_of: SignIn, contact: User, request_: CreditNote
) -> None:
    page = page_of(client_of(contact), request_)
    for words in (
        "Received",
        "$75.33",
        "Lumber 2×4×8",
        "2 ea",
        "$66.66 before tax",
        "Two were split.",
        "PO 77",
    ):
        assert words in page
    assert "You asked for a credit" in page
    assert f"/portal/attachments/{request_.attachments.get().pk}/" in page
    assert "PDF" not in page.replace("JPEG, PNG, WebP or PDF", "")


def test_a_colleague_of_the_contact_sees_who_asked(
    client_of: SignIn, customer: Customer, request_: CreditNote
) -> None:
    colleague = factories.contact(customer, "Carol Colleague")
    assert "Connie Contact asked for a credit" in page_of(client_of(colleague), request_)


def test_nothing_internal_is_shown_on_the_way(
    client_of: SignIn, contact: User, rep: User, manager: User, request_: CreditNote
) -> None:
    factories.policy(request_.company)
    note = services.pick_up(request_, actor=rep, moment=NOW)
    claims = [factories.claim(note.lines.get().counter.invoice, 1, "1")]
    content = Content(
        reason=factories.reason(note.company, "internal-reason"),
        claims=claims,
        explanation="proposed words",
        internal_note="secret note",
    )
    note = services.edit(note, content, actor=rep, moment=NOW)
    services.attach(note, factories.photo("ours.jpg", "blue"), actor=rep, moment=NOW)
    note = approval_services.submit(note, actor=rep, moment=NOW)
    note = approval_services.return_for_changes(
        note, actor=manager, moment=NOW, comment="secret comment"
    )
    page = page_of(client_of(contact), note)
    assert "In review" in page
    assert "$75.33" in page
    for hidden in ("secret", "proposed", "Internal reason", "$37.66", "ours.jpg"):
        assert hidden not in page
    for name in ("Rita", "Manon", "Returned"):
        assert name not in page


def test_what_was_granted_stands_beside_what_was_asked(
    client_of: SignIn, contact: User, rep: User, manager: User, request_: CreditNote
) -> None:
    factories.policy(request_.company)
    note = services.pick_up(request_, actor=rep, moment=NOW)
    invoice = note.lines.get().counter.invoice
    content = Content(
        reason=note.reason,
        claims=[factories.claim(invoice, 1, "1")],
        explanation="One was in order.",
    )
    note = services.edit(note, content, actor=rep, moment=NOW)
    note = approval_services.submit(note, actor=rep, moment=NOW)
    note = approval_services.approve(note, actor=manager, moment=NOW, comment="secret")
    note = services.issue(note, actor=None, moment=NOW)
    page = page_of(client_of(contact), note)
    for words in (
        note.document.number,
        "You are credited for a part",
        "$37.66",
        "of $75.33 that you asked for, with tax",
        "One was in order.",
        "Two were split.",
        "HST 13",
        "Credit note issued",
        f"/portal/credit-notes/{note.pk}/pdf/",
    ):
        assert words in page
    assert "secret" not in page


def test_a_rejection_says_why_in_the_words_meant_for_the_customer(
    client_of: SignIn, contact: User, rep: User, request_: CreditNote
) -> None:
    note = services.decline(request_, actor=rep, moment=NOW, comment="The slip was signed.")
    page = page_of(client_of(contact), note)
    assert "Not granted" in page
    assert "The slip was signed." in page
    assert "Rita" not in page


def test_a_credit_that_the_company_began_is_shown_once_it_is_approved(
    client_of: SignIn, contact: User, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    client = client_of(contact)
    assert client.get(f"/portal/credit-notes/{note.pk}/").status_code == 404
    note = approval_services.approve(note, actor=manager, moment=NOW)
    page = page_of(client, note)
    assert "Approved" in page
    assert "Asked" not in page


def test_what_is_credited_on_no_invoice_line_is_told_too(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    """Tax given back with no change of price, and goodwill: each with its own sum."""
    generous = factories.reason(
        invoice.company,
        "generous",
        bases=Basis.values,
        goodwill_cap=50,
        goodwill_account=ledger.account(invoice.company, ledger.ALLOWANCES),
    )
    tax = Claim(basis=Basis.TAX, invoice_id=invoice.pk, tax_kind="hst", amount=Decimal("3.10"))
    goodwill = Claim(basis=Basis.GOODWILL, amount=Decimal("12.50"), description="For the delay.")
    note = factories.issued_note(invoice, rep, tax, goodwill, reason=generous)
    page = page_of(client_of(contact), note)
    tax_row = page.split("HST given back, with no change of price")[1]
    goodwill_row = page.split("For the delay.")[1]
    assert tax_row.index("$3.10") < tax_row.index("$0.00")
    assert f"/portal/invoices/{invoice.pk}/" in tax_row[:200]
    assert goodwill_row.index("$12.50") < 200
    assert "$15.60" in page


def test_another_customers_is_not_there(
    client_of: SignIn,
    contact: User,
    stranger_contact: User,
    foreign_contact: User,
    rep: User,
    request_: CreditNote,
    customer: Customer,
) -> None:
    for person in (stranger_contact, foreign_contact, rep):
        response = client_of(person).get(f"/portal/credit-notes/{request_.pk}/")
        assert response.status_code == 404
    stop_representing(contact, customer)
    assert client_of(contact).get(f"/portal/credit-notes/{request_.pk}/").status_code == 404


def test_it_is_only_read(client_of: SignIn, contact: User, request_: CreditNote) -> None:
    assert client_of(contact).post(f"/portal/credit-notes/{request_.pk}/").status_code == 405


def test_an_unsent_draft_has_no_page(client_of: SignIn, contact: User, invoice: Invoice) -> None:
    draft = factories.draft_note(invoice, contact)
    assert client_of(contact).get(f"/portal/credit-notes/{draft.pk}/").status_code == 404


def test_the_customers_words_are_read_by_the_staff_beside_ours(
    client_of: SignIn, rep: User, manager: User, request_: CreditNote
) -> None:
    factories.policy(request_.company)
    note = services.pick_up(request_, actor=rep, moment=NOW)
    composer = f"/credit-notes/{note.pk}/edit/"
    for reader, address in ((rep, f"/credit-notes/{note.pk}/"), (rep, composer)):
        page = client_of(reader).get(address).content.decode()
        assert "Two were split." in page.split("What the customer told us")[1]
        assert "Two were split.</textarea>" not in page
    approval_services.submit(note, actor=rep, moment=NOW)
    page = client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    assert "Two were split." in page.split("What the customer told us")[1]
