"""What submitting and deciding share: how the steps of a note end."""

from __future__ import annotations

from datetime import datetime

from approvals.models import Step
from creditnotes.models import CreditNote, Event
from creditnotes.services import (
    move,
)
from customers.models import User


def finish_approval(
    note: CreditNote,
    step: Step,
    *,
    actor: User | None,
    moment: datetime,
    on_behalf_of: User | None = None,
    comment: str = "",
    quiet: bool = False,
    **told: str,
) -> None:
    """Take the note to *approved*, and say whether policy issues it at once.

    ``told`` goes with the event: ``asked_total``, where less was approved than was asked for.
    """
    at_once = step.policy.issues_at_once and not note.required_reason.needs_return
    move(
        note,
        note.approve,
        Event.Kind.APPROVED,
        actor=actor,
        on_behalf_of=on_behalf_of,
        moment=moment,
        comment=comment,
        payload={"issue_at_once": at_once, **told},
        quiet=quiet,
    )


def drop_open_steps(note: CreditNote) -> None:
    """Close the steps that are no longer needed."""
    note.steps.filter(status__in=[Step.Status.OPEN, Step.Status.WAITING]).update(
        status=Step.Status.DROPPED
    )
