"""Proofs that units hand in, and the reviews of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from inspection.storage.db import Base, Json


class RectificationRow(Base):
    """One proof of one round. `body` is the record as received; `whole_at` is when its last photo was stored.
    `outcome`: None while it waits, `accepted`, `returned`, or `lapsed` (not whole within three days)."""

    __tablename__ = "rectification"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    submitter_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    round: Mapped[int]
    on_the_spot: Mapped[bool]
    description: Mapped[str] = mapped_column(Text)
    completed_on: Mapped[date]
    photos: Mapped[list[Any]] = mapped_column(Json)
    flags: Mapped[list[Any]] = mapped_column(Json)
    received_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    whole_at: Mapped[datetime | None]
    receipt_code: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))


class ReviewRow(Base):
    """One decision on one proof."""

    __tablename__ = "review"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"), index=True)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decision: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(String(8))
    second_reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    new_due_on: Mapped[date | None]
    photos: Mapped[list[Any]] = mapped_column(Json)
    decided_at: Mapped[datetime]
    content_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


def find_for_system(session: Session, rectification_id: UUID) -> RectificationRow | None:
    return session.get(RectificationRow, rectification_id)


def lock_for_system(session: Session, rectification_id: UUID) -> RectificationRow | None:
    return session.get(RectificationRow, rectification_id, with_for_update=True, populate_existing=True)


def find_review_for_system(session: Session, review_id: UUID) -> ReviewRow | None:
    return session.get(ReviewRow, review_id)


def of_problem_for_system(session: Session, problem_id: UUID) -> Sequence[RectificationRow]:
    return session.scalars(
        select(RectificationRow)
        .where(RectificationRow.problem_id == problem_id)
        .order_by(RectificationRow.round, RectificationRow.received_at, RectificationRow.id)
    ).all()


def reviews_of_problem_for_system(session: Session, problem_id: UUID) -> Sequence[ReviewRow]:
    return session.scalars(
        select(ReviewRow).where(ReviewRow.problem_id == problem_id).order_by(ReviewRow.decided_at, ReviewRow.id)
    ).all()


def all_bodies_for_system(session: Session) -> Iterable[RectificationRow]:
    return session.scalars(
        select(RectificationRow).options(undefer(RectificationRow.body)).order_by(RectificationRow.id)
    ).yield_per(50)


def all_reviews_for_system(session: Session) -> Iterable[ReviewRow]:
    return session.scalars(select(ReviewRow).options(undefer(ReviewRow.body)).order_by(ReviewRow.id)).yield_per(50)
