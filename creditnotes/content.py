"""The content of a credit note, and its hash: what is approved is what is issued (rule 5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from creditnotes.creditable import Claim
from creditnotes.models import CreditNote, Reason


@dataclass(frozen=True)
class Content:
    """What a person writes on a credit note, whole: it replaces what was there."""

    reason: Reason | None = None
    claims: Sequence[Claim] = field(default_factory=tuple)
    explanation: str = ""
    internal_note: str = ""
    customer_reference: str = ""


def claims_of(note: CreditNote) -> list[Claim]:
    """The claims that the note's lines stand for, in their order."""
    return [
        Claim(
            invoice_line_id=line.creditable_id,
            basis=line.basis,
            quantity=line.quantity or None,
            percent=line.percent,
            amount=line.net if line.basis == "amount" else None,
            unit_price=line.unit_price,
        )
        for line in note.lines.all()
    ]


def wish_of(note: CreditNote) -> dict[str, Any]:
    """What a contact asks for, as JSON: kept with the request, since a rep may change it later.

    Amounts are strings in the note's currency.
    """
    reason = note.required_reason
    lines = note.lines.order_by("position").values(
        "creditable_id", "basis", "quantity", "percent", "unit_price", "net"
    )
    return {
        "reason": {"en": reason.name_en, "fr": reason.name_fr},
        "customer_reference": note.customer_reference,
        "lines": [{name: _canonical(value) for name, value in line.items()} for line in lines],
        "net": str(note.net),
        "tax_total": str(note.tax_total),
        "total": str(note.total),
    }


def hash_of(note: CreditNote) -> str:
    """SHA-256 over what is decided: all that reaches the issued document or the books.

    The reason counts with its names and its account, as an admin may edit them. The
    customer's name and address do not: they are printed as they are on the day of issue.
    """
    reason = note.required_reason
    lines = note.lines.order_by("position").values_list(
        "creditable_id", "basis", "quantity", "percent", "unit_price", "net"
    )
    taxes = note.taxes.order_by("creditable_id").values_list("creditable_id", "base", "amount")
    content = {
        "customer": note.customer_id,
        "reason": [reason.pk, reason.account_id, reason.name_en, reason.name_fr],
        "currency": note.currency,
        "language": note.language,
        "customer_reference": note.customer_reference,
        "explanation": note.explanation,
        "lines": [[_canonical(value) for value in line] for line in lines],
        "taxes": [[_canonical(value) for value in tax] for tax in taxes],
        "total": _canonical(note.total),
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
