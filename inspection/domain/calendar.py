"""Working days of the civil calendar: weekdays, statutory rest days, workdays moved to weekends, school terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from inspection.domain.errors import Fault, pointer

SATURDAY: Final = 5


@dataclass(frozen=True)
class Calendar:
    """`rest_days` are statutory days off, `work_days` weekend days on which people work (调休). Only in
    `announced_years` is the arrangement known; elsewhere dates are provisional. `terms`: first and last days."""

    rest_days: frozenset[date]
    work_days: frozenset[date]
    announced_years: frozenset[int]
    terms: tuple[tuple[date, date], ...] = ()

    def is_workday(self, day: date) -> bool:
        if day in self.work_days:
            return True
        return day not in self.rest_days and day.weekday() < 5

    def next_workday(self, day: date) -> date:
        """The day itself if people work on it, else the next one on which they do (民法典 203)."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day

    def add_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day after a day, which is not counted itself (民法典 201)."""
        for _ in range(count):
            day = self.next_workday(day + timedelta(days=1))
        return day

    def is_provisional(self, day: date) -> bool:
        """Whether the arrangement of the day's year is not announced yet."""
        return day.year not in self.announced_years


@dataclass(frozen=True, slots=True)
class YearCalendar:
    """The body of `PUT /calendar/{year}`: everything that is known of one year, replacing what was known before.
    `terms` are those that begin in it; `revision` is the calendar's as it was read."""

    revision: int
    announced: bool
    rest_days: tuple[date, ...]
    work_days: tuple[date, ...]
    terms: tuple[tuple[date, date], ...]


def year_faults(year: int, given: YearCalendar) -> list[Fault]:
    """Days lie in their year and are one thing only; a moved workday falls on a weekend; terms do not overlap."""
    faults = []
    for name, listed in (("rest_days", given.rest_days), ("work_days", given.work_days)):
        seen: set[date] = set()
        for index, day in enumerate(listed):
            at = pointer(name, index)
            if day.year != year:
                faults.append(Fault(at, "not_in_year", {"year": year}))
            if day in seen or (name == "work_days" and day in given.rest_days):
                faults.append(Fault(at, "duplicate"))
            if name == "work_days" and day.weekday() < SATURDAY:
                faults.append(Fault(at, "not_a_weekend"))
            seen.add(day)
    last_before: date | None = None
    for index, (first, last) in sorted(enumerate(given.terms), key=lambda term: term[1]):
        at = pointer("terms", index)
        if first.year != year:
            faults.append(Fault(f"{at}/first_on", "not_in_year", {"year": year}))
        if last < first or (last_before is not None and first <= last_before):
            faults.append(Fault(f"{at}/last_on", "terms_overlap"))
        last_before = last
    return faults
