"""The books balance, and the database is who says so (rule 4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from customers import ledger
from customers.ledger import Posting
from customers.models import (
    Account,
    Company,
    Customer,
    Invoice,
    JournalEntry,
    JournalLine,
)
from customers.periods import period_for
from customers.services import receive_payment
from tests import factories
from tests.refusing import committed, database_refuses

DAY = date(2026, 3, 10)
Kind = JournalEntry.Kind


def post(company: Company, *postings: Posting, day: date = DAY) -> JournalEntry:
    return ledger.post(company, Kind.PAYMENT, "TEST-1", day, postings)


def bank(company: Company) -> Account:
    return ledger.account(company, ledger.BANK)


def sales(company: Company) -> Account:
    return ledger.account(company, ledger.SALES)


# What is posted ---------------------------------------------------------------


def test_an_invoice_debits_the_receivable_and_credits_sales_and_each_tax(
    quebec_invoice: Invoice,
) -> None:
    assert quebec_invoice.entry is not None
    lines = quebec_invoice.entry.lines.values_list("account__code", "debit", "credit")
    assert set(lines) == {
        ("1200", Decimal("469.45"), Decimal(0)),
        ("4000", Decimal(0), Decimal("408.30")),
        ("22-GST-QC", Decimal(0), Decimal("20.42")),
        ("22-QST-QC", Decimal(0), Decimal("40.73")),
    }


def test_a_payment_debits_the_bank_and_credits_the_receivable(customer: Customer) -> None:
    payment = receive_payment(customer, "P-1", DAY, Decimal("50.00"))
    lines = payment.entry.lines.values_list("account__code", "debit", "credit", "customer")
    assert set(lines) == {
        ("1010", Decimal(50), Decimal(0), None),
        ("1200", Decimal(0), Decimal(50), customer.pk),
    }


def test_what_a_customer_owes_is_the_sum_of_their_entries_on_any_day(invoice: Invoice) -> None:
    receive_payment(invoice.customer, "P-1", date(2026, 3, 20), Decimal("61.38"))
    assert ledger.receivable_of(invoice.customer, date(2026, 3, 9)) == 0
    assert ledger.receivable_of(invoice.customer, date(2026, 3, 19)) == Decimal("461.38")
    assert ledger.receivable_of(invoice.customer) == Decimal("400.00")


def test_an_invoice_of_nothing_posts_nothing(customer: Customer) -> None:
    free = factories.invoice(customer, "INV-0", [("Sample", "1", "0", "goods")])
    assert free.entry is None
    assert not JournalEntry.objects.exists()


# What the database refuses ----------------------------------------------------


def test_an_entry_that_does_not_balance(company: Company) -> None:
    with database_refuses("does not balance: 0.01"):
        post(
            company,
            Posting(bank(company), debit=Decimal("10.00")),
            Posting(sales(company), credit=Decimal("9.99")),
        )


def test_an_entry_without_lines(company: Company) -> None:
    with database_refuses("does not balance"):
        post(company)


@pytest.mark.django_db(transaction=True)
def test_a_line_added_in_a_later_transaction(company: Company) -> None:
    with committed():
        entry = post(
            company,
            Posting(bank(company), debit=Decimal(1)),
            Posting(sales(company), credit=Decimal(1)),
        )
    with database_refuses("completed earlier"):
        JournalLine.objects.create(entry=entry, account=bank(company), debit=Decimal(5))
    assert entry.lines.count() == 2


def test_an_account_of_another_company(company: Company, foreign_company: Company) -> None:
    with database_refuses("account of another company"):
        post(
            company,
            Posting(bank(company), debit=Decimal(1)),
            Posting(sales(foreign_company), credit=Decimal(1)),
        )


def test_a_receivable_without_its_customer(company: Company) -> None:
    with database_refuses("names its customer"):
        post(
            company,
            Posting(ledger.account(company, ledger.RECEIVABLE), debit=Decimal(1)),
            Posting(sales(company), credit=Decimal(1)),
        )


def test_a_customer_on_another_account(company: Company, customer: Customer) -> None:
    with database_refuses("names its customer"):
        post(
            company,
            Posting(bank(company), debit=Decimal(1), customer=customer),
            Posting(sales(company), credit=Decimal(1)),
        )


def test_a_customer_of_another_company(company: Company, foreign_customer: Customer) -> None:
    receivable = ledger.account(company, ledger.RECEIVABLE)
    with database_refuses("another company"):
        post(
            company,
            Posting(receivable, debit=Decimal(1), customer=foreign_customer),
            Posting(sales(company), credit=Decimal(1)),
        )


def test_a_line_on_both_sides(company: Company) -> None:
    with database_refuses("journal_line_on_one_side"):
        post(company, Posting(bank(company), debit=Decimal(1), credit=Decimal(1)))


def test_the_same_document_posted_twice(invoice: Invoice) -> None:
    with database_refuses("entry_once_per_document"):
        ledger.post(invoice.company, Kind.INVOICE, invoice.number, DAY, [])


def test_a_period_of_another_company_or_other_days(
    company: Company, foreign_company: Company
) -> None:
    march, _ = period_for(company, DAY)
    facts = {"kind": Kind.PAYMENT, "document_date": DAY, "reference": "X"}
    with database_refuses("outside of its period"):
        JournalEntry.objects.create(company=foreign_company, period=march, posted_on=DAY, **facts)
    with database_refuses("outside of its period"):
        JournalEntry.objects.create(
            company=company, period=march, posted_on=date(2026, 4, 1), **facts
        )
