"""Offers to customers who have asked: made by policy or a rep, answered once, or run out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from approvals import tendering
from approvals.models import CustomerOffer
from approvals.offering import why_no_offer
from approvals.planning import in_words_for
from approvals.services.open_offers import close_open_offer, end_offer
from approvals.services.submitting import enter_approval, one_after_the_other
from approvals.tendering import Tender, Wish
from creditnotes import access, creditable, events
from creditnotes import services as creditnote_services
from creditnotes.content import Content
from creditnotes.creditable import Counters
from creditnotes.models import CreditNote, Event, Participant, State
from creditnotes.services import locked, move, require, write
from customers.errors import StaleContent, WrongState
from customers.models import User

Status = CustomerOffer.Status


@transaction.atomic
def request(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Send a contact's draft to the company; what policy offers on it is offered at once."""
    note = creditnote_services.request(note, actor=actor, moment=moment, comment=comment)
    offer_by_policy(note, moment=moment)
    return note


@transaction.atomic
def offer_by_policy(note: CreditNote, *, moment: datetime) -> CustomerOffer | None:
    """Make the offer that policy has for what a customer asks; None where it has none."""
    note = locked(note)
    wish = tendering.wish_on(note)
    if note.state != State.REQUESTED or wish is None:
        return None
    tender = tendering.by_policy(note, wish, _looked_at(wish), moment)
    return _make(note, wish, tender, moment) if tender else None


@transaction.atomic
def make_offer(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    percent: Decimal | None = None,
    net: Decimal | None = None,
    words: str = "",
) -> CustomerOffer:
    """A rep offers the customer a percent of what is left of their lines, or a sum before tax.

    Takes the request over if nobody has; an offer that is open is replaced. What goes beyond
    policy is decided on after the customer has accepted, as any other credit.
    """
    note = locked(note)
    require(access.may_pick_up(actor, note))
    wish = tendering.wish_on(note)
    if wish is None:
        raise WrongState(_("Only what a customer asks for can be answered with an offer."))
    if note.state == State.REQUESTED:
        note = creditnote_services.pick_up(note, actor=actor, moment=moment)
    if note.state != State.DRAFT:
        raise WrongState(_no_longer(note))
    tender = tendering.by_rep(note, wish, _looked_at(wish), percent, net)
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    close_open_offer(note, moment)
    return _make(note, wish, tender, moment, actor, words)


def _make(
    note: CreditNote,
    wish: Wish,
    tender: Tender,
    moment: datetime,
    actor: User | None = None,
    words: str = "",
) -> CustomerOffer:
    quote = tender.quote
    offer = CustomerOffer.objects.create(
        note=note,
        percent=tender.percent,
        net=quote.net,
        tax_total=quote.tax_total,
        total=quote.total,
        lines=tender.lines,
        words=words,
        made_by=actor,
        made_at=moment,
        expires_at=tendering.closes_at(note, moment),
        wish_hash=wish.hash,
    )
    _record(offer, Event.Kind.OFFER_MADE, actor, moment, comment=words)
    return offer


def _looked_at(wish: Wish) -> Counters:
    return creditable.look(wish.line_ids)


@transaction.atomic
def accept_offer(offer: CustomerOffer, *, actor: User, moment: datetime) -> CreditNote:
    """The customer settles for the offer: it is submitted as it was made, to the cent.

    Within the policy's auto-approval limit it is approved at once, on the record; else who
    decides is told that the customer accepted. Raises
    :class:`~customers.errors.StaleContent` where it would come to something else now, and
    :class:`~customers.errors.WrongState` where it is over. Accepted twice it is accepted once.
    """
    note, offer = _locked(offer)
    require(access.may_answer_offer(actor, note))
    if offer.status == Status.ACCEPTED:
        return note
    _require_open(offer, note, moment)
    one_after_the_other(note)
    _require_worth(offer, note, moment)
    if note.state == State.REQUESTED:
        move(
            note, note.settle, Event.Kind.OFFER_ACCEPTED, actor=actor, moment=moment, **_told(offer)
        )
    else:
        _record(offer, Event.Kind.OFFER_ACCEPTED, actor, moment)
    write(note, _content(offer, note))
    with in_words_for(actor):
        note = enter_approval(note, actor, moment)
    offer.content_hash = note.content_hash
    end_offer(offer, Status.ACCEPTED, actor, moment)
    return note


def _require_worth(offer: CustomerOffer, note: CreditNote, moment: datetime) -> None:
    """Under lock: that it is still offered, and comes to exactly what the customer read."""
    wish = tendering.wish_on(note)
    counters = creditable.lock_for(tendering.claims_of(offer))
    now = tendering.renewed(offer, counters)
    is_offered = offer.made_by_id is not None or (
        wish is not None
        and (policy := tendering.by_policy(note, wish, counters, moment)) is not None
        and policy.quote.net >= offer.net
    )
    if wish is None or wish.hash != offer.wish_hash:
        raise StaleContent(_("The request has changed since; this offer was for what it was."))
    if not is_offered and (words := why_no_offer(note.customer, note.reason, moment)):
        raise StaleContent(words)
    if not (is_offered and tendering.is_same(now, offer)):
        raise StaleContent(
            _("This offer no longer holds: something else was credited on these lines meanwhile.")
        )


def _content(offer: CustomerOffer, note: CreditNote) -> Content:
    """The offer's lines instead of those asked for; the credit note says that it settles all."""
    with override(note.language):
        words = _("In full settlement of what you asked for, as you accepted it.")
    return Content(
        reason=note.reason,
        claims=tendering.claims_of(offer),
        explanation=words,
        internal_note=note.internal_note,
        customer_reference=note.customer_reference,
    )


@transaction.atomic
def decline_offer(offer: CustomerOffer, *, actor: User, moment: datetime) -> CreditNote:
    """The customer asks for more: the offer is over, and what they wish goes on as it is."""
    note, offer = _locked(offer)
    require(access.may_answer_offer(actor, note))
    if offer.status == Status.DECLINED:
        return note
    _require_open(offer, note, moment)
    end_offer(offer, Status.DECLINED, actor, moment)
    _record(offer, Event.Kind.OFFER_DECLINED, actor, moment)
    return note


@transaction.atomic
def renew_offer(offer: CustomerOffer, *, moment: datetime) -> CustomerOffer | None:
    """Close an offer that no longer holds; make the one that policy has now, if it has one."""
    note, offer = _locked(offer)
    if offer.is_open:
        end_offer(offer, Status.WITHDRAWN, None, moment)
    return offer_by_policy(note, moment=moment)


@transaction.atomic
def expire_offer(offer: CustomerOffer, *, moment: datetime) -> bool:
    """Close an offer whose time is up; the request goes on. Answers whether this one did."""
    _note, offer = _locked(offer)
    if not offer.is_open or offer.expires_at > moment:
        return False
    end_offer(offer, Status.EXPIRED, None, moment)
    _record(offer, Event.Kind.OFFER_EXPIRED, None, moment)
    return True


def _locked(offer: CustomerOffer) -> tuple[CreditNote, CustomerOffer]:
    """The note and its offer as they stand now, locked in this order."""
    note = locked(offer.note)
    fresh = CustomerOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    fresh.note = note
    return note, fresh


def _require_open(offer: CustomerOffer, note: CreditNote, moment: datetime) -> None:
    if offer.status in (Status.ACCEPTED, Status.DECLINED):
        raise WrongState(_("This offer was answered already."))
    if offer.status == Status.EXPIRED or (offer.is_open and offer.expires_at <= moment):
        raise WrongState(_("The time for this offer is up. Your request goes on as you sent it."))
    if not offer.is_open or note.state not in (State.REQUESTED, State.DRAFT):
        raise WrongState(_no_longer(note))


def _no_longer(note: CreditNote) -> str:
    return _("Something else was decided on %(note)s meanwhile; look at it again.") % {"note": note}


def _record(
    offer: CustomerOffer, kind: str, actor: User | None, moment: datetime, comment: str = ""
) -> None:
    note = offer.note
    told = {"actor": actor, "moment": moment, "old_state": note.state, "comment": comment}
    events.record(note, kind, **told, **_told(offer))


def _told(offer: CustomerOffer) -> dict[str, Any]:
    percent = None if offer.percent is None else str(offer.percent.normalize())
    payload = {"offer": offer.pk, "percent": percent, "total": str(offer.total)}
    return {"payload": payload}
