"""Everything a document shows, copied when it is issued; live rows are never asked again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from creditnotes.models import Basis, CreditLine, CreditNote, CreditTax
from customers.models import Application, Company, Customer, Invoice, JournalEntry
from customers.money import ZERO

#: Which shape a snapshot has; a renderer of later shapes still knows the earlier ones.
SHAPE = 2


def snapshot_of(
    note: CreditNote, number: str, day: date, entry: JournalEntry | None
) -> dict[str, Any]:
    """The document's data as JSON: parties, lines by invoice, taxes, totals, language.

    Amounts are strings with two decimals, rates and quantities without trailing
    zeros. ``entry`` is the credit's posting, which tells how it was applied.
    """
    reason = note.required_reason
    taxes = list(note.taxes.select_related("creditable").order_by("creditable_id"))
    return {
        "shape": SHAPE,
        "number": number,
        "reference": note.reference,
        "issued_on": day.isoformat(),
        "language": note.language,
        "currency": note.currency,
        "supplier": supplier_of(note.company),
        "customer": customer_of(note.customer),
        "customer_reference": note.customer_reference,
        "reason": {"en": reason.name_en, "fr": reason.name_fr},
        "explanation": note.explanation,
        "invoices": _invoices(note, taxes),
        "goodwill": _goodwill(note),
        "taxes": _taxes(taxes),
        "fees": str(sum((line.fee for line in note.lines.all()), ZERO)),
        "net": str(note.net),
        "tax_total": str(note.tax_total),
        "total": str(note.total),
        "applied": _applied(note, entry),
    }


def supplier_of(company: Company) -> dict[str, str]:
    """The company as a document names it."""
    return {
        "legal_name": company.legal_name,
        "address": company.address,
        "province": company.province,
        "country": company.country,
        "gst_number": company.gst_number,
        "qst_number": company.qst_number,
        "email": company.email,
        "phone": company.phone,
    }


def customer_of(customer: Customer) -> dict[str, str]:
    """The customer as a document names it."""
    return {
        "number": customer.number,
        "name": customer.name,
        "address": customer.billing_address,
        "province": customer.province,
        "country": customer.country,
    }


def _invoices(note: CreditNote, taxes: Iterable[CreditTax]) -> list[dict[str, Any]]:
    """Each credited invoice with its lines and its own share of the taxes."""
    lines: dict[Invoice, list[CreditLine]] = defaultdict(list)
    rows = note.lines.select_related("invoice__site", "creditable__invoice_line__product")
    for line in rows.prefetch_related("creditable__invoice_line__taxes"):
        if line.invoice:
            lines[line.invoice].append(line)
    own: dict[int, list[CreditTax]] = defaultdict(list)
    for tax in taxes:
        own[tax.invoice_id].append(tax)
    return [_invoice(invoice, group, own[invoice.pk]) for invoice, group in lines.items()]


def _invoice(
    invoice: Invoice, lines: Iterable[CreditLine], taxes: Sequence[CreditTax]
) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "issued_on": invoice.issued_on.isoformat(),
        "province": invoice.province,
        "customer_reference": invoice.customer_reference,
        "site": invoice.site.name if invoice.site else "",
        "lines": [
            _tax_line(line, taxes) if line.basis == Basis.TAX else _line(line) for line in lines
        ],
        "net": str(sum((line.net for line in lines), ZERO)),
        "taxes": _taxes(taxes),
    }


def _line(line: CreditLine) -> dict[str, Any]:
    charged = line.counter.invoice_line
    return {
        "sku": charged.product.sku if charged.product else "",
        "description": charged.description,
        "description_fr": charged.product.name_fr if charged.product else "",
        "basis": line.basis,
        "quantity": _plain(line.quantity),
        "unit": charged.unit,
        "charged_quantity": _plain(charged.quantity),
        "charged_unit_price": _plain(charged.unit_price),
        "charged_net": str(charged.net),
        "unit_price": _plain(line.unit_price),
        "percent": _plain(line.percent),
        "in_full": line.in_full,
        "net": str(line.net),
        "fee": str(line.fee),
        "fee_percent": _plain(line.fee_percent),
        "price_only": line.price_only,
        "taxes": [
            {"kind": tax.kind, "province": tax.province, "rate": _plain(tax.rate)}
            for tax in charged.taxes.all()
        ],
    }


def _tax_line(line: CreditLine, taxes: Iterable[CreditTax]) -> dict[str, Any]:
    """A tax adjustment, with the rates at which the tax was charged."""
    charged = [tax.creditable for tax in taxes if tax.creditable.kind == line.tax_kind]
    levies = sorted({(tax.kind, tax.province, tax.rate) for tax in charged})
    return {
        "basis": line.basis,
        "in_full": line.in_full,
        "tax": str(line.tax),
        "taxes": [
            {"kind": kind, "province": province, "rate": _plain(rate)}
            for kind, province, rate in levies
        ],
    }


def _goodwill(note: CreditNote) -> list[dict[str, str]]:
    """What is given without an invoice line, and so without tax."""
    lines = note.lines.filter(basis=Basis.GOODWILL)
    return [{"description": line.description, "net": str(line.net)} for line in lines]


def _taxes(taxes: Iterable[CreditTax]) -> list[dict[str, str | None]]:
    """The taxes summed by kind, province and rate; adjustments without net have no base."""
    taxes = list(taxes)
    with_net = _summed((tax, tax.base, tax.amount - _adjusted(tax)) for tax in taxes)
    without = _summed((tax, ZERO, _adjusted(tax)) for tax in taxes)
    return [row for row in with_net if row["base"] != str(ZERO) or row["amount"] != str(ZERO)] + [
        row | {"base": None} for row in without if row["amount"] != str(ZERO)
    ]


def _adjusted(tax: CreditTax) -> Decimal:
    return tax.adjusted + tax.recovered


def _summed(
    taxes: Iterable[tuple[CreditTax, Decimal, Decimal]],
) -> list[dict[str, str | None]]:
    sums: dict[tuple[str, str, Decimal], list[Decimal]] = {}
    for tax, base, amount in taxes:
        levy = tax.creditable
        base_and_amount = sums.setdefault((levy.kind, levy.province, levy.rate), [ZERO, ZERO])
        base_and_amount[0] += base
        base_and_amount[1] += amount
    return [
        {
            "kind": kind,
            "province": province,
            "rate": _plain(rate),
            "base": str(base),
            "amount": str(amount),
        }
        for (kind, province, rate), (base, amount) in sorted(sums.items())
    ]


def _applied(note: CreditNote, entry: JournalEntry | None) -> dict[str, Any]:
    """Which invoices the credit settled when it was issued, and what stays on account."""
    rows = (
        Application.objects.filter(payer__entry=entry)
        .order_by("pk")
        .values_list("invoice__entry__invoice__number", "amount")
        if entry
        else []
    )
    settled = [{"invoice": number, "amount": str(amount)} for number, amount in rows]
    rest = note.total - sum((amount for _, amount in rows), ZERO)
    return {"invoices": settled, "on_account": str(rest)}


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"
