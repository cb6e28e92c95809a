"""One order: what was asked for, what arrived and in what state, what was invoiced."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db.models import Prefetch, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from creditnotes.access import may_compose
from customers.exposure import standing_lines
from customers.models import DeliveryLine, OrderLine
from customers.money import ZERO, extend
from customers.views.finding import order_or_404, signed_in
from customers.views.shortage import NOTHING, Arrival, arrivals_of, reason_for, shortages_of


@dataclass(frozen=True)
class OrderLineFacts:
    """An order line from order to invoice, in the product's unit."""

    line: OrderLine
    arrival: Arrival | None
    invoiced: Decimal

    @property
    def missing(self) -> Decimal:
        """What was ordered and has not come, once something has."""
        if self.arrival is None or self.line.product.is_charge:
            return NOTHING
        return max(self.line.quantity - self.arrival.quantity, NOTHING)

    @property
    def damaged(self) -> Decimal:
        """What came damaged."""
        return self.arrival.damaged if self.arrival else NOTHING

    @property
    def value(self) -> Decimal:
        """What was ordered comes to before tax."""
        return extend(self.line.quantity, self.line.unit_price)


@require_GET
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """The order with its deliveries and invoices; what is short is credited by one click."""
    order = order_or_404(request, pk)
    ordered = list(order.lines.select_related("product"))
    arrivals = arrivals_of([line.pk for line in ordered])
    lines = _lines(ordered, arrivals)
    context = {
        "order": order,
        "currency": order.customer.currency,
        "lines": lines,
        "value": sum((facts.value for facts in lines), ZERO),
        "has_problem": any(facts.missing or facts.damaged for facts in lines),
        "shortages": list(shortages_of(arrivals).values()),
        "deliveries": order.deliveries.prefetch_related(_what_came()).order_by("delivered_on"),
        "invoices": order.invoices.order_by("issued_on", "pk"),
        "shortage_reason": reason_for(order.company),
        "may_compose": may_compose(signed_in(request)),
        "token": uuid4(),
    }
    return render(request, "customers/order.html", context)


def _lines(ordered: list[OrderLine], arrivals: dict[int, Arrival]) -> list[OrderLineFacts]:
    invoiced = dict(
        standing_lines()
        .filter(order_line__in=ordered)
        .order_by()
        .values("order_line")
        .annotate(sum=Sum("quantity"))
        .values_list("order_line", "sum")
    )
    return [
        OrderLineFacts(line, arrivals.get(line.pk), invoiced.get(line.pk, NOTHING))
        for line in ordered
    ]


def _what_came() -> Prefetch[Any]:
    lines = DeliveryLine.objects.select_related("order_line__product").order_by(
        "order_line__position", "pk"
    )
    return Prefetch("lines", lines)
