"""What a credit note gives each of its invoices, in their currency and in the company's.

A credit uses its invoice's own exchange rate: whatever the currency is worth today, the
invoice's receivable, sales and taxes go back at what they were posted at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum

from creditnotes.models import CreditLine, CreditNote, CreditTax
from customers.currencies import in_base, rate_for
from customers.models import Company
from customers.money import ZERO


@dataclass(frozen=True)
class Share:
    """What one invoice is credited, with tax: in its currency, and in base currency."""

    amount: Decimal
    base: Decimal
    rate: Decimal


def shares_of(note: CreditNote) -> dict[int, Share]:
    """The share of each credited invoice, by its id."""
    return {
        invoice_id: Share(amount, in_base(amount, rate), rate)
        for invoice_id, (amount, rate) in _sums([note.pk]).items()
    }


def without_invoice(note: CreditNote, shares: Iterable[Share], day: date) -> Share | None:
    """What the note credits beyond its invoices' shares, at the rate of ``day``."""
    amount = note.total - sum((share.amount for share in shares), ZERO)
    if not amount:
        return None
    rate = rate_for(note.company, note.currency, day)
    return Share(amount, in_base(amount, rate), rate)


def base_rate_of(note: CreditNote, day: date) -> tuple[Decimal, Decimal]:
    """The rate at which a note issued on ``day`` is posted, and its total in base currency.

    Of several rates it is what they come to together.
    """
    parts = list(shares_of(note).values())
    if rest := without_invoice(note, parts, day):
        parts.append(rest)
    total = sum((part.base for part in parts), ZERO)
    rates = {part.rate for part in parts}
    return (rates.pop() if len(rates) == 1 else total / note.total), total


def base_total_of(note: CreditNote, day: date) -> Decimal:
    """The note's total in base currency; the part without an invoice at the rate of ``day``."""
    if note.currency == note.company.base_currency:
        return note.total
    return base_rate_of(note, day)[1] if note.total else ZERO


def base_of_lines(
    lines: QuerySet[CreditLine], taxes: QuerySet[CreditTax], company: Company, day: date
) -> Decimal:
    """What these lines and taxes come to in base currency, each at its invoice's rate.

    What is of no invoice counts at the rate of ``day``.
    """
    by = ("invoice__rate", "note__currency")
    nets = lines.order_by().values_list(*by).annotate(sum=Sum("net"))
    amounts = taxes.order_by().values_list(*by).annotate(sum=Sum("amount"))
    return sum(
        (
            in_base(amount, rate or rate_for(company, currency, day))
            for rate, currency, amount in nets.union(amounts, all=True)
        ),
        ZERO,
    )


def _sums(notes: Iterable[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """Amount with tax and exchange rate by invoice."""
    lines, taxes = (
        CreditLine.objects.filter(note__in=notes, invoice__isnull=False),
        CreditTax.objects.filter(note__in=notes),
    )
    nets = lines.order_by().values_list("invoice", "invoice__rate").annotate(sum=Sum("net"))
    amounts = taxes.order_by().values_list("invoice", "invoice__rate").annotate(sum=Sum("amount"))
    sums: dict[int, Decimal] = defaultdict(lambda: ZERO)
    rates: dict[int, Decimal] = {}
    for invoice_id, rate, amount in [*nets, *amounts]:
        sums[invoice_id] += amount
        rates[invoice_id] = rate
    return {invoice_id: (amount, rates[invoice_id]) for invoice_id, amount in sums.items()}
