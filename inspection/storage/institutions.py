"""Regions and institutions, with the profile that the checklists need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, or_, select
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
    """`profile`: the flags of the checklists, head counts, `guards_required`, `playback_days_required`."""

    __tablename__ = "institution"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(32))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)
    competent_department: Mapped[str] = mapped_column(String(128))
    profile: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    closed_on: Mapped[date | None]


def get(actor: Actor, session: Session, institution_id: UUID) -> InstitutionRow | None:
    return session.scalar(
        select(InstitutionRow).where(InstitutionRow.id == institution_id, visible_institutions(actor, InstitutionRow))
    )


def get_for_system(session: Session, institution_id: UUID) -> InstitutionRow:
    return session.get_one(InstitutionRow, institution_id)


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
