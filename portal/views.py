"""The customer's pages: what they asked for, what they were credited, and asking for more."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import F, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from creditnotes import creditable
from creditnotes.documents.fetching import ask_for_pdf, kept_pdf
from creditnotes.models import CreditNote
from customers.downloads import private
from customers.models import Customer, Invoice, OpenItem, User
from customers.paging import page_of
from customers.text import number_in, words_from
from portal import access
from portal.access import visitor_of
from portal.asking import Asking
from portal.story import Story, WholeStory, with_wishes

#: Rows of a list on a page, fit for a phone.
ROWS = 20


@require_GET
def portal(request: HttpRequest) -> HttpResponse:
    """One customer at a glance: their requests and credits, and what is open."""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(customers, request.GET.get("customer"))
    notes = with_wishes(access.notes_of(user).filter(customer=customer))
    page = page_of(notes.select_related("reason"), ["-created_at", "-id"], request.GET, ROWS)
    context = {
        "customers": customers,
        "customer": customer,
        "page": page,
        "stories": _stories(page.rows),
        "open_items": _open_items(customer)[:ROWS],
        "today": customer.company.day_of(timezone.now()),
    }
    return render(request, "portal/portal.html", context)


def _stories(notes: Iterable[Any]) -> list[Story]:
    """How a list shows notes that came with their wishes."""
    return [Story(note, note.wish) for note in notes]


def _open_items(customer: Customer) -> list[OpenItem]:
    """What the customer has not paid yet, the most urgent first."""
    owed = OpenItem.objects.filter(
        customer=customer, side=OpenItem.Side.OWES, applied__lt=F("amount")
    )
    invoices = owed.filter(entry__invoice__isnull=False).select_related("entry__invoice")
    return list(invoices.order_by("due_on", "pk")[: ROWS + 1])


@require_GET
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A request or credit note: where it stands, what was asked and what is granted."""
    user = visitor_of(request)
    note = access.note_or_404(user, pk)
    context = {
        "note": note,
        "story": WholeStory(note, user),
        "taxes": note.taxes.select_related("creditable").order_by("creditable_id"),
        "attachments": access.attachments_of(user).filter(note=note),
    }
    return render(request, "portal/credit_note.html", context)


@require_GET
def credit_note_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The document, as it was issued. Until it is made, a page that waits for it."""
    note = access.note_or_404(visitor_of(request), pk)
    document = getattr(note, "document", None)
    if document is None:
        raise Http404
    file = kept_pdf(document)
    if file is None:
        ask_for_pdf(document)
        return _wait_for_pdf(request, note)
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{document.number}.pdf", inline=True, is_ours=True)


def _wait_for_pdf(request: HttpRequest, note: CreditNote) -> HttpResponse:
    response = render(request, "portal/pdf_under_way.html", {"note": note})
    response["Refresh"] = "2"
    return response


@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo to look at, or a document to download."""
    attached = get_object_or_404(access.attachments_of(visitor_of(request)), pk=pk)
    response = FileResponse(attached.file.open("rb"), content_type=attached.content_type)
    return private(response, attached.name, inline=attached.is_photo)


@require_GET
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """An invoice: its lines, and what was credited of each."""
    user = visitor_of(request)
    shown = access.invoice_or_404(user, pk)
    lines = list(shown.lines.select_related("product"))
    counters = creditable.look(line.pk for line in lines)
    notes = with_wishes(access.notes_of(user).filter(_credits(shown)).distinct())
    context = {
        "invoice": shown,
        "lines": [(line, counters.lines[line.pk]) for line in lines],
        "taxes": shown.taxes.order_by("kind", "rate"),
        "open_item": getattr(shown.entry, "open_item", None),
        "stories": _stories(notes.select_related("reason").order_by("-pk")[:ROWS]),
        "today": shown.customer.company.day_of(timezone.now()),
    }
    return render(request, "portal/invoice.html", context)


def _credits(invoice: Invoice) -> Q:
    return Q(lines__creditable__invoice=invoice)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a credit on an invoice; without one, choose it first."""
    user = visitor_of(request)
    asked = request.GET.get("invoice", "")
    if not asked:
        return _choose_invoice(request, user)
    pk = number_in(asked)
    if pk is None:
        raise Http404
    invoice = access.invoice_or_404(user, pk)
    if request.method == "GET":
        return render(request, "portal/ask.html", {"asking": Asking(user, invoice)})
    return _send(request, Asking(user, invoice, request.POST, request.FILES))


def _send(request: HttpRequest, asking: Asking) -> HttpResponse:
    """Send the request, or show the page again with all that was typed and kept."""
    if "remove" in request.POST and not asking.is_sent:
        now = timezone.now()
        asking.keep_photos(now)
        asking.drop_photo(request.POST["remove"], now)
        return render(request, "portal/ask.html", {"asking": asking})
    note = asking.send(timezone.now())
    if note is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "portal/ask.html", {"asking": asking}, status=status)
    messages.success(
        request, _("Thank you. We have received your request %(note)s.") % {"note": note}
    )
    return redirect("portal:credit_note", note.pk)


def _choose_invoice(request: HttpRequest, user: User) -> HttpResponse:
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(customers, request.GET.get("customer"))
    words = words_from(request.GET.get("q", ""))
    invoices = Invoice.objects.represented_by(user).filter(customer=customer)
    if words:
        matching = Q(number__icontains=words) | Q(customer_reference__icontains=words)
        matching |= Q(lines__description__icontains=words)
        invoices = Invoice.objects.filter(pk__in=invoices.filter(matching).values("pk"))
    context = {
        "customers": customers,
        "customer": customer,
        "words": words,
        "page": page_of(invoices, ["-issued_on", "-id"], request.GET, ROWS),
    }
    return render(request, "portal/choose_invoice.html", context)
