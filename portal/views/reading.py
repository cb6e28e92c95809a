"""One credit note, one invoice, and their files."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_fsm import can_proceed

from approvals.questions import questions_to_customer
from creditnotes import creditable, sending
from creditnotes.access import may_withdraw, may_write
from creditnotes.creditable import Counters
from creditnotes.documents.debit import ask_for_debit_pdf, kept_debit_pdf
from creditnotes.documents.fetching import ask_for_pdf, kept_pdf
from creditnotes.message_forms import MessageForm
from creditnotes.models import CreditNote, DebitNote
from creditnotes.services import open_until, takes_evidence
from customers.access import REQUEST, represents
from customers.downloads import private
from customers.models import User
from customers.money import ZERO
from portal import access, browsing
from portal.access import visitor_of
from portal.aftermath import RatingForm, aftermath_of
from portal.appealing import AppealForm, appealing_of
from portal.forms import AnswerForm, EvidenceForm
from portal.offers import offer_seen
from portal.story import WholeStory, stories_of

#: As many credit notes of one invoice are shown.
MOST = 20


@require_GET
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A request or credit note: where it stands, what was asked and what is granted."""
    return told(request, access.note_or_404(visitor_of(request), pk), EvidenceForm())


def told(
    request: HttpRequest,
    note: CreditNote,
    evidence: EvidenceForm,
    status: int = HTTPStatus.OK,
    answer: AnswerForm | None = None,
    appeal: AppealForm | None = None,
    message: MessageForm | None = None,
    rating: RatingForm | None = None,
) -> HttpResponse:
    """The page of one request, with the form by which more photos join it while they may."""
    user, now = visitor_of(request), timezone.now()
    context = {
        "note": note,
        "story": WholeStory(note, user, now),
        "offered": offer_seen(note, user, now),
        "taxes": note.taxes.select_related("creditable").order_by("creditable_id"),
        "attachments": access.attachments_of(user).filter(note=note),
        "may_withdraw": may_withdraw(user, note) and can_proceed(note.withdraw),
        "questions": questions_to_customer(note),
        "answer": answer or AnswerForm(),
        "may_answer": represents(user, note.customer, right=REQUEST),
        "message": (message or MessageForm(auto_id="message_%s"))
        if _may_write(user, note, now)
        else None,
        "after": aftermath_of(note, user),
        "rating_form": rating or RatingForm(auto_id="rating_%s"),
        "appealing": appealing_of(note, user, timezone.now()),
        "appeal": appeal or AppealForm(),
        "evidence": evidence if takes_evidence(user, note) else None,
    }
    return render(request, "portal/credit_note.html", context, status=status)


def _may_write(user: User, note: CreditNote, moment: datetime) -> bool:
    until = open_until(note)
    return may_write(user, note) and (until is None or moment <= until)


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


@require_GET
def debit_note_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The debit note that takes the credit back. Until it is made, a page that waits for it."""
    note = access.note_or_404(visitor_of(request), pk)
    debit_note = getattr(note, "debit_note", None)
    if debit_note is None:
        raise Http404
    file = kept_debit_pdf(debit_note)
    if file is None:
        ask_for_debit_pdf(debit_note)
        return _wait_for_pdf(request, note, debit_note)
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{debit_note.number}.pdf", inline=True, is_ours=True)


def _wait_for_pdf(
    request: HttpRequest, note: CreditNote, debit_note: DebitNote | None = None
) -> HttpResponse:
    context = {"note": note, "document": debit_note or note.document}
    response = render(request, "portal/pdf_under_way.html", context)
    response["Refresh"] = "2"
    return response


@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo to look at, or a document to download."""
    attached = get_object_or_404(access.attachments_of(visitor_of(request)), pk=pk)
    return sending.whole(request, attached)


@require_GET
def thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo in small."""
    photo = get_object_or_404(access.attachments_of(visitor_of(request)), pk=pk)
    return sending.in_small(request, photo)


@require_GET
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """An invoice: its lines, what was credited of each, and what still can be."""
    user = visitor_of(request)
    shown = access.invoice_or_404(user, pk)
    company = shown.customer.company
    now = timezone.now()
    lines = list(shown.lines.select_related("product"))
    counters = creditable.look(line.pk for line in lines)
    notes = browsing.notes_on(user, shown)[:MOST]
    context = {
        "invoice": shown,
        "rights": access.rights_of(user, shown.customer),
        "lines": [(line, counters.lines[line.pk]) for line in lines],
        "taxes": shown.taxes.order_by("kind", "rate"),
        "open_item": getattr(shown.entry, "open_item", None),
        "left_to_credit": _left(counters),
        "stories": stories_of(notes, company, now),
        "today": company.day_of(now),
    }
    return render(request, "portal/invoice.html", context)


def _left(counters: Counters) -> Any:
    """What can still be credited of the invoice, with tax."""
    taxes = counters.taxes.values()
    tax = sum((t.charged_amount - t.reserved_amount - t.issued_amount for t in taxes), ZERO)
    return tax + sum((line.net_left for line in counters.lines.values()), ZERO)
