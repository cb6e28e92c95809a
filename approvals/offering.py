"""The offer that policy makes on a note or on invoice lines, read from the database."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q

from approvals.models import OfferTerms
from approvals.offers import Offer, offer
from creditnotes.models import CreditNote, Reason
from customers.models import Company


def terms_for(company: Company, reason: Reason | None) -> Decimal | None:
    """The percent offered for the reason, else for any; None where nothing is offered."""
    terms = OfferTerms.objects.filter(Q(reason=reason) | Q(reason__isnull=True), company=company)
    best = sorted(terms, key=lambda each: each.reason_id is None)
    return best[0].percent if best else None


def offer_on(company: Company, reason: Reason | None, nets_left: Iterable[Decimal]) -> Offer | None:
    """What policy offers on lines with these nets left, before tax."""
    percent = terms_for(company, reason)
    return offer(percent, nets_left) if percent else None


def offer_for(note: CreditNote) -> Offer | None:
    """What policy offers on the note's claimed lines, as they were before this note."""
    lines = note.lines.filter(creditable__isnull=False).select_related("creditable")
    left = {line.counter.pk: line.counter.net_left for line in lines}
    return offer_on(note.company, note.reason, left.values()) if any(left.values()) else None
