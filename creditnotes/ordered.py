"""Lines that a corrected invoice adds, tied to what had been ordered and was not invoiced yet.

Without the tie they would count twice in the customer's exposure: owed, and still on order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from django.db.models import Sum

from creditnotes.rebilling import Added, Correction
from customers.exposure import standing_lines
from customers.models import OrderLine
from customers.money import ZERO


def tied_to_order(correction: Correction) -> Correction:
    """The same correction; each added line with the order's line that it bills, if there is one.

    That is one of the same product of which something is not billed yet: neither by other
    invoices nor by the correction. Among several, the one that fits its quantity best.
    """
    if not correction.added:
        return correction
    ordered = _ordered(correction)
    left = _left(ordered, correction)
    tied = [_tie(each, ordered, left) for each in correction.added]
    return replace(correction, added=tied)


def _tie(each: Added, ordered: Iterable[OrderLine], left: dict[int, Decimal]) -> Added:
    """The added line with its order line; what it bills is taken off what is ``left``."""
    own = [line for line in ordered if line.product_id == each.product.pk and left[line.pk] > ZERO]
    if not own:
        return each
    best = min(own, key=lambda line: abs(left[line.pk] - each.quantity))
    left[best.pk] -= each.quantity
    return replace(each, order_line=best)


def _ordered(correction: Correction) -> list[OrderLine]:
    """The lines of the invoice's order, and of those that its lines bill, in their sequence."""
    of_lines = {each.line.order_line.order_id for each in correction.lines if each.line.order_line}
    orders = of_lines | {correction.invoice.order_id}
    products = [each.product for each in correction.added]
    found = OrderLine.objects.filter(order__in=orders - {None}, product__in=products)
    return list(found.order_by("order", "position"))


def _left(ordered: Iterable[OrderLine], correction: Correction) -> dict[int, Decimal]:
    """How much of each is billed neither by other invoices nor by the lines that are kept."""
    left = {line.pk: line.quantity for line in ordered}
    for order_line, billed in _billed_elsewhere(left, correction).items():
        left[order_line] -= billed
    for each in correction.lines:
        if each.line.order_line_id in left:
            left[each.line.order_line_id] -= each.quantity
    return left


def _billed_elsewhere(order_lines: Iterable[int], correction: Correction) -> Mapping[int, Decimal]:
    others = standing_lines().filter(order_line__in=order_lines)
    others = others.exclude(invoice=correction.invoice).order_by()
    return dict(others.values_list("order_line").annotate(Sum("quantity")))
