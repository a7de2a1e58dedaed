"""Leads (R1) in tables of their own: no key leads to or from an institution, an inspection, a problem or a photo, and
whatever says something is locked (`storage/vault.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, and_, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.storage.db import Base, insert_or_ignore
from inspection.storage.scope import handled_leads, visible_leads


class LeadKeyRow(Base):
    """The key under which the leads of a region are locked. Whoever locks or opens one holds this row until his unit
    ends, so that a key is changed between two of them and never meanwhile."""

    __tablename__ = "lead_key"
    region_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16))


class LeadRow(Base):
    """`content` is the body as it was received, locked; None once it was erased. `region_code` is the institution's
    region on the day of the report."""

    __tablename__ = "lead"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(String(6))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    __table_args__ = (Index("ix_lead_region_code_id", "region_code", "id"),)


class LeadStepRow(Base):
    """`content` as of a lead; what kind of step it is stands inside."""

    __tablename__ = "lead_step"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id"))
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    __table_args__ = (Index("ix_lead_step_lead_id_id", "lead_id", "id"),)


def key_for_system(session: Session, region: str, begun: str | None = None) -> LeadKeyRow:
    """The region's key, held until the unit ends. `begun`: the id of its first, where it may have none yet. Raises
    `not_found` for a region without one."""
    if begun is not None:
        insert_or_ignore(session, LeadKeyRow, [{"region_code": region, "key_id": begun}])
    key = session.get(LeadKeyRow, region, with_for_update=True, populate_existing=True)
    if key is None:
        raise Refused("not_found")
    return key


def has_key_for_system(session: Session, region: str) -> bool:
    return session.get(LeadKeyRow, region) is not None


def keys_for_system(session: Session) -> Sequence[LeadKeyRow]:
    return session.scalars(select(LeadKeyRow).order_by(LeadKeyRow.region_code)).all()


def find_for_system(session: Session, lead_id: UUID) -> LeadRow | None:
    return session.get(LeadRow, lead_id)


def get(actor: Actor, session: Session, lead_id: UUID) -> LeadRow | None:
    """One that he handles or has reported."""
    return session.scalar(select(LeadRow).where(LeadRow.id == lead_id, visible_leads(actor, LeadRow)))


def lock_for_system(session: Session, lead_id: UUID) -> LeadRow:
    """As it is now, with its content, held until the unit ends."""
    return session.scalars(
        select(LeadRow)
        .where(LeadRow.id == lead_id)
        .options(undefer(LeadRow.content))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def handles(actor: Actor, session: Session, lead_id: UUID) -> bool:
    """Whether he is one of its handlers."""
    return session.scalar(select(LeadRow.id).where(LeadRow.id == lead_id, handled_leads(actor, LeadRow))) is not None


def list_visible(actor: Actor, session: Session, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[LeadRow]:
    """The newest first."""
    statement = select(LeadRow).where(visible_leads(actor, LeadRow))
    if after is not None:
        at, lead_id = after
        statement = statement.where(or_(LeadRow.created_at < at, and_(LeadRow.created_at == at, LeadRow.id < lead_id)))
    return session.scalars(statement.order_by(LeadRow.created_at.desc(), LeadRow.id.desc()).limit(limit)).all()


def find_step_for_system(session: Session, step_id: UUID) -> LeadStepRow | None:
    """As it is now, with its content."""
    return session.scalar(
        select(LeadStepRow)
        .where(LeadStepRow.id == step_id)
        .options(undefer(LeadStepRow.content))
        .execution_options(populate_existing=True)
    )


def steps_for_system(session: Session, lead_id: UUID) -> Sequence[LeadStepRow]:
    """As they are now, with their contents, in the order in which they came."""
    return session.scalars(
        select(LeadStepRow)
        .where(LeadStepRow.lead_id == lead_id)
        .options(undefer(LeadStepRow.content))
        .order_by(LeadStepRow.at, LeadStepRow.id)
        .execution_options(populate_existing=True)
    ).all()


def erase_steps_for_system(session: Session, lead_id: UUID) -> None:
    """Nothing that they say is left."""
    session.execute(update(LeadStepRow).where(LeadStepRow.lead_id == lead_id).values(content=None))


def of_region_for_system(session: Session, region: str) -> Sequence[LeadRow]:
    """All of them with their contents, held until the unit ends."""
    return session.scalars(
        select(LeadRow)
        .where(LeadRow.region_code == region)
        .options(undefer(LeadRow.content))
        .order_by(LeadRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def kept_too_long_for_system(session: Session, before: datetime) -> Sequence[LeadRow]:
    """Those whose receipt is older, that are under no hold and were not proposed yet."""
    return session.scalars(
        select(LeadRow)
        .where(
            LeadRow.handed_over_at < before,
            LeadRow.state != "transferred",
            LeadRow.held_at.is_(None),
            LeadRow.proposed_at.is_(None),
        )
        .order_by(LeadRow.id)
        .with_for_update()
    ).all()
