"""Regions and institutions, with the profile that the checklists need."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, or_, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor, Grant
from inspection.storage.db import Base, Json
from inspection.storage.inspections import InspectionRow, inspected_within
from inspection.storage.scope import regions_over, visible_institutions, visible_lately


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
    address: Mapped[str | None] = mapped_column(String(128))
    telephone: Mapped[str | None] = mapped_column(String(32))
    profile: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    closed_on: Mapped[date | None]
    successor_id: Mapped[UUID | None] = mapped_column(index=True)


def _before(name: str, read: Callable[[str], Any]) -> Callable[[Any], Any]:
    """A column's default: this value out of `before`."""

    def value(context: Any) -> Any:
        given = context.get_current_parameters()["before"].get(name)
        return read(given) if given is not None else None

    return value


class InstitutionChangeRow(Base):
    """Renamed, moved, merged, closed, or its profile changed: what it was before and after, and why. What of `before`
    decides on scope stands beside it as columns: JSON is never queried inside."""

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
    before_region_code: Mapped[str | None] = mapped_column(String(6), default=_before("region_code", str))
    before_successor_id: Mapped[UUID | None] = mapped_column(default=_before("successor_id", UUID))
    __table_args__ = (Index("ix_institution_change_institution_id_id", "institution_id", "id"),)


def get(actor: Actor, session: Session, institution_id: UUID) -> InstitutionRow | None:
    return session.scalar(
        select(InstitutionRow).where(InstitutionRow.id == institution_id, visible_institutions(actor, InstitutionRow))
    )


def own_of(actor: Actor, session: Session) -> frozenset[UUID]:
    """Those for which he answers, whatever else he is: his own, and those merged into it."""
    if not actor.own:
        return frozenset()
    unit = replace(actor, grants=tuple(Grant("unit", None, one) for one in actor.own))
    return frozenset(session.scalars(select(InstitutionRow.id).where(visible_institutions(unit, InstitutionRow))))


def get_lately(actor: Actor, session: Session, institution_id: UUID, since: datetime) -> InstitutionRow | None:
    """One that is in scope, or was before a change after a moment."""
    return session.scalar(
        select(InstitutionRow).where(InstitutionRow.id == institution_id, visible_lately(actor, InstitutionRow, since))
    )


def get_for_system(session: Session, institution_id: UUID) -> InstitutionRow:
    return session.get_one(InstitutionRow, institution_id)


def lock_family(
    actor: Actor, session: Session, institution_id: UUID, successor_id: UUID | None
) -> InstitutionRow | None:
    """The row as it is now, held until the unit ends with everything that a merger of it touches: its successor, the
    one it is to have, and all that were merged into any of them. None where it is out of scope.

    They are held in the order of their ids, so that two changes never wait for each other; if one more belonged to them
    by the time they are held, they are let go and held again. Keys are not changed: rows that refer to an institution
    are inserted meanwhile."""
    if get(actor, session, institution_id) is None:
        return None
    wanted = {institution_id, successor_id or institution_id}
    while True:
        family = _family(session, wanted)
        attempt = session.begin_nested()
        session.scalars(
            select(InstitutionRow)
            .where(InstitutionRow.id.in_(family))
            .order_by(InstitutionRow.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        if _family(session, wanted) <= family:
            attempt.commit()
            return get(actor, session, institution_id)
        attempt.rollback()


def _family(session: Session, institution_ids: Collection[UUID]) -> set[UUID]:
    """These, their successors, and all that were merged into any of them."""
    heads = set(institution_ids)
    theirs = select(InstitutionRow.successor_id).where(InstitutionRow.id.in_(list(heads)))
    heads |= {found for found in session.scalars(theirs) if found is not None}
    return heads | set(session.scalars(select(InstitutionRow.id).where(InstitutionRow.successor_id.in_(list(heads)))))


def by_credit_code_for_system(session: Session) -> dict[str, InstitutionRow]:
    rows = session.scalars(select(InstitutionRow).where(InstitutionRow.credit_code.is_not(None)))
    return {row.credit_code: row for row in rows if row.credit_code is not None}


def credit_codes(actor: Actor, session: Session) -> set[str]:
    """Those of the institutions in scope."""
    codes = select(InstitutionRow.credit_code).where(
        InstitutionRow.credit_code.is_not(None), visible_institutions(actor, InstitutionRow)
    )
    return {code for code in session.scalars(codes) if code is not None}


def exists_for_system(session: Session, institution_id: UUID) -> bool:
    return session.scalar(select(InstitutionRow.id).where(InstitutionRow.id == institution_id)) is not None


def credit_code_taken_for_system(session: Session, code: str) -> bool:
    return session.scalar(select(InstitutionRow.id).where(InstitutionRow.credit_code == code)) is not None


def all_visible(
    actor: Actor, session: Session, changed_since: datetime | None, closed_by: date
) -> Sequence[InstitutionRow]:
    """Institutions in scope by name; with `changed_since`, those that changed after it, and those that are closed by
    a day."""
    statement = select(InstitutionRow).where(visible_institutions(actor, InstitutionRow))
    if changed_since is not None:
        statement = statement.where(
            or_(InstitutionRow.changed_at > changed_since, InstitutionRow.closed_on <= closed_by)
        )
    return session.scalars(statement.order_by(InstitutionRow.name, InstitutionRow.id)).all()


def moved_away(actor: Actor, session: Session, since: datetime) -> list[UUID]:
    """Institutions that left the actor's scope after a moment: moved out of his regions, or merged into another than
    his."""
    return list(
        session.scalars(
            select(InstitutionRow.id)
            .where(
                visible_lately(actor, InstitutionRow, since),
                visible_institutions(actor, InstitutionRow).is_not(true()),  # NULL where nothing succeeds it: not seen
            )
            .order_by(InstitutionRow.id)
        )
    )


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
    inspected: tuple[date | None, date | None] = (None, None),
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[InstitutionRow]:
    """Institutions in scope by name, `limit` of them after the keyset position (name, id). `inspected`: those alone of
    which an inspection stands whose day lies within these two."""
    statement = select(InstitutionRow).where(visible_institutions(actor, InstitutionRow))
    if text:
        statement = statement.where(InstitutionRow.name.contains(text, autoescape=True))
    if kind:
        statement = statement.where(InstitutionRow.kind == kind)
    if region_prefix is not None:
        statement = statement.where(InstitutionRow.region_code.startswith(region_prefix, autoescape=True))
    if inspected != (None, None):
        standing = InspectionRow.withdrawn_at.is_(None), *inspected_within(*inspected)
        here = InspectionRow.institution_id == InstitutionRow.id
        statement = statement.where(select(InspectionRow.id).where(here, *standing).exists())
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


def places_for_system(session: Session, institution_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Name and region of today."""
    statement = select(InstitutionRow.id, InstitutionRow.name, InstitutionRow.region_code)
    rows = session.execute(statement.where(InstitutionRow.id.in_(list(institution_ids))))
    return {institution_id: (name, region) for institution_id, name, region in rows}


def names_for_system(session: Session, institution_ids: Collection[UUID]) -> dict[UUID, str]:
    if not institution_ids:
        return {}
    rows = session.execute(
        select(InstitutionRow.id, InstitutionRow.name).where(InstitutionRow.id.in_(list(institution_ids)))
    )
    return dict(rows.all())
