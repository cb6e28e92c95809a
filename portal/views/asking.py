"""Asking for a credit: choosing the invoice, saying what was wrong, and being told what's next."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from creditnotes.models import Origin
from customers.access import REQUEST
from customers.models import Invoice, User
from customers.paging import page_of
from customers.text import number_in
from portal import access, browsing
from portal.access import visitor_of
from portal.asking import Asking
from portal.forms import CustomersFilter
from portal.offers import offer_seen
from portal.story import WholeStory, stories_of

#: Invoices to choose from on a page.
ROWS = 20
#: Requests on the same invoice that are looked through for those that wait.
MOST_WAITING = 20


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a credit on an invoice; without one, choose it first."""
    user = visitor_of(request)
    if not request.GET.get("invoice"):
        return _choose_invoice(request, user)
    invoice = _invoice_asked_for(request, user)
    if request.method == "GET":
        return _page(request, Asking(user, invoice))
    return _send(request, Asking(user, invoice, request.POST, request.FILES))


def _invoice_asked_for(request: HttpRequest, user: User) -> Invoice:
    pk = number_in(request.GET.get("invoice", ""))
    if pk is None:
        raise Http404
    return access.invoice_or_404(user, pk, right=REQUEST)


def _send(request: HttpRequest, asking: Asking) -> HttpResponse:
    """Send the request, or show the page again with all that was typed and kept."""
    if "remove" in request.POST and not asking.is_sent:
        _change_photos(request, asking)
        return _page(request, asking)
    note = asking.send(timezone.now())
    if note is None:
        return _page(request, asking, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("portal:sent", note.pk)


def _page(request: HttpRequest, asking: Asking, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """The form, below what already waits on this invoice: nobody should ask for a thing twice."""
    now = timezone.now()
    notes = browsing.notes_on(asking.user, asking.invoice)[:MOST_WAITING]
    stories = stories_of(notes, asking.invoice.customer.company, now)
    context = {"asking": asking, "waiting": [story for story in stories if story.is_waiting]}
    return render(request, "portal/ask.html", context, status=status)


def _change_photos(request: HttpRequest, asking: Asking) -> None:
    now = timezone.now()
    asking.keep_photos(now)
    if "remove" in request.POST:
        asking.drop_photo(request.POST["remove"], now)


@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """What the lines typed so far come to, and what can't be; nothing is kept."""
    user = visitor_of(request)
    asking = Asking(user, _invoice_asked_for(request, user), request.POST)
    asking.check_lines()
    return render(request, "portal/estimate.html", {"asking": asking})


@require_POST
def photos(request: HttpRequest) -> HttpResponse:
    """Keep or drop photos while the rest is still being typed; the strip of those kept."""
    user = visitor_of(request)
    invoice = _invoice_asked_for(request, user)
    asking = Asking(user, invoice, request.POST, request.FILES)
    if not asking.is_sent:
        _change_photos(request, asking)
    refused = "photos" in asking.head.errors
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "portal/kept_photos.html", {"asking": asking}, status=status)


@require_GET
def sent(request: HttpRequest, pk: int) -> HttpResponse:
    """The request was sent: what happens next, and by when."""
    user = visitor_of(request)
    note = access.note_or_404(user, pk)
    if note.origin != Origin.PORTAL:
        raise Http404
    now = timezone.now()
    context = {
        "note": note,
        "story": WholeStory(note, user, now),
        "offered": offer_seen(note, user, now),
    }
    return render(request, "portal/sent.html", context)


def _choose_invoice(request: HttpRequest, user: User) -> HttpResponse:
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=REQUEST)
    form = CustomersFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    words = form.cleaned_data.get("q", "")
    today = customer.company.day_of(timezone.now())
    invoices = browsing.invoices_narrowed(user, customer, {"q": words}, today)
    context = {
        "customers": customers,
        "customer": customer,
        "form": form,
        "words": words,
        "today": today,
        "page": page_of(invoices, ["-issued_on", "-id"], request.GET, ROWS),
    }
    return render(request, "portal/choose_invoice.html", context)
