"""Rectification notices (整改通知书) as frozen documents, and their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.domain.actor import Actor
from inspection.storage.db import Base, Json, insert_or_ignore
from inspection.storage.scope import visible


class NoticeRow(Base):
    """`frozen` is what was ordered, `document` the very bytes that were served; neither is ever computed again."""

    __tablename__ = "notice"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"), index=True)
    document_number: Mapped[str] = mapped_column(String(128))
    district: Mapped[str] = mapped_column(String(6))
    year: Mapped[int]
    sequence: Mapped[int]
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    frozen: Mapped[dict[str, Any]] = mapped_column(Json)
    document: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    document_sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("district", "year", "sequence"),
        UniqueConstraint("district", "document_number"),
    )


class AcknowledgementRow(Base):
    """签收: who of the unit received the notice. One per notice."""

    __tablename__ = "acknowledgement"
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(64))
    acknowledged_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class NoticeCounterRow(Base):
    """The last notice number given in a district and year; locked while the next one is taken."""

    __tablename__ = "notice_counter"
    district: Mapped[str] = mapped_column(String(6), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def find_for_system(session: Session, notice_id: UUID) -> NoticeRow | None:
    return session.get(NoticeRow, notice_id)


def get(actor: Actor, session: Session, notice_id: UUID, *, with_document: bool = False) -> NoticeRow | None:
    statement = select(NoticeRow).where(NoticeRow.id == notice_id, visible(actor, NoticeRow))
    if with_document:
        statement = statement.options(undefer(NoticeRow.document))
    return session.scalar(statement)


def list_visible(
    actor: Actor,
    session: Session,
    institution_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    *,
    acknowledged: bool | None = None,
) -> Sequence[tuple[NoticeRow, datetime | None]]:
    """Notices in scope, the newest first, each with when it was acknowledged; `limit` of them after the keyset position
    (issued_at, id). `acknowledged`: those alone that are, or are not. The page is chosen by its keys: what was frozen
    is long, and read for the lines shown alone."""
    page = select(NoticeRow.id).where(visible(actor, NoticeRow))
    if institution_id is not None:
        page = page.where(NoticeRow.institution_id == institution_id)
    if acknowledged is not None:
        page = page.where(_said() if acknowledged else ~_said())
    if after is not None:
        at, last = after
        page = page.where((NoticeRow.issued_at < at) | ((NoticeRow.issued_at == at) & (NoticeRow.id < last)))
    newest_first = NoticeRow.issued_at.desc(), NoticeRow.id.desc()
    rows = session.execute(
        select(NoticeRow, AcknowledgementRow.acknowledged_at)
        .outerjoin(AcknowledgementRow, AcknowledgementRow.notice_id == NoticeRow.id)
        .where(NoticeRow.id.in_(page.order_by(*newest_first).limit(limit)))
        .order_by(*newest_first)
    )
    return [(row, acknowledged_at) for row, acknowledged_at in rows]


def number_taken_for_system(session: Session, district: str, document_number: str) -> bool:
    return (
        session.scalar(
            select(NoticeRow.id).where(NoticeRow.district == district, NoticeRow.document_number == document_number)
        )
        is not None
    )


def latest_number_for_system(session: Session, district: str) -> str | None:
    """The document number that was issued last in a district."""
    return session.scalar(
        select(NoticeRow.document_number)
        .where(NoticeRow.district == district)
        .order_by(NoticeRow.year.desc(), NoticeRow.sequence.desc())
        .limit(1)
    )


def next_sequence_for_system(session: Session, district: str, year: int) -> int:
    """The next notice number of the district in the year; no gap, since it is given back with the unit."""
    insert_or_ignore(session, NoticeCounterRow, [{"district": district, "year": year, "last": 0}])
    counter = session.get_one(NoticeCounterRow, (district, year), with_for_update=True, populate_existing=True)
    counter.last += 1
    session.flush()
    return counter.last


def acknowledgement_for_system(session: Session, notice_id: UUID) -> AcknowledgementRow | None:
    return session.get(AcknowledgementRow, notice_id)


def all_for_system(session: Session) -> Iterable[NoticeRow]:
    return session.scalars(
        select(NoticeRow).options(undefer(NoticeRow.body), undefer(NoticeRow.document)).order_by(NoticeRow.id)
    ).yield_per(50)


def unacknowledged(actor: Actor, session: Session) -> Sequence[NoticeRow]:
    """In scope, the oldest first."""
    statement = select(NoticeRow).where(visible(actor, NoticeRow), ~_said())
    return session.scalars(statement.order_by(NoticeRow.issued_at, NoticeRow.id).limit(20)).all()


def _said() -> ColumnElement[bool]:
    """Somebody of the unit has acknowledged it."""
    return select(AcknowledgementRow.notice_id).where(AcknowledgementRow.notice_id == NoticeRow.id).exists()
