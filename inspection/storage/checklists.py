"""Published versions of the checklists. A version is immutable: its row is only ever inserted."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from checklists.model import Checklist, from_document
from inspection.storage.db import Base, Json, insert_or_ignore


class ChecklistRow(Base):
    __tablename__ = "checklist"
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[datetime]


_parsed: Final[dict[str, Checklist]] = {}


def find_for_system(session: Session, code: str, version: int | None = None) -> Checklist | None:
    """A version, or the newest one of its code. Parsed once per content hash."""
    statement = select(ChecklistRow.version, ChecklistRow.sha256).where(ChecklistRow.code == code)
    if version is not None:
        statement = statement.where(ChecklistRow.version == version)
    found = session.execute(statement.order_by(ChecklistRow.version.desc()).limit(1)).first()
    if found is None:
        return None
    number, sha256 = found
    if sha256 not in _parsed:
        document = session.scalar(
            select(ChecklistRow.document).where(ChecklistRow.code == code, ChecklistRow.version == number)
        )
        assert document is not None
        _parsed[sha256] = from_document(document)
    return _parsed[sha256]


def newest_version_for_system(session: Session, code: str) -> int:
    return session.scalar(select(func.max(ChecklistRow.version)).where(ChecklistRow.code == code)) or 0


def list_for_system(session: Session) -> list[Checklist]:
    """The newest version of each checklist, by code."""
    found = [find_for_system(session, code) for code in session.scalars(select(ChecklistRow.code).distinct())]
    return sorted((checklist for checklist in found if checklist is not None), key=lambda c: c.code)


def publish_for_system(session: Session, checklist: Checklist, at: datetime) -> bool:
    """Whether the version is new. The caller has seen to it that a known version has the same content."""
    row = {
        "code": checklist.code,
        "version": checklist.version,
        "sha256": checklist.sha256,
        "document": checklist.as_document(),
        "published_at": at,
    }
    return bool(insert_or_ignore(session, ChecklistRow, [row]))
