"""The list of invoices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.browsing import INVOICE_ORDERS, invoices_narrowed
from customers.forms import InvoicesFilter
from customers.templatetags.display import day, money
from customers.views.finding import signed_in, today_of
from customers.views.listing import Cell, Column, Listing, answer

#: What a spreadsheet gets, in the order of its header.
_EXPORTED = (
    "number",
    "issued_on",
    "due_on",
    "customer__number",
    "customer__name",
    "customer_reference",
    "order__number",
    "province",
    "net",
    "tax_total",
    "total",
    "left_to_pay",
    "currency",
)


@require_GET
def invoices(request: HttpRequest) -> HttpResponseBase:
    """The invoices that this person may see: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    today = today_of(user)
    form = InvoicesFilter(request.GET, user=user)
    form.is_valid()  # what is wrong in the address is left out
    listing = Listing(
        "customers/invoices.html",
        form,
        invoices_narrowed(user, form.cleaned_data, today),
        INVOICE_ORDERS,
        _columns(),
        partial(_cells, today),
        _export,
        _header(),
    )
    return answer(request, listing, customer=form.cleaned_data.get("customer"))


def _columns() -> list[Column]:
    return [
        Column(_("Number"), "number", "code"),
        Column(_("Date"), "date", "number-left", "-"),
        Column(_("Customer"), "customer", "wide"),
        Column(_("Reference"), "", "not-on-phone"),
        Column(_("Due"), "due", "number-left not-on-phone"),
        Column(_("Total"), "total", "number", "-"),
        Column(_("To be paid"), "left", "number", "-"),
    ]


def _cells(today: date, rows: Sequence[Any]) -> Iterator[list[Cell]]:
    for row in rows:
        is_late = row.left_to_pay and row.due_on < today
        yield [
            Cell(row.number, reverse("customers:invoice", args=[row.pk])),
            Cell(day(row.issued_on)),
            Cell(row.customer.name, reverse("customers:customer", args=[row.customer_id])),
            Cell(row.customer_reference),
            Cell(day(row.due_on), css="bad" if is_late else ""),
            Cell(money(row.total, row.currency)),
            Cell(money(row.left_to_pay, row.currency), css="" if row.left_to_pay else "faint"),
        ]


def _header() -> list[str]:
    return [
        _("Number"),
        _("Date"),
        _("Due"),
        _("Customer number"),
        _("Customer"),
        _("Customer's reference"),
        _("Order"),
        _("Place of supply"),
        _("Net"),
        _("Tax"),
        _("Total"),
        _("To be paid"),
        _("Currency"),
    ]


def _export(found: QuerySet[Any]) -> Iterable[Sequence[Any]]:
    return found.values_list(*_EXPORTED).iterator(chunk_size=2000)
