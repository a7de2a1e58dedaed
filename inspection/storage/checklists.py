"""Published versions of the checklists. A version is immutable: its row is only ever inserted."""

from __future__ import annotations

from collections.abc import Collection
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
    """A version, or the newest one of its code."""
    return find_with_newest_for_system(session, code, version)[0]


def find_with_newest_for_system(
    session: Session, code: str, version: int | None = None
) -> tuple[Checklist | None, int]:
    """A version (or the newest), and the number of the newest. A document is parsed once per content hash."""
    hashes = dict(
        session.execute(select(ChecklistRow.version, ChecklistRow.sha256).where(ChecklistRow.code == code)).all()
    )
    newest = max(hashes, default=0)
    wanted = newest if version is None else version
    if wanted not in hashes:
        return None, newest
    sha256 = hashes[wanted]
    if sha256 not in _parsed:
        document = session.scalar(
            select(ChecklistRow.document).where(ChecklistRow.code == code, ChecklistRow.version == wanted)
        )
        assert document is not None
        _parsed[sha256] = from_document(document)
    return _parsed[sha256], newest


def list_for_system(session: Session) -> list[Checklist]:
    """The newest version of each checklist, by code."""
    newest = select(ChecklistRow.code, func.max(ChecklistRow.version)).group_by(ChecklistRow.code)
    return versions_for_system(session, {(code, version) for code, version in session.execute(newest)})


def versions_for_system(session: Session, wanted: Collection[tuple[str, int]]) -> list[Checklist]:
    """These versions, by code and number; those that are not published are left out."""
    if not wanted:
        return []
    named = ChecklistRow.code.in_({code for code, _ in wanted})
    hashes = {
        (code, version): sha256
        for code, version, sha256 in session.execute(
            select(ChecklistRow.code, ChecklistRow.version, ChecklistRow.sha256).where(named)
        )
    }
    found = [hashes[key] for key in sorted(wanted) if key in hashes]
    unread = [sha256 for sha256 in found if sha256 not in _parsed]
    if unread:
        documents = select(ChecklistRow.sha256, ChecklistRow.document).where(ChecklistRow.sha256.in_(unread))
        _parsed.update((sha256, from_document(document)) for sha256, document in session.execute(documents))
    return [_parsed[sha256] for sha256 in found]


def all_for_system(session: Session) -> list[tuple[Checklist, datetime]]:
    """Every version with the moment of its publication, by code, the newest first."""
    columns = select(ChecklistRow.code, ChecklistRow.version, ChecklistRow.published_at)
    published = {(code, version): at for code, version, at in session.execute(columns)}
    found = {(one.code, one.version): one for one in versions_for_system(session, published.keys())}
    ordered = sorted(published, key=lambda key: (key[0], -key[1]))
    return [(found[key], published[key]) for key in ordered if key in found]


def published_since_for_system(session: Session, since: datetime) -> set[str]:
    """The codes of which a version was published after a moment."""
    return set(session.scalars(select(ChecklistRow.code).where(ChecklistRow.published_at > since)))


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
