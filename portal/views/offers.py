"""Answering an offer: settling for it, or asking for more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import services as approval_services
from approvals.models import CustomerOffer
from creditnotes.models import CreditNote, State
from customers.errors import StaleContent, WrongState
from portal import offers
from portal.access import visitor_of


@require_POST
def accept_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle for the offer; where it no longer holds, say why, and show what holds now."""
    user, now = visitor_of(request), timezone.now()
    offer = get_object_or_404(offers.offers_to(user).select_related("note"), pk=pk)
    try:
        note = approval_services.accept_offer(offer, actor=user, moment=now)
    except StaleContent as refusal:
        _offer_anew(request, offer, str(refusal))
    except WrongState as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _accepted(note))
    return redirect("portal:credit_note", offer.note_id)


def _offer_anew(request: HttpRequest, offer: CustomerOffer, why: str) -> None:
    anew = approval_services.renew_offer(offer, moment=timezone.now())
    messages.warning(request, why)
    if anew is None:
        messages.info(request, _("Your request goes on as you sent it."))
    else:
        messages.info(request, _("Here is what we can offer you now. Nothing was accepted yet."))


def _accepted(note: CreditNote) -> str:
    if note.state == State.SUBMITTED:
        return _("Thank you. You accepted the offer; we confirm it, and you get the credit note.")
    return _("Thank you. You accepted the offer, and it is approved: you get the credit note.")


@require_POST
def decline_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for more: the request goes on as it was sent."""
    user = visitor_of(request)
    offer = get_object_or_404(offers.offers_to(user).select_related("note"), pk=pk)
    try:
        approval_services.decline_offer(offer, actor=user, moment=timezone.now())
    except WrongState as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("All right. We look at what you asked for, as you asked it."))
    return redirect("portal:credit_note", offer.note_id)
