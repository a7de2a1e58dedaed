"""Requests that somebody choose another password: who asked, who agreed. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.accounts import UserRow, administered
from inspection.storage.db import Base


class ResetRow(Base):
    """`decision`: approve or deny, by somebody else than who asked; None while it waits."""

    __tablename__ = "account_reset"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    second_factor: Mapped[bool]
    decision: Mapped[str | None] = mapped_column(String(8))
    comment: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decision_sha256: Mapped[str | None] = mapped_column(String(64))


def lock_for_system(session: Session, reset_id: UUID) -> ResetRow | None:
    return session.get(ResetRow, reset_id, with_for_update=True, populate_existing=True)


def pending_for_system(session: Session, user_id: UUID) -> ResetRow | None:
    return session.scalar(select(ResetRow).where(ResetRow.user_id == user_id, ResetRow.decision.is_(None)).limit(1))


def list_resets(actor: Actor, session: Session, user_id: UUID) -> Sequence[tuple[ResetRow, str, str | None]]:
    """Those of an account that is the actor's to administer, the newest first, each with the names of who asked and who
    decided."""
    asker, decider = aliased(UserRow), aliased(UserRow)
    theirs = select(UserRow.id).where(UserRow.id == user_id, administered(actor))
    rows = session.execute(
        select(ResetRow, asker.name, decider.name)
        .join(asker, asker.id == ResetRow.asked_by_id)
        .outerjoin(decider, decider.id == ResetRow.decided_by_id)
        .where(ResetRow.user_id.in_(theirs))
        .order_by(ResetRow.asked_at.desc(), ResetRow.id.desc())
    )
    return [(row, asked_by, decided_by) for row, asked_by, decided_by in rows]
