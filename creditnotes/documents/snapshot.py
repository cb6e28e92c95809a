"""Everything a document shows, copied when it is issued; live rows are never asked again."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from creditnotes.models import CreditLine, CreditNote
from customers.models import Company, Customer


def snapshot_of(note: CreditNote, number: str, day: date) -> dict[str, Any]:
    """The document's data as JSON: parties, lines by invoice, taxes, totals, language.

    Amounts are strings with two decimals, rates and quantities without trailing zeros.
    """
    reason = note.required_reason
    return {
        "number": number,
        "reference": note.reference,
        "issued_on": day.isoformat(),
        "language": note.language,
        "currency": note.currency,
        "supplier": _supplier(note.company),
        "customer": _customer(note.customer),
        "customer_reference": note.customer_reference,
        "reason": {"en": reason.name_en, "fr": reason.name_fr},
        "explanation": note.explanation,
        "invoices": _invoices(note),
        "taxes": _taxes(note),
        "net": str(note.net),
        "tax_total": str(note.tax_total),
        "total": str(note.total),
    }


def _supplier(company: Company) -> dict[str, str]:
    return {
        "legal_name": company.legal_name,
        "address": company.address,
        "gst_number": company.gst_number,
        "qst_number": company.qst_number,
        "email": company.email,
        "phone": company.phone,
    }


def _customer(customer: Customer) -> dict[str, str]:
    return {
        "number": customer.number,
        "name": customer.name,
        "address": customer.billing_address,
    }


def _invoices(note: CreditNote) -> list[dict[str, Any]]:
    lines: dict[int, list[CreditLine]] = defaultdict(list)
    rows = note.lines.select_related("creditable__invoice", "creditable__invoice_line__product")
    for line in rows.prefetch_related("creditable__invoice_line__taxes"):
        lines[line.creditable.invoice_id].append(line)
    return [
        {
            "number": group[0].creditable.invoice.number,
            "issued_on": group[0].creditable.invoice.issued_on.isoformat(),
            "province": group[0].creditable.invoice.province,
            "lines": [_line(line) for line in group],
        }
        for group in lines.values()
    ]


def _line(line: CreditLine) -> dict[str, Any]:
    charged = line.creditable.invoice_line
    return {
        "sku": charged.product.sku if charged.product else "",
        "description": charged.description,
        "description_fr": charged.product.name_fr if charged.product else "",
        "basis": line.basis,
        "quantity": _plain(line.quantity),
        "unit": charged.unit,
        "charged_unit_price": _plain(charged.unit_price),
        "unit_price": _plain(line.unit_price),
        "percent": _plain(line.percent),
        "net": str(line.net),
        "taxes": [{"kind": tax.kind, "rate": _plain(tax.rate)} for tax in charged.taxes.all()],
    }


def _taxes(note: CreditNote) -> list[dict[str, str | None]]:
    sums: dict[tuple[str, str, Decimal], list[Decimal]] = {}
    for tax in note.taxes.select_related("creditable").order_by("creditable_id"):
        levy = tax.creditable
        base_and_amount = sums.setdefault(
            (levy.kind, levy.province, levy.rate), [Decimal(0), Decimal(0)]
        )
        base_and_amount[0] += tax.base
        base_and_amount[1] += tax.amount
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


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"
