"""Histories told step by step: invoices credited in pieces, by any mix of bases.

``tests/data/histories.json`` says of each what was charged, what every note claims, and what
it must credit. The figures were worked out apart from the product, in exact fractions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from creditnotes.creditable import Claim, Quote, quote
from creditnotes.models import Basis, Reason
from customers.models import InvoiceLine
from customers.money import ZERO
from customers.taxes import Levy
from tests.creditnotes import imagined
from tests.creditnotes.imagined import Charge, D

HISTORIES = json.loads((Path(__file__).parent.parent / "data" / "histories.json").read_text())


@pytest.mark.parametrize("told", HISTORIES, ids=lambda told: told["case"])
def test_each_note_credits_what_is_told(told: Mapping[str, Any]) -> None:
    lines = [_charge(*line) for line in told["lines"]]
    counters = imagined.counters_of(lines, told["rounding"])
    net = sum((line.charged_net for line in counters.lines.values()), ZERO)
    taxes = [(tax.kind, tax.charged_amount) for tax in counters.taxes.values()]
    assert _said(net, taxes) == told["charged"]
    for step in told["steps"]:
        options = [claim[3] for claim in step["claims"] if len(claim) > 3]
        fee = next((D(each["fee_percent"]) for each in options if "fee_percent" in each), D(0))
        note = quote(
            [_claim(*claim) for claim in step["claims"]], counters, Reason(restocking_fee=fee)
        )
        assert not note.refusals
        assert _credited(note) == step["credited"]
        imagined.hold(counters, note, "issued")
        imagined.assert_within(counters)


def _charge(quantity: str, price: str, taxes: Sequence[tuple[str, str]]) -> Charge:
    levies = [Levy(kind, "", D(rate)) for kind, rate in taxes]
    return D(quantity), D(price), levies, InvoiceLine.Kind.GOODS


def _claim(
    basis: str, what: int | str, figure: str | None = None, options: Mapping[str, Any] | None = None
) -> Claim:
    value = None if figure is None else D(figure)
    if basis == Basis.TAX:
        return Claim(basis=Basis.TAX, invoice_id=1, tax_kind=str(what), amount=value)
    figures = {} if basis == Basis.WHOLE else {basis: value}
    price_only = bool(options and options.get("price_only"))
    return Claim(int(what), Basis(basis), price_only=price_only, **figures)  # type: ignore[arg-type]


def _credited(note: Quote) -> list[str]:
    return _said(note.net, [(tax.creditable.kind, tax.taken.amount) for tax in note.taxes])


def _said(net: Decimal, taxes: Sequence[tuple[str, Decimal]]) -> list[str]:
    """The net, then each tax that is not nothing."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for kind, amount in taxes:
        sums[kind] += amount
    return [f"{net:.2f}", *(f"{kind} {sums[kind]}" for kind in sorted(sums) if sums[kind])]
