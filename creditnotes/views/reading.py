"""Reading: one credit note whole, and the list of them, also as a spreadsheet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals.actions import possible
from approvals.appealing import appeal_about
from approvals.comparing import compared
from approvals.conversation import said_among_us
from approvals.course import course_of
from approvals.granted import granted_of
from approvals.questions import waits_on
from approvals.replying import replies_on
from creditnotes.access import is_known_to_customer
from creditnotes.browsing import DEFAULT_ORDER, ORDERS, count_up_to, narrowed
from creditnotes.documents.fetching import kept_pdf
from creditnotes.forms import CommentForm, CreditNotesFilter
from creditnotes.message_forms import MessageForm, RemarkForm
from creditnotes.models import Acknowledgement, CreditNote, Event, IssuedDocument, Origin, State
from creditnotes.news import seen
from creditnotes.rebilling import shown_of
from creditnotes.restocking import expected_of
from creditnotes.services import open_until
from creditnotes.services.reversing import applied_to
from creditnotes.telling import words_in
from creditnotes.timeline import gathered, turn_of
from creditnotes.views.credited import credited_of, goodwill_of, tax_words_of
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.goods import GoodsForm
from creditnotes.views.photo_links import link_to_show, links_of
from creditnotes.views.settled import settlement_of
from creditnotes.views.totals import sum_taxes
from customers.paging import page_of
from customers.spreadsheets import as_csv

#: What stands in the conversation, not among what happened.
SAID = (Event.Kind.MESSAGE, Event.Kind.REMARK)
#: What a photo is shown with.
SHOWN = ("added_by", "link", "invoice_line__product")
#: What a receipt of goods shows of its lines.
RECEIVED = ("lines__credit_line__creditable__invoice_line__product",)
#: More than so many are not counted: nobody reads them, and counting costs.
COUNTED = 1000


@require_GET
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one credit note, and what can be done with it; its news are seen then."""
    note = note_or_404(request, pk)
    seen(signed_in(request), timezone.now(), note)
    return note_page(request, note)


def note_page(
    request: HttpRequest,
    note: CreditNote,
    *,
    refused: tuple[str, CommentForm] | None = None,
    goods: GoodsForm | None = None,
    message: MessageForm | None = None,
    remark: RemarkForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The note's page; ``refused`` is the action whose comment form is shown with its error."""
    user = signed_in(request)
    credited = credited_of(note, user)
    events = list(note.events.select_related("actor", "on_behalf_of"))
    kinds = {event.kind for event in events}
    course = course_of(note, timezone.now())
    document = getattr(note, "document", None)
    replies = replies_on(note)
    reply = replies.text_of(request.GET.get("reply"))
    into = request.GET.get("words", "")
    applied = applied_to(note) if note.state == State.ISSUED else []
    context = {
        "note": note,
        "credited": credited,
        "goodwill": goodwill_of(note),
        "tax_words": tax_words_of(note),
        "settlement": settlement_of(note, applied),
        "taxes": sum_taxes((tax.creditable, tax.base, tax.amount) for tax in note.taxes.all()),
        "attachments": list(note.attachments.select_related(*SHOWN)),
        "photo_links": links_of(note) if Event.Kind.PHOTOS_ASKED in kinds else (),
        "new_link": link_to_show(request, note),
        "events": gathered(event for event in events if event.kind not in SAID),
        "turn": turn_of([event for event in events if event.kind not in SAID]),
        "customers_words": words_in(events),
        "questions": waits_on(note, events),
        "lowered": granted_of(note, course),
        "course": course,
        "can": dict.fromkeys(possible(user, note), True),
        "compared": compared(note, timezone.now()) if _is_request(note) else None,
        "reversals": list(note.reversals.select_related("proposed_by", "decided_by")),
        "goods": goods or _goods_form(note),
        "receipts": list(note.receipts.select_related("recorded_by").prefetch_related(*RECEIVED)),
        "applied_to": applied,
        "rebill": shown_of(note),
        "has_pdf": document is not None and kept_pdf(document) is not None,
        "appeal": appeal_about(note) if Event.Kind.APPEALED in kinds else None,
        "conversation": said_among_us(note, events),
        "rating": note.rating if Event.Kind.RATED in kinds else None,
        "acknowledgements": _acknowledgements(document, kinds),
        "replies": replies,
        "message": message or MessageForm(auto_id="message_%s", initial=_said(reply, into, "text")),
        "remark": remark or RemarkForm(auto_id="remark_%s"),
        "may_message": is_known_to_customer(note) and _is_open(note),
        "forms": {
            "decline": CommentForm(initial=_said(reply, into, "decline")),
            "cancel": CommentForm(),
            "withdraw": CommentForm(),
        }
        | {"appeal": CommentForm()}
        | {"reverse": CommentForm(), "decline_reversal": CommentForm()}
        | dict([refused] if refused else []),
    }
    return render(request, "creditnotes/credit_note.html", context, status=status)


def _acknowledgements(
    document: IssuedDocument | None, kinds: Collection[str]
) -> Iterable[Acknowledgement]:
    if document is None or Event.Kind.ACKNOWLEDGED not in kinds:
        return ()
    return document.acknowledgements.select_related("person")


def _is_open(note: CreditNote) -> bool:
    until = open_until(note)
    return until is None or timezone.now() <= until


def _said(reply: str, into: str, what: str) -> dict[str, str]:
    """What stands in the box of words at first: the reply that was put in without script."""
    return {"text" if what == "text" else "comment": reply} if reply and into == what else {}


def _is_request(note: CreditNote) -> bool:
    """Whether it is what a customer asks for, and nobody has submitted it."""
    return note.origin == Origin.PORTAL and note.state in (State.REQUESTED, State.DRAFT)


def _goods_form(note: CreditNote) -> GoodsForm | None:
    """To record what came back, as long as something must."""
    if note.state not in (State.APPROVED, State.ISSUED):
        return None
    expected = expected_of(note)
    return GoodsForm(expected=expected) if any(each.missing for each in expected) else None


@require_GET
def credit_notes(request: HttpRequest) -> HttpResponseBase:
    """The credit notes that this person may see: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    form = CreditNotesFilter(request.GET, company=user.company)
    form.is_valid()  # what is wrong in the address is left out
    filters = form.cleaned_data
    sort = filters.get("sort") or DEFAULT_ORDER
    notes = narrowed(user, filters)
    if request.GET.get("as") == "csv":
        return _as_csv(notes.order_by(*ORDERS[sort]).iterator(chunk_size=500))
    context = {
        "form": form,
        "page": page_of(notes, ORDERS[sort], request.GET),
        "count": _counted(count_up_to(notes, COUNTED + 1)),
        "sort": sort,
        "is_narrowed": any(filters.get(name) for name in ("q", "state", "reason", "owner")),
    }
    return render(request, "creditnotes/credit_notes.html", context)


def _counted(found: int) -> str:
    """How many there are, in words."""
    if found > COUNTED:
        return _("More than 1,000 credit notes")
    return _("1 credit note") if found == 1 else _("%(count)s credit notes") % {"count": found}


def _as_csv(notes: Iterable[CreditNote]) -> HttpResponseBase:
    header = [
        _("Reference"),
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
    return as_csv("credit-notes", header, _csv_rows(notes))


def _csv_rows(notes: Iterable[CreditNote]) -> Iterator[list[Any]]:
    for note in notes:
        document = getattr(note, "document", None)
        yield [
            note.reference,
            document.number if document else "",
            note.get_state_display(),
            note.customer.number,
            note.customer.name,
            str(note.reason or ""),
            note.net,
            note.tax_total,
            note.total,
            note.currency,
            str(note.owner or ""),
            timezone.localtime(note.created_at).isoformat(timespec="minutes"),
            timezone.localtime(note.changed_at).isoformat(timespec="minutes"),
        ]
