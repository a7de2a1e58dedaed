"""Problems and the events of their lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from inspection.domain.actor import Actor, region_prefix
from inspection.domain.problems import FINISHED
from inspection.storage.db import Base, Json, insert_rows
from inspection.storage.institutions import InstitutionRow
from inspection.storage.scope import visible, visible_lately

LOOK_NOW: Final = date(2000, 1, 1)
"""`stage_on` of what the next deadline pass has to look at."""


class ProblemRow(Base):
    """One row, one problem, one responsible party, one deadline.

    `clock_on` is the date of whoever holds it now: to issue (found), to rectify (open), to review or to complete
    the proof (submitted), of the department (transferred), and the day it ended (finished). `since_on` is when that
    clock began to run. `due_on` is the unit's date; `ordered_due_on` the one that was ordered first and
    `extended_due_on` the latest approved extension, by which "on time" is judged. `due_basis` is how `due_on` (of a
    transferred one, `clock_on`) was computed (`deadlines.Basis`), None where a person decided it. `petition_id` waits
    for a decision; `petition_due_on` is set while it stops the unit's clock. `responsible_name` is the department that
    a transferred problem went to. `recurrence_of` are the problems of the same item at the same institution that
    were closed when this one was found, `recurrence` is their number.

    `stage_on` is the first day on which a deadline pass has to look at it: a hint that keeps the pass short, nothing
    more. What is due is decided from the clock and the stages on record, and whatever moves the clock resets it.
    """

    __tablename__ = "problem"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), index=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    region_code: Mapped[str] = mapped_column(String(6))
    pointer: Mapped[str] = mapped_column(String(256))
    item_code: Mapped[str | None] = mapped_column(String(32))
    item_text: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int | None]
    photos: Mapped[list[Any]] = mapped_column(Json)
    severity: Mapped[str] = mapped_column(String(16))
    red_line: Mapped[str | None] = mapped_column(String(4))
    recommendation: Mapped[list[Any]] = mapped_column(Json)
    basis: Mapped[list[Any]] = mapped_column(Json)
    advice: Mapped[str] = mapped_column(Text)
    photo_rule: Mapped[str] = mapped_column(String(16))
    responsible_kind: Mapped[str] = mapped_column(String(16))
    responsible_name: Mapped[str | None] = mapped_column(String(128))
    due_days: Mapped[int]
    at_once: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    round: Mapped[int]
    due_on: Mapped[date | None]
    ordered_due_on: Mapped[date | None]
    extended_due_on: Mapped[date | None]
    due_basis: Mapped[dict[str, Any] | None] = mapped_column(Json)
    issue_due_on: Mapped[date]
    review_due_on: Mapped[date | None]
    clock_on: Mapped[date]
    since_on: Mapped[date]
    stage_on: Mapped[date]
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    notice_id: Mapped[UUID | None] = mapped_column(index=True)
    rectification_id: Mapped[UUID | None]
    petition_id: Mapped[UUID | None]
    petition_kind: Mapped[str | None] = mapped_column(String(16))
    petition_due_on: Mapped[date | None]
    objected: Mapped[bool]
    merged_into_id: Mapped[UUID | None] = mapped_column(index=True)
    recurrence: Mapped[int]
    recurrence_of: Mapped[list[Any]] = mapped_column(Json)
    supervised_on: Mapped[date | None]
    supervision_due_on: Mapped[date | None]
    found_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    closed_on_time: Mapped[bool | None]
    version: Mapped[int] = mapped_column()
    __table_args__ = (
        Index("ix_problem_institution_id_id", "institution_id", "id"),
        Index("ix_problem_institution_id_item_code", "institution_id", "item_code"),
        # the figures are counted on these two alone
        Index("ix_problem_found_figures", "institution_id", "found_at", "status", "responsible_kind", "recurrence"),
        Index(
            "ix_problem_due_figures",
            "institution_id",
            "due_on",
            "status",
            "responsible_kind",
            "closed_on_time",
            "petition_due_on",
        ),
        # the same by the region in which it was found
        Index(
            "ix_problem_region_found",
            "region_code",
            "found_at",
            "status",
            "responsible_kind",
            "recurrence",
            "institution_id",
        ),
        Index(
            "ix_problem_region_due",
            "region_code",
            "due_on",
            "status",
            "responsible_kind",
            "closed_on_time",
            "petition_due_on",
            "institution_id",
        ),
        Index("ix_problem_status_due_on_id", "status", "due_on", "id"),
        Index("ix_problem_status_stage_on_id", "status", "stage_on", "id"),
        # what waits is counted on this one alone
        Index(
            "ix_problem_waiting",
            "status",
            "institution_id",
            "clock_on",
            "due_on",
            "petition_kind",
            "petition_due_on",
            "recommendation",
        ),
        Index("ix_problem_petition_kind_clock_on", "petition_kind", "clock_on"),
        # lists are in the order of ids
        Index("ix_problem_status_id", "status", "id"),
        Index("ix_problem_item_code_id", "item_code", "id"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def unmet(self) -> bool:
        """Nobody said what was found: the text is what the item requires."""
        return self.text == self.item_text

    @validates("status", "round", "clock_on", "petition_due_on", "supervision_due_on")
    def _look_again(self, name: str, value: Any) -> Any:
        if getattr(self, name) != value:
            self.stage_on = LOOK_NOW
        return value


class EventRow(Base):
    """Who, when, what, why. `actor_id` None is the system itself. Insert-only."""

    __tablename__ = "problem_event"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    problem_id: Mapped[UUID] = mapped_column(ForeignKey("problem.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    __table_args__ = (Index("ix_problem_event_problem_id_id", "problem_id", "id"),)


def insert_for_system(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(session, ProblemRow, rows)


def add_events_for_system(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(session, EventRow, rows)


def get(actor: Actor, session: Session, problem_id: UUID) -> ProblemRow | None:
    return session.scalar(select(ProblemRow).where(ProblemRow.id == problem_id, visible(actor, ProblemRow)))


def lock(actor: Actor, session: Session, problem_id: UUID) -> ProblemRow | None:
    """The row as it is now, held against other writers until the unit ends."""
    return session.scalar(
        select(ProblemRow)
        .where(ProblemRow.id == problem_id, visible(actor, ProblemRow))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_for_system(session: Session, problem_id: UUID) -> ProblemRow | None:
    return session.get(ProblemRow, problem_id, with_for_update=True, populate_existing=True)


def lock_visible(actor: Actor, session: Session, problem_ids: Sequence[UUID]) -> Sequence[ProblemRow]:
    """Those in scope, by id, held against other writers until the unit ends."""
    return session.scalars(
        select(ProblemRow)
        .where(ProblemRow.id.in_(list(problem_ids)), visible(actor, ProblemRow))
        .order_by(ProblemRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def lock_of_inspections_for_system(session: Session, inspection_ids: Sequence[UUID]) -> Sequence[ProblemRow]:
    return session.scalars(
        select(ProblemRow)
        .where(ProblemRow.inspection_id.in_(inspection_ids))
        .order_by(ProblemRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def of_inspections_for_system(session: Session, inspection_ids: Sequence[UUID]) -> Sequence[ProblemRow]:
    return session.scalars(
        select(ProblemRow).where(ProblemRow.inspection_id.in_(inspection_ids)).order_by(ProblemRow.id)
    ).all()


def events_for_system(session: Session, problem_id: UUID) -> Sequence[EventRow]:
    return session.scalars(
        select(EventRow).where(EventRow.problem_id == problem_id).order_by(EventRow.at, EventRow.id)
    ).all()


def lock_many_for_system(session: Session, problem_ids: Sequence[UUID]) -> Sequence[ProblemRow]:
    """By id, held against other writers until the unit ends."""
    return session.scalars(
        select(ProblemRow)
        .where(ProblemRow.id.in_(problem_ids))
        .order_by(ProblemRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def last_events_for_system(session: Session, problem_id: UUID, count: int) -> Sequence[EventRow]:
    """The newest events, the newest first."""
    return session.scalars(
        select(EventRow)
        .where(EventRow.problem_id == problem_id)
        .order_by(EventRow.at.desc(), EventRow.id.desc())
        .limit(count)
    ).all()


def merged_into_for_system(session: Session, problem_id: UUID) -> list[UUID]:
    """The findings that a notice merged into this problem."""
    return list(
        session.scalars(select(ProblemRow.id).where(ProblemRow.merged_into_id == problem_id).order_by(ProblemRow.id))
    )


def unfinished_of_for_system(session: Session, institution_ids: Sequence[UUID]) -> list[UUID]:
    if not institution_ids:
        return []
    return list(
        session.scalars(
            select(ProblemRow.id)
            .where(ProblemRow.institution_id.in_(institution_ids), ProblemRow.status.not_in(FINISHED))
            .order_by(ProblemRow.id)
        )
    )


def count_unfinished_in_for_system(session: Session, regions: Sequence[str]) -> int:
    """Unfinished problems of institutions that lie in any of these regions today."""
    if not regions:
        return 0
    inside = or_(*(InstitutionRow.region_code.startswith(region_prefix(code), autoescape=True) for code in regions))
    statement = select(func.count()).select_from(ProblemRow).where(ProblemRow.status.not_in(FINISHED))
    return session.scalar(statement.where(ProblemRow.institution_id.in_(select(InstitutionRow.id).where(inside)))) or 0


def get_lately(actor: Actor, session: Session, problem_id: UUID, since: datetime) -> ProblemRow | None:
    """One whose institution is in scope, or was before a change after a moment."""
    return session.scalar(_lately(actor, problem_id, since))


def lock_for_handing_in(actor: Actor, session: Session, problem_id: UUID, since: datetime) -> ProblemRow | None:
    """The same, as it is now, held against other writers until the unit ends."""
    return session.scalar(_lately(actor, problem_id, since).with_for_update().execution_options(populate_existing=True))


def _lately(actor: Actor, problem_id: UUID, since: datetime) -> Select[ProblemRow]:
    places = select(InstitutionRow.id).where(visible_lately(actor, InstitutionRow, since))
    return select(ProblemRow).where(ProblemRow.id == problem_id, ProblemRow.institution_id.in_(places))


def unfinished_after_for_system(session: Session, after: UUID | None, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, inspection) of unfinished problems by id, a batch at a time."""
    statement = select(ProblemRow.id, ProblemRow.inspection_id).where(ProblemRow.status.not_in(FINISHED))
    if after is not None:
        statement = statement.where(ProblemRow.id > after)
    return [(one, inspection) for one, inspection in session.execute(statement.order_by(ProblemRow.id).limit(limit))]


def closed_for_system(session: Session, institution_id: UUID, item_codes: Sequence[str]) -> dict[str, list[UUID]]:
    """The problems of each of these items that are closed at this institution, the latest first."""
    if not item_codes:
        return {}
    rows = session.execute(
        select(ProblemRow.item_code, ProblemRow.id)
        .where(
            ProblemRow.institution_id == institution_id,
            ProblemRow.item_code.in_(item_codes),
            ProblemRow.status == "closed",
        )
        .order_by(ProblemRow.id.desc())
    )
    closed: dict[str, list[UUID]] = {}
    for code, problem_id in rows:
        closed.setdefault(code or "", []).append(problem_id)
    return closed
