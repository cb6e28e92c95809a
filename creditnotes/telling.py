"""What a customer told the company when they asked for a credit: theirs, and never printed."""

from __future__ import annotations

from collections.abc import Iterable

from creditnotes.models import Event


def words_in(events: Iterable[Event]) -> str:
    """The customer's words among a note's events; nothing where they did not ask, or said none."""
    requests = (event for event in events if event.kind == Event.Kind.REQUESTED)
    return next((event.comment for event in requests), "")
