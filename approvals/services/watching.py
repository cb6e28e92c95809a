"""What time does to a step: its clock stops and goes on, its people are reminded, others asked.

Each is done once, whoever asks and however late: the step says that it was done, under its
note's lock, and the mails follow from the event by the outbox.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from approvals import clock
from approvals.escalation import next_in_line
from approvals.models import Assignment, ClockStop, Question, Step
from approvals.querysets import StepQuerySet
from creditnotes import events
from creditnotes.models import CreditNote, Event
from creditnotes.services import locked


@transaction.atomic
def stop_clocks(note: CreditNote, *, moment: datetime) -> None:
    """Let the clocks of the note's open steps stand still: it waits for the customer."""
    note = locked(note)
    for step in _open_steps(note):
        clock.stop(step, moment)
        step.save(update_fields=["stopped_at"])


@transaction.atomic
def run_clocks(note: CreditNote, *, moment: datetime) -> None:
    """Let them go on: each step is due later by the business time in which it stood still.

    Not while an open step still waits for the customer's answer.
    """
    note = locked(note)
    if Question.objects.waiting().of_customers().filter(note=note).exists():
        return
    for step in _open_steps(note):
        if since := step.stopped_at:
            before, after = clock.go_on(step, note, moment)
            step.save(update_fields=["stopped_at", *clock.TIMES])
            ClockStop.objects.create(
                step=step, since=since, until=moment, due_before=before, due_after=after
            )


@transaction.atomic
def remind(step: Step, *, moment: datetime) -> bool:
    """Remind those whom the step asks, once; False where there is nothing to remind of.

    What is overdue already when a late worker comes to it is escalated, not reminded of.
    """
    note = locked(step.note)
    due = _running(note, step).filter(reminded_at=None, remind_at__lte=moment, due_at__gt=moment)
    if not due.update(reminded_at=moment):
        return False
    events.record(note, Event.Kind.REMINDED, actor=None, moment=moment, payload=_about(step))
    return True


@transaction.atomic
def escalate(step: Step, *, moment: datetime) -> bool:
    """Ask the next in line besides, once, and tell those who let the time pass.

    Where nobody comes after them they are told all the same. False where it is not time.
    """
    note = locked(step.note)
    due = _running(note, step).filter(escalated_at=None, escalate_at__lte=moment)
    if not due.update(escalated_at=moment):
        return False
    step.refresh_from_db()
    asked = [
        Assignment(step=step, user=user, asked_as=role, cause=Assignment.Cause.ESCALATED)
        for user, role in next_in_line(step)
    ]
    Assignment.objects.bulk_create(asked)
    names = [str(each.user) for each in asked]
    events.record(
        note,
        Event.Kind.ESCALATED,
        actor=None,
        moment=moment,
        comment=", ".join(names),
        payload={**_about(step), "to": [each.user_id for each in asked]},
    )
    return True


def _open_steps(note: CreditNote) -> list[Step]:
    return list(note.steps.filter(status=Step.Status.OPEN).select_related("policy").order_by("pk"))


def _running(note: CreditNote, step: Step) -> StepQuerySet:
    """The step while it is open and its clock runs."""
    steps: StepQuerySet = note.steps.filter(pk=step.pk, status=Step.Status.OPEN, stopped_at=None)
    return steps


def _about(step: Step) -> dict[str, object]:
    return {"step": step.pk, "due_at": step.due_at.isoformat() if step.due_at else None}
