"""Composing a credit note: new, on a draft or returned note, and what it comes to while typing."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST

from approvals.submitted import submitted_words
from creditnotes import access, services
from creditnotes.models import EDITABLE, CreditNote, State
from creditnotes.rebilling import rebill_of
from creditnotes.services import require
from creditnotes.views import filling, saving
from creditnotes.views.composer import Composer
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.invoices import (
    customer_for,
    goodwill_customer,
    invoice_by_number,
    invoice_to_add,
    invoices_asked_for,
    invoices_of,
    others_of,
    pick_an_invoice,
)
from creditnotes.views.mistakes import mistakes_in
from creditnotes.views.typed import data_of
from customers.errors import Refusal
from customers.models import Invoice
from customers.text import number_in, words_from


@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    """A new credit note for one or more invoices of a customer, or for goodwill without any."""
    invoices = invoices_asked_for(request)
    if not invoices and goodwill_customer(request) is None:
        return pick_an_invoice(request)
    user, customer = signed_in(request), customer_for(request, None, invoices)
    require(access.may_start(user, customer))
    if request.method == "GET":
        return composer_page(request, Composer(user, customer, invoices))
    composer = composer_sent(request)
    if composer.note and composer.note.state not in EDITABLE:
        return redirect("creditnotes:credit_note", composer.note.pk)
    return _act(request, composer)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft or returned credit note, to be changed."""
    user, note = signed_in(request), note_or_404(request, pk)
    require(access.may_edit(user, note))
    if rebill_of(note) is not None:
        return redirect("creditnotes:edit_rebill", note.pk)
    if note.state not in EDITABLE and _asked(request)[0] not in ("save", "submit"):
        messages.warning(request, _("%(note)s can no longer be changed.") % {"note": note})
        return redirect("creditnotes:credit_note", note.pk)
    if request.method == "POST":
        return _act(request, composer_sent(request, note))
    composer = Composer(user, note.customer, invoices_of(request, note), note, data_of(note))
    composer.check()
    return composer_page(request, composer)


def composer_sent(request: HttpRequest, note: CreditNote | None = None) -> Composer:
    """What was sent, checked: on ``note``, on the one that this page has started, or new."""
    user, data = signed_in(request), request.POST.copy()
    invoices = invoices_of(request, note) if note else invoices_asked_for(request)
    customer = customer_for(request, note, invoices)
    composer = Composer(user, customer, invoices, note, data, request.FILES)
    composer.check()
    known = None if note else saving.started_before(composer)
    return composer.on(known) if known else composer


@gzip_page
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the lines come to while they are typed; a fragment, nothing is saved.

    Compressed, since at every key it says a row for each line picked: of three hundred lines
    a twentieth is sent.
    """
    pk = number_in(request.POST.get("note", ""))
    note = note_or_404(request, pk) if pk is not None else None
    invoices = invoices_of(request, note) if note else invoices_asked_for(request)
    customer = customer_for(request, note, invoices)
    data = request.POST.copy()
    composer = Composer(signed_in(request), customer, invoices, note, data, brief=True)
    composer.check()
    composer.settle()
    return render(request, "creditnotes/preview.html", {"composer": composer, "is_fragment": True})


def _asked(request: HttpRequest) -> list[str]:
    """The button pressed, in parts."""
    return request.POST.get("do", "").split("-")


def _act(request: HttpRequest, composer: Composer) -> HttpResponse:
    """Do what the button pressed says; photos are kept whatever else is wrong."""
    asked = _asked(request)
    if asked[0] in ("save", "submit"):
        return _save(request, composer, then_submit=asked[0] == "submit")
    return composer_page(request, _changed(saving.keep_photos(composer), asked))


def _changed(composer: Composer, asked: list[str]) -> Composer:
    """The composer as a button that saves nothing changes it; its value is *verb* or *verb-key*."""
    verb, key = asked[0], asked[1] if len(asked) > 1 else ""
    if verb == "preview":  # Enter in one of the page's own fields means its button
        own = (each for each in _OWN if composer.typed(_OWN[each]))
        verb = next(own, "")
    change = _CHANGES.get(verb)
    return change(composer, key) if change else composer


def _save(request: HttpRequest, composer: Composer, *, then_submit: bool) -> HttpResponse:
    outcome = saving.save(composer, then_submit=then_submit)
    if outcome.note is None:
        return composer_page(request, outcome.composer, outcome.status)
    if not outcome.is_repeated:
        messages.success(request, _done(outcome.note, then_submit) % {"note": outcome.note})
    return redirect("creditnotes:credit_note", outcome.note.pk)


def _done(note: CreditNote, is_submitted: bool) -> str:
    if is_submitted:
        return submitted_words(note)
    is_draft = note.state == State.DRAFT
    return _("%(note)s is saved as a draft.") if is_draft else _("%(note)s is saved.")


def composer_page(
    request: HttpRequest, composer: Composer, status: int = HTTPStatus.OK
) -> HttpResponse:
    """The composer as it stands, computed."""
    composer.look_at_deliveries()
    composer.settle()
    words = words_from(composer.typed("add_number")) if not composer.added else ""
    others = others_of(composer.user, composer.customer, composer.invoices, words)
    context = {
        "composer": composer,
        "mistakes": mistakes_in(composer),
        "other_invoices": others,
        "words": words,
        "saves_itself": composer.note is None or composer.note.state == State.DRAFT,
    }
    return render(request, "creditnotes/compose.html", context, status=status)


def composer_with(request: HttpRequest, note: CreditNote, refusal: Refusal) -> HttpResponse:
    """The note in the composer, with what keeps it from being submitted beside its field."""
    user, invoices = signed_in(request), invoices_of(request, note)
    composer = Composer(user, note.customer, invoices, note, data_of(note))
    composer.check()
    saving.refuse_all(composer, refusal)
    return composer_page(request, composer, refusal.status)


def _remove_photo(composer: Composer, pk: str) -> Composer:
    """Take a file off the draft; what was typed stays."""
    wanted = number_in(pk)
    if composer.note is None or wanted is None:
        return composer
    attached = composer.note.attachments.filter(pk=wanted).first()
    if attached is not None:
        services.detach(attached, actor=composer.user, moment=timezone.now())
    return composer


def _add(composer: Composer, pk: str) -> Composer:
    """One more invoice of the customer: the one named, or the one whose number was typed."""
    user, customer = composer.user, composer.customer
    if pk:
        return _with(composer, invoice_to_add(user, customer, pk))
    words = composer.typed("add_number")
    found = invoice_by_number(user, customer, words)
    if found or not others_of(user, customer, composer.invoices, words_from(words)):
        return _with(composer, found)
    return composer  # those that fit are shown, to choose from


def _with(composer: Composer, invoice: Invoice | None) -> Composer:
    if invoice is None:
        composer.add_problem = _("No invoice of this customer has that number.")
    elif invoice.currency != composer.currency:
        composer.add_problem = _("This invoice is in another currency.")
    else:
        return composer.with_invoice(invoice)
    return composer


#: Fields of the page's own, by the verb of their button.
_OWN = {"percent": "same_percent", "add": "add_number"}
#: What the buttons do that save nothing.
_CHANGES: dict[str, Callable[[Composer, str], Composer]] = {
    "offer": lambda composer, _key: filling.with_offer(composer),
    "percent": lambda composer, _key: filling.with_percent(composer),
    "all": filling.with_everything,
    "short": filling.with_missing,
    "add": _add,
    "drop": lambda composer, invoice: composer.without_invoice(number_in(invoice)),
    "remove": _remove_photo,
}
