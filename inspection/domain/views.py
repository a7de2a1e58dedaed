"""What actions show: frozen values that cross to the schemas and documents. Times are aware, dates civil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from inspection.domain.calendar import YearCalendar
from inspection.domain.chain import Head
from inspection.domain.visits import Conflict, Member

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_key` is the keyset position after it, None at the end."""

    items: Sequence[T]
    next_key: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """The answer to a `PUT`: the resource as it is now, and whether this request made it."""

    value: T
    created: bool


@dataclass(frozen=True, slots=True)
class RoleView:
    role: str
    region_code: str | None
    institution_id: UUID | None


@dataclass(frozen=True, slots=True)
class UserView:
    id: UUID
    username: str
    name: str
    organisation: str
    roles: Sequence[RoleView]
    region_code: str | None
    institution_id: UUID | None


@dataclass(frozen=True, slots=True)
class AccountView:
    id: UUID
    username: str
    name: str
    organisation: str
    roles: Sequence[RoleView]
    disabled: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    expires_at: datetime
    user: UserView


@dataclass(frozen=True, slots=True)
class DeviceView:
    id: UUID
    device_name: str
    created_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class InstitutionView:
    id: UUID
    name: str
    kind: str
    region_code: str
    region_name: str
    competent_department: str
    address: str | None
    telephone: str | None
    credit_code: str | None
    profile: Mapping[str, Any]
    closed_on: date | None
    successor_id: UUID | None


@dataclass(frozen=True, slots=True)
class InstitutionChangeView:
    kind: str
    effective_on: date
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class InstitutionDetail:
    """One institution with what happened to it, and those that were merged into it."""

    summary: InstitutionView
    changes: Sequence[InstitutionChangeView]
    predecessors: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class PhotoView:
    sha256: str
    type: str
    width: int | None
    height: int | None
    bytes: int
    taken_at: str | None
    has_location: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """回执: proof that a record and every photo named in it are stored. `log` is the entry of the audit log that says
    so, sealed over all before it; lists leave it out."""

    code: str
    received_at: datetime
    completed_at: datetime
    content_sha256: str
    photos: Sequence[str]
    log: Head | None = None


@dataclass(frozen=True, slots=True)
class FlagView:
    code: str
    pointer: str | None


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem as an inspection's answer names it."""

    id: UUID
    number: str | None
    item_code: str | None
    severity: str
    status: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class InspectionView:
    id: UUID
    institution_id: UUID
    visit_id: UUID
    mode: str
    checklist_code: str
    checklist_version: int
    inspected_on: date
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    content_sha256: str
    state: str
    missing_photos: Sequence[str]
    receipt: Receipt | None
    issue_due_on: date
    notice_id: UUID | None
    supersedes: UUID | None
    withdrawn_at: datetime | None
    problems: Sequence[ProblemLine]
    flags: Sequence[FlagView]
    withdrawals: Sequence[WithdrawalView] = ()
    submission: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    id: UUID
    inspection_id: UUID
    reason: str
    asked_by_id: UUID
    asked_by: str
    asked_at: datetime
    state: str
    comment: str | None
    decided_by: str | None
    decided_at: datetime | None
    superseded_by: UUID | None


@dataclass(frozen=True, slots=True)
class VisitPartView:
    """One submission of a visit; `sections` None: all of the checklist."""

    id: UUID
    by: str
    received_at: datetime
    checklist_code: str
    sections: Sequence[str] | None
    answered: int
    notice_id: UUID | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class VisitView:
    visit_id: UUID
    institution_id: UUID
    inspections: Sequence[VisitPartView]
    team: Sequence[Member]
    conflicts: Sequence[Conflict]
    flags: Sequence[FlagView]


@dataclass(frozen=True, slots=True)
class AssignedView:
    user_id: UUID
    name: str
    organisation: str
    sections: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """`state`: planned, done (everybody of its team has handed in), cancelled."""

    id: UUID
    institution_id: UUID
    checklist_code: str
    checklist_version: int
    planned_on: date
    visit_id: UUID
    note: str | None
    inspectors: Sequence[AssignedView]
    state: str
    inspection_id: UUID | None
    cancel_reason: str | None


@dataclass(frozen=True, slots=True)
class HandoverView:
    """What one signed act moved to the successor."""

    id: UUID
    from_user_id: UUID
    to_user_id: UUID
    roles: Sequence[RoleView]
    problems: int
    notices: int
    assignments: int


@dataclass(frozen=True, slots=True)
class NotificationView:
    id: UUID
    kind: str
    problem_id: UUID | None
    params: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Something that a phone is to forget; forgetting an institution forgets its problems."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class SyncView:
    """Everything a phone needs offline. `full`: in place of what it has; else what changed since its last `next`, with
    an overlap, so that some of it may come twice. `next` says how far it reaches, and is what to ask from the next
    time."""

    full: bool
    assignments: Sequence[AssignmentView]
    institutions: Sequence[InstitutionView]
    checklists: Sequence[Mapping[str, Any]]
    calendar: Sequence[tuple[int, YearCalendar]]
    problems: Sequence[Any]
    deleted: Sequence[Tombstone]
    limits: Mapping[str, int]
    server_time: datetime
    installation_id: UUID
    next: str
