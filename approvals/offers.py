"""What policy offers at once: a percent of the claimed lines' remaining net. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from customers.money import CENT, HUNDRED, ZERO, percent_of


@dataclass(frozen=True)
class Offer:
    """``percent`` (10 is ten per cent) of what is left of the lines; ``net`` is before tax.

    ``cap`` is the most that the terms still offer on these invoices, where it made the percent
    less.
    """

    percent: Decimal
    net: Decimal
    cap: Decimal | None = None


def offer(percent: Decimal, nets_left: Iterable[Decimal], cap: Decimal | None = None) -> Offer:
    """The offer on lines with these nets left, each rounded to the cent by itself.

    Beyond the cap it is the largest percent, to two decimals, that stays within it.
    """
    lefts = list(nets_left)
    net = _at(percent, lefts)
    if cap is None or net <= cap:
        return Offer(percent, net)
    if not cap:
        return Offer(ZERO, ZERO, cap)
    lowered = (cap / sum(lefts, ZERO) * HUNDRED).quantize(CENT, rounding=ROUND_DOWN)
    while _at(lowered, lefts) > cap:
        lowered -= CENT
    return Offer(lowered, _at(lowered, lefts), cap)


def _at(percent: Decimal, lefts: Iterable[Decimal]) -> Decimal:
    return sum((percent_of(percent, left) for left in lefts), ZERO)
