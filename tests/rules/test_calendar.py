"""Working days: weekends, moved workdays, long holidays, the turn of the year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.domain.calendar import Calendar


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))


YEAR_2026 = Calendar(
    rest_days=days(date(2026, 1, 1), date(2026, 1, 3))
    | days(date(2026, 2, 15), date(2026, 2, 23))  # 春节
    | days(date(2026, 10, 1), date(2026, 10, 7)),  # 国庆
    work_days=frozenset(
        {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20), date(2026, 10, 10)}
    ),
    announced_years=frozenset({2026}),
)
BARE = Calendar(frozenset(), frozenset(), frozenset())
DATES = st.dates(date(2025, 12, 1), date(2027, 1, 31))
CALENDARS = st.builds(
    Calendar,
    rest_days=st.frozensets(DATES, max_size=40),
    work_days=st.frozensets(DATES, max_size=40),
    announced_years=st.just(frozenset({2026})),
)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 3, 2), True),  # Monday
        (date(2026, 3, 6), True),  # Friday
        (date(2026, 3, 7), False),  # Saturday
        (date(2026, 3, 8), False),  # Sunday
        (date(2026, 10, 1), False),  # a Thursday off
        (date(2026, 10, 4), False),  # a Sunday within the holiday
        (date(2026, 10, 8), True),
        (date(2026, 9, 20), True),  # a Sunday on which people work
        (date(2026, 10, 10), True),  # a Saturday on which people work
        (date(2026, 2, 14), True),
        (date(2026, 2, 16), False),  # 除夕, a Monday
        (date(2026, 2, 28), True),
    ],
)
def test_workdays_around_the_holidays_of_2026(day: date, works: bool) -> None:
    assert YEAR_2026.is_workday(day) is works


def test_a_day_named_as_rest_and_as_work_is_worked() -> None:
    day = date(2026, 10, 10)
    assert Calendar(frozenset({day}), frozenset({day}), frozenset()).is_workday(day)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 10, 8)),
        (date(2026, 10, 7), date(2026, 10, 8)),
        (date(2026, 10, 10), date(2026, 10, 10)),
        (date(2026, 10, 11), date(2026, 10, 12)),
        (date(2026, 2, 14), date(2026, 2, 14)),
        (date(2026, 2, 15), date(2026, 2, 24)),
        (date(2026, 2, 28), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2026, 1, 4)),
    ],
)
def test_next_workday_passes_over_whole_holidays(day: date, expected: date) -> None:
    assert YEAR_2026.next_workday(day) == expected


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # 8th, 9th and the Saturday that is worked
        (date(2026, 9, 30), 5, date(2026, 10, 13)),
        (date(2026, 10, 3), 1, date(2026, 10, 8)),  # counted from within the holiday
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 6, date(2026, 2, 28)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
    ],
)
def test_workdays_are_counted_from_the_day_after(day: date, count: int, expected: date) -> None:
    assert YEAR_2026.add_workdays(day, count) == expected


def test_no_workday_added_is_the_day_itself_even_at_rest() -> None:
    assert YEAR_2026.add_workdays(date(2026, 10, 3), 0) == date(2026, 10, 3)


def test_the_leap_day_is_a_day_like_others() -> None:
    assert BARE.add_workdays(date(2028, 2, 28), 1) == date(2028, 2, 29)  # Monday, Tuesday
    assert BARE.add_workdays(date(2028, 2, 28), 2) == date(2028, 3, 1)


def test_workdays_cross_the_end_of_the_year() -> None:
    new_year = Calendar(days(date(2027, 1, 1), date(2027, 1, 3)), frozenset(), frozenset({2026, 2027}))
    assert new_year.add_workdays(date(2026, 12, 31), 1) == date(2027, 1, 4)


@pytest.mark.parametrize(("day", "provisional"), [(date(2026, 12, 31), False), (date(2027, 1, 1), True)])
def test_a_date_is_provisional_outside_announced_years(day: date, provisional: bool) -> None:
    assert YEAR_2026.is_provisional(day) is provisional


@given(CALENDARS, DATES)
def test_next_workday_is_the_first_workday_not_before(calendar: Calendar, day: date) -> None:
    found = calendar.next_workday(day)
    assert found >= day
    assert calendar.is_workday(found)
    assert not any(calendar.is_workday(day + timedelta(days=n)) for n in range((found - day).days))


@given(CALENDARS, DATES, st.integers(0, 15))
def test_exactly_so_many_workdays_lie_up_to_the_day_found(calendar: Calendar, day: date, count: int) -> None:
    found = calendar.add_workdays(day, count)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(calendar.is_workday(one) for one in between) == count
    assert count == 0 or calendar.is_workday(found)
