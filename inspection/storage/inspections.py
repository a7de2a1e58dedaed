"""Inspections as they were handed in: the very bytes, what was derived from them, and who took part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    and_,
    bindparam,
    select,
    union,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, undefer

from inspection.domain.actor import Actor
from inspection.storage.db import Base, Json
from inspection.storage.scope import in_region, is_wide, of_institutions, visible


class InspectionRow(Base):
    """`body` is the submission as received and `content_sha256` its hash. `region_code` is that of the day.
    `flags` are those of the receipt; missing answers among them are read against the whole visit. `counts` are its
    numbers by item, for the figures. `circumstances` are what it was judged by beside its bytes, the attributes and the
    school terms of the day (None: received before they were kept). A withdrawn one is kept and counts nowhere."""

    __tablename__ = "inspection"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    region_code: Mapped[str] = mapped_column(String(6))
    visit_id: Mapped[UUID] = mapped_column(index=True)
    submitter_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    mode: Mapped[str] = mapped_column(String(16))
    checklist_code: Mapped[str] = mapped_column(String(32))
    checklist_version: Mapped[int]
    supersedes_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    inspected_on: Mapped[date]
    received_at: Mapped[datetime]
    client_version: Mapped[str | None] = mapped_column(String(64))
    clock_offset_s: Mapped[float | None] = mapped_column(Float)
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    answered: Mapped[list[Any]] = mapped_column(Json)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    flags: Mapped[list[Any]] = mapped_column(Json)
    circumstances: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    issue_due_on: Mapped[date]
    complete_at: Mapped[datetime | None]
    receipt_code: Mapped[str | None] = mapped_column(String(16))
    notice_id: Mapped[UUID | None] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_inspection_institution_id_id", "institution_id", "id"),
        Index("ix_inspection_received_at_id", "received_at", "id"),
        Index("ix_inspection_figures", "institution_id", "inspected_on", "withdrawn_at"),
    )


class ParticipantRow(Base):
    """Who took part beside the submitter; `user_id` where it is an account."""

    __tablename__ = "participant"
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[str] = mapped_column(String(128))


_EXISTS: Final = select(InspectionRow.__table__.c.id).where(InspectionRow.__table__.c.id == bindparam("wanted"))


def exists_for_system(session: Session, inspection_id: UUID) -> bool:
    return session.execute(_EXISTS, {"wanted": inspection_id}).first() is not None


def find_for_system(session: Session, inspection_id: UUID, *, locked: bool = False) -> InspectionRow | None:
    return session.get(InspectionRow, inspection_id, with_for_update=locked, populate_existing=locked)


def get(actor: Actor, session: Session, inspection_id: UUID) -> InspectionRow | None:
    return session.scalar(select(InspectionRow).where(InspectionRow.id == inspection_id, visible(actor, InspectionRow)))


def lock_many(actor: Actor, session: Session, ids: Iterable[UUID]) -> Sequence[InspectionRow]:
    """Those in scope, in the order of receipt, held against other writers until the unit ends."""
    return session.scalars(
        select(InspectionRow)
        .where(InspectionRow.id.in_(list(ids)), visible(actor, InspectionRow))
        .order_by(InspectionRow.received_at, InspectionRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def lock_many_for_system(session: Session, ids: Iterable[UUID]) -> Sequence[InspectionRow]:
    """By id, held against other writers until the unit ends."""
    return session.scalars(
        select(InspectionRow)
        .where(InspectionRow.id.in_(list(ids)))
        .order_by(InspectionRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def list_visible(
    actor: Actor,
    session: Session,
    filters: Mapping[str, Any],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[InspectionRow]:
    """In the order of receipt, `limit` of them after the keyset position (received_at, id). `filters`: institution,
    since (received), region, inspected_from, inspected_to."""
    statement = select(InspectionRow).where(visible(actor, InspectionRow), *conditions(filters))
    if after is not None:
        at, last = after
        statement = statement.where(
            (InspectionRow.received_at > at) | ((InspectionRow.received_at == at) & (InspectionRow.id > last))
        )
    return session.scalars(statement.order_by(InspectionRow.received_at, InspectionRow.id).limit(limit)).all()


def conditions(filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """What the filters of the list mean; absent or None does not filter."""
    wanted = inspected_within(filters.get("inspected_from"), filters.get("inspected_to"))
    if filters.get("institution") is not None:
        wanted.append(InspectionRow.institution_id == filters["institution"])
    if filters.get("since") is not None:
        wanted.append(InspectionRow.received_at >= filters["since"])
    region = filters.get("region")
    if region is not None:
        wanted.append(of_institutions(InspectionRow, partial(in_region, region), wide=is_wide(region)))
    return wanted


def inspected_within(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """The day of the inspection lies within these two; None has no bound."""
    bounds = []
    if first is not None:
        bounds.append(InspectionRow.inspected_on >= first)
    if last is not None:
        bounds.append(InspectionRow.inspected_on <= last)
    return bounds


def of_visit(actor: Actor, session: Session, visit_id: UUID, institution_id: UUID | None) -> Sequence[InspectionRow]:
    """All submissions of a visit in scope, with their bytes, in the order of receipt."""
    statement = select(InspectionRow).where(InspectionRow.visit_id == visit_id, visible(actor, InspectionRow))
    if institution_id is not None:
        statement = statement.where(InspectionRow.institution_id == institution_id)
    return session.scalars(
        statement.options(undefer(InspectionRow.body)).order_by(InspectionRow.received_at, InspectionRow.id)
    ).all()


def of_visit_for_system(session: Session, inspection: InspectionRow) -> Sequence[InspectionRow]:
    """All submissions of the same visit to the same institution that were not withdrawn, in the order of receipt."""
    return session.scalars(
        select(InspectionRow)
        .where(
            InspectionRow.visit_id == inspection.visit_id,
            InspectionRow.institution_id == inspection.institution_id,
            InspectionRow.withdrawn_at.is_(None),
        )
        .order_by(InspectionRow.received_at, InspectionRow.id)
    ).all()


def answered_elsewhere_for_system(session: Session, inspection: InspectionRow) -> set[str]:
    """Items that other submissions of the same visit to the same institution answered."""
    rows = session.scalars(
        select(InspectionRow.answered).where(
            InspectionRow.visit_id == inspection.visit_id,
            InspectionRow.institution_id == inspection.institution_id,
            InspectionRow.id != inspection.id,
            InspectionRow.withdrawn_at.is_(None),
        )
    )
    return {code for codes in rows for code in codes}


def _took_part() -> CompoundSelect[UUID | None]:
    named = aliased(InspectionRow)
    same = (named.visit_id == InspectionRow.visit_id, named.institution_id == InspectionRow.institution_id)
    given = named.id.in_(bindparam("inspection_ids", expanding=True))
    of_visits = select(InspectionRow.id).join(named, and_(*same)).where(given)
    submitters = select(InspectionRow.submitter_id).where(InspectionRow.id.in_(of_visits))
    others = select(ParticipantRow.user_id).where(ParticipantRow.inspection_id.in_(of_visits))
    return union(submitters, others.where(ParticipantRow.user_id.is_not(None)))


_TOOK_PART: Final = _took_part()
"""Made once: to make it takes longer than to ask it, and every problem that is shown asks it."""


def took_part_for_system(session: Session, inspection_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Everybody who submitted or took part in one of these inspections or in another submission of its visit."""
    return frozenset(session.scalars(_TOOK_PART, {"inspection_ids": list(inspection_ids)}))


def participants_for_system(session: Session, inspection_ids: Collection[UUID]) -> Sequence[ParticipantRow]:
    return session.scalars(
        select(ParticipantRow)
        .where(ParticipantRow.inspection_id.in_(list(inspection_ids)))
        .order_by(ParticipantRow.inspection_id, ParticipantRow.position)
    ).all()


def mark_complete_for_system(session: Session, inspection_id: UUID, code: str, at: datetime) -> None:
    session.execute(
        update(InspectionRow)
        .where(InspectionRow.id == inspection_id, InspectionRow.complete_at.is_(None))
        .values(complete_at=at, receipt_code=code)
    )


def all_bodies_for_system(session: Session) -> Iterable[InspectionRow]:
    """Every inspection with its bytes, a few at a time."""
    return session.scalars(
        select(InspectionRow)
        .options(undefer(InspectionRow.body), undefer(InspectionRow.circumstances))
        .order_by(InspectionRow.id)
    ).yield_per(50)
