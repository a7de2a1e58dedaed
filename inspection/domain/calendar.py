"""Working days of the civil calendar: weekdays, statutory rest days, workdays moved to weekends, school terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


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
