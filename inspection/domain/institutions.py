"""What happens to institutions: renamed, moved to another region, merged into another, closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from inspection.domain.errors import Fault

KINDS: Final = ("school", "kindergarten", "tutoring_centre")
CHANGES: Final = ("rename", "move", "merge", "close")
NEEDED: Final = {"rename": "name", "move": "region_code", "merge": "successor_id"}


@dataclass(frozen=True, slots=True)
class InstitutionChange:
    """The body of `PUT /institutions/{id}/changes/{uuid}`. `open_problems` says what becomes of those of a merged or
    closed institution: they follow to the successor, or a person ends them with this reason."""

    kind: str
    effective_on: date
    reason: str
    name: str | None
    region_code: str | None
    competent_department: str | None
    successor_id: UUID | None
    open_problems: str | None


def change_faults(change: InstitutionChange, unfinished: int) -> list[Fault]:
    """Faults of the change itself; whether region and successor exist is another matter."""
    faults = []
    needed = NEEDED.get(change.kind)
    if needed is not None and getattr(change, needed) is None:
        faults.append(Fault(f"/{needed}", "required"))
    for name in ("name", "region_code", "successor_id"):
        if name != needed and getattr(change, name) is not None:
            faults.append(Fault(f"/{name}", "not_expected"))
    if change.kind not in ("merge", "close"):
        if change.open_problems is not None:
            faults.append(Fault("/open_problems", "not_expected"))
        return faults
    if change.kind == "close" and change.open_problems == "follow":
        faults.append(Fault("/open_problems", "nobody_to_follow"))
    elif unfinished and change.open_problems is None:
        faults.append(Fault("/open_problems", "open_problems_undecided", {"count": unfinished}))
    return faults
