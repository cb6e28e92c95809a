"""The list of orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.browsing import ORDER_ORDERS, OrderFacts, order_facts, orders_narrowed
from customers.forms import ORDER_STATES, OrdersFilter
from customers.templatetags.display import day, money
from customers.views.finding import signed_in
from customers.views.listing import Cell, Column, Listing, answer

#: Orders whose lines are looked at together while they are written into a spreadsheet.
CHUNK = 500


@require_GET
def orders(request: HttpRequest) -> HttpResponseBase:
    """The orders that this person may see: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    form = OrdersFilter(request.GET, user=user)
    form.is_valid()  # what is wrong in the address is left out
    listing = Listing(
        "customers/orders.html",
        form,
        orders_narrowed(user, form.cleaned_data),
        ORDER_ORDERS,
        _columns(),
        _cells,
        _export,
        _header(),
        is_counted=not form.cleaned_data.get("problem"),
    )
    return answer(request, listing, customer=form.cleaned_data.get("customer"))


def problems_of(facts: OrderFacts) -> str:
    """What was wrong with the delivery, in words; nothing if nothing was."""
    if facts.is_short and facts.is_damaged:
        return _("short, damaged")
    if facts.is_damaged:
        return _("damaged")
    return _("short") if facts.is_short else ""


_TONES = {"ordered": "calm", "delivered": "info", "invoiced": "good"}


def _columns() -> list[Column]:
    return [
        Column(_("Number"), "number", "code"),
        Column(_("Date"), "date", "number-left", "-"),
        Column(_("Customer"), "customer", "wide"),
        Column(_("Reference"), "reference", "not-on-phone"),
        Column(_("State")),
        Column(_("Delivery")),
        Column(_("Value"), "", "number"),
    ]


def _cells(rows: Sequence[Any]) -> Iterator[list[Cell]]:
    facts_of = order_facts(rows)
    for row in rows:
        facts = facts_of[row.pk]
        problems = problems_of(facts)
        yield [
            Cell(row.number, reverse("customers:order", args=[row.pk])),
            Cell(day(row.ordered_on)),
            Cell(row.customer.name, reverse("customers:customer", args=[row.customer_id])),
            Cell(row.customer_reference),
            Cell(ORDER_STATES[facts.state], tone=_TONES[facts.state]),
            Cell(problems, tone="bad" if facts.is_damaged else "warn" if problems else ""),
            Cell(money(facts.value, row.customer.currency)),
        ]


def _header() -> list[str]:
    return [
        _("Number"),
        _("Date"),
        _("Customer number"),
        _("Customer"),
        _("Customer's reference"),
        _("State"),
        _("Delivery"),
        _("Value"),
        _("Currency"),
    ]


def _export(found: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = found.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        facts_of = order_facts(chunk)
        yield from (_exported(order, facts_of[order.pk]) for order in chunk)


def _exported(order: Any, facts: OrderFacts) -> list[Any]:
    return [
        order.number,
        order.ordered_on,
        order.customer.number,
        order.customer.name,
        order.customer_reference,
        str(ORDER_STATES[facts.state]),
        problems_of(facts),
        facts.value,
        order.customer.currency,
    ]
