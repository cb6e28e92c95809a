"""What the product itself makes of tax cases: its rates, its rounding, its rule 2.

An invoice is taxed by :func:`customers.taxes.tax_lines`. The credits of a group take of
it one after the other as :mod:`creditnotes.amounts` says, at the invoice's own rates and
rounding, whatever the rates of their own day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from creditnotes.amounts import TooMuch
from creditnotes.taxcases.charged import Charged
from creditnotes.taxcases.reading import AMOUNTS, KINDS, Case
from customers.money import ZERO
from customers.taxes import Levy

#: The taxes in force on a day in a province.
Rates = Callable[[date, str], Sequence[Levy]]


@dataclass(frozen=True)
class Result:
    """What a case came to; ``refusal`` says why it would not be credited at all."""

    case: Case
    got: Mapping[str, Decimal]
    levies: Sequence[Levy]
    refusal: str = ""

    @property
    def differs(self) -> bool:
        """Whether anything is not as the row expects."""
        return bool(self.refusal or self.wrong)

    @property
    def wrong(self) -> list[str]:
        """The amounts that differ, by the names of their columns."""
        return [name for name in AMOUNTS if self.got[name] != self.case.expected[name]]

    def __str__(self) -> str:
        case = self.case
        where = f"{case.case_id} (line {case.row}, {case.province}, {case.day})"
        return f"{where}: {'; '.join(self._differences())}"

    def _differences(self) -> Iterator[str]:
        if self.refusal:
            yield self.refusal
        for name in self.wrong:
            words = _("%(name)s expected %(expected)s, got %(got)s")
            amounts_of = {"expected": self.case.expected[name], "got": self.got[name]}
            yield words % {"name": name, **amounts_of} + self._rates(name)

    def _rates(self, name: str) -> str:
        """The rate in force, where it is not the one that the row was reckoned with."""
        told = self.case.rates.get(name)
        rate = sum((levy.rate for levy in self.levies if levy.kind == name), Decimal(0))
        if name not in KINDS or told is None or told == rate:
            return ""
        rates = {"rate": f"{rate.normalize():f}", "told": f"{told.normalize():f}"}
        return _(" (the rate is %(rate)s %%, the row says %(told)s %%)") % rates


def run(cases: Sequence[Case], rates: Rates) -> list[Result]:
    """What each case comes to, in order; ``rates`` are those of each invoice's own date.

    The invoice of a group is its first row that does not say that it is a credit.
    """
    invoices: dict[str, Charged] = {}
    for case in cases:
        if case.group and not case.is_credit and case.group not in invoices:
            invoices[case.group] = Charged(case, _levies(case, rates))
    results = []
    for case in cases:
        invoice = invoices.get(case.group)
        if invoice is not None and invoice.case is not case:
            results.append(_credited(case, invoice))
            continue
        invoice = invoice or Charged(case, _levies(case, rates))
        results.append(Result(case, _amounts(invoice.net, invoice.tax_by_kind), invoice.levies))
    return results


def _credited(case: Case, invoice: Charged) -> Result:
    """The next credit of an invoice; what is written below zero is answered below zero."""
    try:
        credited = invoice.credit(case)
    except TooMuch as error:
        refusal = _("refused: at most %(left)s can still be credited") % {"left": error.left}
        return Result(case, _amounts(ZERO, {}), invoice.levies, refusal)
    return Result(case, _amounts(credited.net, credited.tax_by_kind), invoice.levies)


def _levies(case: Case, rates: Rates) -> list[Levy]:
    """What is in force; a tax that the case charges in two parts is two."""
    levies = list(rates(case.day, case.province))
    if case.split is None:
        return levies
    kind, *parts = case.split
    return [
        replace(levy, rate=rate)
        for levy in levies
        for rate in (parts if levy.kind == kind else [levy.rate])
    ]


def _amounts(net: Decimal, taxes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    tax_total = sum(taxes.values(), ZERO)
    of_kind = {kind: taxes.get(kind, ZERO) for kind in KINDS}
    return {"net": net, **of_kind, "tax_total": tax_total, "grand_total": net + tax_total}
