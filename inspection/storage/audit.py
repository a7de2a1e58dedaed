"""The audit log: one row for every change and for every read of an original, in the same transaction. Insert-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, String, false, or_, select, text, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.db import Base, Json, insert_rows
from inspection.storage.institutions import InstitutionRow


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


def list_entries(
    actor: Actor,
    session: Session,
    *,
    person: str | None,
    action: str | None,
    kind: str | None,
    object_id: str | None,
    since: datetime | None,
    until: datetime | None,
    before: int | None,
    limit: int,
) -> Sequence[AuditRow]:
    """What an auditor may read, the newest first; `person` stands in the name or the user name of who did it."""
    conditions = [_audited(actor)]
    if person:
        fits = or_(UserRow.name.contains(person, autoescape=True), UserRow.username.contains(person, autoescape=True))
        conditions.append(AuditRow.actor_id.in_(select(UserRow.id).where(fits)))
    same = ((AuditRow.action, action), (AuditRow.object_kind, kind), (AuditRow.object_id, object_id))
    conditions += [column == value for column, value in same if value is not None]
    if since is not None:
        conditions.append(AuditRow.at >= since)
    if until is not None:
        conditions.append(AuditRow.at < until)
    if before is not None:
        conditions.append(AuditRow.seq < before)
    return session.scalars(select(AuditRow).where(*conditions).order_by(AuditRow.seq.desc()).limit(limit)).all()


def last_for_system(session: Session, action: str) -> AuditRow | None:
    """The newest entry of this action."""
    return session.scalar(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq.desc()).limit(1))


PROVINCE: Final = 2
"""Digits that all regions of a province share."""


def _audited(actor: Actor) -> ColumnElement[bool]:
    """A province's auditor reads everything, the system's own doings too; one of a smaller region what was done by
    people who hold or held a role there."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.role == "auditor" and grant.region_code]
    if any(len(prefix) <= PROVINCE for prefix in prefixes):
        return true()
    there = [
        column.startswith(prefix, autoescape=True)
        for prefix in prefixes
        for column in (RoleRow.region_code, InstitutionRow.region_code)
    ]
    people = (
        select(RoleRow.user_id)
        .outerjoin(InstitutionRow, InstitutionRow.id == RoleRow.institution_id)
        .where(or_(false(), *there))
    )
    return AuditRow.actor_id.in_(people)


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
