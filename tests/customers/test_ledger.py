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
    FiscalPeriod,
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


def period(company: Company, state: str, month: int = 3) -> FiscalPeriod:
    made, _ = period_for(company, date(2026, month, 1))
    made.state = state
    made.save()
    return made


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


# Periods ----------------------------------------------------------------------


def test_a_closed_period_takes_nothing_more(company: Company) -> None:
    march = period(company, FiscalPeriod.State.CLOSED)
    with database_refuses("period is closed"):
        JournalEntry.objects.create(
            company=company,
            period=march,
            kind=Kind.PAYMENT,
            reference="X",
            posted_on=DAY,
            document_date=DAY,
        )


@pytest.mark.parametrize("state", [FiscalPeriod.State.CLOSED, FiscalPeriod.State.FINANCE_ONLY])
def test_a_document_of_a_period_not_open_is_posted_on_the_first_open_day(
    company: Company, state: str
) -> None:
    period(company, state, month=3)
    period(company, FiscalPeriod.State.CLOSED, month=4)
    with committed():
        entry = post(
            company,
            Posting(bank(company), debit=Decimal(1)),
            Posting(sales(company), credit=Decimal(1)),
        )
    assert (entry.posted_on, entry.document_date) == (date(2026, 5, 1), DAY)


def test_periods_do_not_overlap_within_a_company(
    company: Company, foreign_company: Company
) -> None:
    days = {"starts_on": date(2026, 3, 15), "ends_on": date(2026, 4, 14)}
    period_for(company, DAY)
    FiscalPeriod.objects.create(company=foreign_company, **days)
    with database_refuses("period_no_overlap"):
        FiscalPeriod.objects.create(company=company, **days)


def test_a_month_that_nobody_laid_out_fits_between_those_that_somebody_did(
    company: Company,
) -> None:
    """A company may close half a month; the days around it still need a place."""
    FiscalPeriod.objects.create(
        company=company, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 5), state="closed"
    )
    found, posted_on = period_for(company, date(2026, 3, 2))
    assert posted_on == date(2026, 3, 6)
    assert found.starts_on <= posted_on <= found.ends_on
