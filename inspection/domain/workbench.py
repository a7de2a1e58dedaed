"""The desk's first page: what is overdue, what is due today, what waits for whom, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from inspection.domain.problem_views import NoticeLine, ProblemView


@dataclass(frozen=True, slots=True)
class Waits:
    """How many unfinished problems wait, and for what. `overdue`, `due_today` and `not_due` are the unit's open ones,
    `found` are findings without a notice, `to_review` proofs."""

    overdue: int = 0
    due_today: int = 0
    not_due: int = 0
    found: int = 0
    to_review: int = 0
    petitions: int = 0

    def __add__(self, other: Waits) -> Waits:
        return Waits(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class RegionWaits:
    """One region beneath, with what waits there. `own`: a wider region's own row, of what lies in none of its parts."""

    code: str
    name: str
    waits: Waits
    own: bool = False


@dataclass(frozen=True, slots=True)
class VisitToIssue:
    """A visit whose findings wait for a notice; `until` is the last day for it."""

    visit_id: UUID
    institution_id: UUID
    institution_name: str
    region_code: str
    inspected_on: date
    until: date
    problems: int


@dataclass(frozen=True, slots=True)
class Workbench:
    """`by_part` is by letter of the recommendation, for the procuratorate; a problem that serves two counts in both.
    `visits` are those to issue, at most `MOST_VISITS`. For who answers for a unit, whatever else he
    is, `upcoming` is what it has to do next and `notices` what it has not acknowledged."""

    region: str | None
    waits: Waits
    regions: Sequence[RegionWaits]
    by_part: Mapping[str, Waits]
    visits: Sequence[VisitToIssue]
    overdue: Sequence[ProblemView]
    due_today: Sequence[ProblemView]
    to_review: Sequence[ProblemView]
    petitions: Sequence[ProblemView]
    upcoming: Sequence[ProblemView] | None
    notices: Sequence[NoticeLine]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: how many messages are unread (`MOST_UNREAD` stands for as many or more), and since
    when the worker has been silent (None: it is alive)."""

    unread: int
    silent: bool
    silent_since: datetime | None


MOST_VISITS = 200
MOST_UNREAD = 100
"""No count of these is made to go on for longer."""
