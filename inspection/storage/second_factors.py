"""Second factors and recovery codes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CursorResult, ForeignKey, LargeBinary, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.db import Base


class SecondFactorRow(Base):
    """A person's authenticator. `secret` is sealed (`factor_key.py`); not `confirmed_at`, it counts for nothing yet;
    `last_step` is the half a minute of the last code that was taken: none of it or of before is taken again."""

    __tablename__ = "second_factor"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCodeRow(Base):
    """A code that stands in for the authenticator once. Only its SHA-256 is kept."""

    __tablename__ = "recovery_code"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def find(actor: Actor, session: Session) -> SecondFactorRow | None:
    """One's own, confirmed or not."""
    return find_for_system(session, actor.id)


def find_for_system(session: Session, user_id: UUID) -> SecondFactorRow | None:
    return session.get(SecondFactorRow, user_id, populate_existing=True)


def take_step_for_system(session: Session, user_id: UUID, step: int) -> bool:
    """Whether a code of this half a minute is taken: once, and none of before afterwards. One statement decides."""
    own = SecondFactorRow.user_id == user_id
    taken = session.execute(update(SecondFactorRow).where(own, SecondFactorRow.last_step < step).values(last_step=step))
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1


def take_recovery_code_for_system(session: Session, user_id: UUID, code_sha256: str, at: datetime) -> bool:
    """Whether this is one of the person's codes that was not used yet; it is now."""
    own = (RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.code_sha256 == code_sha256)
    taken = session.execute(update(RecoveryCodeRow).where(*own, RecoveryCodeRow.used_at.is_(None)).values(used_at=at))
    assert isinstance(taken, CursorResult)
    return taken.rowcount == 1


def replace_recovery_codes_for_system(session: Session, user_id: UUID, hashes: Collection[str], at: datetime) -> None:
    """These and no others: those of before are worth nothing any more."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    session.add_all(
        RecoveryCodeRow(user_id=user_id, code_sha256=one, created_at=at, used_at=None) for one in sorted(hashes)
    )
    session.flush()


def recovery_codes_left(actor: Actor, session: Session) -> int:
    own = (RecoveryCodeRow.user_id == actor.id, RecoveryCodeRow.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCodeRow).where(*own)) or 0


def remove_for_system(session: Session, user_id: UUID) -> None:
    """With its recovery codes."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    session.execute(delete(SecondFactorRow).where(SecondFactorRow.user_id == user_id))
