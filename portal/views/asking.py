"""Asking for a credit: typed, kept for later, changed and sent; and being told what's next."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from creditnotes import services
from creditnotes.models import CreditNote, Origin
from customers.errors import Refusal, StaleContent, WrongState
from customers.models import User
from customers.text import number_in
from portal import access, browsing
from portal.access import visitor_of
from portal.asking import Asking, Typed
from portal.asking.deliveries import billed
from portal.offers import offer_seen
from portal.story import WholeStory, stories_of
from portal.views.choosing import choose

#: Requests on the same invoices that are looked through for those that wait.
MOST_WAITING = 20
#: Buttons that change the page and send nothing.
CHANGES = ("remove", "drop", "whole", "do")


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a credit on invoices or a delivery; without any, choose first."""
    if not (request.GET.get("invoice") or request.GET.get("delivery")):
        return choose(request)
    if request.method == "GET":
        return _page(request, asking_begun(request))
    return _acted(request, asking_sent(request))


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Continue a request that was kept for later, on whatever device."""
    user = visitor_of(request)
    if access.notes_of(user).filter(pk=pk, created_by=user, origin=Origin.PORTAL).exists():
        return redirect("portal:sent", pk)  # by another device, or by the first of two clicks
    begun = access.draft_or_404(user, pk)
    if request.method == "GET":
        return _page(request, asking_kept(request, begun))
    return _acted(request, asking_sent(request, begun))


def asking_begun(request: HttpRequest) -> Asking:
    """The page about what the address names: invoices, one line of one, or a delivery."""
    user = visitor_of(request)
    if request.GET.get("delivery"):
        return _begun_from_delivery(request, user)
    invoices = access.invoices_or_404(user, request.GET.getlist("invoice"))
    typed = Typed(tuple(invoice.pk for invoice in invoices))
    line = number_in(request.GET.get("line", ""))
    return Asking(user, invoices, typed.with_lines({line: ("1", "quantity")}) if line else typed)


def _begun_from_delivery(request: HttpRequest, user: User) -> Asking:
    pk = number_in(request.GET["delivery"])
    if pk is None:
        raise Http404
    delivery = access.delivery_or_404(user, pk)
    lines = access.lines_of(user, billed(delivery, delivery.order.customer))
    numbers = sorted({line.invoice_id for line in lines})
    if not numbers:
        raise WrongState(_("Nothing of this delivery is invoiced yet."))
    invoices = access.invoices_or_404(user, [str(number) for number in numbers])
    return Asking(user, invoices, Typed(tuple(numbers), delivery.pk))


def asking_kept(request: HttpRequest, begun: CreditNote) -> Asking:
    """The page as it was left."""
    user, typed = visitor_of(request), Typed.kept(begun.unsent.typed)
    numbers = [str(pk) for pk in typed.invoices]
    return Asking(user, access.invoices_or_404(user, numbers), typed, begun)


def asking_sent(request: HttpRequest, begun: CreditNote | None = None) -> Asking:
    """The page with what a form brings; about the invoices that the form, or address, names."""
    user, post = visitor_of(request), request.POST
    numbers = post.getlist("invoice") or request.GET.getlist("invoice")
    invoices = access.invoices_or_404(user, numbers)
    if begun is not None:
        access.require_of_draft(begun, invoices)
    delivery = number_in(post.get("delivery", ""))
    typed = Typed.sent(post, (invoice.pk for invoice in invoices), delivery)
    return Asking(user, invoices, typed, begun, post, request.FILES)


def _acted(request: HttpRequest, asking: Asking) -> HttpResponse:
    """Send the request, or keep or change it, or show the page again with all that was typed."""
    if any(name in request.POST for name in CHANGES):
        return _kept(request, asking)
    note = asking.send(timezone.now())
    if note is None:
        return _page(request, asking, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("portal:sent", note.pk)


def _kept(request: HttpRequest, asking: Asking) -> HttpResponse:
    """Keep what was typed and the photos; then the page as it is kept, or where one goes on."""
    if asking.is_sent and asking.draft:
        return redirect("portal:sent", asking.draft.pk)
    _change_photos(request, asking)
    if "photos" in asking.head.errors:
        return _page(request, asking, HTTPStatus.UNPROCESSABLE_ENTITY)
    if "whole" in request.POST:
        asking.take_whole(request.POST["whole"])
    if "drop" in request.POST:
        asking.drop_invoice(request.POST["drop"])
    try:
        kept = asking.keep(timezone.now())
    except Refusal as refusal:
        if refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        messages.error(request, str(refusal))
        return _page(request, asking, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("do") == "add":
        return redirect(f"{reverse('portal:ask')}?draft={kept.pk}")
    return redirect("portal:draft", kept.pk)


def _page(request: HttpRequest, asking: Asking, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """The form, below what already waits on these invoices: nobody should ask for a thing twice."""
    now = timezone.now()
    invoices = [sale.invoice for sale in asking.sales]
    notes = browsing.notes_on(asking.user, *invoices)[:MOST_WAITING]
    stories = stories_of(notes, asking.customer.company, now)
    context = {
        "asking": asking,
        "waiting": [story for story in stories if story.is_waiting],
        "begun": None if asking.draft else access.drafts_on(asking.user, invoices).first(),
    }
    return render(request, "portal/ask.html", context, status=status)


def _change_photos(request: HttpRequest, asking: Asking) -> None:
    now = timezone.now()
    asking.keep_photos(now)
    if "remove" in request.POST:
        asking.drop_photo(request.POST["remove"], now)


@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """What the lines typed so far come to, and what can't be; nothing is kept."""
    asking = asking_sent(request)
    asking.check_lines()
    return render(request, "portal/estimate.html", {"asking": asking})


@require_POST
def photos(request: HttpRequest) -> HttpResponse:
    """Keep or drop photos while the rest is still being typed; the strip of those kept."""
    asking = asking_sent(request)
    if not asking.is_sent:
        _change_photos(request, asking)
    refused = "photos" in asking.head.errors
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    row = next((row for row in asking.rows if str(row.line.pk) == asking.data_of), None)
    kept = asking.photos_of(row) if row else asking.photos
    context = {"asking": asking, "kept": kept, "errors": asking.head.errors.get("photos", [])}
    return render(request, "portal/kept_photos.html", context, status=status)


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what is typed, right or wrong, while it is being typed; 204 while it is nothing."""
    asking = asking_sent(request)
    if asking.is_sent and asking.draft:
        return JsonResponse({"sent": reverse("portal:sent", args=[asking.draft.pk])})
    if asking.is_given_up:
        gone = {"problem": _("You deleted this request meanwhile."), "isGone": True}
        return JsonResponse(gone, status=HTTPStatus.CONFLICT)
    if asking.draft is None and asking.typed.is_blank:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    try:
        begun = asking.keep(
            timezone.now(),
            number_in(request.POST.get("revision", "")) or None,
            request.POST.get("writer", "")[:40],
        )
    except Refusal as refusal:
        return _not_kept(asking, refusal)
    address = reverse("portal:draft", args=[begun.pk])
    return JsonResponse({"address": address, "revision": asking.revision})


def _not_kept(asking: Asking, refusal: Refusal) -> JsonResponse:
    """Why not; where another device was faster, also the way to what it kept."""
    answer: dict[str, object] = {"problem": str(refusal)}
    if isinstance(refusal, StaleContent) and asking.draft:
        answer |= {
            "newest": asking.revision,
            "address": reverse("portal:draft", args=[asking.draft.pk]),
        }
    return JsonResponse(answer, status=refusal.status)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up what was begun, photos and all."""
    user = visitor_of(request)
    begun = access.draft_or_404(user, pk)
    services.discard(begun, actor=user, moment=timezone.now())
    messages.success(request, _("What you had begun is deleted."))
    return redirect(f"{reverse('portal:portal')}?customer={begun.customer_id}")


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
