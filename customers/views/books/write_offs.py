"""Write-offs: the list, what waits for a second person, one of them, and its recovery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers import write_offs as services
from customers.matching import name_like, number_like
from customers.models import Invoice, User, WriteOff
from customers.paging import both_ways
from customers.templatetags.display import day, money
from customers.views.books.finding import finance_or_404, write_off_or_404
from customers.views.books.forms import RecoveryForm, WriteOffsFilter
from customers.views.finding import signed_in
from customers.views.listing import Cell, Column, Listing, answer

ORDERS = both_ways(date=("issued_on",), amount=("amount",))


@require_GET
def write_offs(request: HttpRequest) -> HttpResponseBase:
    """What was written off of the customers whom this person serves, and what waits."""
    user, _company = finance_or_404(request)
    form = WriteOffsFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    listing = Listing(
        "customers/books/write_offs.html",
        form,
        _narrowed(user, form.cleaned_data),
        ORDERS,
        _columns(),
        _cells,
        _export,
        _header(),
    )
    waiting = services.waiting().filter(invoice__in=Invoice.objects.visible_to(user))
    return answer(
        request,
        listing,
        waiting=list(
            waiting.select_related("invoice__customer", "proposed_by").order_by("proposed_at")[:20]
        ),
    )


def _narrowed(user: User, filters: dict[str, Any]) -> QuerySet[Any]:
    found = WriteOff.objects.visible_to(user).select_related("invoice", "customer")
    if words := filters.get("q"):
        found = found.filter(
            number_like("number", words)
            | number_like("invoice__number", words)
            | Q(name_like("customer__name__folded", words))
        )
    if kind := filters.get("kind"):
        found = found.filter(kind=kind)
    return found


def _columns() -> list[Column]:
    return [
        Column(_("Number"), "", "code"),
        Column(_("Date"), "date", "number-left", "-"),
        Column(_("Kind")),
        Column(_("Customer"), "", "wide"),
        Column(_("Invoice"), "", "code"),
        Column(_("Tax"), "", "number not-on-phone"),
        Column(_("Amount"), "amount", "number top-end", "-"),
    ]


def _cells(rows: Sequence[WriteOff]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [
            Cell(row.number, reverse("books:write_off", args=[row.pk])),
            Cell(day(row.issued_on)),
            Cell(row.get_kind_display()),
            Cell(row.customer.name, reverse("customers:customer", args=[row.customer_id])),
            Cell(row.invoice.number, reverse("customers:invoice", args=[row.invoice_id])),
            Cell(money(row.tax_total, row.currency), css="" if row.tax_total else "faint"),
            Cell(money(row.amount, row.currency)),
        ]


def _header() -> list[str]:
    return [
        _("Number"),
        _("Date"),
        _("Kind"),
        _("Customer"),
        _("Invoice"),
        _("Tax"),
        _("Amount"),
        _("Currency"),
    ]


def _export(found: QuerySet[Any]) -> Iterable[Sequence[Any]]:
    for row in found.iterator(chunk_size=2000):
        yield [
            row.number,
            row.issued_on,
            row.get_kind_display(),
            row.customer.name,
            row.invoice.number,
            row.tax_total,
            row.amount,
            row.currency,
        ]


@require_GET
def write_off(request: HttpRequest, pk: int) -> HttpResponse:
    """One write-off, what it gave back of the tax, and what became of it."""
    found = write_off_or_404(request, pk)
    return _page(request, found, RecoveryForm(write_off=found))


@require_POST
def recover(request: HttpRequest, pk: int) -> HttpResponse:
    """Owe some of a bad debt again, because it is paid after all."""
    found = write_off_or_404(request, pk)
    form = RecoveryForm(request.POST, write_off=found)
    if not form.is_valid():
        return _page(request, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    made = services.recover(
        found,
        form.cleaned_data["amount"],
        by=signed_in(request),
        moment=timezone.now(),
        paid_by=form.cleaned_data["payment"],
    )
    messages.success(request, _("Recovered as %(number)s.") % {"number": made.number})
    return redirect("books:write_off", made.pk)


def _page(
    request: HttpRequest, found: WriteOff, form: RecoveryForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    undone, _taxes = services.undone_of(found)
    left = found.amount - undone
    context = {
        "write_off": found,
        "taxes": found.taxes.order_by("kind", "province"),
        "net": found.amount - found.tax_total,
        "undone_by": found.undone_by.order_by("pk"),
        "left": left,
        "may_recover": found.kind == WriteOff.Kind.BAD_DEBT and left > 0,
        "form": form,
    }
    return render(request, "customers/books/write_off.html", context, status=status)
