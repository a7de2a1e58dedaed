"""What actions show of problems, proofs and notices: frozen values that cross to the schemas and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from inspection.domain.clocks import Late
from inspection.domain.problems import Move
from inspection.domain.views import FlagView, Receipt


@dataclass(frozen=True, slots=True)
class ProblemView:
    id: UUID
    inspection_id: UUID
    notice_id: UUID | None
    number: str | None
    item_code: str | None
    photo_rule: str
    institution_id: UUID
    institution_name: str
    region_code: str
    text: str
    place: str | None
    severity: str
    red_line: str | None
    status: str
    round: int
    due_on: date | None
    overdue: bool
    deadline_class: str | None
    provisional: bool
    holder: str | None
    clock_on: date
    petition: str | None
    supervised: bool


@dataclass(frozen=True, slots=True)
class ExportedProblem:
    """One row of the workbook."""

    number: str | None
    institution: str
    region_code: str
    item_code: str | None
    text: str
    place: str | None
    severity: str
    status: str
    round: int
    due_on: date | None
    deadline_class: str | None
    holder: str | None
    responsible: str | None
    found_on: date
    finished_on: date | None
    closed_on_time: bool | None
    supervised_on: date | None


@dataclass(frozen=True, slots=True)
class PetitionView:
    """`state`: pending, approve, uphold, deny, or settled by another turn; `holds`: it stops the unit's clock."""

    id: UUID
    kind: str
    reason: str
    requested_due_on: date | None
    old_due_on: date | None
    holds: bool
    asked_by: str
    asked_at: datetime
    state: str
    comment: str | None
    decided_by: str | None
    decided_at: datetime | None
    after_due_on: date | None


@dataclass(frozen=True, slots=True)
class PetitionAnswer:
    """A petition and what it made of its problem."""

    petition: PetitionView
    problem: ProblemView


@dataclass(frozen=True, slots=True)
class ReviewView:
    id: UUID
    decision: str
    comment: str
    method: str
    reviewer: str
    second_reviewer: str | None
    new_due_on: date | None
    photos: Sequence[str]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class RectificationView:
    id: UUID
    problem_id: UUID
    round: int
    description: str
    completed_on: date
    photos: Sequence[str]
    on_the_spot: bool
    received_at: datetime
    content_sha256: str
    state: str
    missing_photos: Sequence[str]
    receipt: Receipt | None
    outcome: str | None
    problem_status: str
    flags: Sequence[FlagView]
    reviews: Sequence[ReviewView] = ()


@dataclass(frozen=True, slots=True)
class EventView:
    at: datetime
    by: str | None
    event: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClocksView:
    """`until` is the date of whoever holds the problem; the others are kept as they were set. `held_days`: days for
    which each holder had it; `late`: days late against each date that ever stood."""

    holder: str | None
    until: date | None
    issue_due_on: date
    ordered_due_on: date | None
    extended_due_on: date | None
    due_on: date | None
    review_due_on: date | None
    petition_due_on: date | None
    supervision_due_on: date | None
    held_days: Mapping[str, int]
    late: Sequence[Late]


@dataclass(frozen=True, slots=True)
class ProblemDetail:
    summary: ProblemView
    item_text: str
    quantity: int | None
    photos: Sequence[str]
    basis: Sequence[Mapping[str, Any]]
    advice: str
    recommendation: Sequence[str]
    responsible_kind: str
    responsible_name: str | None
    due_days: int
    closed_on_time: bool | None
    clocks: ClocksView
    recurrence_of: Sequence[UUID]
    merged: Sequence[UUID]
    merged_into: UUID | None
    petitions: Sequence[PetitionView]
    rounds: Sequence[RectificationView]
    timeline: Sequence[EventView]
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class Prospects:
    """Where each turn would lead, were it made today: the unit's dates after a return (None: it becomes a finding
    again), an extension granted or denied, handing back; the department's after a transfer. An extension must lie after
    `extension_from`."""

    returned_due_on: date | None
    granted_due_on: date | None
    denied_due_on: date | None
    department_due_on: date
    handed_back_due_on: date
    extension_from: date


@dataclass(frozen=True, slots=True)
class ReviewAnswer:
    """What a review led to."""

    id: UUID
    rectification_id: UUID
    decision: str
    problem: ProblemView


@dataclass(frozen=True, slots=True)
class NoticeRowView:
    problem_id: UUID
    number: str | None
    action: str
    text: str
    place: str | None
    severity: str
    status: str
    due_on: date | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class AcknowledgementView:
    name: str
    title: str
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in a list; the institution's name as it stands in the notice, `problems`: how many it orders."""

    id: UUID
    document_number: str
    institution_id: UUID
    institution_name: str
    issued_on: date
    signer: str
    problems: int
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: UUID
    document_number: str
    institution_id: UUID
    inspection_ids: Sequence[UUID]
    issued_on: date
    issued_at: datetime
    signer: str
    opinion: str | None
    service: Mapping[str, Any]
    content_sha256: str
    document_sha256: str
    problems: Sequence[NoticeRowView]
    flags: Sequence[Mapping[str, str]]
    acknowledgement: AcknowledgementView | None
