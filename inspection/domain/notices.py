"""What the bureau hands in when it issues a notice, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from inspection.domain.errors import Fault, pointer

NOT_YET_ACTIONS: Final = frozenset({"merge", "transfer"})


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

    def decision_on(self, problem_id: UUID) -> Decision:
        """Findings not named are kept."""
        named = (decision for decision in self.items if decision.problem_id == problem_id)
        return next(named, Decision(problem_id, "keep"))


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The body of `PUT /notices/{id}/acknowledgement`."""

    name: str
    title: str


def faults_of(issue: Issue, problem_ids: Sequence[UUID], today: date, start: date) -> list[Fault]:
    """All faults of a notice's content. `problem_ids` are those of its inspections, `start` is the day from which
    its deadlines run."""
    faults = []
    for name, day in (("/issued_on", issue.issued_on), ("/service/on", issue.service.on)):
        if day > today:
            faults.append(Fault(name, "date_in_future"))
    if not problem_ids:
        faults.append(Fault("/inspection_ids", "nothing_to_issue"))
    if len(set(issue.inspection_ids)) < len(issue.inspection_ids):
        faults.append(Fault("/inspection_ids", "duplicate"))
    seen: set[UUID] = set()
    for index, decision in enumerate(issue.items):
        at = pointer("items", index)
        if decision.problem_id not in problem_ids:
            faults.append(Fault(f"{at}/problem_id", "unknown_problem"))
        if decision.problem_id in seen:
            faults.append(Fault(f"{at}/problem_id", "duplicate"))
        seen.add(decision.problem_id)
        if decision.action == "drop" and not decision.reason:
            faults.append(Fault(f"{at}/reason", "required"))
        if decision.due_on is not None and decision.due_on < start:
            faults.append(Fault(f"{at}/due_on", "due_before_start", {"start": start.isoformat()}))
    return faults


def frozen_service(service: Service) -> Mapping[str, str | None]:
    return {"method": service.method, "on": service.on.isoformat(), "photo": service.photo}
