"""What people are told inside the system, and the facts of the deadline stages that were reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.db import Base, Json, insert_or_ignore, insert_rows
from inspection.storage.institutions import InstitutionRow
from inspection.storage.scope import regions_over

PENDING: Final = "pending"
"""The kind of message that only says that something waits. To read it is an entry of the log of leads."""


class NotificationRow(Base):
    """One message to one person. Its text is made from `kind` and `params` in the reader's language."""

    __tablename__ = "notification"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(32))
    problem_id: Mapped[UUID | None] = mapped_column(index=True)
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_notification_user_id_id", "user_id", "id"),
        Index("ix_notification_user_id_read_at", "user_id", "read_at"),
    )


class StageFactRow(Base):
    """A stage that was reached, written once: the key makes several workers and repeated sweeps harmless.
    `subject_id` is a problem's, or an inspection's for the clock of issuing."""

    __tablename__ = "stage_fact"
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]


def add_for_system(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(session, NotificationRow, rows)


def recipients_for_system(session: Session, roles: Iterable[str], institution_id: UUID, region_code: str) -> list[UUID]:
    """Accounts in use that hold one of the roles for this institution or its successor (unit), or for a region over
    it."""
    by_role = recipients_of_many_for_system(session, roles, {institution_id: region_code})[institution_id]
    return sorted({user_id for people in by_role.values() for user_id in people})


def recipients_of_many_for_system(
    session: Session, roles: Iterable[str], regions: Mapping[UUID, str]
) -> dict[UUID, dict[str, list[UUID]]]:
    """The same for many institutions, each with its region of today: institution → role → accounts."""
    found: dict[UUID, dict[str, list[UUID]]] = {institution_id: {} for institution_id in regions}
    in_use = (RoleRow.ended_at.is_(None), UserRow.disabled_at.is_(None))
    regional = [role for role in roles if role != "unit"]
    if regional:
        over = {code for region in regions.values() for code in regions_over(region)}
        held: dict[str, list[tuple[str, UUID]]] = {}
        for code, role, user_id in session.execute(
            select(RoleRow.region_code, RoleRow.role, UserRow.id)
            .join(UserRow, RoleRow.user_id == UserRow.id)
            .where(*in_use, RoleRow.role.in_(regional), RoleRow.region_code.in_(over))
            .order_by(UserRow.id)
        ):
            held.setdefault(code or "", []).append((role, user_id))
        by_region: dict[str, dict[str, list[UUID]]] = {}
        for region in set(regions.values()):
            over_it = by_region[region] = {}
            for code in regions_over(region):
                for role, user_id in held.get(code, ()):
                    over_it.setdefault(role, []).append(user_id)
        found = {institution_id: dict(by_region[region]) for institution_id, region in regions.items()}
    if "unit" in roles:
        theirs = or_(RoleRow.institution_id == InstitutionRow.id, RoleRow.institution_id == InstitutionRow.successor_id)
        for institution_id, user_id in session.execute(
            select(InstitutionRow.id, UserRow.id)
            .join(RoleRow, theirs)
            .join(UserRow, RoleRow.user_id == UserRow.id)
            .where(*in_use, RoleRow.role == "unit", InstitutionRow.id.in_(list(regions)))
            .order_by(UserRow.id)
        ):
            found[institution_id].setdefault("unit", []).append(user_id)
    return found


def list_own(actor: Actor, session: Session, after: UUID | None, limit: int) -> Sequence[NotificationRow]:
    """The newest first; ids are UUIDv7."""
    statement = select(NotificationRow).where(NotificationRow.user_id == actor.id)
    if after is not None:
        statement = statement.where(NotificationRow.id < after)
    return session.scalars(statement.order_by(NotificationRow.id.desc()).limit(limit)).all()


def unread_for_system(session: Session, user_id: UUID) -> Sequence[NotificationRow]:
    """What a successor is to read; that something waits about leads is for those alone who handle them."""
    return session.scalars(
        select(NotificationRow)
        .where(NotificationRow.user_id == user_id, NotificationRow.read_at.is_(None), NotificationRow.kind != PENDING)
        .order_by(NotificationRow.id)
    ).all()


def get_own(actor: Actor, session: Session, notification_id: UUID) -> NotificationRow | None:
    return session.scalar(
        select(NotificationRow).where(NotificationRow.id == notification_id, NotificationRow.user_id == actor.id)
    )


def mark_read_until(actor: Actor, session: Session, newest: UUID, at: datetime, *, pending: bool) -> int:
    """The actor's own up to this one, of this kind or of all others; how many were unread."""
    mine = update(NotificationRow).where(
        NotificationRow.user_id == actor.id,
        NotificationRow.read_at.is_(None),
        NotificationRow.id <= newest,
        NotificationRow.kind == PENDING if pending else NotificationRow.kind != PENDING,
    )
    return int(session.execute(mine.values(read_at=at)).rowcount)  # type: ignore[attr-defined]


def reached_for_system(session: Session, subject_ids: Sequence[UUID]) -> dict[UUID, set[tuple[int, date, str]]]:
    """The facts already written for these subjects: (round, due date, stage)."""
    reached: dict[UUID, set[tuple[int, date, str]]] = {subject_id: set() for subject_id in subject_ids}
    if subject_ids:
        for subject_id, number, due_on, stage in session.execute(
            select(StageFactRow.subject_id, StageFactRow.round, StageFactRow.due_on, StageFactRow.stage).where(
                StageFactRow.subject_id.in_(subject_ids)
            )
        ):
            reached[subject_id].add((number, due_on, stage))
    return reached


def reach_for_system(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write that stages were reached (subject_id, round, due_on, stage, at); how many of them were news."""
    return insert_or_ignore(session, StageFactRow, rows)
