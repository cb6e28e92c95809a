"""Exact arithmetic of money: rounding to the cent and splitting without a rest.

Every function is pure. Amounts are :class:`~decimal.Decimal` in the currency's
major unit; a percentage of ten is ``10``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def to_cent(amount: Decimal) -> Decimal:
    """``amount`` rounded half-up on its magnitude: 70.125 and -70.125 give 70.13 and -70.13."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(rate: Decimal, amount: Decimal) -> Decimal:
    """``rate`` per cent of ``amount``, to the cent."""
    return to_cent(amount * rate / HUNDRED)


def extend(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """What ``quantity`` at ``unit_price`` comes to, to the cent."""
    return to_cent(quantity * unit_price)


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split ``amount`` in proportion to ``weights`` by largest remainder.

    The parts are whole cents and add up to ``amount``. Equal remainders go to
    the earlier part. Raises ``ValueError`` when there is nothing to weigh by.
    """
    total = sum(weights, Decimal(0))
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, nor all zero")
    exact = [amount * weight / total for weight in weights]
    parts = [(part / CENT).to_integral_value("ROUND_FLOOR") * CENT for part in exact]
    missing = int((amount - sum(parts, ZERO)) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in by_remainder[:missing]:
        parts[index] += CENT
    return [part.quantize(CENT) for part in parts]
