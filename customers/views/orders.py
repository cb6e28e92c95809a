"""One order: what was asked for, what arrived, what was invoiced."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import DecimalField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from customers.models import DeliveryLine, InvoiceLine, Order, OrderLine
from customers.views.finding import order_or_404


@require_GET
def order(request: HttpRequest, pk: int) -> HttpResponse:
    order = order_or_404(request, pk)
    context = {
        "order": order,
        "lines": _lines(order),
        "deliveries": order.deliveries.order_by("delivered_on", "pk"),
        "invoices": order.invoices.order_by("issued_on", "pk"),
    }
    return render(request, "customers/order.html", context)


def _lines(order: Order) -> QuerySet[OrderLine]:
    """The order's lines, with the quantities delivered, thereof damaged, and invoiced."""
    arrived = DeliveryLine.objects.filter(order_line=OuterRef("pk"))
    damaged = arrived.filter(Q(condition=DeliveryLine.Condition.DAMAGED))
    invoiced = InvoiceLine.objects.filter(order_line=OuterRef("pk"))
    return order.lines.select_related("product").annotate(
        delivered=_quantity(arrived), damaged=_quantity(damaged), invoiced=_quantity(invoiced)
    )


def _quantity(rows: QuerySet[DeliveryLine] | QuerySet[InvoiceLine]) -> Coalesce:
    sums = rows.order_by().values("order_line").annotate(sum=Sum("quantity")).values("sum")
    return Coalesce(Subquery(sums), Decimal(0), output_field=DecimalField())
