"""The list of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.browsing import CUSTOMER_ORDERS, Standing, customers_narrowed, standings_of
from customers.forms import CustomersFilter
from customers.models import Customer
from customers.money import ZERO
from customers.querysets import CustomerQuerySet
from customers.templatetags.display import money
from customers.views.finding import signed_in, today_of
from customers.views.listing import Cell, Column, Listing, answer

NO_STANDING = Standing()


@require_GET
def customers(request: HttpRequest) -> HttpResponseBase:
    """The customers whom this person serves: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    today = today_of(user)
    form = CustomersFilter(request.GET, user=user)
    form.is_valid()  # what is wrong in the address is left out
    found = customers_narrowed(user, form.cleaned_data | {"sort": form.order_name}, today)
    listing = Listing(
        "customers/customers.html",
        form,
        found,
        CUSTOMER_ORDERS,
        _columns(),
        partial(_cells, today),
        partial(_export, today),
        _header(),
    )
    return answer(request, listing)


def _columns() -> list[Column]:
    return [
        Column(_("Name"), "name", "wide"),
        Column(_("Number"), "number", "code"),
        Column(_("Department"), "department", "code not-on-phone"),
        Column(_("Tier"), "tier", "code not-on-phone"),
        Column(_("Owes"), "owes", "number top-end", "-"),
        Column(_("Past due"), "late", "number", "-"),
        Column(_("Credit limit"), "limit", "number not-on-phone", "-"),
    ]


def _cells(today: date, rows: Sequence[Customer]) -> Iterator[list[Cell]]:
    standings = standings_of(rows, today)
    for row in rows:
        standing = standings.get(row.pk, NO_STANDING)
        currency = row.company.base_currency
        yield [
            Cell(row.name, reverse("customers:customer", args=[row.pk])),
            Cell(row.number),
            Cell(row.department.name),
            Cell(row.get_tier_display()),
            Cell(money(standing.balance, currency), css=_quiet(standing.balance)),
            Cell(money(standing.past_due, currency), css="bad" if standing.past_due else "faint"),
            Cell(money(row.credit_limit, currency)),
        ]


def _quiet(amount: Any) -> str:
    return "faint" if amount == ZERO else ""


def _header() -> list[str]:
    return [
        _("Number"),
        _("Name"),
        _("Department"),
        _("Tier"),
        _("Owes"),
        _("Past due"),
        _("Credit limit"),
        _("Currency"),
        _("Base currency"),
        _("Payment terms in days"),
        _("Language"),
        _("Province"),
    ]


def _export(today: date, found: CustomerQuerySet) -> Iterator[list[Any]]:
    standings = standings_of(found.order_by(), today)
    for customer in found.iterator(chunk_size=500):
        standing = standings.get(customer.pk, NO_STANDING)
        yield [
            customer.number,
            customer.name,
            customer.department.name,
            customer.get_tier_display(),
            standing.balance,
            standing.past_due,
            customer.credit_limit,
            customer.currency,
            customer.company.base_currency,
            customer.payment_terms_days,
            customer.language,
            customer.province,
        ]
