"""How much a credit takes of what is left: rule 2, and nothing but rule 2.

Pure functions of plain values. Amounts are in the invoice's currency and never
negative; quantities in the line's unit; ten per cent is ``10``.

Nets: a quantity credit takes ``net left × quantity ÷ quantity left``, so that an
earlier allowance or price correction counts; whoever takes the last of a line
takes exactly what is left.

Taxes: ``round(rate × net used so far including this) − tax used so far``, within
nothing and what is left; whoever uses the last net uses the last tax. What becomes of
the tax so used is the credit's own matter: it is *given back*, or *withheld* with a
restocking fee, or *kept* where only the price is credited. So fees and price-only
credits use up tax exactly as any other, and the last credit can't hand out silently
what an earlier one left on purpose.

Tax adjustments give tax back without net. They first recover what price-only credits
had kept, which changes nothing for the net still to come; what goes beyond lowers the
rate for it to ``tax left ÷ net left``. Once every net is credited, only tax that was
kept on purpose remains, and what an adjustment withdrawn since would have given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from customers.money import HUNDRED, ZERO, extend, percent_of, split, to_cent


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
    """What a credit line takes of an invoice line; ``fee`` of the net is kept back."""

    quantity: Decimal
    net: Decimal
    fee: Decimal = ZERO

    @property
    def credited(self) -> Decimal:
        """What the customer gets of the net."""
        return self.net - self.fee


@dataclass(frozen=True)
class TaxSoFar:
    """A tax of an invoice (or of a line), and what credits have used of it.

    ``used_amount`` was given back or withheld; of it, adjustments without net gave
    back ``recovered`` and, beyond what was kept, ``adjusted``. ``kept`` is what
    price-only credits left, recovered or not.
    """

    rate: Decimal
    charged_base: Decimal
    charged_amount: Decimal
    used_base: Decimal
    used_amount: Decimal
    kept: Decimal = ZERO
    adjusted: Decimal = ZERO
    recovered: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """The tax that can still be given back, with net or without."""
        return self.charged_amount - self.used_amount

    @property
    def recoverable(self) -> Decimal:
        """What price-only credits kept and no adjustment gave back yet."""
        return max(self.kept - self.recovered, ZERO)

    @property
    def left_with_net(self) -> Decimal:
        """The tax that goes with the net still to be credited."""
        return self.left - self.recoverable

    @property
    def left_without_net(self) -> Decimal:
        """The tax that only an adjustment can still give back.

        Once all net is credited that is all of it: an adjustment withdrawn after the
        last credit leaves its part to the next adjustment.
        """
        return self.left if self.used_base >= self.charged_base else self.recoverable

    @property
    def is_lowered(self) -> bool:
        """Whether adjustments gave back tax of net that is still to be credited.

        What they recovered of a price-only credit that was withdrawn since counts too.
        """
        return self.adjusted > 0 or self.recovered > self.kept

    def after(self, taken: TaxTaken) -> TaxSoFar:
        """The same once ``taken`` is used as well."""
        return replace(
            self,
            used_base=self.used_base + taken.base + taken.untaxed_base,
            used_amount=self.used_amount + taken.amount + taken.withheld,
            kept=self.kept + taken.kept,
            adjusted=self.adjusted + taken.adjusted,
            recovered=self.recovered + taken.recovered,
        )


@dataclass(frozen=True)
class Nets:
    """The net that a credit uses of what a tax was charged on, by what becomes of the tax."""

    credited: Decimal = ZERO
    price_only: Decimal = ZERO
    fee: Decimal = ZERO


@dataclass(frozen=True)
class TaxTaken:
    """What a credit uses of a tax; ``amount`` is given back, the rest of its meaning above."""

    base: Decimal = ZERO
    amount: Decimal = ZERO
    untaxed_base: Decimal = ZERO
    withheld: Decimal = ZERO
    kept: Decimal = ZERO
    adjusted: Decimal = ZERO
    recovered: Decimal = ZERO

    def plus(self, other: TaxTaken) -> TaxTaken:
        """Both together."""
        return TaxTaken(
            self.base + other.base,
            self.amount + other.amount,
            self.untaxed_base + other.untaxed_base,
            self.withheld + other.withheld,
            self.kept + other.kept,
            self.adjusted + other.adjusted,
            self.recovered + other.recovered,
        )


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


def by_freight(left: LineLeft, amount: Decimal | None) -> Taken:
    """Freight before tax, ``amount`` of it or (None) in full. Raises :class:`TooMuch`."""
    if amount is None:
        return whole(left)
    return by_amount(left, amount)


def whole(left: LineLeft) -> Taken:
    """All that is left."""
    return Taken(left.quantity, left.net)


def with_fee(taken: Taken, percent: Decimal) -> Taken:
    """The same, of which ``percent`` of the net is kept back as a restocking fee."""
    return replace(taken, fee=percent_of(percent, taken.net))


def tax_on(tax: TaxSoFar, base: Decimal) -> Decimal:
    """The tax that goes with ``base`` more of the taxed net."""
    if not base:
        return ZERO
    if tax.used_base + base >= tax.charged_base:
        return tax.left_with_net
    if tax.is_lowered:
        return to_cent(tax.left_with_net * base / (tax.charged_base - tax.used_base))
    used = tax.used_amount + tax.recoverable
    cumulative = percent_of(tax.rate, tax.used_base + base)
    return min(max(cumulative - used, ZERO), tax.left_with_net)


def tax_with(tax: TaxSoFar, nets: Nets) -> TaxTaken:
    """What a credit of these nets uses of the tax.

    What is given back is reckoned first, so that it is the rate on the net credited;
    the fee's last, as it gets nothing back.
    """
    given = TaxTaken(base=nets.credited, amount=tax_on(tax, nets.credited))
    tax = tax.after(given)
    kept = TaxTaken(untaxed_base=nets.price_only, kept=tax_on(tax, nets.price_only))
    tax = tax.after(kept)
    withheld = TaxTaken(untaxed_base=nets.fee, withheld=tax_on(tax, nets.fee))
    return given.plus(kept).plus(withheld)


def adjust(taxes: Sequence[TaxSoFar], amount: Decimal | None) -> list[TaxTaken]:
    """Give ``amount`` of one tax back without net, or (None) all that is left of it.

    ``taxes`` are its counters: one for the invoice, or one for each line and rate.
    What price-only credits kept is recovered first; both parts are split over the
    counters in proportion to what they have left. Raises :class:`TooMuch`.
    """
    left = sum((tax.left for tax in taxes), ZERO)
    amount = left if amount is None else to_cent(amount)
    if amount > left:
        raise TooMuch(left)
    recovered = min(amount, sum((tax.recoverable for tax in taxes), ZERO))
    of_kept = _shares(recovered, [tax.recoverable for tax in taxes])
    of_rest = _shares(amount - recovered, [tax.left_with_net for tax in taxes])
    return [
        TaxTaken(amount=first + second, adjusted=second, recovered=first)
        for first, second in zip(of_kept, of_rest, strict=True)
    ]


def _shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    return split(amount, weights) if amount else [ZERO] * len(weights)


def _check_quantity(left: LineLeft, quantity: Decimal) -> None:
    if quantity > left.quantity:
        raise TooMuchQuantity(left.quantity)


def _within(left: LineLeft, amount: Decimal) -> Decimal:
    if amount > left.net:
        raise TooMuch(left.net)
    return to_cent(amount)
