"""Reading: one credit note whole, and the list of them, also as a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals.actions import possible
from approvals.course import course_of
from creditnotes.browsing import DEFAULT_ORDER, ORDERS, narrowed
from creditnotes.forms import CommentForm, CreditNotesFilter
from creditnotes.models import CreditLine, CreditNote
from creditnotes.telling import words_in
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.totals import sum_taxes
from customers.models import Invoice
from customers.paging import page_of

#: A cell that begins so would be run as a formula by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_GET
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one credit note, and what can be done with it."""
    return note_page(request, note_or_404(request, pk))


def note_page(
    request: HttpRequest,
    note: CreditNote,
    *,
    refused: tuple[str, CommentForm] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The note's page; ``refused`` is the action whose comment form is shown with its error."""
    taxes = note.taxes.select_related("creditable").order_by("creditable_id")
    actions = possible(signed_in(request), note)
    events = list(note.events.select_related("actor", "on_behalf_of"))
    context = {
        "note": note,
        "invoices": _by_invoice(note),
        "taxes": sum_taxes((tax.creditable, tax.base, tax.amount) for tax in taxes),
        "attachments": list(note.attachments.select_related("added_by")),
        "events": events,
        "customers_words": words_in(events),
        "course": course_of(note, timezone.now()),
        "can": dict.fromkeys(actions, True),
        "forms": {"decline": CommentForm(), "cancel": CommentForm(), "withdraw": CommentForm()}
        | dict([refused] if refused else []),
    }
    return render(request, "creditnotes/credit_note.html", context, status=status)


def _by_invoice(note: CreditNote) -> list[tuple[Invoice, list[CreditLine]]]:
    """The note's lines under the invoices that they credit."""
    lines = note.lines.select_related(
        "creditable__invoice", "creditable__invoice_line__product"
    ).order_by("position")
    groups: dict[Invoice, list[CreditLine]] = {}
    for line in lines:
        groups.setdefault(line.creditable.invoice, []).append(line)
    return list(groups.items())


@require_GET
def credit_notes(request: HttpRequest) -> HttpResponseBase:
    """The credit notes that this person may see: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    form = CreditNotesFilter(request.GET, company=user.company)
    form.is_valid()  # what is wrong in the address is left out
    filters = form.cleaned_data
    order = ORDERS[filters.get("sort") or DEFAULT_ORDER]
    notes = narrowed(user, filters)
    if request.GET.get("as") == "csv":
        return _as_csv(notes.order_by(*order).iterator(chunk_size=500))
    is_narrowed = any(filters.get(name) for name in ("q", "state", "reason", "owner"))
    context = {"form": form, "page": page_of(notes, order, request.GET), "is_narrowed": is_narrowed}
    return render(request, "creditnotes/credit_notes.html", context)


class _Echo:
    """A file that hands back what is written to it, so that rows stream."""

    def write(self, text: str) -> str:
        return text


def _as_csv(notes: Iterable[CreditNote]) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())
    response = StreamingHttpResponse(
        (writer.writerow(row) for row in _rows(notes)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="credit-notes.csv"'
    return response


def _rows(notes: Iterable[CreditNote]) -> Iterator[list[Any]]:
    yield [
        "\ufeff" + _("Reference"),
        _("Number"),
        _("State"),
        _("Customer number"),
        _("Customer"),
        _("Reason"),
        _("Net"),
        _("Tax"),
        _("Total"),
        _("Currency"),
        _("Owner"),
        _("Created"),
        _("Changed"),
    ]
    for note in notes:
        document = getattr(note, "document", None)
        yield [
            note.reference,
            document.number if document else "",
            note.get_state_display(),
            _harmless(note.customer.number),
            _harmless(note.customer.name),
            _harmless(note.reason or ""),
            note.net,
            note.tax_total,
            note.total,
            note.currency,
            _harmless(note.owner or ""),
            timezone.localtime(note.created_at).isoformat(timespec="minutes"),
            timezone.localtime(note.changed_at).isoformat(timespec="minutes"),
        ]


def _harmless(cell: object) -> str:
    """The text, kept from being run as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
