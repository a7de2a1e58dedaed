"""Who is to inspect which institution on which day, and who must not (回避)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.domain.assignments import united
from inspection.storage.accounts import RoleRow
from inspection.storage.db import Base, Json
from inspection.storage.institutions import InstitutionRow
from inspection.storage.scope import of_institutions, visible


class AssignmentRow(Base):
    """`changed_at` moves with every change of it, for the phones' deltas. `inspection_id` is the submission that did
    the last part of it; it is over then, or when it was cancelled."""

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
    submission for it: the others of the team still have theirs to do, and until then the whole is not done."""

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
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index("ix_recusal_institution_id_user_id", "institution_id", "user_id"),)


STATES: Final = {
    "planned": (AssignmentRow.cancelled_at.is_(None), AssignmentRow.inspection_id.is_(None)),
    "done": (AssignmentRow.cancelled_at.is_(None), AssignmentRow.inspection_id.is_not(None)),
    "cancelled": (AssignmentRow.cancelled_at.is_not(None),),
}


def get(actor: Actor, session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.scalar(select(AssignmentRow).where(AssignmentRow.id == assignment_id, visible(actor, AssignmentRow)))


def lock(actor: Actor, session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.scalar(
        select(AssignmentRow)
        .where(AssignmentRow.id == assignment_id, visible(actor, AssignmentRow))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_open_of_for_system(session: Session, institution_id: UUID) -> Sequence[AssignmentRow]:
    """What is planned for an institution and neither done nor cancelled, held until the unit ends."""
    return session.scalars(
        select(AssignmentRow)
        .where(
            AssignmentRow.institution_id == institution_id,
            AssignmentRow.cancelled_at.is_(None),
            AssignmentRow.inspection_id.is_(None),
        )
        .order_by(AssignmentRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def find_for_system(session: Session, assignment_id: UUID) -> AssignmentRow | None:
    return session.get(AssignmentRow, assignment_id)


def list_visible(
    actor: Actor, session: Session, filters: Mapping[str, Any], after: tuple[date, UUID] | None, limit: int
) -> Sequence[AssignmentRow]:
    """By day. `filters`: institution, inspector, from, to, open (neither done nor cancelled), state (planned, done or
    cancelled), q (what the institution's name has in it)."""
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
        statement = statement.where(*STATES["planned"])
    if filters.get("state") is not None:
        statement = statement.where(*STATES[filters["state"]])
    text = filters.get("q")
    if text:
        named = of_institutions(AssignmentRow, lambda place: place.name.contains(text, autoescape=True), wide=False)
        statement = statement.where(named)
    if after is not None:
        day, last = after
        statement = statement.where(
            or_(AssignmentRow.planned_on > day, (AssignmentRow.planned_on == day) & (AssignmentRow.id > last))
        )
    return session.scalars(statement.order_by(AssignmentRow.planned_on, AssignmentRow.id).limit(limit)).all()


def own_to_do(actor: Actor, session: Session) -> Sequence[AssignmentRow]:
    """What is planned for the actor in his scope and not done by him yet, by day."""
    return session.scalars(
        select(AssignmentRow)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .where(
            AssignedRow.user_id == actor.id,
            AssignedRow.inspection_id.is_(None),
            AssignmentRow.cancelled_at.is_(None),
            visible(actor, AssignmentRow),
        )
        .order_by(AssignmentRow.planned_on, AssignmentRow.id)
    ).all()


def own_changed(actor: Actor, session: Session, since: datetime) -> Sequence[UUID]:
    """Assignments of the actor that changed after a moment, or whose institution did: those that are done, cancelled
    or out of scope since then are among them."""
    return session.scalars(
        select(AssignmentRow.id)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .join(InstitutionRow, InstitutionRow.id == AssignmentRow.institution_id)
        .where(
            AssignedRow.user_id == actor.id,
            or_(AssignmentRow.changed_at > since, InstitutionRow.changed_at > since),
        )
    ).all()


def team_of_for_system(session: Session, assignment_ids: Collection[UUID]) -> Sequence[AssignedRow]:
    if not assignment_ids:
        return []
    return session.scalars(
        select(AssignedRow)
        .where(AssignedRow.assignment_id.in_(list(assignment_ids)))
        .order_by(AssignedRow.assignment_id, AssignedRow.user_id)
    ).all()


def recused_for_system(
    session: Session, institution_id: UUID, user_ids: Collection[UUID], at: datetime | None = None
) -> set[UUID]:
    """Who of these must not inspect the institution, since it was declared or since he answers for it; with `at`, who
    it stood against at that moment or since."""
    if not user_ids:
        return set()
    found: set[UUID] = set()
    for row, more in ((RecusalRow, ()), (RoleRow, (RoleRow.role == "unit",))):
        standing = row.ended_at.is_(None)
        here = (row.institution_id == institution_id, row.user_id.in_(list(user_ids)), *more)
        stood = standing if at is None else or_(standing, row.ended_at > at)
        found.update(session.scalars(select(row.user_id).where(*here, stood)))
    return found


def recusals_of_for_system(session: Session, institution_id: UUID) -> Sequence[RecusalRow]:
    """All that were declared of an institution, the oldest first."""
    return session.scalars(
        select(RecusalRow)
        .where(RecusalRow.institution_id == institution_id)
        .order_by(RecusalRow.declared_at, RecusalRow.id)
    ).all()


def find_recusal_for_system(session: Session, recusal_id: UUID, *, locked: bool = False) -> RecusalRow | None:
    return session.get(RecusalRow, recusal_id, with_for_update=locked, populate_existing=locked)


def planned_days_for_system(session: Session, institution_id: UUID, user_id: UUID) -> Sequence[date]:
    """On which days somebody has still to inspect an institution."""
    return session.scalars(
        select(AssignmentRow.planned_on)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .where(
            AssignmentRow.institution_id == institution_id,
            AssignmentRow.cancelled_at.is_(None),
            AssignedRow.user_id == user_id,
            AssignedRow.inspection_id.is_(None),
        )
        .order_by(AssignmentRow.planned_on)
    ).all()


def done_by_for_system(
    session: Session,
    assignment_id: UUID,
    institution_id: UUID,
    user_id: UUID,
    inspection_id: UUID,
    instead_of: UUID | None,
    at: datetime,
) -> None:
    """A submission about the assignment's institution by one of its team does that person's part, once; one that says
    that it stands `instead_of` the submission which did it takes its place."""
    row = session.scalar(
        select(AssignmentRow)
        .where(AssignmentRow.id == assignment_id, AssignmentRow.institution_id == institution_id)
        .with_for_update()  # of a team that hands in at once, the last has to see that he is the last
        .execution_options(populate_existing=True)
    )
    own = session.get(AssignedRow, (assignment_id, user_id), populate_existing=True) if row is not None else None
    if row is None or own is None or own.inspection_id not in (None, instead_of):
        return
    own.inspection_id = inspection_id
    row.changed_at = at
    _settle(session, row, inspection_id)


def _settle(session: Session, row: AssignmentRow, last: UUID | None) -> None:
    """Once everybody's part is done, the assignment is: `last` did it."""
    session.flush()
    undone = select(AssignedRow.user_id).where(AssignedRow.assignment_id == row.id, AssignedRow.inspection_id.is_(None))
    if session.scalar(undone.limit(1)) is None:
        row.inspection_id = last
        session.flush()


def undo_done_for_system(session: Session, inspection_ids: Sequence[UUID], at: datetime) -> None:
    """What these inspections had done is to be done again: they count no longer."""
    theirs = AssignedRow.inspection_id.in_(inspection_ids)
    rows = session.scalars(
        select(AssignmentRow)
        .where(AssignmentRow.id.in_(select(AssignedRow.assignment_id).where(theirs)))
        .order_by(AssignmentRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.inspection_id = None
        row.changed_at = at
    session.flush()
    session.execute(update(AssignedRow).where(theirs).values(inspection_id=None))


def reassign_for_system(
    session: Session, from_id: UUID, to_id: UUID, at: datetime
) -> tuple[int, Sequence[AssignmentRow]]:
    """What one person has still to do becomes the other's: how many assignments that were, and those that stay where
    they are because the other must not inspect there. Where he is of the team already, he has both parts to do."""
    rows = session.scalars(
        select(AssignmentRow)
        .join(AssignedRow, AssignedRow.assignment_id == AssignmentRow.id)
        .where(
            AssignedRow.user_id == from_id,
            AssignedRow.inspection_id.is_(None),
            AssignmentRow.cancelled_at.is_(None),
        )
        .order_by(AssignmentRow.id)
        .with_for_update(of=AssignmentRow)
        .execution_options(populate_existing=True)
    ).all()
    barred = set(
        session.scalars(
            select(RecusalRow.institution_id).where(RecusalRow.user_id == to_id, RecusalRow.ended_at.is_(None))
        )
    )
    moved = 0
    for row in rows:
        if row.institution_id not in barred and _take_over(session, row, from_id, to_id):
            row.changed_at = at
            moved += 1
    session.flush()
    return moved, [row for row in rows if row.institution_id in barred]


def _take_over(session: Session, row: AssignmentRow, from_id: UUID, to_id: UUID) -> bool:
    """Whether the part was still to be done when its assignment was held."""
    own = session.get_one(AssignedRow, (row.id, from_id), populate_existing=True)
    if own.inspection_id is not None:
        return False
    theirs = session.get(AssignedRow, (row.id, to_id), populate_existing=True)
    if theirs is None:
        theirs = AssignedRow(assignment_id=row.id, user_id=to_id, sections=own.sections, inspection_id=None)
        session.add(theirs)
    else:
        both = united(theirs.sections, own.sections)
        if both != theirs.sections:  # what he has handed in covers his own part, not this one
            theirs.sections, theirs.inspection_id = both, None
    session.delete(own)
    _settle(session, row, theirs.inspection_id)
    return True
