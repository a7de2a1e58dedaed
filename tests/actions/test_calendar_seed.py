"""What the `holidays` library seeds the calendar with, checked against the arrangement published for 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from inspection.domain.calendar import Calendar
from inspection.storage.calendar_seed import announced, statutory_days


def of(year: int, days: frozenset[date]) -> set[date]:
    return {day for day in days if day.year == year}


def seeded(*years: int) -> Calendar:
    rest, work = statutory_days(years)
    return Calendar(rest, work, frozenset(year for year in years if announced(year)))


def test_the_workdays_moved_to_weekends_of_2026() -> None:
    _, work = statutory_days([2026])
    assert of(2026, work) == {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }
    assert all(day.weekday() >= 5 for day in of(2026, work))


@pytest.mark.parametrize(
    ("first", "last", "next_workday"),
    [
        (date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 4)),  # 元旦
        (date(2026, 2, 15), date(2026, 2, 23), date(2026, 2, 24)),  # 春节
        (date(2026, 4, 4), date(2026, 4, 6), date(2026, 4, 7)),  # 清明节
        (date(2026, 5, 1), date(2026, 5, 5), date(2026, 5, 6)),  # 劳动节
        (date(2026, 6, 19), date(2026, 6, 21), date(2026, 6, 22)),  # 端午节
        (date(2026, 9, 25), date(2026, 9, 27), date(2026, 9, 28)),  # 中秋节
        (date(2026, 10, 1), date(2026, 10, 7), date(2026, 10, 8)),  # 国庆节
    ],
)
def test_the_holidays_of_2026_last_as_published(first: date, last: date, next_workday: date) -> None:
    calendar = seeded(2026)
    assert calendar.is_workday(first - timedelta(days=1))
    assert not any(calendar.is_workday(first + timedelta(days=n)) for n in range((last - first).days + 1))
    assert calendar.next_workday(first) == next_workday


def test_no_day_is_rest_and_work_at_once() -> None:
    rest, work = statutory_days([2024, 2025, 2026, 2027])
    assert not rest & work


def test_rest_days_are_those_of_the_years_asked() -> None:
    rest, _ = statutory_days([2025, 2026])
    assert {day.year for day in rest} == {2025, 2026}


def test_moved_workdays_are_those_of_the_years_asked() -> None:
    _, work = statutory_days([2025, 2026])
    assert {day.year for day in work} == {2025, 2026}


def test_years_may_come_in_any_order_and_as_any_iterable() -> None:
    assert statutory_days(iter([2026, 2025])) == statutory_days(range(2025, 2027))


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_past_years_are_announced(year: int) -> None:
    assert announced(year)


def test_a_year_far_ahead_is_not_announced_but_has_its_statutory_days() -> None:
    calendar = seeded(2040)
    assert calendar.announced_years == frozenset()
    assert not calendar.is_workday(date(2040, 10, 1))
    assert calendar.is_provisional(date(2040, 10, 1))


def test_days_around_the_turn_of_an_announced_year() -> None:
    calendar = seeded(2025, 2026)
    assert calendar.add_workdays(date(2025, 12, 31), 1) == date(2026, 1, 4)
    assert not calendar.is_provisional(date(2026, 12, 31))
    assert calendar.is_provisional(date(2040, 1, 1))
