"""The demo's calendar: working days before whatever day it is."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from config.demo.days import HOLIDAYS, Calendar

ZONE = ZoneInfo("America/Toronto")
MONDAY = date(2026, 6, 29)
ANCHORS = [MONDAY + timedelta(days=number) for number in range(7)]
ANCHORS += [date(2027, 1, 1), date(2026, 12, 27), date(2025, 3, 1), date(2028, 2, 29)]


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
def test_days_go_back_and_are_worked_on(anchor: date) -> None:
    calendar = Calendar(anchor, ZONE)
    days = [calendar.day(number) for number in range(400)]
    assert all(later >= earlier for later, earlier in pairwise(days))
    assert days[0] == days[1] < anchor
    for number, day in enumerate(days[1:], start=1):
        assert timedelta(days=number) <= anchor - day <= timedelta(days=number + 4)
        assert (day.month, day.day) not in HOLIDAYS
        assert day.weekday() < 6
        if number > 9:
            assert day.weekday() < 5


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
def test_the_last_days_leave_something_to_do_soon(anchor: date) -> None:
    """What was submitted three or four days ago is due today: one of the two was worked on."""
    calendar = Calendar(anchor, ZONE)
    exact = [number for number in (3, 4) if calendar.day(number) == anchor - timedelta(number)]
    assert exact


def test_a_moment_is_by_the_companys_clock() -> None:
    at = Calendar(MONDAY, ZONE).at(3, "10:30")
    assert at.isoformat() == "2026-06-26T10:30:00-04:00"
