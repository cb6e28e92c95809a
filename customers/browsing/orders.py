"""Orders found by their number and the customer's own; how far each has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from customers.browsing.customers import customers_matching
from customers.browsing.naming import named
from customers.matching import number_like
from customers.models import Customer, Delivery, DeliveryLine, Invoice, Order, OrderLine, User
from customers.money import ZERO, extend
from customers.paging import both_ways
from customers.querysets import BelongsToCustomerQuerySet

ORDER_ORDERS = both_ways(
    date=("ordered_on",),
    number=("number",),
    customer=("customer__sort_name",),
    reference=("customer_reference",),
)
_DAMAGED = Q(condition=DeliveryLine.Condition.DAMAGED)


@dataclass(frozen=True)
class OrderFacts:
    """How far an order has come, and whether less or worse arrived than was ordered.

    ``value`` is before tax. Delivered and invoiced mean: in part at least.
    """

    value: Decimal = ZERO
    is_delivered: bool = False
    is_invoiced: bool = False
    is_short: bool = False
    is_damaged: bool = False

    @property
    def state(self) -> str:
        """``ordered``, ``delivered`` or ``invoiced``."""
        if self.is_invoiced:
            return "invoiced"
        return "delivered" if self.is_delivered else "ordered"


def orders_of(user: User) -> BelongsToCustomerQuerySet:
    """The orders that ``user`` may see; the company, said twice, leads into the indexes."""
    orders: BelongsToCustomerQuerySet = Order.objects.visible_to(user)
    return orders.filter(company=user.company_id)


def orders_matching(user: User, words: str) -> Q:
    """Orders by their number, the customer's own, or the customer's number or name."""
    customers = Customer.objects.visible_to(user).filter(customers_matching(words))
    return (
        number_like("number", words)
        | number_like("customer_reference", words)
        | Q(customer__in=named(customers))
    )


def orders_narrowed(user: User, filters: Mapping[str, Any]) -> BelongsToCustomerQuerySet:
    """The orders that ``user`` may see, narrowed by the form."""
    orders = orders_of(user).select_related("customer")
    if words := filters.get("q"):
        orders = orders.filter(orders_matching(user, words))
    if customer := filters.get("customer"):
        orders = orders.filter(customer=customer)
    if since := filters.get("since"):
        orders = orders.filter(ordered_on__gte=since)
    if until := filters.get("until"):
        orders = orders.filter(ordered_on__lte=until)
    if problem := filters.get("problem"):
        orders = _with_problem(orders, problem)
    return _in_state(orders, filters.get("state", ""))


def order_facts(orders: Iterable[Order]) -> dict[int, OrderFacts]:
    """The facts of these orders by id, in three queries."""
    rows = list(orders)
    lines: dict[int, list[Any]] = {row.pk: [] for row in rows}
    for line in _lines_with_arrivals().filter(order__in=rows).select_related("product"):
        lines[line.order_id].append(line)
    delivered = set(Delivery.objects.filter(order__in=rows).values_list("order", flat=True))
    invoiced = set(Invoice.objects.filter(order__in=rows).values_list("order", flat=True))
    return {
        pk: OrderFacts(
            value=sum((extend(line.quantity, line.unit_price) for line in of_order), ZERO),
            is_delivered=pk in delivered,
            is_invoiced=pk in invoiced,
            is_short=pk in delivered and any(map(_is_short, of_order)),
            is_damaged=any(line.damaged for line in of_order),
        )
        for pk, of_order in lines.items()
    }


def _is_short(line: Any) -> bool:
    """Whether less goods came than were ordered; a charge never comes."""
    return not line.product.is_charge and line.arrived < line.quantity


def _lines_with_arrivals() -> QuerySet[Any]:
    arrived = DeliveryLine.objects.filter(order_line=OuterRef("pk")).order_by()
    return OrderLine.objects.annotate(
        arrived=_quantity(arrived), damaged=_quantity(arrived.filter(_DAMAGED))
    ).order_by()


def _quantity(rows: QuerySet[DeliveryLine]) -> Coalesce:
    sums = rows.values("order_line").annotate(sum=Sum("quantity")).values("sum")
    return Coalesce(Subquery(sums), Decimal(0), output_field=DecimalField())


def _with_problem(orders: BelongsToCustomerQuerySet, problem: str) -> BelongsToCustomerQuerySet:
    """Orders of which something arrived damaged, or less arrived than was ordered.

    Asked for as the first such line and not whether there is one: the database would work
    that out for all orders beforehand, and here it need not go further than the page.
    """
    damaged = DeliveryLine.objects.filter(_DAMAGED, delivery__order=OuterRef("pk"))
    short = _lines_with_arrivals().filter(
        order=OuterRef("pk"), product__is_charge=False, arrived__lt=F("quantity")
    )
    begun = Delivery.objects.filter(order=OuterRef("pk"))
    asked: BelongsToCustomerQuerySet = orders.alias(
        damaged=_first(damaged), short=_first(short), begun=_first(begun)
    )
    is_damaged = Q(damaged__isnull=False)
    is_short = Q(begun__isnull=False, short__isnull=False)
    is_asked_for = {"damaged": is_damaged, "short": is_short}.get(problem, is_damaged | is_short)
    return asked.filter(is_asked_for)


def _first(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("pk")[:1])


def _in_state(orders: BelongsToCustomerQuerySet, state: str) -> BelongsToCustomerQuerySet:
    match state:
        case "ordered":
            return orders.filter(~_has(Delivery), ~_has(Invoice))
        case "delivered":
            return orders.filter(_has(Delivery), ~_has(Invoice))
        case "invoiced":
            return orders.filter(_has(Invoice))
    return orders


def _has(model: type[Delivery | Invoice]) -> Exists:
    return Exists(model.objects.filter(order=OuterRef("pk")))
