"""Photos and proofs: what is stored, who uploaded it, and which record names it.

Knowing a hash is no right to read: only an upload by the person who handed in a record satisfies its manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor
from inspection.storage.db import Base, Json, insert_or_ignore, insert_rows
from inspection.storage.scope import visible


class PhotoRow(Base):
    """A stored file. `facts` is what the file itself says (EXIF time and place): a claim, not a proof. Once its time is
    over the original is erased (`erased_at`) and `copy_sha256` is what is left of it, a picture without metadata."""

    __tablename__ = "photo"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int | None]
    height: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    stored_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    copy_sha256: Mapped[str | None] = mapped_column(String(64))


class UploadRow(Base):
    __tablename__ = "photo_upload"
    sha256: Mapped[str] = mapped_column(ForeignKey("photo.sha256"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    uploaded_at: Mapped[datetime]


class ManifestRow(Base):
    """One photo named by one record of one person; `arrived_at` is when that person's upload of it was stored."""

    __tablename__ = "manifest"
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"), index=True)
    arrived_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_manifest_user_id_sha256", "user_id", "sha256"),
        Index("ix_manifest_sha256", "sha256"),
    )


_MANIFEST: Final = ManifestRow.metadata.tables["manifest"]


def uploaded_by(actor: Actor, session: Session, hashes: Iterable[str]) -> set[str]:
    """Which of these the actor has uploaded."""
    wanted = list(hashes)
    if not wanted:
        return set()
    return set(
        session.scalars(select(UploadRow.sha256).where(UploadRow.user_id == actor.id, UploadRow.sha256.in_(wanted)))
    )


def add_photo(actor: Actor, session: Session, photo: dict[str, Any], at: datetime) -> bool:
    """Record a stored file and this person's upload of it; whether the upload is new."""
    insert_or_ignore(session, PhotoRow, [{**photo, "stored_at": at}])
    return bool(
        insert_or_ignore(session, UploadRow, [{"sha256": photo["sha256"], "user_id": actor.id, "uploaded_at": at}])
    )


_ARRIVED: Final = (
    update(_MANIFEST)
    .where(
        _MANIFEST.c.user_id == bindparam("who"),
        _MANIFEST.c.sha256 == bindparam("photo"),
        _MANIFEST.c.arrived_at.is_(None),
    )
    .values(arrived_at=bindparam("moment"))
    .returning(_MANIFEST.c.subject, _MANIFEST.c.subject_id)
)


def mark_arrived(actor: Actor, session: Session, sha256: str, at: datetime) -> list[tuple[str, UUID]]:
    """The actor's records that were waiting for this photo: (subject, id). Each is marked as having it."""
    arrived = session.execute(_ARRIVED, {"who": actor.id, "photo": sha256, "moment": at})
    return [(subject, subject_id) for subject, subject_id in arrived]


def name_photos(
    actor: Actor,
    session: Session,
    *,
    subject: str,
    subject_id: UUID,
    institution_id: UUID,
    hashes: Iterable[str],
    here: set[str],
    at: datetime,
) -> None:
    """Write a record's manifest. `here` are those that this person has uploaded already."""
    rows = [
        {
            "subject": subject,
            "subject_id": subject_id,
            "sha256": sha256,
            "user_id": actor.id,
            "institution_id": institution_id,
            "arrived_at": at if sha256 in here else None,
        }
        for sha256 in sorted(set(hashes))
    ]
    insert_rows(session, ManifestRow, rows)


def missing_for_system(session: Session, subject_id: UUID) -> list[str]:
    return sorted(
        session.scalars(
            select(ManifestRow.sha256).where(ManifestRow.subject_id == subject_id, ManifestRow.arrived_at.is_(None))
        )
    )


def missing_by_subject_for_system(session: Session, subject_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    missing: dict[UUID, list[str]] = {subject_id: [] for subject_id in subject_ids}
    if subject_ids:
        rows = session.execute(
            select(ManifestRow.subject_id, ManifestRow.sha256)
            .where(ManifestRow.subject_id.in_(subject_ids), ManifestRow.arrived_at.is_(None))
            .order_by(ManifestRow.sha256)
        )
        for subject_id, sha256 in rows:
            missing[subject_id].append(sha256)
    return missing


def find_photo(actor: Actor, session: Session, sha256: str, *, own: bool = True) -> PhotoRow | None:
    """A stored file that the actor uploaded himself, or that is evidence of something in his scope."""
    seen = (
        select(ManifestRow.sha256)
        .where(ManifestRow.sha256 == sha256, ManifestRow.arrived_at.is_not(None), visible(actor, ManifestRow))
        .exists()
    )
    mine = select(UploadRow.sha256).where(UploadRow.sha256 == sha256, UploadRow.user_id == actor.id).exists()
    return session.scalar(select(PhotoRow).where(PhotoRow.sha256 == sha256, or_(seen, mine) if own else seen))


def is_uploader(actor: Actor, session: Session, sha256: str) -> bool:
    return session.get(UploadRow, (sha256, actor.id)) is not None


def get_photo_for_system(session: Session, sha256: str) -> PhotoRow | None:
    return session.get(PhotoRow, sha256)


def all_hashes_for_system(session: Session) -> list[str]:
    """Every file that is to be there: originals that were not erased, and copies of those that were or are about to."""
    originals = session.scalars(select(PhotoRow.sha256).where(PhotoRow.erased_at.is_(None)))
    copies = session.scalars(select(PhotoRow.copy_sha256).where(PhotoRow.copy_sha256.is_not(None)))
    return sorted({*originals, *(copy for copy in copies if copy is not None)})


def erased_for_system(session: Session) -> Iterable[str]:
    """Originals that were erased."""
    return session.scalars(select(PhotoRow.sha256).where(PhotoRow.erased_at.is_not(None)).order_by(PhotoRow.sha256))


def set_copy_for_system(session: Session, sha256: str, copy_sha256: str) -> None:
    session.execute(update(PhotoRow).where(PhotoRow.sha256 == sha256).values(copy_sha256=copy_sha256))


def take_back_for_system(session: Session, sha256: str, at: datetime) -> bool:
    """An original that comes again counts from now on; whether it had been erased meanwhile. The row stays locked until
    the unit ends."""
    row = session.get(PhotoRow, sha256, with_for_update=True, populate_existing=True)
    if row is None or row.erased_at is None:
        return False
    row.erased_at, row.copy_sha256, row.stored_at = None, None, at
    return True


def named_for_system(session: Session, subject_id: UUID) -> list[str]:
    """Every photo that a record names."""
    return sorted(session.scalars(select(ManifestRow.sha256).where(ManifestRow.subject_id == subject_id)))
