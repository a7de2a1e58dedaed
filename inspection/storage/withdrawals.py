"""Inspections entered in error: who asked to withdraw them, who agreed. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, undefer

from inspection.storage.accounts import UserRow
from inspection.storage.db import Base


class WithdrawalRow(Base):
    """`decision`: approve or deny, by somebody else than who asked; `settled` where another withdrew the inspection
    first; None while it waits. Where a later submission supersedes an inspection of which nothing runs yet, it is
    approved by that submission itself (`superseded_by_id`)."""

    __tablename__ = "withdrawal"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), index=True)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    superseded_by_id: Mapped[UUID | None]
    decision: Mapped[str | None] = mapped_column(String(8))
    comment: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decision_sha256: Mapped[str | None] = mapped_column(String(64))
    decision_body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


def lock_for_system(session: Session, withdrawal_id: UUID) -> WithdrawalRow | None:
    return session.get(WithdrawalRow, withdrawal_id, with_for_update=True, populate_existing=True)


def named_for_system(session: Session, inspection_id: UUID) -> Sequence[tuple[WithdrawalRow, str, str | None]]:
    """All of an inspection, the oldest first, each with the names of who asked and who decided."""
    asker, decider = aliased(UserRow), aliased(UserRow)
    rows = session.execute(
        select(WithdrawalRow, asker.name, decider.name)
        .join(asker, asker.id == WithdrawalRow.asked_by_id)
        .outerjoin(decider, decider.id == WithdrawalRow.decided_by_id)
        .where(WithdrawalRow.inspection_id == inspection_id)
        .order_by(WithdrawalRow.asked_at, WithdrawalRow.id)
    )
    return [(row, asked_by, decided_by) for row, asked_by, decided_by in rows]


def of_inspection_for_system(session: Session, inspection_id: UUID) -> Sequence[WithdrawalRow]:
    return session.scalars(
        select(WithdrawalRow)
        .where(WithdrawalRow.inspection_id == inspection_id)
        .order_by(WithdrawalRow.asked_at, WithdrawalRow.id)
    ).all()


def decided_for_system(session: Session) -> Iterable[WithdrawalRow]:
    """Those that a person decided, with the bytes of the decision."""
    return session.scalars(
        select(WithdrawalRow)
        .where(WithdrawalRow.decision_body.is_not(None))
        .options(undefer(WithdrawalRow.decision_body))
        .order_by(WithdrawalRow.id)
    ).yield_per(50)
