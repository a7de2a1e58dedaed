"""Regions and institutions, with the profile that the checklists need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, not_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.db import Base, Json
from inspection.storage.scope import regions_over, visible_institutions


class RegionRow(Base):
    __tablename__ = "region"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))


class InstitutionRow(Base):
    """`profile`: the flags of the checklists, head counts, `guards_required`, `playback_days_required`. One that was
    merged has its `successor_id`: its unit answers for everything that stands against this one. `changed_at` moves
    with every change, for the phones' deltas."""

    __tablename__ = "institution"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(32))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    competent_department: Mapped[str] = mapped_column(String(128))
    profile: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    closed_on: Mapped[date | None]
    successor_id: Mapped[UUID | None] = mapped_column(index=True)


class InstitutionChangeRow(Base):
    """Renamed, moved, merged, closed, or its profile changed: what it was before and after, and why."""

    __tablename__ = "institution_change"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    kind: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date]
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (Index("ix_institution_change_institution_id_id", "institution_id", "id"),)


def get(actor: Actor, session: Session, institution_id: UUID) -> InstitutionRow | None:
    return session.scalar(
        select(InstitutionRow).where(InstitutionRow.id == institution_id, visible_institutions(actor, InstitutionRow))
    )


def get_for_system(session: Session, institution_id: UUID) -> InstitutionRow:
    return session.get_one(InstitutionRow, institution_id)


def lock(actor: Actor, session: Session, institution_id: UUID) -> InstitutionRow | None:
    """The row as it is now, held against other writers until the unit ends."""
    return session.scalar(
        select(InstitutionRow)
        .where(InstitutionRow.id == institution_id, visible_institutions(actor, InstitutionRow))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def by_credit_code_for_system(session: Session) -> dict[str, InstitutionRow]:
    rows = session.scalars(select(InstitutionRow).where(InstitutionRow.credit_code.is_not(None)))
    return {row.credit_code: row for row in rows if row.credit_code is not None}


def ids_by_credit_code_for_system(session: Session) -> dict[str, UUID]:
    statement = select(InstitutionRow.credit_code, InstitutionRow.id).where(InstitutionRow.credit_code.is_not(None))
    return {code: found for code, found in session.execute(statement) if code is not None}


def all_visible(actor: Actor, session: Session, changed_since: datetime | None) -> Sequence[InstitutionRow]:
    """Institutions in scope by name; with `changed_since`, those that changed after it."""
    statement = select(InstitutionRow).where(visible_institutions(actor, InstitutionRow))
    if changed_since is not None:
        statement = statement.where(InstitutionRow.changed_at > changed_since)
    return session.scalars(statement.order_by(InstitutionRow.name, InstitutionRow.id)).all()


def moved_away(actor: Actor, session: Session, since: datetime) -> list[UUID]:
    """Institutions that left the actor's scope after a moment: they had been in one of his regions."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.region_code]
    rows = session.execute(
        select(InstitutionChangeRow.institution_id, InstitutionChangeRow.before)
        .join(InstitutionRow, InstitutionRow.id == InstitutionChangeRow.institution_id)
        .where(
            InstitutionChangeRow.at > since,
            InstitutionChangeRow.kind == "move",
            not_(visible_institutions(actor, InstitutionRow)),
        )
        .order_by(InstitutionChangeRow.at)
    )
    return [
        institution_id
        for institution_id, before in rows
        if any(str(before.get("region_code", "")).startswith(prefix) for prefix in prefixes)
    ]


def predecessors_for_system(session: Session, institution_id: UUID) -> Sequence[InstitutionRow]:
    """Those that were merged into this one."""
    return session.scalars(
        select(InstitutionRow).where(InstitutionRow.successor_id == institution_id).order_by(InstitutionRow.id)
    ).all()


def changes_for_system(session: Session, institution_id: UUID) -> Sequence[InstitutionChangeRow]:
    return session.scalars(
        select(InstitutionChangeRow)
        .where(InstitutionChangeRow.institution_id == institution_id)
        .order_by(InstitutionChangeRow.at, InstitutionChangeRow.id)
    ).all()


def region_exists_for_system(session: Session, code: str) -> bool:
    return session.get(RegionRow, code) is not None


def list_visible(
    actor: Actor,
    session: Session,
    *,
    text: str | None,
    kind: str | None,
    region_prefix: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[InstitutionRow]:
    """Institutions in scope by name, `limit` of them after the keyset position (name, id)."""
    statement = select(InstitutionRow).where(visible_institutions(actor, InstitutionRow))
    if text:
        statement = statement.where(InstitutionRow.name.contains(text, autoescape=True))
    if kind:
        statement = statement.where(InstitutionRow.kind == kind)
    if region_prefix is not None:
        statement = statement.where(InstitutionRow.region_code.startswith(region_prefix, autoescape=True))
    if after is not None:
        name, last = after
        statement = statement.where(
            or_(InstitutionRow.name > name, (InstitutionRow.name == name) & (InstitutionRow.id > last))
        )
    return session.scalars(statement.order_by(InstitutionRow.name, InstitutionRow.id).limit(limit)).all()


def region_names_for_system(session: Session) -> dict[str, str]:
    return dict(session.execute(select(RegionRow.code, RegionRow.name)).all())


def region_names_upward_for_system(session: Session, code: str) -> list[str]:
    """The names of a region and of those over it, the largest first."""
    codes = regions_over(code)
    return list(session.scalars(select(RegionRow.name).where(RegionRow.code.in_(codes)).order_by(RegionRow.code)))


def names_for_system(session: Session, institution_ids: Collection[UUID]) -> dict[UUID, str]:
    if not institution_ids:
        return {}
    rows = session.execute(
        select(InstitutionRow.id, InstitutionRow.name).where(InstitutionRow.id.in_(list(institution_ids)))
    )
    return dict(rows.all())
