"""The clocks of steps: they run in the business hours of the department that the customer is in."""

from __future__ import annotations

from datetime import datetime, timedelta

from creditnotes.models import CreditNote
from customers import businesshours
from customers.businesshours import BusinessCalendar


def calendar_of(note: CreditNote) -> BusinessCalendar:
    """When the people who decide on the note work."""
    return note.company.calendar(note.customer.department.province)


def due_after(note: CreditNote, hours: int, moment: datetime) -> datetime:
    """When a step that opens at ``moment`` is due, with so many business hours to decide."""
    return businesshours.add(moment, timedelta(hours=hours), calendar_of(note))
