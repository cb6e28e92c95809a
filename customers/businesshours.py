"""Business hours: when the company works, and so how its clocks run. Pure.

A clock runs within a company's opening hours on its working days, in its own time zone; it
stands on the province's public holidays (from the ``holidays`` package, which follows the
statutes of each province) and on the days that the company closes besides. Lengths are real
elapsed time, so that a day on which the clocks change is as long as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

NO_TIME = timedelta(0)
ONE_DAY = timedelta(days=1)
#: So far ahead is looked for open hours; a company that is closed longer has none.
FURTHEST = 15 * 366


class NeverOpen(ValueError):
    """The calendar has no open hours within the years that are looked at."""


@dataclass(frozen=True)
class BusinessCalendar:
    """When a company works: ``weekdays`` count from Monday, 0; ``closed`` are its own days off."""

    time_zone: str
    opens: time
    closes: time
    weekdays: frozenset[int]
    country: str = "CA"
    province: str = ""
    closed: frozenset[date] = frozenset()

    @property
    def day_length(self) -> timedelta:
        """How long the company works on an ordinary day."""
        day = date.min
        return datetime.combine(day, self.closes) - datetime.combine(day, self.opens)

    def is_working_day(self, day: date) -> bool:
        """Whether the company works on that day at all."""
        return (
            day.weekday() in self.weekdays
            and day not in self.closed
            and day not in public_holidays(self.country, self.province, day.year)
        )

    def day_of(self, moment: datetime) -> date:
        """The calendar day of ``moment`` where the company is."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


@lru_cache(maxsize=512)
def public_holidays(country: str, province: str, year: int) -> frozenset[date]:
    """The public holidays of a province in one year; none where they are not known."""
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return frozenset()
    subdivision = province if province in known[country] else None
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


def add(start: datetime, length: timedelta, calendar: BusinessCalendar) -> datetime:
    """The moment, in UTC, when so much open time has passed since ``start``.

    The earliest such moment: what fills a day to its end is due when the company closes.
    Nothing added answers ``start`` itself. Raises :class:`NeverOpen`.
    """
    if length <= NO_TIME:
        return start.astimezone(UTC)
    for begins, ends in _open_since(start, calendar):
        if length <= ends - begins:
            return begins + length
        length -= ends - begins
    raise NeverOpen


def between(start: datetime, end: datetime, calendar: BusinessCalendar) -> timedelta:
    """How much open time lies between two moments; none where ``end`` comes first."""
    total = NO_TIME
    for begins, ends in _open_since(start, calendar):
        if begins >= end:
            break
        total += min(ends, end) - begins
    return total


def subtract(end: datetime, length: timedelta, calendar: BusinessCalendar) -> datetime:
    """The latest moment, in UTC, from which so much open time lies before ``end``."""
    if length <= NO_TIME:
        return end.astimezone(UTC)
    day = calendar.day_of(end)
    for ago in range(FURTHEST):
        begins, ends = _hours_of(calendar, day - ago * ONE_DAY)
        here = min(ends, end) - begins
        if here >= length:
            return min(ends, end) - length
        length -= max(here, NO_TIME)
    raise NeverOpen


def _open_since(start: datetime, calendar: BusinessCalendar) -> Iterator[tuple[datetime, datetime]]:
    """The open hours from ``start`` on, each as its beginning and end in UTC."""
    day = calendar.day_of(start)
    for ahead in range(FURTHEST):
        begins, ends = _hours_of(calendar, day + ahead * ONE_DAY)
        if ends > max(begins, start):
            yield max(begins, start.astimezone(UTC)), ends


@lru_cache(maxsize=4096)
def _hours_of(calendar: BusinessCalendar, day: date) -> tuple[datetime, datetime]:
    """When the company opens and closes on that day, in UTC; the same moment when it does not."""
    zone = ZoneInfo(calendar.time_zone)
    begins = datetime.combine(day, calendar.opens, zone).astimezone(UTC)
    if not calendar.is_working_day(day):
        return begins, begins
    return begins, datetime.combine(day, calendar.closes, zone).astimezone(UTC)
