"""The customer's own statement of account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from creditnotes.statement_pages import (
    Addresses,
    Asked,
    asked_for,
    page_of,
    periods,
    shown,
    statement_asked_for,
)
from creditnotes.statements import CSV_HEADER, ask_for_pdf, file_name, kept_pdf, table_of
from customers.access import STATEMENT
from customers.downloads import private
from customers.models import Customer
from customers.spreadsheets import as_csv
from portal import access
from portal.access import visitor_of

ADDRESSES = Addresses("portal:invoice", "portal:credit_note", entry="portal:entry")


@require_GET
def statement(request: HttpRequest) -> HttpResponseBase:
    """What was owed, what came and went, and what is owed now."""
    customers = access.customers_of(visitor_of(request))
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=STATEMENT)
    asked = _asked(request, customer)
    found = statement_asked_for(customer, asked)
    if request.GET.get("as") == "csv":
        return as_csv(file_name(found), CSV_HEADER, table_of(found))
    page = page_of(found, request.GET)
    context = {
        "customers": customers,
        "customer": customer,
        "statement": found,
        "sections": shown(found, ADDRESSES, page),
        "page": page,
        "asked": asked,
        "periods": periods(customer, customer.company.day_of(timezone.now()), asked.site),
        "sites": customer.sites.order_by("name", "pk"),
    }
    return render(request, "portal/statement.html", context)


@require_GET
def statement_pdf(request: HttpRequest) -> HttpResponse:
    """The same on paper; until it is made, a page that waits for it."""
    customers = access.customers_of(visitor_of(request))
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=STATEMENT)
    asked = _asked(request, customer)
    found = statement_asked_for(customer, asked)
    file = kept_pdf(found)
    if file is None:
        ask_for_pdf(found)
        context = {"customer": customer, "asked": asked}
        waiting = render(request, "portal/statement_under_way.html", context)
        waiting["Refresh"] = "2"
        return waiting
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{file_name(found)}.pdf", inline=True, is_ours=True)


def _asked(request: HttpRequest, customer: Customer) -> Asked:
    return asked_for(customer, request.GET, customer.company.day_of(timezone.now()))
