"""The audit log: one row for every change and for every read of an original, in the same transaction. Insert-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.storage.db import Base, Json


class AuditRow(Base):
    __tablename__ = "audit_log"
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(Json)


def record_for_system(
    session: Session,
    *,
    at: datetime,
    actor_id: UUID | None,
    action: str,
    object_kind: str,
    object_id: object,
    **detail: Any,
) -> None:
    session.execute(
        insert(AuditRow.__table__).values(  # type: ignore[arg-type]
            at=at,
            actor_id=actor_id,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            detail=detail,
        )
    )
