"""Composing a credit note: new, on a draft or returned note, and what it comes to while typing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals import services as approval_services
from creditnotes import access, services
from creditnotes.content import Content, claims_of
from creditnotes.models import EDITABLE, CreditNote
from creditnotes.services import require
from creditnotes.views.composer import Composer
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.rows import data_of
from customers.errors import Incomplete, Refusal, StaleContent, WrongState
from customers.models import Customer, Invoice, InvoiceLine
from customers.text import number_in, sort_key, words_from

#: Rows of the list from which an invoice is picked.
SUGGESTIONS = 20


@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    """A new credit note for one or more invoices of a customer."""
    invoices = _invoices_asked_for(request)
    if not invoices:
        return _pick_an_invoice(request)
    user, customer = signed_in(request), _customer_of(invoices)
    require(access.may_start(user, customer))
    if request.method == "GET":
        return _page(request, Composer(user, customer, invoices))
    composer = Composer(user, customer, invoices, None, request.POST.copy(), request.FILES)
    composer.check()
    known = _started_before(composer)
    if known and known.state not in EDITABLE:
        return redirect("creditnotes:credit_note", known.pk)
    return _act(request, composer.on(known) if known else composer)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft or returned credit note, to be changed."""
    user, note = signed_in(request), note_or_404(request, pk)
    require(access.may_edit(user, note))
    invoices = _invoices_of(request, note)
    if note.state not in EDITABLE and _asked(request)[0] not in ("save", "submit"):
        messages.warning(request, _("%(note)s can no longer be changed.") % {"note": note})
        return redirect("creditnotes:credit_note", note.pk)
    data = data_of(note) if request.method == "GET" else request.POST.copy()
    composer = Composer(user, note.customer, invoices, note, data, request.FILES)
    composer.check()
    return _page(request, composer) if request.method == "GET" else _act(request, composer)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the lines come to while they are typed; a fragment, nothing is saved."""
    pk = number_in(request.POST.get("note", ""))
    note = note_or_404(request, pk) if pk is not None else None
    invoices = _invoices_of(request, note) if note else _invoices_asked_for(request)
    customer = note.customer if note else _customer_of(invoices)
    composer = Composer(signed_in(request), customer, invoices, note, request.POST.copy())
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
    composer = _keep_photos(composer)
    match asked:
        case ["offer"]:
            composer = composer.with_offer()
        case ["add"]:
            composer = _add_invoice(composer)
        case ["preview"] if request.POST.get("add_number", "").strip():  # Enter in that field
            composer = _add_invoice(composer)
        case ["remove", pk]:
            _remove_photo(composer, pk)
    return _page(request, composer)


def _page(request: HttpRequest, composer: Composer, status: int = HTTPStatus.OK) -> HttpResponse:
    composer.settle()
    return render(request, "creditnotes/compose.html", {"composer": composer}, status=status)


def _save(request: HttpRequest, composer: Composer, *, then_submit: bool) -> HttpResponse:
    """Save the draft, and submit it if asked; a draft stays saved though submitting is refused."""
    if not composer.is_whole():
        composer = _keep_photos(composer)
        composer.is_whole()  # marks what is missing on the fresh composer too
        return _page(request, composer, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        note = _write(composer, composer.content)
        composer = _keep_photos(composer.on(note))
        if composer.head.errors:
            return _page(request, composer, HTTPStatus.UNPROCESSABLE_ENTITY)
        if then_submit:
            approval_services.submit(note, actor=composer.user, moment=timezone.now())
    except Refusal as refusal:
        return _refused(request, composer, refusal, then_submit=then_submit)
    said = _("%(note)s is submitted.") if then_submit else _("%(note)s is saved as a draft.")
    messages.success(request, said % {"note": note})
    return redirect("creditnotes:credit_note", note.pk)


def _write(composer: Composer, content: Content) -> CreditNote:
    """Start the note, or change it, unless it says all this already."""
    now = timezone.now()
    if composer.note is None:
        token = composer.head.cleaned_data["token"]
        return services.start(
            composer.customer, content, actor=composer.user, moment=now, token=token
        )
    if composer.note.state in EDITABLE and _says(composer.note, content):
        return composer.note
    version = composer.head.cleaned_data["version"]
    return services.edit(composer.note, content, actor=composer.user, moment=now, version=version)


def _refused(
    request: HttpRequest, composer: Composer, refusal: Refusal, *, then_submit: bool
) -> HttpResponse:
    """The composer again with what was typed and why not; a repeated click is no mistake."""
    fresh = _fresh(composer)
    if fresh and isinstance(refusal, WrongState | StaleContent):
        is_done = fresh.state not in EDITABLE if then_submit else True
        if is_done and _says(fresh, composer.content):
            return redirect("creditnotes:credit_note", fresh.pk)
        composer = composer.on(fresh)
    composer = _keep_photos(composer)
    _refuse_all(composer, refusal)
    return _page(request, composer, refusal.status)


def _refuse_all(composer: Composer, refusal: Refusal) -> None:
    """Say the refusal; of one missing thing, all that are missing."""
    gaps: Sequence[Refusal] = composer.gaps if isinstance(refusal, Incomplete) else ()
    is_gap = refusal.field in [gap.field for gap in gaps]
    for each in gaps if is_gap else [refusal]:
        composer.refuse(each)


def _fresh(composer: Composer) -> CreditNote | None:
    """The note as it stands by now, however it came about."""
    if composer.note is None:
        return _started_before(composer)
    found: CreditNote = CreditNote.objects.get(pk=composer.note.pk)
    return found


def _says(note: CreditNote, content: Content) -> bool:
    """Whether the note says exactly this already."""
    return content == Content(
        reason=note.reason,
        claims=tuple(claims_of(note)),
        explanation=note.explanation,
        internal_note=note.internal_note,
        customer_reference=note.customer_reference,
    )


def composer_with(request: HttpRequest, note: CreditNote, refusal: Refusal) -> HttpResponse:
    """The note in the composer, with what keeps it from being submitted beside its field."""
    user, invoices = signed_in(request), _invoices_of(request, note)
    composer = Composer(user, note.customer, invoices, note, data_of(note))
    composer.check()
    _refuse_all(composer, refusal)
    return _page(request, composer, refusal.status)


def _started_before(composer: Composer) -> CreditNote | None:
    """The note that this very page has started already: a second click, or *back*."""
    token = composer.head.cleaned_data.get("token")
    own = CreditNote.objects.filter(created_by=composer.user)
    return own.filter(start_token=token).first() if token else None


def _keep_photos(composer: Composer) -> Composer:
    """Store what was uploaded, on a draft started for it if need be."""
    uploads = composer.head.cleaned_data.get("photos")
    if not uploads:
        return composer
    note = composer.note or _write(composer, Content())
    composer = composer.on(note, files=None)
    for upload in uploads:
        try:
            services.attach(note, upload, actor=composer.user, moment=timezone.now())
        except Refusal as refusal:
            composer.refuse(refusal)
    return composer


def _remove_photo(composer: Composer, pk: str) -> None:
    """Take a file off the draft; what was typed stays."""
    wanted = number_in(pk)
    if composer.note is None or wanted is None:
        return
    attached = composer.note.attachments.filter(pk=wanted).first()
    if attached is not None:
        services.detach(attached, actor=composer.user, moment=timezone.now())


def _add_invoice(composer: Composer) -> Composer:
    """One more invoice of the customer, by its number."""
    number = words_from(str(composer.data.get("add_number", ""))) if composer.data else ""
    found = (
        _with_lines(Invoice.objects.visible_to(composer.user))
        .filter(customer=composer.customer, number__iexact=number)
        .first()
    )
    if found is None:
        composer.add_problem = _("No invoice of this customer has that number.")
    elif found.currency != composer.customer.currency:
        composer.add_problem = _("This invoice is in another currency.")
    else:
        return composer.with_invoice(found)
    return composer


def _invoices_asked_for(request: HttpRequest) -> list[Invoice]:
    """The invoices named by ``invoice=`` in what was sent or in the address, else 404."""
    asked = request.POST.getlist("invoice") or request.GET.getlist("invoice")
    return _visible(request, asked)


def _invoices_of(request: HttpRequest, note: CreditNote) -> list[Invoice]:
    """The invoices whose lines the note credits, and those asked for beside them."""
    own = note.lines.values_list("creditable__invoice_id", flat=True)
    asked = request.POST.getlist("invoice") or request.GET.getlist("invoice")
    invoices = _visible(request, [*map(str, own), *asked])
    if any(invoice.customer_id != note.customer_id for invoice in invoices):
        raise Http404
    return invoices


def _visible(request: HttpRequest, keys: Sequence[str]) -> list[Invoice]:
    wanted = list(dict.fromkeys(keys))
    if any(number_in(key) is None for key in wanted):
        raise Http404
    may_see = Invoice.objects.visible_to(signed_in(request)).filter(pk__in=wanted)
    found = {str(invoice.pk): invoice for invoice in _with_lines(may_see)}
    with suppress(KeyError):
        return [found[key] for key in wanted]
    raise Http404


def _with_lines(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    lines = InvoiceLine.objects.select_related("product").order_by("position")
    return invoices.select_related(
        "customer__company", "order", "entry__open_item"
    ).prefetch_related(Prefetch("lines", lines))


def _customer_of(invoices: Sequence[Invoice]) -> Customer:
    """The one customer of all these invoices, else 404."""
    if len({(invoice.customer_id, invoice.currency) for invoice in invoices}) != 1:
        raise Http404
    return invoices[0].customer


def _pick_an_invoice(request: HttpRequest) -> HttpResponse:
    """How to begin: find the invoice to credit."""
    user = signed_in(request)
    require(access.may_compose(user))
    words, customer = words_from(request.GET.get("q", "")), _customer_asked_for(request)
    invoices = Invoice.objects.visible_to(user).select_related("customer")
    if customer:
        invoices = invoices.filter(customer=customer)
    if words:
        invoices = invoices.filter(
            Q(number__istartswith=words)
            | Q(customer_reference__istartswith=words)
            | Q(customer__number__istartswith=words)
            | Q(customer__sort_name__contains=sort_key(words))
        )
    found = invoices.order_by("-issued_on", "-pk")[:SUGGESTIONS]
    context = {"invoices": found, "words": words, "customer": customer}
    return render(request, "creditnotes/pick_invoice.html", context)


def _customer_asked_for(request: HttpRequest) -> Customer | None:
    """The customer named by ``customer=`` in the address, whom one may see, else 404."""
    asked = request.GET.get("customer", "")
    if not asked:
        return None
    customers = Customer.objects.visible_to(signed_in(request))
    found: Customer = get_object_or_404(customers, pk=number_in(asked))
    return found
