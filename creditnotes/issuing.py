"""Issuing by policy: an approval that says so is followed by the issue, through the outbox."""

from __future__ import annotations

from django.utils import timezone

from creditnotes import services
from creditnotes.events import consumer
from creditnotes.models import Event


@consumer("issue", Event.Kind.APPROVED)
def issue_at_once(event: Event) -> None:
    """Issue what was approved, where policy does not leave that to finance."""
    if event.payload.get("issue_at_once") and event.note.state == event.new_state:
        services.issue(event.note, actor=None, moment=timezone.now())
