"""The one clock. Everything that asks for the time is given a Clock; nothing else reads one.

A moment is an aware UTC datetime (`..._at`); a date is a civil date in the configured time zone (`..._on`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Clock:
    """The system's clock in the time zone in which dates and deadlines are meant."""

    zone: ZoneInfo

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The civil date of this moment in the configured time zone."""
        return self.date_of(self.now())

    def date_of(self, moment: datetime) -> date:
        """The civil date on which an aware moment falls in the configured time zone."""
        return moment.astimezone(self.zone).date()

    def local(self, moment: datetime) -> datetime:
        """The same moment written in the configured time zone."""
        return moment.astimezone(self.zone)

    def start_of(self, day: date) -> datetime:
        """The moment at which a civil date begins in the configured time zone, in UTC."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)


@dataclass(frozen=True)
class FixedClock(Clock):
    """A clock that stands still: tests, demo data, and `sweep --today`."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)
