"""A customer's statement of account: as a page, as a table, as a PDF."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from creditnotes.statement_pages import (
    Addresses,
    asked_for,
    page_of,
    periods,
    shown,
    statement_asked_for,
)
from creditnotes.statements import CSV_HEADER, ask_for_pdf, file_name, kept_pdf, table_of
from customers.downloads import private
from customers.spreadsheets import as_csv
from customers.views.finding import customer_or_404, signed_in, today_of

ADDRESSES = Addresses("customers:invoice", "creditnotes:credit_note", "customers:apply")


@require_GET
def statement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What was owed, what came and went, and what is owed now."""
    customer = customer_or_404(request, pk)
    today = today_of(signed_in(request))
    asked = asked_for(customer, request.GET, today)
    found = statement_asked_for(customer, asked)
    if request.GET.get("as") == "csv":
        return as_csv(file_name(found), CSV_HEADER, table_of(found))
    page = page_of(found, request.GET)
    context = {
        "customer": customer,
        "statement": found,
        "sections": shown(found, ADDRESSES, page),
        "page": page,
        "asked": asked,
        "periods": periods(customer, today, asked.site),
        "sites": customer.sites.order_by("name", "pk"),
    }
    return render(request, "customers/statement.html", context)


@require_GET
def statement_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same on paper; until a worker has made it, a page that waits for it."""
    customer = customer_or_404(request, pk)
    asked = asked_for(customer, request.GET, today_of(signed_in(request)))
    found = statement_asked_for(customer, asked)
    file = kept_pdf(found)
    if file is None:
        ask_for_pdf(found)
        context = {"customer": customer, "asked": asked}
        waiting = render(request, "customers/statement_under_way.html", context)
        waiting["Refresh"] = "2"
        return waiting
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{file_name(found)}.pdf", inline=True, is_ours=True)
