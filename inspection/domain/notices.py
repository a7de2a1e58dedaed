"""What the bureau hands in when it issues a notice, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from inspection.domain.errors import Fault, pointer
from inspection.domain.inspections import is_lower
from inspection.domain.problems import FINISHED

ORDERING: Final = ("keep", "transfer")
"""Decisions by which a notice orders something, with a number of its own; the others end a finding."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a notice has to know of one finding; `objected`: an objection waits for its decision."""

    id: UUID
    status: str
    severity: str
    responsible_kind: str
    responsible_name: str | None
    objected: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What the notice does with one finding; None keeps what the finding says."""

    problem_id: UUID
    action: str
    into: UUID | None = None
    reason: str | None = None
    fact: str | None = None
    place: str | None = None
    severity: str | None = None
    responsible_kind: str | None = None
    responsible_name: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Service:
    method: str
    on: date
    photo: str | None


@dataclass(frozen=True, slots=True)
class Issue:
    """The body of `PUT /notices/{uuid}`."""

    inspection_ids: tuple[UUID, ...]
    document_number: str
    issued_on: date
    signer: str
    opinion: str | None
    items: tuple[Decision, ...]
    service: Service

    def decision_on(self, fact: Fact) -> Decision:
        """Findings not named are kept; a department's is transferred to it."""
        named = next((decision for decision in self.items if decision.problem_id == fact.id), None)
        if named is not None:
            return named
        theirs = fact.responsible_kind == "department" and fact.status == "found"
        return Decision(fact.id, "transfer" if theirs else "keep")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The body of `PUT /notices/{id}/acknowledgement`."""

    name: str
    title: str


def faults_of(issue: Issue, facts: Sequence[Fact], inspected_on: date, today: date, start: date) -> list[Fault]:
    """All faults of a notice's content. `facts` are of the problems of its inspections, of which the earliest was on
    `inspected_on`; `start` is the day from which its deadlines run."""
    faults = []
    for name, day in (("/issued_on", issue.issued_on), ("/service/on", issue.service.on)):
        if day > today:
            faults.append(Fault(name, "date_in_future"))
        if day < inspected_on:
            faults.append(Fault(name, "date_before_inspection", {"inspected": inspected_on.isoformat()}))
    if not facts:
        faults.append(Fault("/inspection_ids", "nothing_to_issue"))
    if len(set(issue.inspection_ids)) < len(issue.inspection_ids):
        faults.append(Fault("/inspection_ids", "duplicate"))
    known = {fact.id: fact for fact in facts}
    seen: set[UUID] = set()
    for index, decision in enumerate(issue.items):
        at = pointer("items", index)
        fact = known.get(decision.problem_id)
        if fact is None:
            faults.append(Fault(f"{at}/problem_id", "unknown_problem"))
            continue
        if decision.problem_id in seen:
            faults.append(Fault(f"{at}/problem_id", "duplicate"))
        seen.add(decision.problem_id)
        faults += _decision_faults(issue, decision, fact, known, at)
        if decision.due_on is not None and decision.due_on < start:
            faults.append(Fault(f"{at}/due_on", "due_before_start", {"start": start.isoformat()}))
    for fact in facts:
        if fact.objected and fact.id not in seen:
            faults.append(Fault("/items", "objection_undecided", {"problem": str(fact.id)}))
    return faults


def _decision_faults(issue: Issue, decision: Decision, fact: Fact, known: Mapping[UUID, Fact], at: str) -> list[Fault]:
    faults = []
    if not decision.reason and (decision.action == "drop" or fact.objected):
        faults.append(Fault(f"{at}/reason", "required"))
    if decision.action == "transfer" and not (decision.responsible_name or fact.responsible_name):
        faults.append(Fault(f"{at}/responsible/name", "required"))
    if decision.action == "transfer" and decision.responsible_kind == "institution":
        faults.append(Fault(f"{at}/responsible/kind", "not_allowed_here"))
    if decision.action != "merge":
        return faults if decision.into is None else [*faults, Fault(f"{at}/into", "not_expected")]
    target = known.get(decision.into) if decision.into is not None else None
    if decision.into is None:
        faults.append(Fault(f"{at}/into", "required"))
    elif target is None or target.id == fact.id:
        faults.append(Fault(f"{at}/into", "unknown_problem"))
    else:
        kept = issue.decision_on(target)
        if kept.action != "keep" or target.status in FINISHED:
            faults.append(Fault(f"{at}/into", "merge_into_dropped"))
        elif is_lower(kept.severity or target.severity, than=decision.severity or fact.severity):
            faults.append(Fault(f"{at}/into", "merge_into_less_severe"))
    return faults


def frozen_service(service: Service) -> Mapping[str, str | None]:
    return {"method": service.method, "on": service.on.isoformat(), "photo": service.photo}


@dataclass(frozen=True, slots=True)
class FindingToIssue:
    """One problem of a visit as it is before its notice. `due_on` is the date that it would get today, or has already;
    `objection` what the unit says against it, until it is decided."""

    problem_id: UUID
    inspection_id: UUID
    item_code: str | None
    item_text: str
    text: str
    place: str | None
    quantity: int | None
    photos: Sequence[str]
    severity: str
    red_line: str | None
    status: str
    advice: str
    due_days: int
    due_on: date | None
    responsible_kind: str
    responsible_name: str | None
    objection: str | None
    recurrence: int


@dataclass(frozen=True, slots=True)
class ToIssue:
    """A visit to one institution, of which no notice has been issued yet. `flags` are what whoever issues has to know;
    `took_part`: the reader inspected, and may not issue."""

    visit_id: UUID
    institution_id: UUID
    institution_name: str
    region_code: str
    inspection_ids: Sequence[UUID]
    inspected_on: Sequence[date]
    incomplete: bool
    until: date
    findings: Sequence[FindingToIssue]
    document_number: str | None
    flags: Sequence[Mapping[str, str]]
    took_part: bool


def next_document_number(latest: str | None, year: int) -> str | None:
    """What follows a document number of the same office: its last number one higher, or 1 in a new year."""
    if latest is None:
        return None
    found = _NUMBERED.fullmatch(latest)
    if found is None:
        return None
    before, of_year, between, number, after = found.groups()
    following = int(number) + 1 if of_year is None or int(of_year) == year else 1
    return f"{before}{'' if of_year is None else year}{between}{following}{after}"


_NUMBERED: Final = re.compile(r"(.*?)(?:(20[0-9]{2})(?=[〕\]）)]))?((?:[〕\]）)])?[^0-9]*)([0-9]{1,9})([^0-9]*)")
"""教安改〔2026〕42号: what stands before the year, the year in its brackets, and the number."""
