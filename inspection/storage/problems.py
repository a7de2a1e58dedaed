"""Problems and the events of their lives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, func, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.domain.actor import Actor, region_prefix
from inspection.domain.problems import FINISHED
from inspection.storage.db import Base, Json
from inspection.storage.institutions import InstitutionRow
from inspection.storage.scope import visible


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
    """

    __tablename__ = "problem"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), index=True)
    institution_id: Mapped[UUID] = mapped_column(ForeignKey("institution.id"))
    region_code: Mapped[str] = mapped_column(String(6))
    pointer: Mapped[str] = mapped_column(String(256))
    item_code: Mapped[str | None] = mapped_column(String(32), index=True)
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
        Index("ix_problem_status_due_on_id", "status", "due_on", "id"),
        Index("ix_problem_status_clock_on_id", "status", "clock_on", "id"),
    )
    __mapper_args__ = {"version_id_col": version}


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
    if rows:
        session.execute(insert(ProblemRow.__table__), list(rows))  # type: ignore[arg-type]


def add_events_for_system(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(insert(EventRow.__table__), list(rows))  # type: ignore[arg-type]


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


def list_visible(
    actor: Actor, session: Session, filters: Mapping[str, Any], today: date, after: UUID | None, limit: int
) -> Sequence[ProblemRow]:
    """Problems in scope in the order in which they were found; ids are UUIDv7, so the last key is the id."""
    statement = _filtered(select(ProblemRow).where(visible(actor, ProblemRow)), filters, today)
    if after is not None:
        statement = statement.where(ProblemRow.id > after)
    return session.scalars(statement.order_by(ProblemRow.id).limit(limit)).all()


def stream_visible(actor: Actor, session: Session, filters: Mapping[str, Any], today: date) -> Iterable[Any]:
    """All problems in scope under the same filters, in the same order, a few columns of each, read as they are taken:
    (number, institution, region, item, text, place, severity, status, round, due_on, holds, responsible kind and name,
    found_at, finished_at, closed_on_time, supervised_on)."""
    statement = (
        select(
            ProblemRow.number,
            InstitutionRow.name,
            InstitutionRow.region_code,
            ProblemRow.item_code,
            ProblemRow.text,
            ProblemRow.place,
            ProblemRow.severity,
            ProblemRow.status,
            ProblemRow.round,
            ProblemRow.due_on,
            ProblemRow.petition_due_on,
            ProblemRow.responsible_kind,
            ProblemRow.responsible_name,
            ProblemRow.found_at,
            ProblemRow.finished_at,
            ProblemRow.closed_on_time,
            ProblemRow.supervised_on,
        )
        .join(InstitutionRow, InstitutionRow.id == ProblemRow.institution_id)
        .where(visible(actor, ProblemRow))
    )
    ordered = _filtered(statement, filters, today).order_by(ProblemRow.id)
    return session.execute(ordered.execution_options(yield_per=1000, stream_results=True))


def _filtered(statement: Any, filters: Mapping[str, Any], today: date) -> Any:
    for name in ("status", "severity"):
        if filters.get(name) is not None:
            statement = statement.where(getattr(ProblemRow, name).in_(filters[name]))
    if filters.get("institution") is not None:
        statement = statement.where(ProblemRow.institution_id == filters["institution"])
    if filters.get("item") is not None:
        statement = statement.where(ProblemRow.item_code == filters["item"])
    if filters.get("region") is not None:
        inside = select(InstitutionRow.id).where(
            InstitutionRow.region_code.startswith(region_prefix(filters["region"]), autoescape=True)
        )
        statement = statement.where(ProblemRow.institution_id.in_(inside))
    if filters.get("due_before") is not None:
        statement = statement.where(ProblemRow.due_on < filters["due_before"])
    if filters.get("overdue") is not None:
        late = is_overdue(today)
        statement = statement.where(late if filters["overdue"] else ~late | ProblemRow.due_on.is_(None))
    if filters.get("supervised"):
        statement = statement.where(ProblemRow.supervised_on.is_not(None))
    if filters.get("petition") is not None:
        statement = statement.where(ProblemRow.petition_kind == filters["petition"])
    return statement


def is_overdue(today: date) -> ColumnElement[bool]:
    """`deadlines.classify` in the database's words; a test holds the two together."""
    return (ProblemRow.status == "open") & (ProblemRow.due_on < today) & ProblemRow.petition_due_on.is_(None)


def events_for_system(session: Session, problem_id: UUID) -> Sequence[EventRow]:
    return session.scalars(
        select(EventRow).where(EventRow.problem_id == problem_id).order_by(EventRow.at, EventRow.id)
    ).all()


def due_for_sweep_for_system(
    session: Session, status: str, until: date, after: tuple[date, UUID] | None, limit: int
) -> Sequence[ProblemRow]:
    """Unfinished problems of a status whose clock ends by `until`, oldest clock first, a batch at a time."""
    statement = select(ProblemRow).where(ProblemRow.status == status, ProblemRow.clock_on <= until)
    if after is not None:
        clock_on, last = after
        statement = statement.where(
            (ProblemRow.clock_on > clock_on) | ((ProblemRow.clock_on == clock_on) & (ProblemRow.id > last))
        )
    return session.scalars(statement.order_by(ProblemRow.clock_on, ProblemRow.id).limit(limit)).all()


def unfinished_for_system(session: Session) -> Iterable[ProblemRow]:
    return session.scalars(select(ProblemRow).where(ProblemRow.status.not_in(FINISHED)).order_by(ProblemRow.id))


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


def unfinished_visible(actor: Actor, session: Session) -> Sequence[ProblemRow]:
    return session.scalars(
        select(ProblemRow).where(visible(actor, ProblemRow), ProblemRow.status.not_in(FINISHED)).order_by(ProblemRow.id)
    ).all()


def changed_visible(actor: Actor, session: Session, since: datetime) -> Sequence[ProblemRow]:
    """Problems in scope to which something happened after a moment: every change is an event."""
    happened = select(EventRow.problem_id).where(EventRow.at > since)
    return session.scalars(
        select(ProblemRow).where(visible(actor, ProblemRow), ProblemRow.id.in_(happened)).order_by(ProblemRow.id)
    ).all()


def lock_unfinished_for_system(session: Session, after: UUID | None, limit: int) -> Sequence[ProblemRow]:
    """Unfinished problems by id, a batch at a time, held against other writers."""
    statement = select(ProblemRow).where(ProblemRow.status.not_in(FINISHED))
    if after is not None:
        statement = statement.where(ProblemRow.id > after)
    return session.scalars(
        statement.order_by(ProblemRow.id).limit(limit).with_for_update().execution_options(populate_existing=True)
    ).all()


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


VOIDING: Final = ("dropped", "merged", "objection_upheld", "withdrawn", "ended")
"""Events that end a problem without its being rectified; each carries its `reason`, or `into` what it was merged."""


def void_without_reason_for_system(session: Session) -> list[UUID]:
    """Void problems whose timeline does not say why."""
    events = session.execute(
        select(ProblemRow.id, EventRow.detail)
        .outerjoin(EventRow, (EventRow.problem_id == ProblemRow.id) & EventRow.event.in_(VOIDING))
        .where(ProblemRow.status == "void")
    )
    reasoned: dict[UUID, bool] = {}
    for problem_id, detail in events:
        reasoned[problem_id] = reasoned.get(problem_id, False) or any(
            (detail or {}).get(key) for key in ("reason", "into")
        )
    return [problem_id for problem_id, given in reasoned.items() if not given]
