"""The offer that policy makes on invoice lines, read from the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _

from approvals.models import CustomerOffer, OfferTerms
from approvals.offers import Offer, offer
from creditnotes.models import CreditableLine, CreditLine, CreditNote, Hold, Reason
from customers.models import Company, Customer
from customers.money import ZERO
from customers.tuned import tuned

#: Where a credit counts as taken: it holds what it credits.
HELD = (Hold.RESERVED, Hold.ISSUED)
#: Whoever waited for somebody else's lock comes with a clock of before.
A_WAIT = timedelta(minutes=1)


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


def counts_others(customer: Customer, reason: Reason | None) -> bool:
    """Whether what policy offers depends on what else the customer took."""
    terms = terms_for(customer, reason)
    return terms is not None and (terms.times is not None or terms.cap is not None)


def offer_on(
    customer: Customer,
    reason: Reason | None,
    lefts: Mapping[int, Decimal],
    moment: datetime,
    but: CreditNote | None = None,
) -> Offer | None:
    """What policy offers the customer on invoice lines with these nets left, before tax.

    The cap counts what they took on the same invoices already; ``but`` is the note itself.
    """
    terms = terms_for(customer, reason)
    if terms is None or is_used_up(terms, customer, moment):
        return None
    made = offer(terms.percent, lefts.values(), _cap_left(terms, customer, lefts, but))
    return made if made.net > 0 else None


def _cap_left(
    terms: OfferTerms, customer: Customer, lines: Mapping[int, Decimal], but: CreditNote | None
) -> Decimal | None:
    """What the cap leaves after the customer's credits within their offers on these invoices."""
    if terms.cap is None:
        return None
    invoices = CreditableLine.objects.filter(pk__in=list(lines)).values("invoice")
    notes = _taken_by(customer)
    if but is not None:
        notes = notes.exclude(pk=but.pk)
    taken = CreditLine.objects.filter(note__in=notes.values("pk"), invoice__in=invoices)
    sum_taken: Decimal = taken.aggregate(sum=Sum("net"))["sum"] or ZERO
    return max(terms.cap - sum_taken, ZERO)


def unsettled(lefts: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Those of the lines that no accepted offer credits: an offer settles a line in full."""
    settled = CreditLine.objects.filter(
        creditable__in=list(lefts),
        note__hold__in=HELD,
        note__customer_offers__status=CustomerOffer.Status.ACCEPTED,
    )
    done = set(settled.values_list("creditable", flat=True))
    return {pk: left for pk, left in lefts.items() if pk not in done}


def _taken_by(customer: Customer) -> QuerySet[CreditNote]:
    """The customer's credits within their offers: from submission on, unless come to nothing."""
    taken: QuerySet[CreditNote] = CreditNote.objects.filter(
        customer=customer, hold__in=HELD, offer_percent__gt=0, net__lte=F("offer_net")
    )
    return taken


def is_used_up(terms: OfferTerms, customer: Customer, moment: datetime) -> bool:
    """Whether the customer took the offer as often as the terms allow within their days.

    So that this holds of several at once, whoever writes locks the customer before asking.
    """
    if terms.times is None or terms.days is None:
        return False
    taken = _taken_by(customer).filter(
        submitted_at__gt=moment - timedelta(days=terms.days), submitted_at__lte=moment + A_WAIT
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
