"""Who is to inspect which institution on which day, and who must not (回避)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.db import Base, Json
from inspection.storage.scope import visible


class AssignmentRow(Base):
    """`changed_at` moves with every change of it, for the phones' deltas. `inspection_id` is the first submission
    that named it; it is over then, or when it was cancelled."""

    __tablename__ = "assignment"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    checklist_code: Mapped[str] = mapped_column(String(32))
    checklist_version: Mapped[int]
    planned_on: Mapped[date] = mapped_column(index=True)
    note: Mapped[str | None] = mapped_column(Text)
    visit_id: Mapped[UUID]
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    inspection_id: Mapped[UUID | None]
    __table_args__ = (Index("ix_assignment_institution_id_planned_on", "institution_id", "planned_on"),)


class AssignedRow(Base):
    """One inspector of an assignment; `sections` None means all of the checklist. `inspection_id` is his own
    submission for it: the others of the team still have theirs to do."""

    __tablename__ = "assigned"
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True, index=True)
    sections: Mapped[list[Any] | None] = mapped_column(Json)
    inspection_id: Mapped[UUID | None]


class RecusalRow(Base):
    """Somebody who may not inspect an institution, and why; ended, never deleted."""

    __tablename__ = "recusal"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    reason: Mapped[str] = mapped_column(Text)
    declared_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    declared_at: Mapped[datetime]
    __table_args__ = (Index("ix_recusal_institution_id_user_id", "institution_id", "user_id"),)


def get(actor: Actor, session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.scalar(select(AssignmentRow).where(AssignmentRow.id == assignment_id, visible(actor, AssignmentRow)))


def lock(actor: Actor, session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.scalar(
        select(AssignmentRow)
        .where(AssignmentRow.id == assignment_id, visible(actor, AssignmentRow))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_for_system(session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.get(AssignmentRow, assignment_id)


def list_visible(
    actor: Actor, session: Session, filters: Mapping[str, Any], after: tuple[date, UUID] | None, limit: int
) -> Sequence[AssignmentRow]:
    """By day. `filters`: institution, inspector, from, to, open (neither done nor cancelled)."""
    statement = select(AssignmentRow).where(visible(actor, AssignmentRow))
    if filters.get("institution") is not None:
        statement = statement.where(AssignmentRow.institution_id == filters["institution"])
    if filters.get("inspector") is not None:
        statement = statement.where(
            AssignmentRow.id.in_(select(AssignedRow.assignment_id).where(AssignedRow.user_id == filters["inspector"]))
        )
    if filters.get("from") is not None:
        statement = statement.where(AssignmentRow.planned_on >= filters["from"])
    if filters.get("to") is not None:
        statement = statement.where(AssignmentRow.planned_on <= filters["to"])
    if filters.get("open"):
        statement = statement.where(AssignmentRow.cancelled_at.is_(None), AssignmentRow.inspection_id.is_(None))
    if after is not None:
        day, last = after
        statement = statement.where(
            or_(AssignmentRow.planned_on > day, (AssignmentRow.planned_on == day) & (AssignmentRow.id > last))
        )
    return session.scalars(statement.order_by(AssignmentRow.planned_on, AssignmentRow.id).limit(limit)).all()


def own_to_do(actor: Actor, session: Session) -> Sequence[AssignmentRow]:
    """What is planned for the actor and not done by him yet, by day."""
    return session.scalars(
        select(AssignmentRow)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .where(
            AssignedRow.user_id == actor.id, AssignedRow.inspection_id.is_(None), AssignmentRow.cancelled_at.is_(None)
        )
        .order_by(AssignmentRow.planned_on, AssignmentRow.id)
    ).all()


def own_changed(actor: Actor, session: Session, since: datetime) -> Sequence[UUID]:
    """Assignments of the actor that changed after a moment, done and cancelled ones among them."""
    return session.scalars(
        select(AssignmentRow.id)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .where(AssignedRow.user_id == actor.id, AssignmentRow.changed_at > since)
    ).all()


def team_of_for_system(session: Session, assignment_ids: Collection[UUID]) -> Sequence[AssignedRow]:
    if not assignment_ids:
        return []
    return session.scalars(
        select(AssignedRow)
        .where(AssignedRow.assignment_id.in_(list(assignment_ids)))
        .order_by(AssignedRow.assignment_id, AssignedRow.user_id)
    ).all()


def recused_for_system(session: Session, institution_id: UUID, user_ids: Collection[UUID]) -> set[UUID]:
    """Who of these must not inspect the institution."""
    if not user_ids:
        return set()
    return set(
        session.scalars(
            select(RecusalRow.user_id).where(
                RecusalRow.institution_id == institution_id, RecusalRow.user_id.in_(list(user_ids))
            )
        )
    )


def done_by_for_system(session: Session, assignment_id: UUID, user_id: UUID, inspection_id: UUID, at: datetime) -> None:
    """A submission that names an assignment has done its submitter's part; the first one stands for the whole."""
    session.execute(
        update(AssignmentRow)
        .where(AssignmentRow.id == assignment_id)
        .values(inspection_id=func.coalesce(AssignmentRow.inspection_id, inspection_id), changed_at=at)
    )
    session.execute(
        update(AssignedRow)
        .where(
            AssignedRow.assignment_id == assignment_id,
            AssignedRow.user_id == user_id,
            AssignedRow.inspection_id.is_(None),
        )
        .values(inspection_id=inspection_id)
    )


def reassign_for_system(session: Session, from_id: UUID, to_id: UUID, at: datetime) -> int:
    """What is planned for one person is planned for the other; how many assignments that were."""
    rows = session.scalars(
        select(AssignmentRow).where(
            AssignmentRow.id.in_(select(AssignedRow.assignment_id).where(AssignedRow.user_id == from_id)),
            AssignmentRow.cancelled_at.is_(None),
            AssignmentRow.inspection_id.is_(None),
        )
    ).all()
    for row in rows:
        row.changed_at = at
        own = session.get_one(AssignedRow, (row.id, from_id))
        if session.get(AssignedRow, (row.id, to_id)) is None:
            session.add(AssignedRow(assignment_id=row.id, user_id=to_id, sections=own.sections, inspection_id=None))
        session.delete(own)
    session.flush()
    return len(rows)
