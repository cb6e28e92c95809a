"""How much time is left, in words. Pure but for the language."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def time_left(due: datetime, moment: datetime) -> str:
    """Such as *3 h 20 min left* or *overdue by 2 days*."""
    if due >= moment:
        return _("%(span)s left") % {"span": span(due - moment)}
    return _("overdue by %(span)s") % {"span": span(moment - due)}


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
