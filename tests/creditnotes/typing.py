"""What a browser sends from the composer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from creditnotes.models import Reason
from customers.models import Invoice

NEW = "/credit-notes/new/"
PREVIEW = "/credit-notes/preview/"


def filled(
    *invoices: Invoice,
    lines: Mapping[int, str] | None = None,
    basis: str = "quantity",
    reason: Reason | None = None,
    do: str = "submit",
    **fields: Any,
) -> dict[str, Any]:
    """The composer filled in: ``lines`` are values by position on the first invoice."""
    data = {
        "do": do,
        "invoice": [str(invoice.pk) for invoice in invoices],
        "token": str(uuid4()),
        "reason": str(reason.pk) if reason else "",
        "explanation": "Two were cracked.",
    }
    for position, value in (lines or {}).items():
        data |= line(invoices[0], position, value, basis)
    return data | fields


def line(invoice: Invoice, position: int, value: str, basis: str = "quantity") -> dict[str, str]:
    """One row of the composer: picked, by this basis, this much."""
    row = f"line-{invoice.lines.get(position=position).pk}"
    return {f"{row}-pick": "on", f"{row}-basis": basis, f"{row}-value": value}
