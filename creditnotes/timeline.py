"""What happened to a credit note, as its page tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from creditnotes.models import Event


def gathered(events: Iterable[Event]) -> list[Event]:
    """The events, with photos that came one after the other by one link told as one arrival."""
    told: list[Event] = []
    for event in events:
        if told and _goes_on(told[-1], event):
            before = told.pop().payload["count"]
            event.payload = {**event.payload, "count": before + event.payload["count"]}
        told.append(event)
    return told


def _goes_on(last: Event, event: Event) -> bool:
    both_came = last.kind == event.kind == Event.Kind.PHOTOS_CAME
    return both_came and last.payload["link"] == event.payload["link"]


def turn_of(events: Sequence[Event]) -> Event | None:
    """What last brought the note where it stands; what was only added since is left out."""
    moved = (event for event in reversed(events) if event.old_state != event.new_state)
    return next(moved, events[-1] if events else None)
