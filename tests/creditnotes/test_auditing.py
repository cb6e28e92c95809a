"""The audit of rules 1 to 4: it finds nothing in sound books, and finds what is broken.

To break them, the database's own guards must be out of the way: the owner switches off
the triggers and writes what should not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from creditnotes.auditing import CHECKS, audit
from creditnotes.models import CreditNote
from creditnotes.services import withdraw
from customers.models import Invoice, User
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.plugin_database import as_owner
from tests.refusing import sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy_books(invoice: Invoice, quebec_invoice: Invoice, rep: User, other_rep: User) -> CreditNote:
    """Credits issued, reserved, withdrawn and drafted; taxes of three kinds; a payment applied.

    Answers the issued one: three of ten pieces of the first line, and a tenth of the second.
    """
    issued = factories.issued_note(
        invoice,
        rep,
        factories.claim(invoice, quantity="3"),
        factories.claim(invoice, line=2, quantity=None, basis="percent", percent=Decimal(10)),
    )
    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="7"))
    taken_back = factories.submitted_note(quebec_invoice, other_rep)
    withdraw(taken_back, actor=other_rep, moment=factories.MOMENT)
    factories.issued_note(quebec_invoice, other_rep, factories.claim(quebec_invoice, quantity="4"))
    factories.draft_note(quebec_invoice, other_rep)
    payment = receive_payment(invoice.customer, "P-1", factories.MOMENT.date(), Decimal("100.00"))
    assert invoice.entry is not None
    apply(payment.entry.open_item, invoice.entry.open_item, Decimal(60), factories.MOMENT.date())
    return issued


def test_sound_books_contradict_nothing(busy_books: CreditNote) -> None:
    assert audit() == []


def test_empty_books_are_sound() -> None:
    assert audit() == []


@contextmanager
def unguarded() -> Iterator[None]:
    """Within the block no trigger holds anything."""
    connection.check_constraints()
    ours = ("customers_", "creditnotes_", "approvals_")
    with as_owner():
        for table in connection.introspection.table_names():
            if table.startswith(ours):
                sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield


def found() -> set[str]:
    """What the audit says is not so."""
    return {str(finding.check.says) for finding in audit()}


#: The beginning of a check's sentence → what makes it untrue.
BROKEN = {
    "line counters": [
        "UPDATE creditnotes_creditableline SET issued_quantity = 2 WHERE issued_quantity = 3",
        "UPDATE creditnotes_creditableline SET reserved_net = 1 WHERE reserved_net > 1",
    ],
    "no invoice line": [
        "UPDATE creditnotes_creditline SET quantity = 11 WHERE quantity = 7",
        "UPDATE creditnotes_creditableline SET charged_net = charged_net + 1",
    ],
    "tax counters": [
        "UPDATE creditnotes_creditabletax SET issued_amount = 1 WHERE issued_amount > 1",
        "UPDATE creditnotes_creditabletax SET reserved_base = 1 WHERE reserved_base > 1",
    ],
    "no tax is given back": ["UPDATE creditnotes_credittax SET amount = amount + 100"],
    "an invoice's net": ["UPDATE customers_invoiceline SET net = 30.01 WHERE net = 30"],
    "an invoice's taxes": [
        "UPDATE customers_invoicetax SET amount = amount - 0.01",
        "UPDATE customers_invoicetax SET base = base - 1",
        "DELETE FROM customers_invoicelinetax",
    ],
    "a credit note's net": ["UPDATE creditnotes_creditline SET net = 3.01 WHERE net = 3"],
    "a credit note gives back": [
        "DELETE FROM creditnotes_credittax",
        "UPDATE creditnotes_credittax SET base = base - 1 WHERE base > 1",
    ],
    "a tax adjustment": ["UPDATE creditnotes_credittax SET adjusted = 0.01 WHERE amount > 0"],
    "a restocking fee": [
        "UPDATE creditnotes_creditline SET fee = 0.02, fee_percent = 1 WHERE basis = 'quantity'"
    ],
    "legal numbers": [
        "UPDATE customers_numberseries SET last_sequence = last_sequence + 1",
        "UPDATE creditnotes_issueddocument SET sequence = sequence + 7",
    ],
    "a document's number": [
        "UPDATE creditnotes_issueddocument SET number = number || 'X'",
        "UPDATE creditnotes_issueddocument SET issued_on = issued_on + 1",
    ],
    "what is issued": ["UPDATE creditnotes_issueddocument SET content_hash = 'x'"],
    "every entry": [
        "UPDATE customers_journalline SET debit = debit + 0.01 WHERE debit > 0",
        "UPDATE customers_journalentry SET posted_on = posted_on + 400",
        "DELETE FROM customers_journalline",
    ],
    "every document": [
        "UPDATE customers_openitem SET amount = amount + 1",
        "UPDATE customers_openitem SET side = 'owes' WHERE side = 'pays'",
    ],
    "a customer's receivable": [
        "UPDATE customers_openitem SET base_amount = base_amount + 1 WHERE applied < amount"
    ],
    "what is applied": [
        "UPDATE customers_openitem SET applied = 0, base_applied = 0",
        "UPDATE customers_application SET payer_base = payer_base + 0.01",
    ],
    "an invoice or payment": ["UPDATE customers_invoice SET rate = 1.1"],
    "what exchange rates": [
        "UPDATE customers_application SET invoice_base = invoice_base - 0.01",
        "UPDATE customers_journalentry SET kind = 'exchange' WHERE kind = 'payment'",
    ],
}
#: Those that need more than one statement have a test of their own below.
BROKEN_BELOW = ("the tax used so far", "whoever took the last")


@pytest.mark.parametrize(
    ("says", "damage"),
    [(says, damage) for says, damages in BROKEN.items() for damage in damages],
)
def test_what_is_broken_is_found(busy_books: CreditNote, says: str, damage: str) -> None:
    with unguarded():
        assert sql(damage) > 0
    assert any(sentence.startswith(says) for sentence in found()), found()


def test_every_check_is_seen_to_fail() -> None:
    """A check that no test breaks may be one that can't find anything."""
    seen = (*BROKEN, *BROKEN_BELOW)
    assert [check.says for check in CHECKS if not str(check.says).startswith(seen)] == []


def test_a_cent_of_tax_off_the_rate_is_found(invoice: Invoice, rep: User) -> None:
    """Counter, note and document agree with each other, and all are a cent wrong."""
    factories.issued_note(invoice, rep, factories.claim(invoice, quantity="3"))
    with unguarded():
        sql("UPDATE creditnotes_credittax SET amount = amount - 0.01")
        sql("UPDATE creditnotes_creditabletax SET issued_amount = issued_amount - 0.01")
        sql("UPDATE creditnotes_creditnote SET tax_total = tax_total - 0.01, total = total - 0.01")
    assert any(says.startswith("the tax used so far is the rate") for says in found())


def test_cents_left_on_a_line_whose_last_was_taken_are_found(invoice: Invoice, rep: User) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, quantity="10"))
    with unguarded():
        sql("UPDATE creditnotes_creditline SET net = net - 0.01")
        sql("UPDATE creditnotes_creditableline SET issued_net = 333.29 WHERE issued_net > 0")
    assert "whoever took the last of a line took all that was left of it" in found()


def test_the_command_names_the_place_and_fails(
    busy_books: CreditNote, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_books")
    assert f"sound: {len(CHECKS)} checks" in capsys.readouterr().out
    with unguarded():
        sql("UPDATE customers_numberseries SET last_sequence = last_sequence + 1")
    with pytest.raises(CommandError, match="not sound"):
        call_command("check_books")
    assert "CN-2026 of company" in capsys.readouterr().err
