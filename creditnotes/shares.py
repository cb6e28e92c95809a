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

from creditnotes.models import CreditLine, CreditNote, CreditTax, Hold
from customers.currencies import in_base, rate_for
from customers.models import Company
from customers.models.currencies import PAR
from customers.money import ZERO


@dataclass(frozen=True)
class Share:
    """What one invoice is credited, with tax: in its currency, and in base currency."""

    amount: Decimal
    base: Decimal
    rate: Decimal


def shares_of(note: CreditNote) -> dict[int, Share]:
    """The share of each credited invoice, by its id.

    All credits of an invoice add up to its own base amount: each takes what the rate makes
    of all that was issued so far, less what it made of it before.
    """
    sums = _sums([note.pk])
    before = _credited_before(note, [pk for pk, (_, rate) in sums.items() if rate != PAR])
    shares = {}
    for invoice_id, (amount, rate) in sums.items():
        earlier = before.get(invoice_id, ZERO)
        base = in_base(earlier + amount, rate) - in_base(earlier, rate)
        shares[invoice_id] = Share(amount, base, rate)
    return shares


def without_invoice(note: CreditNote, shares: Iterable[Share], day: date) -> Share | None:
    """What the note credits beyond its invoices' shares, at the rate of ``day``."""
    amount = note.total - sum((share.amount for share in shares), ZERO)
    if not amount:
        return None
    rate = rate_for(note.company, note.currency, day)
    return Share(amount, in_base(amount, rate), rate)


def base_total_of(note: CreditNote, day: date) -> Decimal:
    """The note's total in base currency; the part without an invoice at the rate of ``day``."""
    if note.currency == note.company.base_currency:
        return note.total
    shares = list(shares_of(note).values())
    if rest := without_invoice(note, shares, day):
        shares.append(rest)
    return sum((share.base for share in shares), ZERO)


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
            for rate, currency, amount in [*nets, *amounts]
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


def _credited_before(note: CreditNote, invoices: list[int]) -> dict[int, Decimal]:
    """What other issued notes credited of these invoices, with tax."""
    if not invoices:
        return {}
    before: dict[int, Decimal] = defaultdict(lambda: ZERO)
    lines = CreditLine.objects.filter(invoice__in=invoices, note__hold=Hold.ISSUED)
    taxes = CreditTax.objects.filter(invoice__in=invoices, note__hold=Hold.ISSUED)
    nets = lines.exclude(note=note).order_by().values_list("invoice")
    amounts = taxes.exclude(note=note).order_by().values_list("invoice")
    for rows in (nets.annotate(sum=Sum("net")), amounts.annotate(sum=Sum("amount"))):
        for invoice_id, amount in rows:
            before[invoice_id] += amount
    return before
