"""What a customer asks for beside what policy offers and what can still be credited, by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals import tendering
from approvals.models import CustomerOffer
from approvals.offering import why_no_offer
from approvals.tendering import Tender
from creditnotes import creditable
from creditnotes.content import claims_of
from creditnotes.creditable import Claim, Quote
from creditnotes.models import Basis, CreditableLine, CreditNote, Event
from customers.models import InvoiceLine
from customers.money import ZERO


@dataclass(frozen=True)
class ComparedLine:
    """An invoice line: how much of it is asked for, what is left, what policy has for it."""

    line: InvoiceLine
    how: Mapping[str, Any]
    net: Decimal
    left: CreditableLine
    offered: Decimal | None

    @property
    def is_too_much(self) -> bool:
        """Whether less is left than is asked for."""
        pieces = self.how["quantity"] or ZERO
        return self.net > self.left.net_left or pieces > self.left.quantity_left


@dataclass(frozen=True)
class Compared:
    """A request as a rep looks at it before they answer."""

    lines: Sequence[ComparedLine]
    total: Decimal
    quote: Quote
    tender: Tender | None
    offer: CustomerOffer | None
    why_no_offer: str
    is_as_asked: bool
    """Whether the draft still credits just what was asked for."""

    @property
    def problems(self) -> list[str]:
        """Why it can't be accepted just as it was asked."""
        return [str(refusal) for refusal in self.quote.refusals]


def compared(note: CreditNote, moment: datetime) -> Compared | None:
    """The request that a contact sent, line by line; None where nobody asked for the note."""
    payload = _wish(note)
    wish = tendering.wish_on(note)
    if payload is None or wish is None:
        return None
    counters = creditable.look(wish.line_ids)
    tender = tendering.by_policy(note, wish, counters, moment)
    nets = {row["line"]: Decimal(row["net"]) for row in tender.lines} if tender else {}
    found = InvoiceLine.objects.filter(pk__in=wish.line_ids).select_related("invoice", "product")
    lines = {line.pk: line for line in found}
    rows = [
        ComparedLine(
            lines[row["creditable_id"]],
            _how(row),
            Decimal(row["net"]),
            counters.lines[row["creditable_id"]],
            nets.get(row["creditable_id"]),
        )
        for row in payload["lines"]
    ]
    made = note.customer_offers.filter(status=CustomerOffer.Status.MADE, expires_at__gt=moment)
    wished = wished_claims(note)
    return Compared(
        rows,
        Decimal(payload["total"]),
        creditable.quote(wished, counters, note.reason),
        tender,
        made.select_related("made_by", "note__company").first(),
        "" if tender else why_no_offer(note.customer, note.reason, moment),
        claims_of(note) == wished,
    )


def wished_claims(note: CreditNote) -> list[Claim]:
    """What the customer asked for, as claims."""
    payload = _wish(note)
    return [_claim(_how(row), row["creditable_id"]) for row in payload["lines"]] if payload else []


def _wish(note: CreditNote) -> Mapping[str, Any] | None:
    requested = note.events.filter(kind=Event.Kind.REQUESTED).last()
    return requested.payload.get("wish") if requested else None


def _how(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("quantity", "percent", "unit_price", "net")
    numbers = {name: Decimal(row[name]) if row[name] is not None else None for name in names}
    return {"basis": row["basis"], **numbers}


def _claim(how: Mapping[str, Any], line_id: int) -> Claim:
    basis = how["basis"]
    return Claim(
        line_id,
        basis,
        quantity=how["quantity"] if basis == Basis.QUANTITY else None,
        percent=how["percent"],
        amount=how["net"] if basis in (Basis.AMOUNT, Basis.FREIGHT) else None,
        unit_price=how["unit_price"],
    )
