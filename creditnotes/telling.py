"""What a customer told the company when they asked, and what of a credit note they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from creditnotes.models import CreditNote, Event, Origin
from customers.models import Invoice

#: The kinds of events that a customer is told of.
TOLD = (
    Event.Kind.REQUESTED,
    Event.Kind.PICKED_UP,
    Event.Kind.OFFER_MADE,
    Event.Kind.OFFER_ACCEPTED,
    Event.Kind.OFFER_DECLINED,
    Event.Kind.OFFER_EXPIRED,
    Event.Kind.SUBMITTED,
    Event.Kind.APPROVED,
    Event.Kind.ISSUED,
    Event.Kind.REJECTED,
    Event.Kind.APPEALED,
    Event.Kind.WITHDRAWN,
    Event.Kind.CANCELLED,
    Event.Kind.REVERSED,
)
#: Of a credit that the company began, the customer hears once it is granted.
TOLD_OF_OURS = (Event.Kind.APPROVED, Event.Kind.ISSUED, Event.Kind.REVERSED)
#: What both sides say to each other about a note that the customer knows of.
SAID = (Event.Kind.MESSAGE, Event.Kind.ACKNOWLEDGED, Event.Kind.RATED)
ASKED = (Event.Kind.QUESTION_ASKED, Event.Kind.QUESTION_ANSWERED)
#: With these another role has a request, which its customer's page says.
PASSED_ON = (
    Event.Kind.ENDORSED,
    Event.Kind.ESCALATED,
    Event.Kind.RETURNED,
    Event.Kind.RECALLED,
)
#: With these another person of the same role has it.
GIVEN_TO = (Event.Kind.HANDED_OVER, Event.Kind.REASSIGNED)


def kinds_told(note: CreditNote) -> tuple[Event.Kind, ...]:
    """The kinds of events of this note that its customer is told of, each once."""
    return TOLD if note.origin == Origin.PORTAL else TOLD_OF_OURS


def is_told(event: Event) -> bool:
    """Whether the customer may know that it happened at all; all else is internal."""
    if event.kind in ASKED:
        return bool(event.payload.get("to_customer"))
    return event.kind in SAID or event.kind in kinds_told(event.note)


def is_seen(event: Event) -> bool:
    """Whether the customer's open page changes with it: for whom their request waits, too."""
    if is_told(event):
        return True
    if event.note.origin != Origin.PORTAL:
        return False
    names = event.kind in GIVEN_TO and event.note.company.shows_names
    return names or event.kind in PASSED_ON or event.kind == Event.Kind.PHOTOS_CAME


def words_in(events: Iterable[Event]) -> str:
    """The customer's words among a note's events; nothing where they did not ask, or said none."""
    requests = (event for event in events if event.kind == Event.Kind.REQUESTED)
    return next((event.comment for event in requests), "")


def wish_in(note: CreditNote) -> Mapping[str, Any] | None:
    """What the contact asked for last, as it was kept; None where the company began."""
    requested = note.events.filter(kind=Event.Kind.REQUESTED).last()
    wish: Mapping[str, Any] | None = requested.payload.get("wish") if requested else None
    return wish


def facts_for_customer(note: CreditNote) -> dict[str, Any]:
    """What a letter to the customer states of a request: as they asked, not a rep's draft."""
    wish = wish_in(note)
    if wish is None:
        return {}
    lines = [line["creditable_id"] for line in wish["lines"] if line["creditable_id"]]
    numbers = Invoice.objects.filter(lines__in=lines).distinct().order_by("number")
    return {
        "asked": Decimal(wish["total"]),
        "invoices": list(numbers.values_list("number", flat=True)),
        "reference": wish["customer_reference"],
    }


def asked_total_of(note: CreditNote) -> Decimal | None:
    """What the contact asked for, with tax: what a rep makes of it is not decided yet."""
    wish = wish_in(note)
    return Decimal(wish["total"]) if wish else None
