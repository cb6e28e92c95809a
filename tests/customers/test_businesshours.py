"""Business hours: adding to them and measuring them, over nights, weekends, holidays and DST."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from customers.businesshours import (
    BusinessCalendar,
    NeverOpen,
    add,
    between,
    public_holidays,
    subtract,
)
from customers.models import Company, Department

TORONTO = ZoneInfo("America/Toronto")
WEEK = frozenset(range(5))
OFFICE = BusinessCalendar("America/Toronto", time(8), time(17), WEEK, province="ON")
HOUR = timedelta(hours=1)


def at(words: str) -> datetime:
    """A moment on the clocks of Toronto."""
    return datetime.fromisoformat(words).replace(tzinfo=TORONTO)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-10 11:00", 3, "2026-03-10 14:00"),
        ("2026-03-10 11:00", 6, "2026-03-10 17:00"),  # to the end of the day, not the next
        ("2026-03-10 16:30", 1, "2026-03-11 08:30"),
        ("2026-03-10 05:00", 1, "2026-03-10 09:00"),  # before they open
        ("2026-03-10 22:00", 1, "2026-03-11 09:00"),  # after they closed
        ("2026-03-13 16:00", 2, "2026-03-16 09:00"),  # over a weekend
        ("2026-03-14 12:00", 9, "2026-03-16 17:00"),  # on a Saturday
        ("2026-04-02 16:00", 2, "2026-04-06 09:00"),  # over Good Friday
        ("2026-12-24 16:00", 2, "2026-12-29 09:00"),  # Boxing Day is kept on the Monday
        ("2026-03-06 16:00", 10, "2026-03-09 17:00"),  # clocks go forward on the Sunday
        ("2026-10-30 16:00", 10, "2026-11-02 17:00"),  # and back
        ("2026-03-10 11:00", 0, "2026-03-10 11:00"),
    ],
)
def test_hours_are_added_within_business_hours(start: str, hours: int, due: str) -> None:
    assert add(at(start), hours * HOUR, OFFICE) == at(due)


def test_a_clock_that_runs_all_day_counts_the_hour_that_is_lost_and_found() -> None:
    always = BusinessCalendar(
        "America/Toronto", time(0), time(23, 59, 59), frozenset(range(7)), country="--"
    )
    assert between(at("2026-03-08 00:00"), at("2026-03-08 12:00"), always) == 11 * HOUR
    assert between(at("2026-11-01 00:00"), at("2026-11-01 12:00"), always) == 13 * HOUR


def test_each_province_keeps_its_own_holidays() -> None:
    quebec = BusinessCalendar("America/Toronto", time(8), time(17), WEEK, province="QC")
    start = at("2026-06-23 16:00")  # the eve of Saint-Jean-Baptiste
    assert add(start, 2 * HOUR, OFFICE) == at("2026-06-24 09:00")
    assert add(start, 2 * HOUR, quebec) == at("2026-06-25 09:00")


def test_where_holidays_are_not_known_weekends_count_alone() -> None:
    assert public_holidays("--", "", 2026) == frozenset()
    assert date(2026, 7, 1) in public_holidays("CA", "??", 2026)


def test_a_company_that_never_opens_is_refused_instead_of_looked_for_for_ever() -> None:
    nobody = BusinessCalendar("America/Toronto", time(8), time(17), frozenset())
    with pytest.raises(NeverOpen):
        add(at("2026-03-10 11:00"), HOUR, nobody)
    with pytest.raises(NeverOpen):
        subtract(at("2026-03-10 11:00"), HOUR, nobody)
    assert between(at("2026-03-10 11:00"), at("2026-03-20 11:00"), nobody) == timedelta(0)


moments = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
lengths = st.integers(1, 60 * 80).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    """Any company's hours, in any province, with days off of its own."""
    opens, closes = sorted(draw(st.sets(st.integers(0, 23), min_size=2, max_size=2)))
    return BusinessCalendar(
        draw(st.sampled_from(["America/Toronto", "America/St_Johns", "America/Vancouver"])),
        time(opens),
        time(closes),
        frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        province=draw(st.sampled_from(["ON", "QC", "BC", "NB", "NL", ""])),
        closed=frozenset(draw(st.sets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=5))),
    )


@given(moments, lengths, calendars())
def test_what_is_added_is_what_lies_between(
    start: datetime, length: timedelta, calendar: BusinessCalendar
) -> None:
    due = add(start, length, calendar)
    assert due > start
    assert between(start, due, calendar) == length
    assert calendar.is_working_day(calendar.day_of(due))


@given(moments, lengths, lengths, calendars())
def test_it_adds_up_and_never_runs_backwards(
    start: datetime, one: timedelta, other: timedelta, calendar: BusinessCalendar
) -> None:
    assert add(add(start, one, calendar), other, calendar) == add(start, one + other, calendar)
    later = start + one
    assert add(later, other, calendar) >= add(start, other, calendar)


@given(moments, lengths, calendars())
def test_what_is_taken_away_is_what_lies_between(
    end: datetime, length: timedelta, calendar: BusinessCalendar
) -> None:
    start = subtract(end, length, calendar)
    assert start < end
    assert between(start, end, calendar) == length


@given(moments, calendars())
def test_nights_weekends_and_days_off_have_no_time(
    start: datetime, calendar: BusinessCalendar
) -> None:
    day = calendar.day_of(start)
    zone = ZoneInfo(calendar.time_zone)
    whole = between(
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
        calendar,
    )
    assert bool(whole) == calendar.is_working_day(day)


# The company's own ---------------------------------------------------------------------------


def test_a_department_keeps_the_holidays_of_its_province(
    company: Company, department: Department
) -> None:
    day = date(2026, 6, 24)
    assert department.calendar().is_working_day(day)
    department.province = "QC"
    assert not department.calendar().is_working_day(day)
    company.closed_days = [date(2026, 7, 2)]
    assert not company.calendar().is_working_day(date(2026, 7, 2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"work_days": []},
        {"work_days": [7]},
        {"opens_at": time(17), "closes_at": time(8)},
    ],
)
def test_the_database_wants_some_open_hours(company: Company, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.filter(pk=company.pk).update(**wrong)
