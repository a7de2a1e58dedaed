"""How long each class of data is kept. No statute fixes a period for inspection files, so that each can be set; where
one gives a floor, less is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

PROPOSED: Final[Mapping[str, int]] = {
    "originals": 3 * 365,
    "log": 3 * 365,
    "messages": 2 * 365,
    "sessions": 180,
    "unnamed": 90,
}
"""Class → days. `originals`: photos and signatures as they were handed in, after the last problem that they are about
has ended (个人信息保护法 19, 47: no longer than the purpose asks). `log`: what entries of the audit log say.
`messages`: what people were told. `sessions`: sign-ins that have ended. `unnamed`: files that no record ever named."""

FLOORS: Final[Mapping[str, int]] = {"originals": 366, "log": 183, "messages": 30, "sessions": 30, "unnamed": 30}
"""Days below which a period makes no sense: a closed problem may be reopened for a year; logs are kept for six months
(网络安全法 23); a phone may hand in for fourteen days."""

RECORDS: Final = timedelta(days=10 * 365)
"""Inspections, problem lists, notices: then they are appraised for the archive (档案法 13–14), by people. Nothing of
them is erased by itself."""


@dataclass(frozen=True, slots=True)
class Periods:
    originals: timedelta
    log: timedelta
    messages: timedelta
    sessions: timedelta
    unnamed: timedelta

    def by_class(self) -> dict[str, timedelta]:
        return asdict(self)


def periods(given: str) -> Periods:
    """From `class=days`, separated by commas; what is not named is kept as proposed. ValueError with what is wrong."""
    days = dict(PROPOSED)
    for part in filter(None, (one.strip() for one in given.split(","))):
        name, _, number = part.partition("=")
        if name not in PROPOSED:
            raise ValueError(f"{name!r} is none of {', '.join(PROPOSED)}")
        if not (number.isascii() and number.isdigit() and FLOORS[name] <= int(number) <= 36_500):
            raise ValueError(f"{name}: a number of days, at least {FLOORS[name]}")
        days[name] = int(number)
    return Periods(**{name: timedelta(days=count) for name, count in days.items()})
