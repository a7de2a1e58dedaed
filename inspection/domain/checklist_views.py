"""What the desk shows of the checklists' versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from checklists.differences import Differences
from checklists.model import Checklist


@dataclass(frozen=True, slots=True)
class Published:
    """A version and when it was published."""

    checklist: Checklist
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions as one reader may see them. `withheld`: there are items that only inspectors read."""

    before: Checklist
    after: Checklist
    differences: Differences
    withheld: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """A version that somebody would publish. `state`: `new`; `known`, published with this very content; or `taken`,
    published with other content. `newest` is the number in use, 0 where there is none; `comparison` is with what is
    published under this number, else with the newest, None where there is none."""

    checklist: Checklist
    state: Literal["new", "known", "taken"]
    newest: int
    comparison: Comparison | None
