"""What the desk shows of inspections: a line of the list, and one as it was sent with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from checklists.model import Checklist, Item
from inspection.domain.problem_views import ProblemView
from inspection.domain.problems import UNFINISHED
from inspection.domain.views import FlagView, Receipt, VisitPartView, WithdrawalView
from inspection.domain.visits import Conflict, Member


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """One inspection in a list. `by` is None for the unit; `problems` are those that stand, `to_issue` those of them
    that wait for their notice; `missing` photos have not arrived."""

    id: UUID
    institution_id: UUID
    institution_name: str
    inspected_on: date
    received_at: datetime
    by: str | None
    mode: str
    checklist_code: str
    checklist_version: int
    whole: bool
    missing: int
    problems: int
    to_issue: int
    issue_due_on: date
    notice_id: UUID | None
    notice_number: str | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """The visit that an inspection belongs to, for whoever sees the joint team: the other parts of it, its team, where
    answers differ."""

    parts: Sequence[VisitPartView]
    team: Sequence[Member]
    conflicts: Sequence[Conflict]
    flags: Sequence[FlagView]


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """A section of the checklist with those of its items that were answered, or should have been."""

    code: str
    title: str
    title_en: str
    items: Sequence[Item]
    answered: int
    failing: int


@dataclass(frozen=True, slots=True)
class InspectionRecord:
    """An inspection as it was sent. `submission`, `visit` and what is odd are withheld from the unit. `failing` are the
    codes of items under which something was found; `missing` photos have not arrived. `rechecked` are the problems that
    were looked at again, by id. `checklist` is the version that was answered, as its reader may see it."""

    id: UUID
    institution_id: UUID
    institution_name: str
    by: str | None
    organisation: str | None
    mode: str
    inspected_on: date
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    clock_offset_s: float | None
    client_version: str | None
    checklist: Checklist | None
    content_sha256: str
    missing: Sequence[str]
    receipt: Receipt | None
    issue_due_on: date
    notice_id: UUID | None
    notice_number: str | None
    supersedes: UUID | None
    withdrawn_at: datetime | None
    problems: Sequence[ProblemView]
    flags: Sequence[FlagView]
    submission: Mapping[str, Any] | None
    rechecked: Mapping[str, ProblemView]
    visit: VisitSeen | None
    withdrawals: Sequence[WithdrawalView]

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(one.item_code for one in self.problems if one.item_code is not None)

    @property
    def unanswered(self) -> frozenset[str]:
        """The codes of items to which an answer is missing in the whole visit."""
        missing = (flag.pointer or "" for flag in self.flags if flag.code == "answer_missing")
        return frozenset(pointer.removeprefix("/answers/") for pointer in missing)

    @property
    def standing(self) -> Sequence[ProblemView]:
        """The problems that a withdrawal would make void."""
        return [one for one in self.problems if one.status != "void"]

    @property
    def waits(self) -> bool:
        """Whether it waits for its notice."""
        return any(one.notice_id is None and one.status in UNFINISHED for one in self.problems)

    @property
    def answered_sections(self) -> list[AnsweredSection]:
        """In the order of the checklist; sections of which nothing was asked are left out."""
        answers = (self.submission or {}).get("answers", {})
        found = []
        for section in self.checklist.sections if self.checklist is not None else ():
            items = [item for item in section.items if item.code in answers or item.code in self.unanswered]
            given = [item.code for item in items if item.code in answers]
            failing = sum(code in self.failing for code in given)
            if items:
                found.append(AnsweredSection(section.code, section.title, section.title_en, items, len(given), failing))
        return found

    def places_of(self, code: str) -> list[str]:
        """The items that a flag of this code points at."""
        pointers = [flag.pointer or "" for flag in self.flags if flag.code == code]
        return [pointer.split("/")[2] for pointer in pointers if pointer.startswith("/answers/")]

    @property
    def asked(self) -> WithdrawalView | None:
        """The withdrawal that waits for a second person."""
        return next((one for one in self.withdrawals if one.state == "pending"), None)
