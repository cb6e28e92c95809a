"""How much time is left, in words and in tone. Pure but for the language and the time zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY, HOUR, MINUTE = 86_400, 3_600, 60
#: So little time is pressing, also over midnight.
SOON = timedelta(hours=8)


def time_left(due: datetime, moment: datetime) -> str:
    """Such as *3 h 20 min left* or *overdue by 2 days*."""
    if due >= moment:
        return _("%(span)s left") % {"span": span(due - moment)}
    return _("overdue by %(span)s") % {"span": span(moment - due)}


def time_left_short(due: datetime, moment: datetime) -> str:
    """The same at a glance, in one unit: *3 h left*, *2 days overdue*."""
    if due >= moment:
        return _("%(span)s left") % {"span": _largest(due - moment)}
    return _("%(span)s overdue") % {"span": _largest(moment - due)}


def tone(due: datetime, moment: datetime) -> str:
    """``bad`` once the time has passed, ``warn`` on the last day or hours, ``calm`` before."""
    if due < moment:
        return "bad"
    is_today = timezone.localtime(due).date() == timezone.localtime(moment).date()
    return "warn" if is_today or due - moment < SOON else "calm"


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


def _largest(length: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = int(length.total_seconds())
    if HOUR <= seconds < 2 * DAY:
        return _("%(hours)s h") % {"hours": seconds // HOUR}
    return span(length)
