"""Crediting less than was asked for: the claims that are left, and that nothing became more.

Less is asked by the line's own figure: its pieces, percent, sum or corrected price. Its basis,
its fee and what becomes of its tax stay as they were asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from creditnotes import availability, creditable
from creditnotes.content import claims_of
from creditnotes.creditable import Claim, Quote, invoices_of, lines_of
from creditnotes.models import Basis, CreditLine, CreditNote
from customers.errors import Refusal
from customers.money import ZERO

#: Position of a line from zero → its figure wanted; None leaves the line out.
Wanted = Mapping[int, Decimal | None]


@dataclass(frozen=True)
class Lowered:
    """The claims that are left, each with its position, from zero, among those asked for."""

    claims: Sequence[Claim]
    positions: Sequence[int]


def figure_of(line: CreditLine) -> Decimal:
    """What the line was asked by: pieces, percent, price per unit, or a sum before tax."""
    match line.basis:
        case Basis.PERCENT:
            return line.percent or ZERO
        case Basis.UNIT_PRICE:
            return line.unit_price or ZERO
        case Basis.TAX:
            return line.tax
        case Basis.QUANTITY | Basis.WHOLE:
            return line.quantity or line.net
        case _:
            return line.net


def lowered(note: CreditNote, wanted: Wanted) -> Lowered:
    """The note's claims with less of some; raises :class:`~customers.errors.Refusal` for more.

    A line that is not ``wanted`` at all, or for nothing, is left out.
    """
    claims, positions = [], []
    for position, (line, claim) in enumerate(zip(note.lines.all(), claims_of(note), strict=True)):
        less = _less(line, claim, wanted.get(position, figure_of(line)), position)
        if less is not None:
            claims.append(less)
            positions.append(position)
    if not claims:
        raise Refusal(_("Nothing would be credited. Reject it instead."))
    return Lowered(claims, positions)


def _less(line: CreditLine, claim: Claim, wanted: Decimal | None, position: int) -> Claim | None:
    asked = figure_of(line)
    if wanted == asked:
        return claim
    if wanted is None or (not wanted and line.basis != Basis.UNIT_PRICE):
        return None
    if wanted < asked if line.basis == Basis.UNIT_PRICE else wanted > asked:
        raise _more(line, asked, position)
    if line.basis == Basis.WHOLE:
        basis = Basis.QUANTITY if line.quantity else Basis.AMOUNT
        claim = replace(claim, basis=basis)
    match claim.basis:
        case Basis.QUANTITY:
            return replace(claim, quantity=wanted)
        case Basis.PERCENT:
            return replace(claim, percent=wanted)
        case Basis.UNIT_PRICE:
            return replace(claim, unit_price=wanted)
        case _:
            return replace(claim, amount=wanted)


def _more(line: CreditLine, asked: Decimal, position: int) -> Refusal:
    words = (
        _("A price below %(asked)s would credit more than was asked for.")
        if line.basis == Basis.UNIT_PRICE
        else _("Not more than was asked for: %(asked)s.")
    )
    return Refusal(words % {"asked": f"{asked.normalize():f}"}, line=position)


def estimate(note: CreditNote, wanted: Wanted) -> tuple[Lowered, Quote]:
    """What less would come to as the counters stand, without locking or writing anything."""
    less = lowered(note, wanted)
    counters = availability.look(
        lines_of(less.claims), besides=note, invoice_ids=invoices_of(less.claims)
    )
    return less, creditable.quote(less.claims, counters, note.reason)


# What was asked for, kept -------------------------------------------------------------------


def record_of(note: CreditNote) -> dict[str, Any]:
    """The note's lines, taxes and sums as JSON; amounts are strings in its currency."""
    lines = note.lines.select_related("creditable__invoice_line", "invoice")
    return {
        "net": str(note.net),
        "tax_total": str(note.tax_total),
        "total": str(note.total),
        "lines": [_record(line) for line in lines.order_by("position")],
        "taxes": [
            {"creditable": tax.creditable_id, "amount": str(tax.amount)}
            for tax in note.taxes.order_by("creditable_id")
        ],
    }


def _record(line: CreditLine) -> dict[str, Any]:
    charged = line.creditable.invoice_line if line.creditable else None
    return {
        "name": charged.description if charged else line.description,
        "invoice_number": line.invoice.number if line.invoice else "",
        "creditable": line.creditable_id,
        "invoice": line.invoice_id,
        "basis": line.basis,
        "tax_kind": line.tax_kind,
        "price_only": line.price_only,
        "figure": str(figure_of(line)),
        "quantity": str(line.quantity),
        "net": str(line.net),
        "tax": str(line.tax),
    }


def require_less(note: CreditNote, asked: Mapping[str, Any]) -> None:
    """Raise :class:`~customers.errors.Refusal` unless the note credits less, and nothing more.

    What is left of an invoice may have changed since the note was submitted, so that the same
    claim would come to more than was asked for.
    """
    now = record_of(note)
    before = _sums(asked)
    more = [
        key
        for key, sums in _sums(now).items()
        if any(new > old for new, old in zip(sums, before.get(key, _NOTHING), strict=True))
    ]
    if more:
        raise Refusal(
            _(
                "What is left of the invoice has changed since this was submitted, and a line"
                " would come to more than was asked for. Return it to be worked out anew."
            )
        )
    if note.total >= Decimal(asked["total"]):
        raise Refusal(_("This is not less than what was asked for: approve it as it is."))


_NOTHING = (ZERO, ZERO, ZERO)


def _sums(record: Mapping[str, Any]) -> dict[tuple[Any, ...], tuple[Decimal, Decimal, Decimal]]:
    """Pieces, net and tax of each thing that is credited, and of each tax."""
    sums: dict[tuple[Any, ...], tuple[Decimal, Decimal, Decimal]] = defaultdict(lambda: _NOTHING)
    for line in record["lines"]:
        key = (line["creditable"], line["invoice"], line["tax_kind"], line["price_only"])
        more = [Decimal(line[name]) for name in ("quantity", "net", "tax")]
        quantity, net, tax = (one + two for one, two in zip(sums[key], more, strict=True))
        sums[key] = (quantity, net, tax)
    for tax_row in record["taxes"]:
        sums["tax", tax_row["creditable"]] = (ZERO, ZERO, Decimal(tax_row["amount"]))
    return dict(sums)
