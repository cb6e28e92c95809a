"""The customer's whole lists: searched, narrowed, sorted, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from creditnotes.models import CreditNote
from customers.models import Invoice
from customers.paging import page_of
from customers.spreadsheets import as_csv
from portal import access, browsing
from portal.access import visitor_of
from portal.forms import InvoicesFilter, NotesFilter
from portal.story import Story, stories_of

#: Rows of a list on a page, fit for a phone.
ROWS = 20


@require_GET
def credit_notes(request: HttpRequest) -> HttpResponseBase:
    """Requests and credits."""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers)
    form = NotesFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    order = browsing.NOTE_ORDERS[form.cleaned_data.get("sort") or "-created"]
    notes = browsing.notes_narrowed(user, customer, form.cleaned_data)
    if request.GET.get("as") == "csv":
        return _notes_as_csv(notes.order_by(*order))
    page = page_of(notes, order, request.GET, ROWS)
    context = {
        "customers": customers,
        "customer": customer,
        "form": form,
        "page": page,
        "stories": stories_of(page.rows, customer.company, timezone.now()),
        "is_narrowed": _is_narrowed(form),
    }
    return render(request, "portal/credit_notes.html", context)


@require_GET
def invoices(request: HttpRequest) -> HttpResponseBase:
    """Invoices, with what is to be paid and what can still be credited."""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers)
    today = customer.company.day_of(timezone.now())
    rights = access.rights_of(user, customer)
    form = InvoicesFilter(request.GET, sees_payments=rights.sees_statement)
    form.is_valid()  # what is wrong in the address is left out
    order = browsing.INVOICE_ORDERS[form.cleaned_data.get("sort") or "-date"]
    found = browsing.invoices_narrowed(user, customer, form.cleaned_data, today)
    if request.GET.get("as") == "csv":
        return _invoices_as_csv(found.order_by(*order), rights.sees_statement)
    context = {
        "customers": customers,
        "customer": customer,
        "form": form,
        "page": page_of(found, order, request.GET, ROWS),
        "today": today,
        "rights": rights,
        "is_narrowed": _is_narrowed(form),
    }
    return render(request, "portal/invoices.html", context)


def _is_narrowed(form: Any) -> bool:
    kept = ("customer", "sort")
    return any(value for name, value in form.cleaned_data.items() if name not in kept)


def _notes_as_csv(notes: QuerySet[CreditNote]) -> HttpResponse | HttpResponseBase:
    header = [
        _("Reference"),
        _("Number"),
        _("Date"),
        _("Status"),
        _("Reason"),
        _("Your own reference"),
        _("Asked"),
        _("Credited"),
        _("Currency"),
    ]
    return as_csv("credits", header, _note_rows(notes))


def _note_rows(notes: QuerySet[CreditNote]) -> Iterator[list[Any]]:
    for note in notes.iterator(chunk_size=500):
        story = Story(note, note.wish)  # type: ignore[attr-defined]
        yield [
            note.reference,
            note.document_number or "",  # type: ignore[attr-defined]
            timezone.localtime(note.created_at).date(),
            str(story.label),
            story.reason,
            story.reference,
            story.asked_total,
            note.total if story.is_granted else None,
            note.currency,
        ]


def _invoices_as_csv(invoices: QuerySet[Invoice], sees_payments: bool) -> HttpResponseBase:
    header = [
        _("Number"),
        _("Date"),
        _("Due"),
        _("Your own reference"),
        _("Net"),
        _("Tax"),
        _("Total"),
        *([_("To be paid")] if sees_payments else []),
        _("Can still be credited"),
        _("Currency"),
    ]
    return as_csv("invoices", header, _invoice_rows(invoices, sees_payments))


def _invoice_rows(invoices: QuerySet[Any], sees_payments: bool) -> Iterator[list[Any]]:
    for invoice in invoices.iterator(chunk_size=500):
        yield [
            invoice.number,
            invoice.issued_on,
            invoice.due_on,
            invoice.customer_reference,
            invoice.net,
            invoice.tax_total,
            invoice.total,
            *([invoice.left_to_pay] if sees_payments else []),
            invoice.left_to_credit,
            invoice.currency,
        ]
