"""When things happen in the demo: working days before an anchor date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Calendar:
    """Counts back from ``anchor``, so that a demo made today looks like today."""

    anchor: date
    zone: ZoneInfo

    def day(self, days_ago: int) -> date:
        """The working day that many days ago, or the last one before it."""
        day = self.anchor - timedelta(days=days_ago)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def at(self, days_ago: int, clock: str) -> datetime:
        """A moment on that day, by the company's clock: ``"10:30"``."""
        return datetime.combine(self.day(days_ago), time.fromisoformat(clock), self.zone)
