"""How much of the tax a bad debt gives back, and its recovery takes again: pure arithmetic.

Excise Tax Act s. 231 (1): A × B / C, where A is the tax of the supply, B what is written off
and C the supply's total with all taxes; s. 231 (3) takes A × B / C again of what is recovered.
The Act respecting the Québec sales tax says the same of the QST (ss. 444 and 446), and so do
the provinces of theirs: British Columbia (Bulletin CTB 001), Saskatchewan and Manitoba let a
vendor deduct the part of the PST in what was written off. All of them want the tax to have
been reported and the debt to be written off in the books; British Columbia within four years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from customers.money import ZERO, to_cent

#: A tax by its kind and the province that it is of.
Tax = tuple[str, str]
Taxes = Mapping[Tax, Decimal]


@dataclass(frozen=True)
class Charged:
    """What stands of an invoice once credits are taken off: its total and each tax in it."""

    total: Decimal
    taxes: Taxes = field(default_factory=dict)


def relief(charged: Charged, before: Decimal, given: Taxes, amount: Decimal) -> dict[Tax, Decimal]:
    """Each tax that writing off ``amount`` gives back.

    ``before`` was written off earlier (and not recovered) and gave back ``given``, so that
    however a debt is written off in pieces, the tax is that of the whole, to the cent.
    """
    return _share_of_each(charged.taxes, charged.total, before + amount, given)


def repaid(
    written_off: Decimal, given: Taxes, before: Decimal, taken: Taxes, amount: Decimal
) -> dict[Tax, Decimal]:
    """Each tax that recovering ``amount`` of a bad debt takes again.

    ``written_off`` had given back ``given``; ``before`` was recovered earlier and took
    ``taken``. Whoever recovers the last of it takes exactly what is left.
    """
    return _share_of_each(given, written_off, before + amount, taken)


def _share_of_each(
    whole: Taxes, total: Decimal, part: Decimal, so_far: Taxes
) -> dict[Tax, Decimal]:
    shares = {
        tax: max(ZERO, to_cent(amount * min(part, total) / total) - so_far.get(tax, ZERO))
        for tax, amount in sorted(whole.items())
    }
    return {tax: amount for tax, amount in shares.items() if amount}
