"""Planning: who inspects which institution with which checklist on which day, and what is wrong with a plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from checklists.engine import Flag
from checklists.model import Checklist
from inspection.domain.errors import Fault, pointer
from inspection.domain.inspections import Submission


@dataclass(frozen=True, slots=True)
class Assigned:
    """One inspector; `sections` None: all of the checklist."""

    user_id: UUID
    sections: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The body of `PUT /assignments/{uuid}`; `checklist_version` None: the newest."""

    institution_id: UUID
    checklist_code: str
    checklist_version: int | None
    planned_on: date
    inspectors: tuple[Assigned, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The body of `PUT /assignments/{id}/cancellation`."""

    reason: str


def assignment_faults(
    assignment: Assignment,
    checklist: Checklist | None,
    institution_kind: str,
    inspectors: Collection[UUID],
    recused: Collection[UUID],
) -> list[Fault]:
    """`inspectors` are those who hold an inspector's role over the institution, `recused` who must not inspect it."""
    faults = []
    known: set[str] = set()
    if checklist is None:
        faults.append(Fault("/checklist", "unknown_checklist"))
    else:
        known = {section.code for section in checklist.sections}
        if institution_kind not in checklist.kinds:
            faults.append(Fault("/checklist/code", "checklist_kind_mismatch"))
    if not assignment.inspectors:
        faults.append(Fault("/inspectors", "required"))
    seen: set[UUID] = set()
    for index, assigned in enumerate(assignment.inspectors):
        at = pointer("inspectors", index)
        if assigned.user_id in seen:
            faults.append(Fault(f"{at}/user_id", "duplicate"))
        seen.add(assigned.user_id)
        if assigned.user_id not in inspectors:
            faults.append(Fault(f"{at}/user_id", "not_an_inspector_here"))
        elif assigned.user_id in recused:
            faults.append(Fault(f"{at}/user_id", "recused"))
        if checklist is not None:
            faults += [
                Fault(f"{at}/sections/{position}", "unknown_section", {"section": section})
                for position, section in enumerate(assigned.sections or ())
                if section not in known
            ]
    return faults


def united(one: Sequence[str] | None, other: Sequence[str] | None) -> list[str] | None:
    """The sections of two parts together; None is all of the checklist."""
    if one is None or other is None:
        return None
    return [*one, *(section for section in other if section not in one)]


def assignment_flags(
    submission: Submission, *, cancelled: bool, assigned: bool, sections: Sequence[str] | None
) -> list[Flag]:
    """What is odd about a submission's task. `assigned`: the submitter is one of its inspectors, `sections` his part
    (None: all)."""
    flags = []
    if cancelled:
        flags.append(Flag("assignment_cancelled", "/assignment_id"))
    elif not assigned:
        flags.append(Flag("assignment_not_own", "/assignment_id"))
    if sections is not None:
        flags += [
            Flag("outside_own_sections", pointer("answers", code))
            for code in submission.answers
            if code.rpartition("-")[0] not in sections
        ]
    return flags
