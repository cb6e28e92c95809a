"""What was it? The customer's own invoices, deliveries and goods, by whatever words they know."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.matching import name_like
from customers.models import (
    Customer,
    Delivery,
    DeliveryLine,
    Invoice,
    InvoiceLine,
    User,
)
from customers.querysets import BelongsToCustomerQuerySet
from portal.browsing import invoices_of

#: Name of a view → the order of its rows, the last one unique.
ORDERS = {
    "invoice": ("-issued_on", "-id"),
    "delivery": ("-delivered_on", "-id"),
    "line": ("-invoice__issued_on", "-id"),
}


def invoices(
    user: User, customer: Customer, words: str, currency: str = ""
) -> BelongsToCustomerQuerySet:
    """The customer's invoices, by number, order, own reference, delivery or goods."""
    found = invoices_of(user, customer)
    if currency:
        found = found.filter(currency=currency)
    if words:
        lines = _lines_like(InvoiceLine.objects.filter(invoice__customer=customer), words)
        found = found.filter(pk__in=lines.values("invoice"))
    return found


def lines(customer: Customer, words: str, currency: str = "") -> QuerySet[InvoiceLine]:
    """The customer's invoice lines, by the same words; each with its invoice and order."""
    found = InvoiceLine.objects.filter(invoice__customer=customer)
    if currency:
        found = found.filter(invoice__currency=currency)
    if words:
        found = _lines_like(found, words)
    return found.select_related("invoice__order", "product")


def deliveries(customer: Customer, words: str, currency: str = "") -> QuerySet[Delivery]:
    """The customer's deliveries of which something is invoiced, by the same words."""
    billing = InvoiceLine.objects.filter(
        order_line__deliveries__delivery=OuterRef("pk"), invoice__customer=customer
    )
    if currency:
        billing = billing.filter(invoice__currency=currency)
    found = Delivery.objects.filter(Exists(billing), order__customer=customer)
    if words:
        came = DeliveryLine.objects.filter(_goods_like("order_line__product", words))
        found = found.filter(
            _number_like("number", words)
            | _number_like("order__number", words)
            | _number_like("order__customer_reference", words)
            | name_like("order__site__name__folded", words)
            | Q(pk__in=came.values("delivery"))
            | Q(order__in=Invoice.objects.filter(_number_like("number", words)).values("order"))
        )
    return found.select_related("order__site")


def _lines_like(lines: QuerySet[InvoiceLine], words: str) -> QuerySet[InvoiceLine]:
    """Lines that contain the words, or whose invoice, order or delivery has that number."""
    came = DeliveryLine.objects.filter(_number_like("delivery__number", words))
    return lines.filter(
        name_like("description__folded", words)
        | _goods_like("product", words)
        | _number_like("invoice__number", words)
        | _number_like("invoice__customer_reference", words)
        | _number_like("invoice__order__number", words)
        | _number_like("invoice__order__customer_reference", words)
        | Q(order_line__in=came.values("order_line"))
    )


def _goods_like(product: str, words: str) -> Q:
    """Products by their name in either language, or their number."""
    return (
        name_like(f"{product}__name__folded", words)
        | name_like(f"{product}__name_fr__folded", words)
        | _number_like(f"{product}__sku", words)
    )


def _number_like(column: str, words: str) -> Q:
    """Numbers that contain what was typed, however short: one customer has few."""
    return Q(**{f"{column}__icontains": words})
