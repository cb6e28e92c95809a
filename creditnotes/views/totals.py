"""Sums that the composer and the credit note's page show; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from creditnotes.creditable import Counters, Quote
from creditnotes.models import CreditableTax
from customers.models import Invoice
from customers.money import ZERO


@dataclass(frozen=True)
class TaxSum:
    """One tax at one rate: the net it is counted on, and the tax."""

    name: str
    province: str
    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class InvoiceTotals:
    """An invoice before and after a credit, tax included, in its currency."""

    charged: Decimal
    credited: Decimal
    now: Decimal

    @property
    def before(self) -> Decimal:
        """What the invoice comes to with the credits there are already."""
        return self.charged - self.credited

    @property
    def after(self) -> Decimal:
        """What it will come to with this credit as well."""
        return self.before - self.now


def totals_of(invoice: Invoice, counters: Counters, quote: Quote) -> InvoiceTotals:
    """What was charged, what is credited or reserved so far, and what ``quote`` takes."""
    lines = [line for line in counters.lines.values() if line.invoice_id == invoice.pk]
    taxes = [tax for tax in counters.taxes.values() if tax.invoice_id == invoice.pk]
    credited = sum((line.reserved_net + line.issued_net for line in lines), ZERO)
    credited += sum((tax.reserved_amount + tax.issued_amount for tax in taxes), ZERO)
    own = {line.pk for line in lines}
    now = sum(
        (line.taken.net for line in quote.lines if line.claim.invoice_line_id in own), ZERO
    ) + sum((tax.amount for tax in quote.taxes if tax.creditable.invoice_id == invoice.pk), ZERO)
    return InvoiceTotals(invoice.total, credited, now)


def tax_sums(quote: Quote) -> list[TaxSum]:
    """The quote's taxes added up over its invoices."""
    return sum_taxes((tax.creditable, tax.base, tax.amount) for tax in quote.taxes)


def sum_taxes(taxes: Iterable[tuple[CreditableTax, Decimal, Decimal]]) -> list[TaxSum]:
    """Taxes as (levy, base, amount) added up per tax, province and rate."""
    sums: dict[tuple[str, str, Decimal], list[Decimal]] = {}
    for levy, base, amount in taxes:
        key = (levy.get_kind_display(), levy.province, levy.rate)
        so_far = sums.setdefault(key, [ZERO, ZERO])
        so_far[0] += base
        so_far[1] += amount
    return [TaxSum(*key, *values) for key, values in sorted(sums.items())]
