"""What the `holidays` library knows of China's calendar, to seed the calendar's tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import holidays


def statutory_days(years: Iterable[int]) -> tuple[frozenset[date], frozenset[date]]:
    """Days off (weekdays among them) and weekend days on which people work, of these years."""
    wanted = set(years)
    known = holidays.country_holidays("CN", years=sorted(wanted))
    return frozenset(known), frozenset(day for day in known.weekend_workdays if day.year in wanted)


def announced(year: int) -> bool:
    """Whether the State Council's arrangement of the year is in the library: only then does it know moved workdays.
    For later years the library still answers, with statutory days alone."""
    return any(day.year == year for day in holidays.country_holidays("CN", years=[year]).weekend_workdays)
