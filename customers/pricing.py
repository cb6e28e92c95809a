"""What an invoice line comes to once discounts are taken off; pure.

A promotion is a lower unit price, so it needs no arithmetic. A discount on the whole
invoice is spread over the lines, so that each line's net is what was really charged for
it: that is what a credit gives back.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from customers.money import HUNDRED, ZERO, extend, percent_of, split


class DiscountTooLarge(ValueError):
    """More was to be taken off than is charged."""


def net_of_line(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    percent: Decimal = Decimal(0),
    amount: Decimal = ZERO,
) -> Decimal:
    """Quantity × price less the line's own discount: ``percent`` of it, then an ``amount``.

    Raises :class:`DiscountTooLarge`.
    """
    full = extend(quantity, unit_price)
    if not 0 <= percent <= HUNDRED:
        raise DiscountTooLarge(percent)
    net = full - percent_of(percent, full) - amount
    if not ZERO <= net <= full:
        raise DiscountTooLarge(amount)
    return net


def shares_of_discount(discount: Decimal, nets: Sequence[Decimal]) -> list[Decimal]:
    """What each line bears of a discount on them all, in proportion, by largest remainder.

    The shares add up to ``discount``, and none is more than its line's net. Raises
    :class:`DiscountTooLarge`.
    """
    if not discount:
        return [ZERO] * len(nets)
    if not ZERO <= discount <= sum(nets, ZERO):
        raise DiscountTooLarge(discount)
    return split(discount, nets)
