"""What the desk shows of institutions: a line of the list, the one file of each (一校一档), and where changes lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from inspection.domain.inspection_views import InspectionLine
from inspection.domain.problem_views import NoticeLine, ProblemView
from inspection.domain.views import InstitutionChangeView, InstitutionView


@dataclass(frozen=True, slots=True)
class InstitutionLine:
    """One institution in a list, with how many of its problems are unfinished and how many of those are overdue."""

    about: InstitutionView
    unfinished: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Predecessor:
    """One that was merged into another, and what is still unfinished there."""

    id: UUID
    name: str
    unfinished: int


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A problem that came back: the earlier ones of the same item, each with its number where that is known."""

    problem: ProblemView
    earlier: Sequence[tuple[UUID, str | None]]


@dataclass(frozen=True, slots=True)
class ProofOutcomes:
    """What became of the proofs that an institution handed in."""

    accepted: int = 0
    returned: int = 0
    lapsed: int = 0
    waiting: int = 0

    @property
    def handed_in(self) -> int:
        return self.accepted + self.returned + self.lapsed + self.waiting


@dataclass(frozen=True, slots=True)
class InstitutionFile:
    """Everything about one institution. `successor` is (id, name, whether the reader sees it). Inspections and problems
    are the latest; where there are more, `more_…` says so. `regions` are all by code, for what has changed."""

    about: InstitutionView
    successor: tuple[UUID, str, bool] | None
    predecessors: Sequence[Predecessor]
    inspections: Sequence[InspectionLine]
    more_inspections: bool
    problems: Sequence[ProblemView]
    more_problems: bool
    recurrences: Sequence[Recurrence]
    proofs: ProofOutcomes
    notices: Sequence[NoticeLine]
    more_notices: bool
    changes: Sequence[InstitutionChangeView]
    regions: Mapping[str, str]

    @property
    def unfinished(self) -> Sequence[ProblemView]:
        return [one for one in self.problems if one.holder is not None]

    @property
    def finished(self) -> Sequence[ProblemView]:
        return [one for one in self.problems if one.holder is None]


@dataclass(frozen=True, slots=True)
class ChangeProspects:
    """Where a change of an institution would lead: which kinds are left to decide, how many unfinished problems it and
    those merged into it have, how many visits are planned there, where it may be moved, and what it may be merged into
    among those that were looked for."""

    about: InstitutionView
    kinds: Sequence[str]
    unfinished: int
    planned: int
    regions: Sequence[tuple[str, str]]
    candidates: Sequence[InstitutionView]
