"""How much a credit takes of what is left: rule 2, and nothing but rule 2.

Pure functions of plain values. Amounts are in the invoice's currency and never
negative; quantities in the line's unit; ten per cent is ``10``.

Nets: a quantity credit takes ``net left × quantity ÷ quantity left``, so that an
earlier allowance or price correction counts; whoever takes the last of a line
takes exactly what is left.

Taxes: ``round(rate × net credited so far including this) − tax credited so far``,
within nothing and what is left; whoever takes the last net takes the last tax.
Thus all credits of an invoice add up to it, tax by tax.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from customers.money import HUNDRED, ZERO, extend, percent_of, to_cent


class TooMuch(ValueError):
    """More was asked for than is left; ``left`` says how much that is."""

    def __init__(self, left: Decimal) -> None:
        super().__init__(f"only {left} left")
        self.left = left


class TooMuchQuantity(TooMuch):
    """More pieces were asked for than are left."""


class NotLower(ValueError):
    """A corrected price must be lower than what was charged."""


@dataclass(frozen=True)
class LineLeft:
    """What an invoice line has left to credit."""

    quantity: Decimal
    net: Decimal

    def less(self, taken: Taken) -> LineLeft:
        """What remains once ``taken`` is gone."""
        return LineLeft(self.quantity - taken.quantity, self.net - taken.net)


@dataclass(frozen=True)
class Taken:
    """What a credit line takes of an invoice line."""

    quantity: Decimal
    net: Decimal


@dataclass(frozen=True)
class TaxSoFar:
    """A tax of an invoice (or of a line) and what was credited or reserved of it."""

    rate: Decimal
    charged_base: Decimal
    charged_amount: Decimal
    used_base: Decimal
    used_amount: Decimal


def by_quantity(left: LineLeft, quantity: Decimal) -> Taken:
    """``quantity`` pieces at what they are still worth.

    Raises :class:`TooMuchQuantity`.
    """
    _check_quantity(left, quantity)
    if not quantity:
        return Taken(quantity, ZERO)
    if quantity == left.quantity:
        return Taken(quantity, left.net)
    return Taken(quantity, to_cent(left.net * quantity / left.quantity))


def by_quantity_at(left: LineLeft, quantity: Decimal, unit_price: Decimal) -> Taken:
    """``quantity`` pieces at an agreed price for each.

    Raises :class:`TooMuchQuantity`, or :class:`TooMuch` where that is more than
    the line has left.
    """
    _check_quantity(left, quantity)
    return Taken(quantity, _within(left, extend(quantity, unit_price)))


def by_percent(left: LineLeft, percent: Decimal) -> Taken:
    """``percent`` of the net that is left; no pieces. Raises :class:`TooMuch` above 100."""
    if percent > HUNDRED:
        raise TooMuch(HUNDRED)
    return Taken(Decimal(0), percent_of(percent, left.net))


def by_amount(left: LineLeft, amount: Decimal) -> Taken:
    """A sum before tax; no pieces. Raises :class:`TooMuch`."""
    return Taken(Decimal(0), _within(left, amount))


def by_unit_price(left: LineLeft, corrected: Decimal) -> Taken:
    """The pieces left were to cost ``corrected`` each: credits what was charged above it.

    Raises :class:`NotLower` where that leaves nothing to credit.
    """
    excess = left.net - extend(left.quantity, corrected)
    if excess <= 0:
        raise NotLower
    return Taken(Decimal(0), excess)


def tax_on(tax: TaxSoFar, base: Decimal) -> Decimal:
    """The tax given back when ``base`` more of the taxed net is credited."""
    left = tax.charged_amount - tax.used_amount
    if tax.used_base + base >= tax.charged_base:
        return left
    cumulative = percent_of(tax.rate, tax.used_base + base)
    return min(max(cumulative - tax.used_amount, ZERO), left)


def _check_quantity(left: LineLeft, quantity: Decimal) -> None:
    if quantity > left.quantity:
        raise TooMuchQuantity(left.quantity)


def _within(left: LineLeft, amount: Decimal) -> Decimal:
    if amount > left.net:
        raise TooMuch(left.net)
    return to_cent(amount)
