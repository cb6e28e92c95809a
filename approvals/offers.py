"""What policy offers at once: a percent of the claimed lines' remaining net. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from customers.money import ZERO, percent_of


@dataclass(frozen=True)
class Offer:
    """``percent`` (10 is ten per cent) of what is left of the lines; ``net`` is before tax."""

    percent: Decimal
    net: Decimal


def offer(percent: Decimal, nets_left: Iterable[Decimal]) -> Offer:
    """The offer on lines with these nets left, each rounded to the cent by itself."""
    return Offer(percent, sum((percent_of(percent, left) for left in nets_left), ZERO))
