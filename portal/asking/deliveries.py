"""A delivery as what a request begins from: the invoice lines that billed it."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from customers.models import Customer, Delivery, DeliveryLine, InvoiceLine
from customers.money import ZERO


def billed(delivery: Delivery, customer: Customer) -> dict[int, Decimal]:
    """The lines that billed what came with the delivery, and how much of each did, in its unit.

    Where several invoices share an order line, the earlier ones are filled first. Empty
    while nothing of it is invoiced. In two queries.
    """
    came: dict[int | None, Decimal] = dict(
        DeliveryLine.objects.filter(delivery=delivery, quantity__gt=0)
        .values("order_line")
        .annotate(sum=Sum("quantity"))
        .values_list("order_line", "sum")
    )
    lines = InvoiceLine.objects.filter(order_line__in=came, invoice__customer=customer)
    parts: dict[int, Decimal] = {}
    for line in lines.order_by("invoice__issued_on", "invoice_id", "position"):
        part = min(line.quantity, came[line.order_line_id])
        if part > ZERO:
            parts[line.pk] = part
            came[line.order_line_id] -= part
    return parts
