"""What is due to be erased, and what a legal hold keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, String, and_, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from inspection.storage.db import Base, deleted_count
from inspection.storage.evidence import ManifestRow, PhotoRow, UploadRow
from inspection.storage.inspections import InspectionRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.notifications import NotificationRow
from inspection.storage.problems import ProblemRow
from inspection.storage.rectifications import RectificationRow
from inspection.storage.sessions import TokenRow


class HoldRow(Base):
    """Nothing that was handed in about this institution is erased until the hold has ended."""

    __tablename__ = "legal_hold"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    since_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def due_originals_for_system(session: Session, ended_before: datetime, limit: int) -> Sequence[str]:
    """Photos that a record named, and of which all that they are about has ended before this moment: their inspection,
    its problems, those into which these were merged. None of an institution under a hold."""
    return session.scalars(
        select(PhotoRow.sha256).where(is_due(ended_before)).order_by(PhotoRow.sha256).limit(limit)
    ).all()


def is_due(ended_before: datetime) -> ColumnElement[bool]:
    """Of a photo, whether it is due as `due_originals_for_system` says."""
    named = ManifestRow.sha256 == PhotoRow.sha256
    lasts = or_(ProblemRow.finished_at.is_(None), ProblemRow.finished_at >= ended_before)
    other = aliased(ProblemRow)
    # a chain of merges ends somewhere in the same institution: while anything lasts there, so do they
    lasts_elsewhere = and_(
        ProblemRow.merged_into_id.is_not(None),
        select(other.id)
        .where(
            other.institution_id == ProblemRow.institution_id,
            or_(other.finished_at.is_(None), other.finished_at >= ended_before),
        )
        .exists(),
    )
    of_inspection = (
        select(ManifestRow.sha256)
        .join(InspectionRow, InspectionRow.id == ManifestRow.subject_id)
        .outerjoin(ProblemRow, ProblemRow.inspection_id == InspectionRow.id)
        .where(named, or_(InspectionRow.received_at >= ended_before, and_(ProblemRow.id.is_not(None), lasts)))
    )
    of_merged = (
        select(ManifestRow.sha256)
        .join(ProblemRow, ProblemRow.inspection_id == ManifestRow.subject_id)
        .where(named, lasts_elsewhere)
    )
    of_proof = (
        select(ManifestRow.sha256)
        .join(RectificationRow, RectificationRow.id == ManifestRow.subject_id)
        .join(ProblemRow, ProblemRow.id == RectificationRow.problem_id)
        .where(named, or_(lasts, lasts_elsewhere))
    )
    held = (
        select(ManifestRow.sha256)
        .join(HoldRow, HoldRow.institution_id == ManifestRow.institution_id)
        .where(named, HoldRow.ended_at.is_(None))
    )
    reasons = (of_inspection, of_merged, of_proof, held)
    return and_(
        PhotoRow.erased_at.is_(None),
        PhotoRow.stored_at < ended_before,
        select(ManifestRow.sha256).where(named).exists(),
        *(~one.exists() for one in reasons),
    )


def is_unnamed(stored_before: datetime) -> ColumnElement[bool]:
    """Of a photo, whether no record ever named it and it has lain since before this moment."""
    return and_(
        PhotoRow.erased_at.is_(None),
        PhotoRow.stored_at < stored_before,
        ~select(ManifestRow.sha256).where(ManifestRow.sha256 == PhotoRow.sha256).exists(),
        ~select(UploadRow.sha256)
        .where(UploadRow.sha256 == PhotoRow.sha256, UploadRow.uploaded_at >= stored_before)
        .exists(),
    )


def unnamed_for_system(session: Session, stored_before: datetime, limit: int) -> Sequence[str]:
    """Photos that no record ever named, stored before this moment."""
    return session.scalars(
        select(PhotoRow.sha256).where(is_unnamed(stored_before)).order_by(PhotoRow.sha256).limit(limit)
    ).all()


def lock_if_for_system(session: Session, sha256: str, condition: ColumnElement[bool]) -> PhotoRow | None:
    """The photo, for as long as the unit lasts, if this still holds of it."""
    row = session.get(PhotoRow, sha256, with_for_update=True, populate_existing=True)
    still = session.scalar(select(PhotoRow.sha256).where(PhotoRow.sha256 == sha256, condition))
    return row if still is not None else None


def erase_messages_for_system(session: Session, before: datetime) -> int:
    """Messages that were made before this moment; how many."""
    return deleted_count(session, delete(NotificationRow).where(NotificationRow.created_at < before))


def erase_sessions_for_system(session: Session, before: datetime) -> int:
    """Sign-ins that ended before this moment; how many."""
    ended = or_(TokenRow.expires_at < before, TokenRow.revoked_at < before)
    return deleted_count(session, delete(TokenRow).where(ended))


def records_before_for_system(session: Session, moment: datetime) -> int:
    """Inspections that were received before this moment."""
    return session.scalar(select(func.count()).where(InspectionRow.received_at < moment)) or 0


def hold_for_system(session: Session, hold_id: UUID, institution_id: UUID, reason: str, at: datetime) -> bool:
    """Put an institution under a hold; False where there is no such institution."""
    if session.get(InstitutionRow, institution_id) is None:
        return False
    session.add(HoldRow(id=hold_id, institution_id=institution_id, reason=reason, since_at=at, ended_at=None))
    return True


def holds_for_system(session: Session, institution_id: UUID | None = None) -> Sequence[HoldRow]:
    """Holds that have not ended, all or of one institution."""
    statement = select(HoldRow).where(HoldRow.ended_at.is_(None)).order_by(HoldRow.since_at, HoldRow.id)
    if institution_id is not None:
        statement = statement.where(HoldRow.institution_id == institution_id)
    return session.scalars(statement).all()
