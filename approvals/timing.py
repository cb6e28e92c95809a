"""How much time is left, in words and in tone. Pure but for the language.

Lengths are business time: a night or a weekend between now and then takes nothing away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.businesshours import BusinessCalendar, between

DAY, HOUR, MINUTE = 86_400, 3_600, 60
#: So little time is pressing, also overnight.
SOON = timedelta(hours=8)
#: What is less is not told.
A_MINUTE = timedelta(minutes=1)


def time_left(due: datetime, moment: datetime, calendar: BusinessCalendar) -> str:
    """Such as *3 h 20 min left* or *overdue by 2 working days*."""
    if due >= moment:
        return _("%(span)s left") % {
            "span": business_span(between(moment, due, calendar), calendar)
        }
    late = between(due, moment, calendar)
    if late < A_MINUTE:
        return _("overdue")
    return _("overdue by %(span)s") % {"span": business_span(late, calendar)}


def time_left_short(due: datetime, moment: datetime, calendar: BusinessCalendar) -> str:
    """The same at a glance, in one unit: *3 h left*, *2 days overdue*."""
    if due >= moment:
        return _("%(span)s left") % {"span": _largest(between(moment, due, calendar), calendar)}
    late = between(due, moment, calendar)
    if late < A_MINUTE:
        return _("overdue")
    return _("%(span)s overdue") % {"span": _largest(late, calendar)}


def tone(due: datetime, moment: datetime, calendar: BusinessCalendar) -> str:
    """``bad`` once the time has passed, ``warn`` on the last day or hours, ``calm`` before."""
    if due < moment:
        return "bad"
    is_today = calendar.day_of(due) == calendar.day_of(moment)
    return "warn" if is_today or between(moment, due, calendar) < SOON else "calm"


def business_span(length: timedelta, calendar: BusinessCalendar) -> str:
    """A length of business time: in whole working days from two on, else in hours."""
    days = length // calendar.day_length
    if days >= 2:
        return ngettext("%(days)s working day", "%(days)s working days", days) % {"days": days}
    return span(length)


def span(length: timedelta) -> str:
    """A length of time in its one or two largest units."""
    seconds = int(length.total_seconds())
    if seconds >= 2 * DAY:
        days = seconds // DAY
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    if seconds >= HOUR:
        hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)s min") % {"minutes": seconds // MINUTE}


def _largest(length: timedelta, calendar: BusinessCalendar) -> str:
    """A length of business time in its largest unit."""
    days = length // calendar.day_length
    if days >= 2:
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    seconds = int(length.total_seconds())
    if seconds >= HOUR:
        return _("%(hours)s h") % {"hours": seconds // HOUR}
    return span(length)
