"""The clocks of steps: they run in the business hours of the department that the customer is in.

A clock says when a step is due, when those asked are reminded, and when it goes to somebody
above them; the step has the hours that its policy gave it at submission. While the customer is
asked something it stands still.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from approvals.models import Step
from creditnotes.models import CreditNote
from customers import businesshours
from customers.businesshours import BusinessCalendar

#: What :func:`start` sets.
TIMES = ("opened_at", "due_at", "remind_at", "escalate_at")


def calendar_of(note: CreditNote) -> BusinessCalendar:
    """When the people who decide on the note work."""
    return note.company.calendar(note.customer.department.province)


def due_after(note: CreditNote, hours: int, moment: datetime) -> datetime:
    """When a step that opens at ``moment`` is due, with so many business hours to decide."""
    return businesshours.add(moment, timedelta(hours=hours), calendar_of(note))


def start(step: Step, note: CreditNote, moment: datetime) -> Step:
    """Let the step's clock run from ``moment``; it is not saved."""
    step.opened_at = moment
    _set_due(step, calendar_of(note), due_after(note, step.hours, moment))
    return step


def stop(step: Step, moment: datetime) -> None:
    """Let the step's clock stand still; it is not saved."""
    step.stopped_at = step.stopped_at or moment


def go_on(step: Step, note: CreditNote, moment: datetime) -> tuple[datetime, datetime]:
    """Let the clock run on, with the business time in which it stood still added to its end.

    It is not saved. Answers when it was due before, and when it is now.
    """
    if step.stopped_at is None or step.due_at is None:
        raise ValueError(step)
    calendar, due = calendar_of(note), step.due_at
    stood = businesshours.between(step.stopped_at, moment, calendar)
    _set_due(step, calendar, businesshours.add(due, stood, calendar))
    step.stopped_at = None
    return due, step.due_at


def _set_due(step: Step, calendar: BusinessCalendar, due: datetime) -> None:
    """When it is due, and so when to remind and to escalate; no reminder before it opened."""
    step.due_at, step.remind_at, step.escalate_at = due, None, None
    if step.remind_hours and step.remind_hours < step.hours:
        step.remind_at = businesshours.subtract(due, _hours(step.remind_hours), calendar)
    if step.escalate_hours is not None:
        step.escalate_at = businesshours.add(due, _hours(step.escalate_hours), calendar)


def _hours(count: int) -> timedelta:
    return timedelta(hours=count)
