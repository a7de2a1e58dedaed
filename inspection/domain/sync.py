"""How far a phone's copy reaches: what stands in `next` and comes back as `since`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """`at` is when the answer was made, `revision` that of the calendar and of the dates computed by it, `entry` the
    newest entry of the log. Who has kept a moment alone knows neither of them."""

    at: datetime
    revision: int | None = None
    entry: int | None = None

    def __str__(self) -> str:
        moment = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"{moment}~{self.revision}~{self.entry}"
