"""What the desk ordered about a problem beside notice and review: the very bytes, once each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.storage.db import Base


class OrderRow(Base):
    """`kind`: transfer, reply, supervision, reopening. What it led to stands on the problem's timeline."""

    __tablename__ = "problem_order"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


def find_for_system(session: Session, order_id: UUID) -> OrderRow | None:
    return session.get(OrderRow, order_id)


def all_for_system(session: Session) -> Iterable[OrderRow]:
    return session.scalars(select(OrderRow).options(undefer(OrderRow.body)).order_by(OrderRow.id)).yield_per(50)
