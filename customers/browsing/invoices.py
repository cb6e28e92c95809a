"""Invoices found by their number and by all they hang on; narrowed by payment and days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import DecimalField, F, Q, QuerySet
from django.db.models.functions import Coalesce

from customers.browsing.customers import customers_matching
from customers.browsing.naming import named
from customers.browsing.orders import orders_of
from customers.matching import name_like, number_like
from customers.models import Customer, Invoice, InvoiceLine, Product, User
from customers.money import ZERO
from customers.paging import both_ways
from customers.querysets import BelongsToCustomerQuerySet

INVOICE_ORDERS = both_ways(
    date=("issued_on",),
    number=("number",),
    customer=("customer__sort_name",),
    due=("due_on",),
    total=("total",),
    left=("left_to_pay",),
)
#: As many products as a search by product looks for on invoices.
MOST_PRODUCTS = 200

_ITEM = "entry__open_item"
_LEFT = F(f"{_ITEM}__amount") - F(f"{_ITEM}__applied")


def invoices_of(user: User) -> BelongsToCustomerQuerySet:
    """The invoices that ``user`` may see; the company, said twice, leads into the indexes."""
    invoices: BelongsToCustomerQuerySet = Invoice.objects.visible_to(user)
    return invoices.filter(company=user.company_id)


def invoices_matching(user: User, words: str) -> Q:
    """Invoices by number, customer's reference, order, or the customer's number or name."""
    customers = Customer.objects.visible_to(user).filter(customers_matching(words))
    orders = orders_of(user).filter(number_like("number", words))
    return (
        number_like("number", words)
        | number_like("customer_reference", words)
        | Q(customer__in=named(customers))
        | Q(order__in=named(orders))
    )


def lines_with_product(user: User, words: str) -> QuerySet[InvoiceLine]:
    """Invoice lines of goods whose code or name contains the words, whoever's they are."""
    names = name_like("name__folded", words) | name_like("name_fr__folded", words)
    products = Product.objects.filter(number_like("sku", words) | names, company=user.company_id)
    found = list(products.values_list("pk", flat=True)[:MOST_PRODUCTS])
    unlisted = Q(product__isnull=True) & name_like("description__folded", words)
    return InvoiceLine.objects.filter(Q(product__in=found) | unlisted).order_by()


def latest_with_product(user: User, words: str, most: int) -> QuerySet[InvoiceLine]:
    """The lines with the product on the latest ``most`` invoices that ``user`` may see with it.

    The invoices are walked through from the last, so a product on thousands costs no more.
    """
    lines = lines_with_product(user, words)
    invoices = invoices_of(user).filter(pk__in=lines.values("invoice"))
    latest = invoices.order_by("-issued_on", "-pk").values_list("pk", flat=True)[:most]
    on_them = lines.filter(invoice__in=list(latest))
    return on_them.order_by("-invoice__issued_on", "-invoice_id", "position")


def invoices_narrowed(
    user: User, filters: Mapping[str, Any], today: date
) -> BelongsToCustomerQuerySet:
    """The invoices that ``user`` may see, each with ``left_to_pay``, narrowed by the form."""
    left = Coalesce(_LEFT, ZERO, output_field=DecimalField(decimal_places=2))
    invoices = invoices_of(user).annotate(left_to_pay=left).select_related("customer")
    if words := filters.get("q"):
        invoices = invoices.filter(invoices_matching(user, words))
    if product := filters.get("product"):
        lines = lines_with_product(user, product)
        invoices = invoices.filter(pk__in=lines.values("invoice"))
    if customer := filters.get("customer"):
        invoices = invoices.filter(customer=customer)
    if since := filters.get("since"):
        invoices = invoices.filter(issued_on__gte=since)
    if until := filters.get("until"):
        invoices = invoices.filter(issued_on__lte=until)
    return _with_status(invoices, filters.get("status", ""), today)


def _with_status(
    invoices: BelongsToCustomerQuerySet, status: str, today: date
) -> BelongsToCustomerQuerySet:
    """The index on what is left tells the planner how few are open, so it is asked bare."""
    match status:
        case "open":
            invoices = invoices.alias(open=_LEFT).filter(open__gt=0)
        case "overdue":
            invoices = invoices.alias(open=_LEFT).filter(open__gt=0, due_on__lt=today)
        case "paid":
            invoices = invoices.filter(left_to_pay=0)
    return invoices
