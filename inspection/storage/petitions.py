"""What units asked of the bureau about a problem, and how it was decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.storage.db import Base


class PetitionRow(Base):
    """`kind`: extension or objection. `holds`: it stops the unit's clock until it is decided. `old_due_on` is the date
    that stood when it was asked, `after_due_on` the one that stood after the decision. `decision`: approve, uphold,
    deny; `settled` where another turn made it pointless; None while it waits."""

    __tablename__ = "petition"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"))
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    kind: Mapped[str] = mapped_column(String(16))
    round: Mapped[int]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    requested_due_on: Mapped[date | None]
    old_due_on: Mapped[date | None]
    holds: Mapped[bool]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    decision: Mapped[str | None] = mapped_column(String(8))
    comment: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    after_due_on: Mapped[date | None]
    decision_sha256: Mapped[str | None] = mapped_column(String(64))
    decision_body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    __table_args__ = (Index("ix_petition_problem_id_id", "problem_id", "id"),)


def find_for_system(session: Session, petition_id: UUID) -> PetitionRow | None:
    return session.get(PetitionRow, petition_id)


def lock_for_system(session: Session, petition_id: UUID) -> PetitionRow | None:
    return session.get(PetitionRow, petition_id, with_for_update=True, populate_existing=True)


def of_problem_for_system(session: Session, problem_id: UUID) -> Sequence[PetitionRow]:
    return session.scalars(
        select(PetitionRow).where(PetitionRow.problem_id == problem_id).order_by(PetitionRow.asked_at, PetitionRow.id)
    ).all()


def denied_dates_for_system(session: Session, problem_id: UUID) -> set[date]:
    """The dates that stood after an extension was denied."""
    dates = session.scalars(
        select(PetitionRow.after_due_on).where(
            PetitionRow.problem_id == problem_id, PetitionRow.kind == "extension", PetitionRow.decision == "deny"
        )
    )
    return {day for day in dates if day is not None}


def all_for_system(session: Session) -> Iterable[PetitionRow]:
    return session.scalars(
        select(PetitionRow)
        .options(undefer(PetitionRow.body), undefer(PetitionRow.decision_body))
        .order_by(PetitionRow.id)
    ).yield_per(50)


def reasons_for_system(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What these say, by id."""
    if not ids:
        return {}
    return dict(session.execute(select(PetitionRow.id, PetitionRow.reason).where(PetitionRow.id.in_(list(ids)))).all())
