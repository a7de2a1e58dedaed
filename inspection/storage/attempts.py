"""Attempts to sign in, counted by whom and from where."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, String, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.storage.db import Base, insert_or_ignore


class AttemptRow(Base):
    """Attempts to sign in that failed or are not decided yet, since the first of them in this window."""

    __tablename__ = "sign_in_attempt"
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    since_at: Mapped[datetime] = mapped_column(index=True)


def reserve_attempt_for_system(session: Session, subject: str, limit: int, now: datetime, window: timedelta) -> bool:
    """Count an attempt before it is looked at; whether it is within the limit. One statement decides, so that of many
    at once no more get through than of one after the other."""
    insert_or_ignore(session, AttemptRow, [{"subject": subject, "count": 0, "since_at": now}])
    own = AttemptRow.subject == subject
    session.execute(update(AttemptRow).where(own, AttemptRow.since_at <= now - window).values(count=0, since_at=now))
    counted = session.execute(
        update(AttemptRow).where(own, AttemptRow.count < limit).values(count=AttemptRow.count + 1)
    )
    assert isinstance(counted, CursorResult)
    return counted.rowcount == 1


def release_attempts_for_system(session: Session, subjects: Collection[str]) -> None:
    """What succeeded was no failure."""
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.subject.in_(list(subjects)), AttemptRow.count > 0)
        .values(count=AttemptRow.count - 1)
    )


def forget_attempts_for_system(session: Session, subject: str) -> None:
    session.execute(delete(AttemptRow).where(AttemptRow.subject == subject))


def forget_old_attempts_for_system(session: Session, before: datetime) -> None:
    session.execute(delete(AttemptRow).where(AttemptRow.since_at < before))
