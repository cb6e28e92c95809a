"""Money received, many payments at once: an import's or a bank file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from customers import ledger, settling
from customers.currencies import converted, rate_for
from customers.ledger import NewEntry, Posting
from customers.models import Company, Customer, JournalEntry, OpenItem, Payment
from customers.models.currencies import PAR
from customers.settling import Settlement


@dataclass(frozen=True)
class NewReceipt:
    """A payment to record, and the invoices' items that it settles at once.

    What ``settles`` leaves of the amount stays on account. In the customer's currency and
    at the rate of the day, unless told otherwise.
    """

    customer: Customer
    number: str
    received_on: date
    amount: Decimal
    method: str = ""
    settles: Sequence[tuple[OpenItem, Decimal]] = ()
    currency: str = ""
    rate: Decimal | None = None

    def priced(self) -> NewReceipt:
        """The same with its currency and rate; raises a refusal where no rate is known."""
        currency = self.currency or self.customer.currency
        rate = self.rate or rate_for(self.customer.company, currency, self.received_on)
        return replace(self, currency=currency, rate=rate)


@transaction.atomic
def receive_payments(company: Company, new: Sequence[NewReceipt]) -> list[Payment]:
    """Record many payments and what they settle, in a handful of statements.

    The database refuses to settle more than is open, with an
    :class:`~django.db.IntegrityError` and none of it written.
    """
    chart = ledger.Chart(company)
    new = [each.priced() for each in new]
    entries = ledger.post_all(company, [_entry(each, chart) for each in new])
    received = list(zip(new, entries, strict=True))
    items = OpenItem.objects.bulk_create(
        OpenItem(
            entry=entry,
            customer=each.customer,
            side=OpenItem.Side.PAYS,
            amount=each.amount,
            currency=each.currency,
        )
        for each, entry in received
    )
    settling.write(
        company,
        [
            Settlement(item, owed, amount, each.received_on)
            for each, item in zip(new, items, strict=True)
            for owed, amount in each.settles
        ],
    )
    return Payment.objects.bulk_create(_payment(company, each, entry) for each, entry in received)


def _entry(new: NewReceipt, chart: ledger.Chart) -> NewEntry:
    bank, receivable = chart.account(ledger.BANK), chart.account(ledger.RECEIVABLE)
    postings = [
        Posting(bank, debit=new.amount),
        Posting(receivable, credit=new.amount, customer=new.customer),
    ]
    in_base = converted(postings, new.rate or PAR)
    return NewEntry(JournalEntry.Kind.PAYMENT, new.number, new.received_on, in_base)


def _payment(company: Company, new: NewReceipt, entry: JournalEntry) -> Payment:
    return Payment(
        company=company,
        customer=new.customer,
        entry=entry,
        number=new.number,
        received_on=new.received_on,
        currency=new.currency,
        rate=new.rate or PAR,
        amount=new.amount,
        method=new.method,
    )
