"""The offer that policy makes on a note or on invoice lines, read from the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q
from django.utils.translation import gettext as _

from approvals.models import OfferTerms
from approvals.offers import Offer, offer
from creditnotes.models import CreditNote, Hold, Reason
from customers.models import Customer


def terms_for(customer: Customer, reason: Reason | None) -> OfferTerms | None:
    """The terms for the reason and the customer's tier; None where nothing is offered.

    Those of the reason go before those of the tier, and both before those for all.
    """
    fitting = OfferTerms.objects.filter(
        Q(reason=reason) | Q(reason__isnull=True),
        Q(tier=customer.tier) | Q(tier=""),
        company=customer.company_id,
    )
    return min(fitting, key=lambda each: (each.reason_id is None, not each.tier), default=None)


def offer_on(
    customer: Customer, reason: Reason | None, nets_left: Iterable[Decimal], moment: datetime
) -> Offer | None:
    """What policy offers the customer on lines with these nets left, before tax."""
    terms = terms_for(customer, reason)
    if terms is None or is_used_up(terms, customer, moment):
        return None
    made = offer(terms.percent, nets_left, terms.cap)
    return made if made.net > 0 else None


def offer_for(note: CreditNote, moment: datetime) -> Offer | None:
    """What policy offers on the note's claimed lines, as they were before this note."""
    lines = note.lines.filter(creditable__isnull=False).select_related("creditable")
    left = {line.counter.pk: line.counter.net_left for line in lines}
    if not any(left.values()):
        return None
    return offer_on(note.customer, note.reason, left.values(), moment)


def is_used_up(terms: OfferTerms, customer: Customer, moment: datetime) -> bool:
    """Whether the customer took the offer as often as the terms allow within their days.

    A credit note within its offer counts from its submission on, unless it came to nothing.
    """
    if terms.times is None or terms.days is None:
        return False
    taken = CreditNote.objects.filter(
        customer=customer,
        submitted_at__gt=moment - timedelta(days=terms.days),
        submitted_at__lte=moment,
        hold__in=[Hold.RESERVED, Hold.ISSUED],
        offer_percent__gt=0,
        net__lte=F("offer_net"),
    )
    return bool(taken.count() >= terms.times)


def why_no_offer(customer: Customer, reason: Reason | None, moment: datetime) -> str:
    """In words, that the customer took the offer often enough; empty where that is not why."""
    terms = terms_for(customer, reason)
    if terms is None or not is_used_up(terms, customer, moment):
        return ""
    return _(
        "The offer is used up: %(times)s times in %(days)s days, as often as policy allows."
    ) % {
        "times": terms.times,
        "days": terms.days,
    }
