"""The audit log: one row for every change and for every read of an original, in the same transaction. Insert-only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.storage.db import Base, Json, insert_rows


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
    insert_rows(
        session,
        AuditRow,
        [
            {
                "at": at,
                "actor_id": actor_id,
                "action": action,
                "object_kind": object_kind,
                "object_id": str(object_id),
                "detail": detail,
            },
        ],
    )


RECORDED = {"submit_inspection": "inspection", "submit_rectification": "rectification", "issue_notice": "notice"}


def unrecorded_for_system(session: Session) -> Iterator[tuple[str, str]]:
    """Records of which the log does not know who handed them in: (action, id)."""
    for action, table in RECORDED.items():
        known = set(
            session.scalars(select(AuditRow.object_id).where(AuditRow.action == action, AuditRow.object_kind == table))
        )
        where = " WHERE on_the_spot = false" if table == "rectification" else ""
        for (record_id,) in session.execute(text(f"SELECT id FROM {table}{where}")):
            if str(UUID(str(record_id))) not in known:
                yield action, str(record_id)
