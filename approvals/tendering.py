"""What an offer to a customer comes to: on the lines that they ask about, exact to the cent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from approvals.models import CustomerOffer
from approvals.offering import offer_on, terms_for, unsettled
from approvals.offers import Offer
from creditnotes import creditable
from creditnotes.creditable import Claim, Counters, Quote
from creditnotes.models import Basis, CreditNote, Event, Origin, Reason
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import Customer
from customers.money import ZERO, percent_of, split

#: For so many days an offer is open where no terms say otherwise.
DAYS_OPEN = 7


@dataclass(frozen=True)
class Wish:
    """What a customer asked for: the invoice lines, and the sum before tax."""

    line_ids: Sequence[int]
    net: Decimal
    hash: str


@dataclass(frozen=True)
class Tender:
    """An offer before it is made: ``percent`` where it is one, its claims and what they come to."""

    percent: Decimal | None
    claims: Sequence[Claim]
    quote: Quote

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The claims and what each comes to before tax, as JSON."""
        return [
            {
                "line": line.claim.line_id,
                "basis": str(line.claim.basis),
                "value": str(line.claim.percent or line.claim.amount),
                "net": str(line.net),
            }
            for line in self.quote.lines
        ]


def wish_on(note: CreditNote) -> Wish | None:
    """What the customer asked for last; None where the company began the credit note."""
    requested = note.events.filter(kind=Event.Kind.REQUESTED).last()
    wish = requested.payload.get("wish") if requested else None
    if not wish:
        return None
    ids = dict.fromkeys(row["creditable_id"] for row in wish["lines"] if row["creditable_id"])
    said = json.dumps([note.customer_id, note.currency, wish], sort_keys=True)
    return Wish(list(ids), Decimal(wish["net"]), hashlib.sha256(said.encode()).hexdigest())


def by_policy(note: CreditNote, wish: Wish, counters: Counters, moment: datetime) -> Tender | None:
    """What policy offers on the lines asked about; None where that is not less than the wish.

    Lines that the customer settled for in an offer before are not offered on again.
    """
    lefts = unsettled(_lefts(wish, counters))
    offered = offer_on(note.customer, note.reason, lefts, moment, but=note)
    if offered is None or not _basis_of_percent(note):
        return None
    tender = of_percent(note, offered.percent, lefts, counters)
    return tender if ZERO < tender.quote.net < wish.net else None


def offer_in_composer(
    note: CreditNote | None,
    customer: Customer,
    reason: Reason | None,
    lefts: Mapping[int, Decimal],
    moment: datetime,
) -> Offer | None:
    """What policy offers on the lines that a rep picks.

    On what a customer asks for, as :func:`by_policy`: nothing that is not less than they ask
    for, nor on lines that they settled for before.
    """
    wish = wish_on(note) if note is not None and note.origin == Origin.PORTAL else None
    if wish is None:
        return offer_on(customer, reason, lefts, moment, but=note)
    offered = offer_on(customer, reason, unsettled(lefts), moment, but=note)
    return offered if offered and offered.net < wish.net else None


def of_percent(
    note: CreditNote, percent: Decimal, lefts: Mapping[int, Decimal], counters: Counters
) -> Tender:
    """``percent`` of what is left of each line (10 is ten per cent)."""
    basis = _basis_of_percent(note)
    nets = {pk: percent_of(percent, left) for pk, left in lefts.items()}
    if basis == Basis.PERCENT:
        claims = [Claim(pk, basis, percent=percent) for pk, net in nets.items() if net]
    else:
        claims = [Claim(pk, Basis.AMOUNT, amount=net) for pk, net in nets.items() if net]
    return Tender(percent, claims, creditable.quote(claims, counters, note.reason))


def of_amount(note: CreditNote, amount: Decimal, wish: Wish, counters: Counters) -> Tender:
    """A sum before tax, spread over the lines by what is left of each.

    Raises :class:`~customers.errors.OverCredit` for more than is left of them.
    """
    lefts = _lefts(wish, counters)
    left = sum(lefts.values(), ZERO)
    if amount > left:
        words = _("At most %(left)s can still be credited of these lines.")
        raise OverCredit(words % {"left": creditable.plain(left)}, field="amount")
    parts = split(amount, list(lefts.values()))
    nets = zip(lefts, parts, strict=True)
    claims = [Claim(pk, Basis.AMOUNT, amount=part) for pk, part in nets if part]
    return Tender(None, claims, creditable.quote(claims, counters, note.reason))


def by_rep(
    note: CreditNote, wish: Wish, counters: Counters, percent: Decimal | None, net: Decimal | None
) -> Tender:
    """What a rep offers: a percent of what is left, or a sum before tax; one of them.

    Raises a refusal beside its field: for nothing, for more than the customer asked for, and
    where the reason credits neither by percent nor by amount.
    """
    if (percent is None) == (net is None):
        raise Incomplete(_("Give a percent or an amount."), field="percent")
    field = "percent" if net is None else "amount"
    basis = Basis.AMOUNT if net is not None else _basis_of_percent(note)
    if basis not in note.required_reason.bases:
        words = _("%(reason)s is credited by quantity or price only: nothing can be offered on it.")
        raise Refusal(words % {"reason": note.reason}, field=field)
    if net is not None:
        tender = of_amount(note, net, wish, counters)
    else:
        tender = of_percent(note, percent or ZERO, _lefts(wish, counters), counters)
    if not tender.quote.net:
        raise Incomplete(_("This would credit nothing."), field=field)
    if tender.quote.net > wish.net:
        raise Refusal(_("They asked for less than that."), field=field)
    return tender


def renewed(offer: CustomerOffer, counters: Counters) -> Tender:
    """What the claims of an offer that was made come to now."""
    claims = claims_of(offer)
    return Tender(
        offer.percent, claims, creditable.quote(claims, counters, offer.note.required_reason)
    )


def claims_of(offer: CustomerOffer) -> list[Claim]:
    """The claims by which an offer is credited once it is accepted."""
    return [_claim(row) for row in offer.lines]


def _claim(row: Mapping[str, Any]) -> Claim:
    value = Decimal(row["value"])
    if row["basis"] == Basis.PERCENT:
        return Claim(row["line"], Basis.PERCENT, percent=value)
    return Claim(row["line"], Basis.AMOUNT, amount=value)


def is_same(tender: Tender, offer: CustomerOffer) -> bool:
    """Whether it comes to what was offered, line by line and with its tax, to the cent."""
    quote = tender.quote
    worth = (quote.net, quote.tax_total, quote.total)
    offered = (offer.net, offer.tax_total, offer.total)
    return not quote.refusals and tender.lines == offer.lines and worth == offered


def closes_at(note: CreditNote, moment: datetime, days: int | None = None) -> datetime:
    """When an offer of ``moment`` ends: with the last of its days, in the company's time."""
    if days is None:
        terms = terms_for(note.customer, note.reason)
        days = terms.days_open if terms else DAYS_OPEN
    following = note.company.day_of(moment) + timedelta(days=days + 1)
    ends: datetime = datetime.combine(following, time(), ZoneInfo(note.company.time_zone))
    return ends


def _lefts(wish: Wish, counters: Counters) -> dict[int, Decimal]:
    """What is left of each line asked about, where anything is."""
    nets = {pk: counters.lines[pk].net_left for pk in wish.line_ids if pk in counters.lines}
    return {pk: net for pk, net in nets.items() if net > 0}


def _basis_of_percent(note: CreditNote) -> str:
    """By what a percent is credited for the reason: as such, else as an amount; or not at all."""
    fitting: Iterable[str] = note.required_reason.bases
    return next((basis for basis in (Basis.PERCENT, Basis.AMOUNT) if basis in fitting), "")


def accepted_offer_on(note: CreditNote) -> CustomerOffer | None:
    """The offer that the customer accepted, where the note is still just that."""
    if note.origin != Origin.PORTAL:
        return None
    accepted = note.customer_offers.filter(status=CustomerOffer.Status.ACCEPTED)
    found: CustomerOffer | None = (
        accepted.filter(content_hash=note.content_hash)
        .select_related("answered_by", "made_by", "note__company")
        .last()
    )
    return found
