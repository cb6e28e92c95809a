"""The lists of customers and invoices: what is searched, how it is narrowed, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from customers.models import Customer, Invoice, InvoiceLine, OpenItem, Product, User
from customers.money import ZERO
from customers.querysets import BelongsToCustomerQuerySet, CustomerQuerySet
from customers.text import sort_key

#: Name of a sort → columns, the last one unique.
CUSTOMER_ORDERS: Mapping[str, tuple[str, ...]] = {
    "name": ("sort_name", "pk"),
    "-name": ("-sort_name", "-pk"),
    "number": ("number", "pk"),
    "-created": ("-created_at", "-pk"),
}
INVOICE_ORDERS: Mapping[str, tuple[str, ...]] = {
    "-date": ("-issued_on", "-pk"),
    "date": ("issued_on", "pk"),
    "-total": ("-total", "-pk"),
    "total": ("total", "pk"),
    "number": ("number", "pk"),
}
#: As many products as a search by product looks for on invoices.
MOST_PRODUCTS = 200


@dataclass(frozen=True)
class Standing:
    """What one customer owes, and how much of it is past due, in the customer's currency."""

    balance: Decimal = ZERO
    past_due: Decimal = ZERO


def customers_narrowed(user: User, filters: Mapping[str, Any]) -> CustomerQuerySet:
    """The customers whom ``user`` serves, narrowed by the filter form's cleaned values."""
    customers = Customer.objects.visible_to(user).select_related("department")
    if words := filters.get("q"):
        customers = customers.matching(words)
    if department := filters.get("department"):
        customers = customers.filter(department=department)
    if tier := filters.get("tier"):
        customers = customers.filter(tier=tier)
    return customers


def standings_of(
    customers: Sequence[Customer] | CustomerQuerySet, today: date
) -> dict[int, Standing]:
    """What each of these customers owes today, in one query; who owes nothing is left out."""
    left = F("amount") - F("applied")
    owes, pays = Q(side=OpenItem.Side.OWES), Q(side=OpenItem.Side.PAYS)
    sums = (
        OpenItem.objects.filter(customer__in=customers, applied__lt=F("amount"))
        .values("customer")
        .annotate(
            owed=Sum(left, filter=owes, default=ZERO),
            paid=Sum(left, filter=pays, default=ZERO),
            late=Sum(left, filter=owes & Q(due_on__lt=today), default=ZERO),
        )
        .values_list("customer", "owed", "paid", "late")
    )
    return {pk: Standing(owed - paid, late) for pk, owed, paid, late in sums}


def invoices_matching(words: str) -> Q:
    """Invoices by number, customer's reference, order, or the customer's number or name."""
    return (
        Q(number__istartswith=words)
        | Q(customer_reference__istartswith=words)
        | Q(order__number__iexact=words)
        | Q(customer__number__iexact=words)
        | Q(customer__sort_name__contains=sort_key(words))
    )


def orders_matching(words: str) -> Q:
    """Orders by their number or the customer's own."""
    return Q(number__istartswith=words) | Q(customer_reference__istartswith=words)


def lines_with_product(user: User, words: str) -> QuerySet[InvoiceLine]:
    """Invoice lines, latest first, of goods whose code begins with, or name contains, the words."""
    products = Product.objects.filter(company=user.company_id).filter(
        Q(sku__istartswith=words) | Q(name__icontains=words) | Q(name_fr__icontains=words)
    )
    found = list(products.values_list("pk", flat=True)[:MOST_PRODUCTS])
    return InvoiceLine.objects.filter(
        Q(product__in=found) | Q(product__isnull=True, description__icontains=words),
        invoice__in=Invoice.objects.visible_to(user),
    ).order_by("-invoice__issued_on", "-invoice_id", "position")


def invoices_narrowed(
    user: User, filters: Mapping[str, Any], today: date
) -> BelongsToCustomerQuerySet:
    """The invoices that ``user`` may see, each with ``left_to_pay``, narrowed by the form."""
    item = "entry__open_item"
    invoices: BelongsToCustomerQuerySet = (
        Invoice.objects.visible_to(user)
        .annotate(
            left_to_pay=Coalesce(
                F(f"{item}__amount") - F(f"{item}__applied"), ZERO, output_field=DecimalField()
            )
        )
        .select_related("customer")
    )
    if words := filters.get("q"):
        invoices = invoices.filter(invoices_matching(words))
    if product := filters.get("product"):
        lines = lines_with_product(user, product).order_by()
        invoices = invoices.filter(pk__in=lines.values("invoice"))
    if customer := filters.get("customer"):
        invoices = invoices.filter(customer=customer)
    if since := filters.get("since"):
        invoices = invoices.filter(issued_on__gte=since)
    if until := filters.get("until"):
        invoices = invoices.filter(issued_on__lte=until)
    return invoices.filter(_with_status(filters.get("status", ""), today))


def _with_status(status: str, today: date) -> Q:
    match status:
        case "open":
            return Q(left_to_pay__gt=0)
        case "overdue":
            return Q(left_to_pay__gt=0, due_on__lt=today)
        case "paid":
            return Q(left_to_pay=0)
    return Q()
