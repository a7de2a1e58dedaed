"""Inspections as lists show them, each with its names and numbers, in one question; and a visit with its people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, undefer

from inspection.domain.actor import Actor
from inspection.domain.problems import UNFINISHED
from inspection.storage.accounts import UserRow
from inspection.storage.evidence import ManifestRow
from inspection.storage.inspections import InspectionRow, ParticipantRow, conditions
from inspection.storage.institutions import InstitutionRow
from inspection.storage.notices import NoticeRow
from inspection.storage.problem_list import LISTED, P
from inspection.storage.scope import visible

I: Final[Any] = InspectionRow  # noqa: E741


def _count(*where: Any) -> Any:
    return select(func.count()).select_from(P.id.table).where(P.inspection_id == I.id, *where).scalar_subquery()


_NUMBER: Final = select(NoticeRow.document_number).where(NoticeRow.id == I.notice_id).scalar_subquery()
_NAME: Final = select(InstitutionRow.name).where(InstitutionRow.id == I.institution_id).scalar_subquery()
_MISSING: Final = (
    select(func.count())
    .select_from(ManifestRow)
    .where(ManifestRow.subject_id == I.id, ManifestRow.arrived_at.is_(None))
    .scalar_subquery()
)
LINE: Final = (
    I.id,
    I.institution_id,
    _NAME,
    I.inspected_on,
    I.received_at,
    select(UserRow.name).where(UserRow.id == I.submitter_id).scalar_subquery(),
    I.mode,
    I.checklist_code,
    I.checklist_version,
    I.complete_at.is_not(None),
    _MISSING,
    _count(P.status != "void"),
    _count(P.status.in_(sorted(UNFINISHED)), P.notice_id.is_(None)),
    I.issue_due_on,
    I.notice_id,
    _NUMBER,
    I.withdrawn_at,
)
"""What a line is made of, in the order of `InspectionLine`."""


def list_newest(
    actor: Actor, session: Session, filters: Mapping[str, Any], after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """The columns of `LINE`, those first that were received last, `limit` of them after the keyset position
    (received_at, id). Filters as in `inspections.list_visible`."""
    statement = select(I.id).where(visible(actor, I), *conditions(filters))
    if after is not None:
        at, last = after
        statement = statement.where((I.received_at < at) | ((I.received_at == at) & (I.id < last)))
    order = I.received_at.desc(), I.id.desc()
    page = statement.order_by(*order).limit(limit)
    return session.execute(select(*LINE).where(I.id.in_(page)).order_by(*order)).all()


def with_its_visit(actor: Actor, session: Session, inspection_id: UUID) -> Sequence[Any]:
    """All submissions of an inspection's visit to its institution with their bytes, withdrawn ones among them, in the
    order of receipt: (row, submitter, institution's name, notice's number). Nothing where it is out of scope."""
    one = aliased(InspectionRow)
    theirs = I.visit_id == one.visit_id, I.institution_id == one.institution_id
    return session.execute(
        select(InspectionRow, UserRow, _NAME, _NUMBER)
        .join(one, theirs[0] & theirs[1])
        .join(UserRow, UserRow.id == InspectionRow.submitter_id)
        .where(one.id == inspection_id, visible(actor, InspectionRow))
        .options(undefer(InspectionRow.body))
        .order_by(InspectionRow.received_at, InspectionRow.id)
    ).all()


def participants_for_system(session: Session, inspection_ids: Sequence[UUID]) -> Sequence[Any]:
    """Who took part in these beside who handed them in, each with the account where it is one: (row, user)."""
    return session.execute(
        select(ParticipantRow, UserRow)
        .outerjoin(UserRow, UserRow.id == ParticipantRow.user_id)
        .where(ParticipantRow.inspection_id.in_(inspection_ids))
        .order_by(ParticipantRow.inspection_id, ParticipantRow.position)
    ).all()


def photos_for_system(session: Session, inspection_id: UUID) -> dict[str, bool]:
    """Every photo that an inspection names, by hash: whether it has arrived."""
    named = select(ManifestRow.sha256, ManifestRow.arrived_at).where(ManifestRow.subject_id == inspection_id)
    return {sha256: at is not None for sha256, at in session.execute(named.order_by(ManifestRow.sha256))}


def problems_with(actor: Actor, session: Session, inspection_id: UUID, others: Collection[UUID]) -> Sequence[Any]:
    """The columns of a problem list's line: of an inspection's problems, and of these others that are in scope."""
    wanted = or_(P.inspection_id == inspection_id, P.id.in_(list(others)))
    return session.execute(select(*LISTED).where(wanted, visible(actor, P)).order_by(P.id)).all()
