"""Customers: the list, and one customer whole."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes.access import may_compose
from creditnotes.models import CreditNote
from customers import services
from customers.browsing import CUSTOMER_ORDERS, Standing, customers_narrowed, standings_of
from customers.exposure import exposure_of
from customers.forms import CUSTOMER_SORTS, CustomerNoteForm, CustomersFilter
from customers.models import Customer, Invoice, Order, User
from customers.paging import page_of
from customers.querysets import CustomerQuerySet
from customers.spreadsheets import as_csv
from customers.views.finding import customer_or_404, signed_in, today_of

#: How many orders, invoices and credit notes a customer's page shows of each.
LATEST = 8


@require_GET
def customers(request: HttpRequest) -> HttpResponseBase:
    """The customers whom this person serves: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    form = CustomersFilter(request.GET, user=user)
    form.is_valid()  # what is wrong in the address is left out
    filters = form.cleaned_data
    order = CUSTOMER_ORDERS[filters.get("sort") or CUSTOMER_SORTS[0][0]]
    found = customers_narrowed(user, filters)
    if request.GET.get("as") == "csv":
        return _as_csv(found.order_by(*order), user)
    page = page_of(found, order, request.GET)
    standings = standings_of(page.rows, today_of(user))
    context = {
        "form": form,
        "page": page,
        "rows": [(row, standings.get(row.pk, Standing())) for row in page.rows],
        "is_narrowed": any(filters.get(name) for name in ("q", "department", "tier")),
    }
    return render(request, "customers/customers.html", context)


def _as_csv(found: CustomerQuerySet, user: User) -> HttpResponseBase:
    header = [
        _("Number"),
        _("Name"),
        _("Department"),
        _("Tier"),
        _("Owes"),
        _("Past due"),
        _("Credit limit"),
        _("Currency"),
        _("Payment terms in days"),
        _("Language"),
        _("Province"),
    ]
    return as_csv("customers", header, _csv_rows(found, user))


def _csv_rows(found: CustomerQuerySet, user: User) -> Iterator[list[Any]]:
    standings = standings_of(found.order_by(), today_of(user))
    for customer in found.iterator(chunk_size=500):
        standing = standings.get(customer.pk, Standing())
        yield [
            customer.number,
            customer.name,
            customer.department.name,
            customer.get_tier_display(),
            standing.balance,
            standing.past_due,
            customer.credit_limit,
            customer.currency,
            customer.payment_terms_days,
            customer.language,
            customer.province,
        ]


@require_GET
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What a rep needs to know of a customer while on the phone with them."""
    return _customer_page(request, customer_or_404(request, pk), CustomerNoteForm())


@require_POST
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note for colleagues."""
    customer = customer_or_404(request, pk)
    form = CustomerNoteForm(request.POST)
    if not form.is_valid():
        return _customer_page(request, customer, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    services.write_note(
        customer, form.cleaned_data["text"], author=signed_in(request), moment=timezone.now()
    )
    messages.success(request, _("The note is saved."))
    return redirect("customers:customer", pk)


def _customer_page(
    request: HttpRequest,
    customer: Customer,
    note_form: CustomerNoteForm,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = signed_in(request)
    notes = CreditNote.objects.visible_to(user).filter(customer=customer)
    context = {
        "customer": customer,
        "exposure": exposure_of(customer, today_of(user)),
        "contacts": customer.contacts.order_by("name", "pk"),
        "sites": customer.sites.order_by("name", "pk"),
        "job_accounts": customer.job_accounts.filter(
            pk__in=Customer.objects.visible_to(user)
        ).order_by("sort_name"),
        "orders": Order.objects.filter(customer=customer).order_by("-ordered_on", "-pk")[:LATEST],
        "invoices": Invoice.objects.filter(customer=customer)
        .select_related("entry__open_item")
        .order_by("-issued_on", "-pk")[:LATEST],
        "credit_notes": notes.with_parties().order_by("-created_at", "-pk")[:LATEST],
        "customer_notes": customer.notes.select_related("author")[:20],
        "note_form": note_form,
        "may_compose": may_compose(user),
    }
    return render(request, "customers/customer.html", context, status=status)
