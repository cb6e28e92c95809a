"""When things happen in the demo: working days before an anchor date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY, SUNDAY = 5, 6
#: Days on which nobody works, as (month, day).
HOLIDAYS = {(1, 1), (7, 1), (12, 25)}
#: The counter is open on Saturdays too; what lies further back was done on weekdays.
RECENT = 7


@dataclass(frozen=True)
class Calendar:
    """Counts back from ``anchor``, so that a demo made today looks like today.

    The last day on which anything happens is the one before the anchor: whatever the
    hour, nothing lies in the future, and the same anchor gives the same company.
    """

    anchor: date
    zone: ZoneInfo

    def day(self, days_ago: int) -> date:
        """The working day that many days ago, or the last one before it."""
        days_ago = max(1, days_ago)
        last = SATURDAY if days_ago <= RECENT else SATURDAY - 1
        day = self.anchor - timedelta(days=days_ago)
        while day.weekday() > last or (day.month, day.day) in HOLIDAYS:
            day -= timedelta(days=1)
        return day

    def at(self, days_ago: int, clock: str) -> datetime:
        """A moment on that day, by the company's clock: ``"10:30"``."""
        return datetime.combine(self.day(days_ago), time.fromisoformat(clock), self.zone)

    def since(self, days_ago: int) -> datetime:
        """The beginning of that day, working day or not."""
        return datetime.combine(self.anchor - timedelta(days=days_ago), time(), self.zone)
