"""The rep's inbox of requests, and what they do with one: accept as asked, offer, hand over."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals import services
from approvals.expected import hours_to_decide
from approvals.models import CustomerOffer
from approvals.requests import ORDERS, asked, narrowed, open_requests
from approvals.submitted import submitted_words
from approvals.views.finding import note_or_404, signed_in
from approvals.views.request_forms import HandOverForm, OfferForm, RequestsFilter
from creditnotes import services as creditnotes
from creditnotes.access import may_compose, may_pick_up
from creditnotes.models import CreditNote, Origin
from customers.errors import NotAllowed, Refusal, WrongState
from customers.paging import extent_of, page_of
from customers.spreadsheets import as_csv


@require_GET
def requests(request: HttpRequest) -> HttpResponseBase:
    """What customers ask for: nobody's first, then one's own, each by time left."""
    user, now = signed_in(request), timezone.now()
    form = RequestsFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    order = ORDERS[form.order_name]
    notes = narrowed(user, form.cleaned_data)
    hours = hours_to_decide(user.company) if user.company else 0
    if request.GET.get("as") == "csv":
        return _as_csv(notes.order_by(*order), hours)
    page = page_of(notes, order, request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": asked(page.rows, hours, now),
        "extent": extent_of(page, notes),
        "sort": form.order_name,
        "is_narrowed": form.is_narrowed,
        "may_pick_up": may_compose(user),
    }
    return render(request, "approvals/requests.html", context)


@require_GET
def requests_count(request: HttpRequest) -> HttpResponse:
    """How many requests nobody has: a fragment for the navigation."""
    count = open_requests(signed_in(request)).filter(owner=None).count()
    return render(request, "approvals/requests_count.html", {"count": count})


@require_POST
def accept_as_asked(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit exactly what the customer asked for."""
    note = note_or_404(request, pk)
    try:
        submitted = services.accept_as_asked(note, actor=signed_in(request), moment=timezone.now())
    except Refusal as refusal:
        if isinstance(refusal, NotAllowed):
            raise
        messages.error(request, str(refusal))
    else:
        messages.success(request, submitted_words(submitted) % {"note": submitted})
    return redirect("creditnotes:credit_note", note.pk)


@require_http_methods(["GET", "POST"])
def make_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the customer a part, in full settlement."""
    note = _theirs(request, pk)
    form = OfferForm(request.POST or None)
    if form.is_valid():
        try:
            offer = _made(request, note, form)
        except Refusal as refusal:
            if refusal.field not in form.fields:
                raise
            form.add_error(refusal.field, str(refusal))
        else:
            words = _("Offered to %(customer)s. They can accept it until %(day)s.")
            day = offer.last_day.isoformat()
            messages.success(request, words % {"customer": note.customer, "day": day})
            return redirect("creditnotes:credit_note", note.pk)
    return _form(request, "approvals/make_offer.html", note, form)


def _made(request: HttpRequest, note: CreditNote, form: OfferForm) -> CustomerOffer:
    sent = form.cleaned_data
    return services.make_offer(
        note,
        actor=signed_in(request),
        moment=timezone.now(),
        percent=sent["percent"],
        net=sent["amount"],
        words=sent["words"],
    )


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a request to a colleague who serves the customer."""
    note = _theirs(request, pk)
    form = HandOverForm(request.POST or None, note=note)
    if form.is_valid():
        done = creditnotes.hand_over(
            note, actor=signed_in(request), moment=timezone.now(), **form.cleaned_data
        )
        messages.success(request, _("%(who)s has it now.") % {"who": done.owner})
        return redirect("approvals:requests")
    return _form(request, "approvals/hand_over.html", note, form)


def _theirs(request: HttpRequest, pk: int) -> CreditNote:
    """A customer's request that the person may answer; else a refusal that says why."""
    note = note_or_404(request, pk)
    if not may_pick_up(signed_in(request), note):
        raise NotAllowed(_("You may not do this."))
    if note.origin != Origin.PORTAL:
        raise WrongState(_("No customer asks for %(note)s.") % {"note": note})
    return note


def _form(request: HttpRequest, template: str, note: CreditNote, form: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, template, {"note": note, "form": form}, status=status)


def _as_csv(notes: QuerySet[Any], hours: int) -> HttpResponseBase:
    header = [
        _("Reference"),
        _("State"),
        _("Customer number"),
        _("Customer"),
        _("Reason"),
        _("Asked by"),
        _("Asked"),
        _("Due"),
        _("Time left"),
        _("Owner"),
        _("Open offer"),
        _("Total"),
        _("Currency"),
    ]
    return as_csv("requests", header, _csv_rows(notes, hours))


def _csv_rows(notes: QuerySet[Any], hours: int) -> Iterator[list[Any]]:
    now = timezone.now()
    for note in notes.iterator(chunk_size=500):
        [row] = asked([note], hours, now)
        yield [
            note.reference,
            note.get_state_display(),
            note.customer.number,
            note.customer.name,
            str(note.reason or ""),
            str(note.created_by),
            timezone.localtime(note.asked_at).isoformat(timespec="minutes"),
            timezone.localtime(row.due).isoformat(timespec="minutes") if row.due else "",
            row.time_left,
            str(note.owner or ""),
            _("yes") if note.has_offer else "",
            row.total,
            note.currency,
        ]
