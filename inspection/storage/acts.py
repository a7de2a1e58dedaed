"""What the desk handed in, as it came in: the very bytes, once each. What an act did stands where it did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.storage.db import Base


class ActRow(Base):
    """`kind` says what was done (transfer, withdrawal, assignment …), `subject_id` to what."""

    __tablename__ = "desk_act"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


def find_for_system(session: Session, act_id: UUID) -> ActRow | None:
    return session.get(ActRow, act_id)


def all_for_system(session: Session) -> Iterable[ActRow]:
    return session.scalars(select(ActRow).options(undefer(ActRow.body)).order_by(ActRow.id)).yield_per(50)
