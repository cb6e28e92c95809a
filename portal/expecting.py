"""How far a request is, what comes next and by when, as the policy has it today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.clock import due_after
from approvals.expected import hours_to_decide
from approvals.models import Step
from creditnotes.models import CreditNote, State
from customers.models import Company

CREDITED = pgettext_lazy("a request", "Credited")
#: The way of a request in the customer's words; a state stands for how many are behind.
STAGES = (_("Sent"), _("In review"), _("Decided"), CREDITED)
REACHED: Mapping[str, int] = {
    State.REQUESTED: 1,
    State.DRAFT: 2,
    State.SUBMITTED: 2,
    State.RETURNED: 2,
    State.APPROVED: 3,
    State.ISSUED: 4,
}
#: Where a request still is before somebody has decided.
UNDECIDED = (State.REQUESTED, State.DRAFT, State.SUBMITTED, State.RETURNED)

NEXT: Mapping[str, Promise] = {
    State.REQUESTED: _("Somebody from our team looks at it next."),
    State.DRAFT: _("We check it, and then decide."),
    State.SUBMITTED: _("We are about to decide."),
    State.RETURNED: _("We check one more thing, and then decide."),
    State.APPROVED: _("We issue the credit note next; you get it by e-mail."),
}
WAITS_FOR_GOODS = _("We issue the credit note once the goods are back with us.")


@dataclass(frozen=True)
class Expectation:
    """What comes next, and by when, if the policy says so; late once that time has passed."""

    words: str
    by: datetime | None
    is_late: bool


def expectations(
    notes: Iterable[Any], company: Company, moment: datetime
) -> dict[int, Expectation]:
    """What comes next for each note that came with ``asked_at``; in two queries for all."""
    notes = list(notes)
    due = _due([note for note in notes if note.state == State.SUBMITTED])
    hours = hours_to_decide(company) if any(note.state in UNDECIDED for note in notes) else 0
    return {
        note.pk: _expectation(note, due.get(note.pk) or _from_policy(note, hours), moment)
        for note in notes
        if note.state in NEXT
    }


def _expectation(note: CreditNote, by: datetime | None, moment: datetime) -> Expectation:
    waits = note.state == State.APPROVED and note.reason is not None and note.reason.needs_return
    words = WAITS_FOR_GOODS if waits else NEXT[note.state]
    return Expectation(str(words), by, by is not None and by < moment)


def _from_policy(note: Any, hours: int) -> datetime | None:
    if note.state not in UNDECIDED or not hours or note.asked_at is None:
        return None
    return due_after(note, hours, note.asked_at)


def _due(notes: Iterable[CreditNote]) -> dict[int, datetime]:
    """When the last step of each submitted note should be decided."""
    of = {note.pk: note for note in notes}
    steps = Step.objects.filter(note__in=of, status__in=[Step.Status.OPEN, Step.Status.WAITING])
    due: dict[int, datetime] = {}
    for note_id, due_at, hours in (
        steps.order_by("note_id", "position")
        .values("note_id", "position")
        .values_list("note_id", Max("due_at"), Max("hours"))
    ):
        if due_at is not None:
            due[note_id] = due_at
        elif note_id in due:
            due[note_id] = due_after(of[note_id], hours, due[note_id])
    return due
