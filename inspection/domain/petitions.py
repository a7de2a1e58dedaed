"""What a unit asks of the bureau about a problem: a later date (延期), or that the finding be withdrawn (异议)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from inspection.domain.errors import Fault


@dataclass(frozen=True, slots=True)
class Petition:
    """The body of `PUT /problems/{id}/extensions/{uuid}`, with the date that is asked for, and of objections."""

    reason: str
    requested_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class PetitionDecision:
    """The body of `PUT …/{id}/decision`: `approve` or `uphold` grants what was asked, `deny` does not."""

    decision: str
    comment: str

    @property
    def grants(self) -> bool:
        return self.decision in ("approve", "uphold")


def extension_faults(requested: date, due_on: date, today: date) -> list[Fault]:
    """A later date lies after the one that stands, and not in the past."""
    if requested <= due_on:
        return [Fault("/requested_due_on", "due_not_later", {"due_on": due_on.isoformat()})]
    if requested <= today:
        return [Fault("/requested_due_on", "date_in_past")]
    return []
