"""What is left of invoices: of each tax, and all of it as claims."""

from __future__ import annotations

from decimal import Decimal

from creditnotes.amounts import TaxSoFar
from creditnotes.creditable.claims import Claim
from creditnotes.creditable.counters import Counters
from creditnotes.models import Basis, CreditableTax
from customers.money import ZERO


def so_far(tax: CreditableTax) -> TaxSoFar:
    """A tax counter as :mod:`creditnotes.amounts` reckons with it."""
    return TaxSoFar(
        rate=tax.rate,
        charged_base=tax.charged_base,
        charged_amount=tax.charged_amount,
        used_base=tax.reserved_base + tax.issued_base,
        used_amount=tax.reserved_amount + tax.issued_amount,
        kept=tax.reserved_kept + tax.issued_kept,
        adjusted=tax.reserved_adjusted + tax.issued_adjusted,
        recovered=tax.reserved_recovered + tax.issued_recovered,
    )


def tax_left(counters: Counters, invoice_id: int) -> dict[str, Decimal]:
    """What can still be given back of an invoice's taxes, by kind."""
    left: dict[str, Decimal] = {}
    for tax in counters.taxes.values():
        if tax.invoice_id == invoice_id:
            left[tax.kind] = left.get(tax.kind, ZERO) + tax.amount_left
    return left


def whole_invoice(invoice_id: int, counters: Counters) -> list[Claim]:
    """The claims that take exactly what is left of an invoice: every line, and each tax.

    ``counters`` must hold all its lines. Tax that goes with no net any more, mostly because
    a price-only credit left it, is asked for as a tax adjustment.
    """
    lines = [
        Claim(pk, Basis.WHOLE)
        for pk, line in sorted(counters.lines.items())
        if line.invoice_id == invoice_id and (line.quantity_left or line.net_left)
    ]
    without_net = {
        tax.kind
        for tax in counters.taxes.values()
        if tax.invoice_id == invoice_id and so_far(tax).left_without_net
    }
    return lines + [
        Claim(basis=Basis.TAX, invoice_id=invoice_id, tax_kind=kind) for kind in sorted(without_net)
    ]
