"""What may be appealed: the company's no, whole or in part, once, and until when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from approvals.models import CustomerOffer, Decision
from approvals.tendering import accepted_offer_on
from approvals.tiers import Above
from creditnotes import access
from creditnotes.creditable import Claim
from creditnotes.models import Appeal, Basis, CreditNote, Event, Origin, State
from customers.access import is_staff_member
from customers.models import User
from customers.money import ZERO

#: Where less than asked for may have been granted.
GRANTED = (State.APPROVED, State.ISSUED)


@dataclass(frozen=True)
class Answer:
    """What was answered on a note and may be appealed: what it is, by which event, until when."""

    kind: Appeal.Of
    event: Event
    until: date

    def is_open(self, day: date) -> bool:
        """Whether there is still time."""
        return day <= self.until


def answer_on(note: CreditNote) -> Answer | None:
    """The answer on the note that was not appealed yet and may be; an appeal itself is final."""
    if note.state != State.REJECTED and note.state not in GRANTED:
        return None
    if hasattr(note, "appeal") or hasattr(note, "appeal_for"):
        return None
    is_no = note.state == State.REJECTED
    event = _last(note, Event.Kind.REJECTED if is_no else Event.Kind.APPROVED)
    if event is None or not (is_no or rest_of(note)):
        return None
    if not is_no and accepted_offer_on(note) is not None:  # they settled for it themselves
        return None
    days = timedelta(days=note.company.appeal_days)
    until = note.company.day_of(event.happened_at) + days
    return Answer(_kind(note, event), event, until)


def _kind(note: CreditNote, event: Event) -> Appeal.Of:
    if note.state != State.REJECTED:
        return Appeal.Of.LESS
    is_declined = event.old_state in (State.REQUESTED, State.DRAFT)
    return Appeal.Of.DECLINE if is_declined else Appeal.Of.REJECTION


def _last(note: CreditNote, kind: str) -> Event | None:
    events = note.events.filter(kind=kind).select_related("actor", "on_behalf_of")
    return events.order_by("pk").last()


def appeal_about(note: CreditNote) -> Appeal | None:
    """The appeal of this note, or the one that raised it."""
    appeals = Appeal.objects.filter(Q(note=note) | Q(raised=note))
    return appeals.select_related("note", "raised", "against", "against_for", "appealed_by").first()


def above_of(note: CreditNote) -> Above | None:
    """Above whom the note is decided on, however often it is submitted; None where it is no appeal.

    Of a request that was declined nobody had decided before.
    """
    appeal = getattr(note, "appeal", None) or getattr(note, "appeal_for", None)
    if appeal is None or appeal.kind == Appeal.Of.DECLINE:
        return None
    before = Decision.objects.filter(note=appeal.note_id, decided_at__lte=appeal.appealed_at)
    decision = before.select_related("on_behalf_of", "actor", "step__policy").latest("pk")
    name = decision.on_behalf_of or decision.actor or decision.step.policy.name
    return Above(str(name), decision.limit)


def may_appeal(user: User, note: CreditNote, moment: datetime) -> Answer | None:
    """The answer that the person may appeal now, if any; the service asks again under lock."""
    answer = answer_on(note)
    in_time = answer is not None and answer.is_open(note.company.day_of(moment))
    return answer if in_time and sees_and_may(user, note) else None


def sees_and_may(user: User, note: CreditNote) -> bool:
    """Whether the person may appeal at all: a contact only what the portal shows them."""
    if not access.may_appeal(user, note):
        return False
    notes = CreditNote.objects
    if note.state in GRANTED and note.origin != Origin.PORTAL and not is_staff_member(user):
        return False  # what was proposed among ourselves is not told them
    seen = notes.visible_to(user) if is_staff_member(user) else notes.shown_to_contact(user)
    return bool(seen.filter(pk=note.pk).exists())


# The rest of a part ---------------------------------------------------------------------


@dataclass
class _Line:
    """How much of an invoice line was asked for and granted; before tax, fees included."""

    asked: Decimal = ZERO
    granted: Decimal = ZERO
    pieces_asked: Decimal = ZERO
    pieces_granted: Decimal = ZERO
    by_piece: bool = True


def rest_of(note: CreditNote) -> list[Claim]:
    """What was asked for on invoice lines and not granted, as claims for a new note."""
    lines: defaultdict[int, _Line] = defaultdict(_Line)
    for row in _asked(note):
        line = lines[row["line"]]
        line.asked += Decimal(row["net"]) + Decimal(row.get("fee") or 0)
        line.pieces_asked += Decimal(row["quantity"] or 0)
        line.by_piece = line.by_piece and row["basis"] == Basis.QUANTITY
    for granted in note.lines.filter(creditable__in=list(lines)).select_related("creditable"):
        line = lines[granted.counter.pk]
        line.granted += granted.taken
        line.pieces_granted += granted.quantity
        line.by_piece = line.by_piece and granted.basis == Basis.QUANTITY
    return [_claim(pk, line) for pk, line in lines.items() if line.asked > line.granted]


def _claim(pk: int, line: _Line) -> Claim:
    pieces = line.pieces_asked - line.pieces_granted
    if line.by_piece and pieces > 0:
        return Claim(pk, Basis.QUANTITY, quantity=pieces)
    return Claim(pk, Basis.AMOUNT, amount=line.asked - line.granted)


def _asked(note: CreditNote) -> Iterable[Mapping[str, Any]]:
    """The lines as the customer asked for them; as submitted, where they did not or settled."""
    wished = _last(note, Event.Kind.REQUESTED)
    is_settled = note.customer_offers.filter(status=CustomerOffer.Status.ACCEPTED).exists()
    if wished is not None and "wish" in wished.payload and not is_settled:
        rows = wished.payload["wish"]["lines"]
        return [{**row, "line": row["creditable_id"]} for row in rows if row["creditable_id"]]
    less = Decision.objects.filter(note=note, asked__isnull=False).last()
    rows = less.asked["lines"] if less and less.asked else []
    return [{**row, "line": row["creditable"]} for row in rows if row["creditable"]]
