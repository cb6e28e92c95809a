"""The content of a credit note, and its hash: what is approved is what is issued (rule 5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from creditnotes import rebilling
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditLine, CreditNote, CreditTax, Reason


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
    return [_claim(line) for line in note.lines.all()]


def _claim(line: CreditLine) -> Claim:
    return Claim(
        invoice_line_id=line.creditable_id,
        basis=line.basis,
        quantity=line.quantity if line.basis == Basis.QUANTITY else None,
        percent=line.percent,
        amount=_amount_asked(line),
        unit_price=line.unit_price,
        invoice_id=line.invoice_id if line.basis == Basis.TAX else None,
        tax_kind=line.tax_kind,
        description=line.description,
        price_only=line.price_only,
        fee_percent=line.fee_percent if line.fee_words else None,
        fee_words=line.fee_words,
    )


def _amount_asked(line: CreditLine) -> Decimal | None:
    """The sum that was asked for; None where the basis has none, or all was asked for."""
    if line.in_full:
        return None
    if line.basis == Basis.TAX:
        return line.tax
    with_amount = (Basis.AMOUNT, Basis.FREIGHT, Basis.GOODWILL)
    return line.net if line.basis in with_amount else None


def wish_of(note: CreditNote) -> dict[str, Any]:
    """What a contact asks for, as JSON: kept with the request, since a rep may change it later.

    Amounts are strings in the note's currency.
    """
    reason = note.required_reason
    lines = note.lines.order_by("position").values(
        "creditable_id", "basis", "quantity", "percent", "unit_price", "net", "fee"
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
    lines, taxes = note.lines.all(), note.taxes.all()
    content = {
        "customer": note.customer_id,
        "reason": [reason.pk, reason.account_id, reason.name_en, reason.name_fr],
        "currency": note.currency,
        "language": note.language,
        "customer_reference": note.customer_reference,
        "explanation": note.explanation,
        **hashed_rows(lines, taxes),
        "total": _canonical(note.total),
    }
    if any(line.basis == Basis.GOODWILL for line in lines):
        content["goodwill_account"] = reason.goodwill_account_id
    if (billed_anew := rebilling.hashed(note)) is not None:
        content["rebill"] = billed_anew
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def hashed_rows(lines: Iterable[CreditLine], taxes: Iterable[CreditTax]) -> dict[str, Any]:
    """What of a note's lines and taxes counts for its hash: all that is written on them."""
    in_order = sorted(lines, key=lambda line: line.position)
    by_counter = sorted(taxes, key=lambda tax: tax.creditable_id)
    return {
        "lines": [_all_of(line, _LINE, _MORE_OF_LINE) for line in in_order],
        "taxes": [_all_of(tax, _TAX, _MORE_OF_TAX) for tax in by_counter],
    }


#: What has always been hashed of each line and tax, and what counts where it says anything:
#: a kind of content that a note does not have leaves its hash as it was.
_LINE = ("creditable_id", "basis", "quantity", "percent", "unit_price", "net")
_MORE_OF_LINE = (
    "invoice_id",
    "in_full",
    "price_only",
    "fee",
    "fee_percent",
    "fee_words",
    "tax_kind",
    "tax",
    "description",
)
_TAX = ("creditable_id", "base", "amount")
_MORE_OF_TAX = ("untaxed_base", "withheld", "kept", "adjusted", "recovered")


def _all_of(row: CreditLine | CreditTax, always: Sequence[str], more: Sequence[str]) -> list[Any]:
    values = [_canonical(getattr(row, name)) for name in always]
    said = {name: value for name in more if (value := getattr(row, name))}
    if row.creditable_id is not None:
        said.pop("invoice_id", None)  # that of its line
    return [*values, {name: _canonical(value) for name, value in said.items()}] if said else values


def _canonical(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
