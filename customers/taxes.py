"""Sales tax on an invoice: which taxes apply, and what they come to.

Pure but for :func:`rates_on`, which reads the dated rates. How a *credit* gives
tax back is :mod:`creditnotes.amounts`; it uses the rates frozen here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.models import TaxRate, TaxRounding
from customers.money import ZERO, percent_of


@dataclass(frozen=True, order=True)
class Levy:
    """One tax at one rate (10 % is 10), as it is frozen on an invoice line."""

    kind: str
    province: str
    rate: Decimal


@dataclass(frozen=True)
class Taxed:
    """What one levy came to: the net it was charged on and the tax, by line and in all."""

    levy: Levy
    base: Decimal
    amount: Decimal
    by_line: dict[int, Decimal]


def rates_on(day: date, province: str) -> list[Levy]:
    """The taxes in force in ``province`` on ``day``, by place of supply."""
    return in_force(TaxRate.objects.filter(province=province), day, province)


def in_force(known: Iterable[TaxRate], day: date, province: str) -> list[Levy]:
    """Those of the ``known`` rates in force in ``province`` on ``day``; a rate of 0 is none."""
    return sorted(
        Levy(row.kind, row.province, row.rate)
        for row in known
        if row.province == province
        and row.valid_from <= day <= (row.valid_to or date.max)
        and row.rate
    )


def tax_lines(
    lines: Sequence[tuple[Decimal, Iterable[Levy]]], rounding: str = TaxRounding.TOTAL
) -> list[Taxed]:
    """The taxes of an invoice whose lines are ``(net, levies)``.

    With rounding on the total, each tax and rate is rounded once over the sum of
    its lines (CRA and Revenu Québec accept either way; the mode is frozen with the
    invoice). By line, each line's tax is rounded and the document's is their sum.
    """
    nets: dict[Levy, dict[int, Decimal]] = defaultdict(dict)
    for index, (net, levies) in enumerate(lines):
        for levy in levies:
            nets[levy][index] = net
    return [_tax(levy, by_line, rounding) for levy, by_line in sorted(nets.items())]


def _tax(levy: Levy, nets: dict[int, Decimal], rounding: str) -> Taxed:
    base = sum(nets.values(), ZERO)
    by_line = {index: percent_of(levy.rate, net) for index, net in nets.items()}
    if rounding == TaxRounding.LINE:
        return Taxed(levy, base, sum(by_line.values(), ZERO), by_line)
    return Taxed(levy, base, percent_of(levy.rate, base), by_line)
