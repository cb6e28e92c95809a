"""Sales tax on an invoice: where it is supplied, which taxes apply, what they come to.

Pure but for :func:`rates_on`, which reads the dated rates, and :class:`Law`, which reads
certificates as well. How a *credit* gives tax back is :mod:`creditnotes.amounts`; it uses
the rates frozen here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from customers.models import Customer, Handover, TaxExemption, TaxRate, TaxRounding
from customers.money import ZERO, percent_of

CANADA = "CA"


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


def place_of_supply(handover: str, delivered_to: str, country: str, handed_over_in: str) -> str:
    """The province whose taxes apply; empty for an export, which bears none.

    Where the supplier delivers, or hires the carrier, it is where the goods arrive (Excise
    Tax Act, Sch. IX, Part II, s. 1 and 3); where the buyer picks up or hires the carrier, it
    is ``handed_over_in``, the province of the yard. Goods that the supplier sends out of
    Canada are zero-rated (Sch. VI, Part V, s. 12). ``country`` is that of delivery, as
    ISO 3166 (``CA``).
    """
    if handover != Handover.DELIVERED:
        return handed_over_in
    return delivered_to if country == CANADA else ""


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


class Law:
    """The taxes that lines bear, by rates and certificates that are each read once."""

    def __init__(self) -> None:
        self._rates = cache(rates_on)
        self._certificates = cache(_certificates_of)

    def levies(
        self, customer: Customer, day: date, province: str, exempt: Collection[str] = ()
    ) -> list[Levy]:
        """What is in force where and when it is supplied, less what is relieved.

        ``exempt`` are the kinds of tax that the line does not bear, whoever buys it.
        """
        relieved = {*exempt, *self.relieved(customer, day, province)}
        return [levy for levy in self._rates(day, province) if levy.kind not in relieved]

    def relieved(self, customer: Customer, day: date, province: str) -> set[str]:
        """The kinds of tax of which the customer's certificates relieve them."""
        return {
            kind
            for certificate in self._certificates(customer)
            if certificate.is_valid_on(day) and certificate.province in ("", province)
            for kind in certificate.kinds
        }


def _certificates_of(customer: Customer) -> list[TaxExemption]:
    return list(TaxExemption.objects.filter(customer=customer))


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
