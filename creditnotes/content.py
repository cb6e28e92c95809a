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


def hash_of(note: CreditNote) -> str:
    """SHA-256 over everything that reaches the issued document or the books."""
    lines = note.lines.order_by("position").values_list(
        "creditable_id", "basis", "quantity", "percent", "unit_price", "net"
    )
    taxes = note.taxes.order_by("creditable_id").values_list("creditable_id", "base", "amount")
    content = {
        "customer": note.customer_id,
        "reason": note.reason_id,
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
