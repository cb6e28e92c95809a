"""Money received, many payments at once: an import's or a bank file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from customers import ledger
from customers.ledger import NewEntry, Posting
from customers.models import Application, Company, Customer, JournalEntry, OpenItem, Payment


@dataclass(frozen=True)
class NewReceipt:
    """A payment to record, and the invoices' items that it settles at once.

    What ``settles`` leaves of the amount stays on account.
    """

    customer: Customer
    number: str
    received_on: date
    amount: Decimal
    method: str = ""
    settles: Sequence[tuple[OpenItem, Decimal]] = ()


@transaction.atomic
def receive_payments(company: Company, new: Sequence[NewReceipt]) -> list[Payment]:
    """Record many payments and what they settle, in a handful of statements.

    The database refuses to settle more than is open, with an
    :class:`~django.db.IntegrityError` and none of it written.
    """
    chart = ledger.Chart(company)
    entries = ledger.post_all(company, [_entry(each, chart) for each in new])
    received = list(zip(new, entries, strict=True))
    items = OpenItem.objects.bulk_create(
        OpenItem(
            entry=entry,
            customer=each.customer,
            side=OpenItem.Side.PAYS,
            amount=each.amount,
            currency=each.customer.currency,
        )
        for each, entry in received
    )
    Application.objects.bulk_create(
        Application(payer=item, invoice=owed, amount=amount, applied_on=each.received_on)
        for each, item in zip(new, items, strict=True)
        for owed, amount in each.settles
    )
    return Payment.objects.bulk_create(_payment(company, each, entry) for each, entry in received)


def _entry(new: NewReceipt, chart: ledger.Chart) -> NewEntry:
    bank, receivable = chart.account(ledger.BANK), chart.account(ledger.RECEIVABLE)
    postings = [
        Posting(bank, debit=new.amount),
        Posting(receivable, credit=new.amount, customer=new.customer),
    ]
    return NewEntry(JournalEntry.Kind.PAYMENT, new.number, new.received_on, postings)


def _payment(company: Company, new: NewReceipt, entry: JournalEntry) -> Payment:
    return Payment(
        company=company,
        customer=new.customer,
        entry=entry,
        number=new.number,
        received_on=new.received_on,
        currency=new.customer.currency,
        amount=new.amount,
        method=new.method,
    )
