"""What a customer told the company when they asked for a credit: theirs, and never printed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from creditnotes.models import CreditNote, Event


def words_in(events: Iterable[Event]) -> str:
    """The customer's words among a note's events; nothing where they did not ask, or said none."""
    requests = (event for event in events if event.kind == Event.Kind.REQUESTED)
    return next((event.comment for event in requests), "")


def asked_total_of(note: CreditNote) -> Decimal | None:
    """What the contact asked for, with tax: what a rep makes of it is not decided yet."""
    requested = note.events.filter(kind=Event.Kind.REQUESTED).last()
    wish = requested.payload.get("wish") if requested else None
    return Decimal(wish["total"]) if wish else None
