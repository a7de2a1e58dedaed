"""What the desk handed in, as it came in: the very bytes, once each. What an act did stands where it did it; what
cannot be read there any more, as a count, stands with the act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.storage.db import Base, Json


class ActRow(Base):
    """`kind` says what was done (transfer, withdrawal, assignment …), `subject_id` to what. `result` is what the answer
    needs beside it when the same bytes come again."""

    __tablename__ = "desk_act"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)


def find_for_system(session: Session, act_id: UUID) -> ActRow | None:
    return session.get(ActRow, act_id)


def of_subject_for_system(session: Session, kind: str, subject_id: UUID) -> Sequence[ActRow]:
    return session.scalars(select(ActRow).where(ActRow.subject_id == subject_id, ActRow.kind == kind)).all()


def all_for_system(session: Session) -> Iterable[ActRow]:
    return session.scalars(select(ActRow).options(undefer(ActRow.body)).order_by(ActRow.id)).yield_per(50)
