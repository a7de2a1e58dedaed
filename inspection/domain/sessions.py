"""How long one stays signed in.

A desk stands where others may sit down at it; a phone is carried by one person, and works for days without signal
(ISO/IEC 27002 8.5; SP 800-63B-4, 2.2.3: at most twelve hours and half an hour of idleness at a second factor).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Lifetime:
    """`absolute`: from signing in. `idle`: from the last use. `noted`: how far apart uses are written down, so that a
    session is never longer idle than `idle`, and may end as much earlier."""

    absolute: timedelta
    idle: timedelta
    noted: timedelta

    def is_to_note(self, last_used_at: datetime, now: datetime) -> bool:
        return now - last_used_at >= self.noted


DESK: Final = Lifetime(timedelta(hours=12), timedelta(minutes=30), timedelta(minutes=5))
PHONE: Final = Lifetime(timedelta(days=90), timedelta(days=14), timedelta(days=1))
