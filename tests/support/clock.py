"""A clock that the test moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inspection.domain.clock import Clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


class HandClock(Clock):
    """Stands at Monday, 23 November 2026, 10:00 in Shanghai until it is moved."""

    def __init__(self, moment: datetime = MONDAY) -> None:
        super().__init__(SHANGHAI)
        self.__dict__["moment"] = moment

    def now(self) -> datetime:
        moment: datetime = self.__dict__["moment"]
        return moment.astimezone(UTC)

    def go(self, **by: float) -> None:
        """Forward: `go(days=3)`."""
        self.__dict__["moment"] += timedelta(**by)

    def go_to(self, day: date, hour: int = 10) -> None:
        self.__dict__["moment"] = datetime.combine(day, time(hour), SHANGHAI)

    def set(self, moment: datetime) -> None:
        self.__dict__["moment"] = moment
