"""What pays is applied to what owes: never more than is open, and undone whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from customers import ledger
from customers.errors import Refusal
from customers.ledger import Posting
from customers.models import Application, Company, Customer, Invoice, JournalEntry, OpenItem
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.refusing import database_refuses, sql

DAY = date(2026, 3, 12)


@pytest.fixture
def owed(invoice: Invoice) -> OpenItem:
    """461.38."""
    return OpenItem.objects.get(entry__invoice=invoice)


@pytest.fixture
def paid(customer: Customer) -> OpenItem:
    return receive_payment(customer, "P-1", DAY, Decimal("300.00")).entry.open_item


def applied(*items: OpenItem) -> list[Decimal]:
    return [OpenItem.objects.get(pk=item.pk).applied for item in items]


def raw(payer: OpenItem, invoice: OpenItem, amount: str, **fields: object) -> Application:
    """An application past the service."""
    return Application.objects.create(
        payer=payer, invoice=invoice, amount=Decimal(amount), applied_on=DAY, **fields
    )


def test_applying_moves_both_sides(owed: OpenItem, paid: OpenItem) -> None:
    apply(paid, owed, Decimal("120.00"), DAY)
    apply(paid, owed, Decimal("180.00"), DAY)
    assert applied(paid, owed) == [Decimal(300), Decimal(300)]


@pytest.mark.parametrize("amount", ["300.01", "0", "-1"])
def test_more_than_is_open_or_nothing_is_refused_with_a_sentence(
    owed: OpenItem, paid: OpenItem, amount: str
) -> None:
    with pytest.raises(Refusal, match=r"300\.00") as refusal:
        apply(paid, owed, Decimal(amount), DAY)
    assert refusal.value.field == "amount"
    assert applied(paid, owed) == [0, 0]


def test_the_database_refuses_more_than_the_payer_has(owed: OpenItem, paid: OpenItem) -> None:
    raw(paid, owed, "299.99")
    with database_refuses("open_item_applied_within_amount"):
        raw(paid, owed, "0.02")


def test_the_database_refuses_more_than_the_invoice_owes(
    customer: Customer, paid: OpenItem
) -> None:
    small = factories.invoice(customer, "INV-S", [("Nails", "1", "10", "goods")], levies=[])
    owed = OpenItem.objects.get(entry__invoice=small)
    with database_refuses("open_item_applied_within_amount"):
        raw(paid, owed, "10.01")


def test_an_application_is_undone_whole_and_once(owed: OpenItem, paid: OpenItem) -> None:
    original = raw(paid, owed, "120.00")
    raw(paid, owed, "120.00", undoes=original)
    assert applied(paid, owed) == [0, 0]
    with database_refuses("undoes"):
        raw(paid, owed, "120.00", undoes=original)


def test_an_undoing_takes_the_whole_amount_of_the_same_items(
    owed: OpenItem, paid: OpenItem
) -> None:
    original = raw(paid, owed, "120.00")
    with database_refuses("undone whole and once"):
        raw(paid, owed, "119.99", undoes=original)


def test_an_undoing_is_not_undone(owed: OpenItem, paid: OpenItem) -> None:
    original = raw(paid, owed, "120.00")
    undoing = raw(paid, owed, "120.00", undoes=original)
    with database_refuses("undone whole and once"):
        raw(paid, owed, "120.00", undoes=undoing)


def test_invoices_do_not_pay_nor_payments_owe(owed: OpenItem, paid: OpenItem) -> None:
    with database_refuses("cannot settle"):
        raw(owed, paid, "1.00")


def test_another_customers_money_does_not_pay(owed: OpenItem, other_customer: Customer) -> None:
    theirs = receive_payment(other_customer, "P-2", DAY, Decimal(300)).entry.open_item
    with database_refuses("cannot settle"):
        raw(theirs, owed, "1.00")


def test_applied_and_amount_are_not_written_by_hand(owed: OpenItem) -> None:
    with database_refuses("through applications only"):
        sql("UPDATE customers_openitem SET applied = 1 WHERE id = %s", owed.pk)
    with database_refuses("immutable"):
        sql("UPDATE customers_openitem SET amount = amount + 1 WHERE id = %s", owed.pk)
    with database_refuses("Cannot delete|never_deleted"):
        sql("DELETE FROM customers_openitem WHERE id = %s", owed.pk)


def test_an_item_starts_unapplied(company: Company, customer: Customer) -> None:
    cash = [
        Posting(ledger.account(company, ledger.BANK), debit=Decimal(5)),
        Posting(ledger.account(company, ledger.RECEIVABLE), credit=Decimal(5), customer=customer),
    ]
    entry = ledger.post(company, JournalEntry.Kind.PAYMENT, "P-9", DAY, cash)
    with database_refuses("starts unapplied"):
        OpenItem.objects.create(
            entry=entry,
            customer=customer,
            side=OpenItem.Side.PAYS,
            currency="CAD",
            amount=Decimal(5),
            applied=Decimal(1),
        )
