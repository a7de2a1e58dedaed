"""What happens to institutions: their particulars corrected, renamed, moved to another region, merged into another,
closed, and opened again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from inspection.domain.errors import Fault

KINDS: Final = ("school", "kindergarten", "tutoring_centre")
CHANGES: Final = ("correct", "rename", "move", "merge", "close", "reopen")
NEEDED: Final = {"rename": "name", "move": "region_code", "merge": "successor_id"}
FIRST_DAY: Final = date(2000, 1, 1)
"""No change is dated before it, nor after today: it takes effect at once, and documents keep the name of their day."""


@dataclass(frozen=True, slots=True)
class InstitutionChange:
    """The body of `PUT /institutions/{id}/changes/{uuid}`. `open_problems` says what becomes of those of a merged or
    closed institution: they follow to the successor, or a person ends them with this reason."""

    kind: str
    effective_on: date
    reason: str
    name: str | None = None
    region_code: str | None = None
    competent_department: str | None = None
    address: str | None = None
    telephone: str | None = None
    successor_id: UUID | None = None
    open_problems: str | None = None


def already_decided(kind: str, *, closed: bool, answered_for: bool, unfinished: int) -> bool:
    """Whether nothing is left for such a change to decide. What was merged or closed is decided once; but field work is
    never refused, and what it finds there afterwards, where nobody answers for it, is decided by closing or merging
    again. `answered_for`: it is open, or its successor is."""
    if kind == "reopen":
        return not closed
    return kind in ("merge", "close") and closed and (answered_for or not unfinished)


def change_faults(change: InstitutionChange, unfinished: int, today: date) -> list[Fault]:
    """Faults of the change itself; whether region and successor exist is another matter."""
    faults = []
    if change.effective_on > today:
        faults.append(Fault("/effective_on", "date_in_future"))
    elif change.effective_on < FIRST_DAY:
        faults.append(Fault("/effective_on", "date_out_of_range"))
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


def came_with(changes: Iterable[tuple[bool, Mapping[str, Any], Mapping[str, Any]]], institution_id: UUID) -> bool:
    """Whether an institution stands merged where it does because the one that it belonged to was merged there: then it
    goes back with that one. `changes` of it are (decided, before, after), the oldest first; `decided` by a person for
    this very institution, or carried along by what was decided for the other."""
    carried = False
    for decided, before, after in changes:
        if "successor_id" in after:
            carried = not decided and (carried or before["successor_id"] == str(institution_id))
    return carried
