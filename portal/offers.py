"""What a customer is offered on their request, as their pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from approvals.models import CustomerOffer
from creditnotes.models import CreditNote, State
from customers.access import REQUEST, represented_by
from customers.models import InvoiceLine, User
from customers.money import percent_of
from portal.access import notes_of

#: Where the request of an offer that can still be accepted stands.
OPEN_STATES = (State.REQUESTED, State.DRAFT)


@dataclass(frozen=True)
class OfferedLine:
    """An invoice line and what is offered for it, before tax.

    ``whole`` is what the line cost, where the offer is its percent of that; None where the line
    was credited in part already, or the offer is a sum.
    """

    line: InvoiceLine
    net: Decimal
    whole: Decimal | None


@dataclass(frozen=True)
class OfferSeen:
    """An offer that the reader may accept now."""

    offer: CustomerOffer
    lines: Sequence[OfferedLine]


def offers_to(user: User) -> QuerySet[CustomerOffer]:
    """Offers on what this contact sees and may ask for, answered ones too (rule 7)."""
    return CustomerOffer.objects.filter(
        represented_by(user, "note__customer", right=REQUEST), note__in=notes_of(user).values("pk")
    )


def open_offers(user: User, moment: datetime) -> QuerySet[CustomerOffer]:
    """Those that can be accepted now, the first to end first."""
    can_be = {"status": CustomerOffer.Status.MADE, "expires_at__gt": moment}
    found = offers_to(user).filter(note__state__in=OPEN_STATES, **can_be)
    return found.select_related("note__company", "note__reason").order_by("expires_at", "pk")


def offer_seen(note: CreditNote, user: User, moment: datetime) -> OfferSeen | None:
    """The offer on this note that the reader may accept now, if there is one."""
    offer = open_offers(user, moment).filter(note=note).first()
    return OfferSeen(offer, list(_lines(offer))) if offer else None


def _lines(offer: CustomerOffer) -> Iterable[OfferedLine]:
    nets = {row["line"]: Decimal(row["net"]) for row in offer.lines}
    lines = InvoiceLine.objects.filter(pk__in=nets).select_related("invoice", "product")
    order = ("invoice__issued_on", "invoice_id", "position")
    return (
        OfferedLine(line, nets[line.pk], _whole(offer, line, nets[line.pk]))
        for line in lines.order_by(*order)
    )


def _whole(offer: CustomerOffer, line: InvoiceLine, net: Decimal) -> Decimal | None:
    if offer.percent is None or percent_of(offer.percent, line.net) != net:
        return None
    return line.net
