"""This installation: its identity, whether it holds demo data, the calendar's revision, and who is alive."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.storage.audit import AuditRow
from inspection.storage.db import Base, insert_or_ignore


class InstallationRow(Base):
    """The one row of this table (`id` 1). `calendar_revision` rises whenever the calendar is changed;
    `recomputed_revision` is the one by which the dates of unfinished problems were last computed again."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[UUID]
    demo: Mapped[bool]
    calendar_revision: Mapped[int]
    recomputed_revision: Mapped[int]
    created_at: Mapped[datetime]


class HeartbeatRow(Base):
    """When a process of this name (`worker`) was last alive, and when it last finished a sweep."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
    swept_at: Mapped[datetime | None]


class SetAsideRow(Base):
    """A subject whose deadline pass failed. The walk goes on without it; `doctor` and `verify` name it."""

    __tablename__ = "set_aside"
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    error: Mapped[str] = mapped_column(String(512))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


def get_for_system(session: Session) -> InstallationRow | None:
    return session.get(InstallationRow, 1)


def lock_for_system(session: Session) -> InstallationRow:
    return session.get_one(InstallationRow, 1, with_for_update=True, populate_existing=True)


def recomputed_for_system(session: Session, revision: int) -> None:
    session.execute(update(InstallationRow).where(InstallationRow.id == 1).values(recomputed_revision=revision))


def calendar_revision_for_system(session: Session) -> int:
    return session.scalar(select(InstallationRow.calendar_revision).where(InstallationRow.id == 1)) or 0


def last_entry_for_system(session: Session) -> int:
    """The number of the newest entry of the log, which grows with every change whatever the clock says."""
    return session.scalar(select(func.max(AuditRow.seq))) or 0


def earliest_after_for_system(session: Session, entry: int) -> datetime | None:
    """The earliest moment among the entries of the log after this one."""
    return session.scalar(select(func.min(AuditRow.at)).where(AuditRow.seq > entry))


def beat_for_system(session: Session, name: str, at: datetime, *, swept: bool = False) -> None:
    insert_or_ignore(session, HeartbeatRow, [{"name": name, "at": at, "swept_at": None}])
    values = {"at": at, "swept_at": at} if swept else {"at": at}
    session.execute(update(HeartbeatRow).where(HeartbeatRow.name == name).values(**values))


def heartbeat_for_system(session: Session, name: str) -> HeartbeatRow | None:
    return session.get(HeartbeatRow, name)


def set_aside_for_system(session: Session, subject_id: UUID, error: str, at: datetime) -> None:
    insert_or_ignore(
        session, SetAsideRow, [{"subject_id": subject_id, "error": error[:512], "first_at": at, "last_at": at}]
    )
    session.execute(
        update(SetAsideRow).where(SetAsideRow.subject_id == subject_id).values(error=error[:512], last_at=at)
    )


def list_set_aside_for_system(session: Session) -> list[SetAsideRow]:
    return list(session.scalars(select(SetAsideRow).order_by(SetAsideRow.first_at)))


def forgive_for_system(session: Session, but: list[UUID]) -> None:
    """Everything that the last pass could walk over again is no longer set aside."""
    statement = delete(SetAsideRow)
    session.execute(statement.where(SetAsideRow.subject_id.not_in(but)) if but else statement)
