"""What of an invoice arrived, so that a credit can follow the delivery slips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from creditnotes.creditable import Counters
from customers.exposure import standing_lines
from customers.models import DeliveryLine, InvoiceLine
from customers.money import ZERO


@dataclass(frozen=True)
class Arrival:
    """How much of an invoice line was delivered, thereof damaged, in the line's unit.

    ``missing`` was invoiced, never delivered, and is not credited or reserved yet.
    """

    delivered: Decimal
    damaged: Decimal
    missing: Decimal


def arrivals_of(lines: Iterable[InvoiceLine], counters: Counters) -> dict[int, Arrival]:
    """What arrived of those goods that were ordered; in two queries.

    Where several invoices share an order line, its deliveries count for all of them
    together, so that nothing is called missing that another delivery made good.
    """
    ordered = {
        line.pk: line.order_line_id
        for line in lines
        if line.order_line_id and line.kind == InvoiceLine.Kind.GOODS
    }
    if not ordered:
        return {}
    delivered = _delivered(set(ordered.values()))
    invoiced = _invoiced(set(ordered.values()))
    arrivals = {}
    for pk, order_line in ordered.items():
        counter, (arrived, damaged) = counters.lines[pk], delivered.get(order_line, (ZERO, ZERO))
        used = counter.charged_quantity - counter.quantity_left
        missing = min(counter.quantity_left, invoiced.get(order_line, ZERO) - arrived - used)
        arrivals[pk] = Arrival(arrived, damaged, max(missing, ZERO))
    return arrivals


def _delivered(order_lines: set[int]) -> dict[int, tuple[Decimal, Decimal]]:
    damaged = Q(condition=DeliveryLine.Condition.DAMAGED)
    sums = (
        DeliveryLine.objects.filter(order_line__in=order_lines)
        .values("order_line")
        .annotate(all=Sum("quantity"), damaged=Sum("quantity", filter=damaged, default=ZERO))
    )
    return {row["order_line"]: (row["all"], row["damaged"]) for row in sums}


def _invoiced(order_lines: set[int]) -> dict[int, Decimal]:
    sums = (
        standing_lines()
        .filter(order_line__in=order_lines)
        .order_by()
        .values("order_line")
        .annotate(sum=Sum("quantity"))
    )
    return {row["order_line"]: row["sum"] for row in sums}
