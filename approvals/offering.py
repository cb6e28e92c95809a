"""The offer that policy makes on invoice lines, read from the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _

from approvals.models import OfferTerms
from approvals.offers import Offer, offer
from creditnotes.models import CreditNote, Hold, Reason
from customers.models import Company, Customer
from customers.tuned import tuned


def terms_for(customer: Customer, reason: Reason | None) -> OfferTerms | None:
    """The terms for the reason and the customer's tier; None where nothing is offered.

    Those of the reason go before those of the tier, and both before those for all.
    """
    fitting = (
        terms
        for terms in _all_terms(customer.company)
        if terms.reason_id in (None, reason.pk if reason else None)
        and terms.tier in ("", customer.tier)
    )
    return min(fitting, key=lambda each: (each.reason_id is None, not each.tier), default=None)


@tuned
def _all_terms(company: Company) -> list[OfferTerms]:
    return list(OfferTerms.objects.filter(company=company))


def offer_on(
    customer: Customer, reason: Reason | None, nets_left: Iterable[Decimal], moment: datetime
) -> Offer | None:
    """What policy offers the customer on lines with these nets left, before tax."""
    terms = terms_for(customer, reason)
    if terms is None or is_used_up(terms, customer, moment):
        return None
    made = offer(terms.percent, nets_left, terms.cap)
    return made if made.net > 0 else None


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
