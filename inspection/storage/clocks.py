"""Which clocks a deadline pass has to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, literal, select, true, tuple_, union_all, update
from sqlalchemy.orm import Session

from inspection.domain.problems import UNFINISHED
from inspection.storage.db import insert_or_ignore_from
from inspection.storage.institutions import InstitutionRow
from inspection.storage.notifications import StageFactRow
from inspection.storage.problems import ProblemRow

NEVER: Final = date(9999, 12, 31)
"""`stage_on` of what has passed its last stage."""


P: Final[Any] = ProblemRow.__table__.c
PLACE: Final[Any] = InstitutionRow.__table__
"""The bare tables: a pass reads columns and makes no row objects."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of what a deadline pass has to look at on a day: the problems of a status by (stage_on, id), after one
    and up to another; None is without end."""

    status: str
    today: date
    after: tuple[date, UUID] | None
    last: tuple[date, UUID] | None

    def holds(self) -> ColumnElement[bool]:
        place = tuple_(P.stage_on, P.id)
        return and_(
            P.status == self.status,
            P.stage_on <= self.today,
            place > self.after if self.after else true(),
            place <= self.last if self.last else true(),
        )


def next_span_for_system(session: Session, status: str, today: date, before: Span | None, limit: int) -> Span | None:
    """The stretch of so many problems that follows one that was walked, None after the last."""
    if before is not None and before.last is None:
        return None
    rest = Span(status, today, before.last if before else None, None)
    in_order = select(P.stage_on, P.id).where(rest.holds()).order_by(P.stage_on, P.id)
    last = session.execute(in_order.offset(limit - 1).limit(1)).first()
    return replace(rest, last=None if last is None else (last.stage_on, last.id))


def ids_for_system(session: Session, span: Span) -> Sequence[UUID]:
    return session.scalars(select(P.id).where(span.holds()).order_by(P.id)).all()


def inspections_for_system(session: Session, span: Span) -> Sequence[UUID]:
    return session.scalars(select(P.inspection_id).where(span.holds()).distinct().order_by(P.inspection_id)).all()


CLOCKS: Final[tuple[Any, ...]] = (
    P.id,
    P.institution_id,
    P.number,
    P.text,
    (P.text == P.item_text).label("unmet"),
    P.status,
    P.round,
    P.clock_on,
    P.since_on,
    P.review_due_on,
    P.petition_due_on,
    P.supervised_on,
    P.supervision_due_on,
)
"""What a deadline pass has to know of a problem."""


def lock_clocks_for_system(session: Session, which: Span | UUID) -> Sequence[Row[Any]]:
    """The columns of `CLOCKS` by id, with the institution's name and region of today; the problems are held against
    other writers until the unit ends."""
    chosen = P.id.in_(select(P.id).where(which.holds())) if isinstance(which, Span) else P.id == which
    columns: tuple[Any, ...] = (*CLOCKS, PLACE.c.name.label("institution"), PLACE.c.region_code)
    statement = select(*columns).join(PLACE, PLACE.c.id == P.institution_id)
    return session.execute(statement.where(chosen).order_by(P.id).with_for_update(of=ProblemRow.__table__)).all()


def reach_for_system(
    session: Session, stages: Sequence[str], problem_ids: Sequence[UUID], at: datetime, *, supervision: bool
) -> int:
    """Write that these problems reached these stages of the clock that runs, or of their supervision; how many were
    news. One statement for all of them: their rounds and dates are in their rows."""
    due_on = P.supervision_due_on if supervision else P.clock_on
    each = union_all(*(select(literal(stage).label("stage")) for stage in stages)).subquery()
    rows = (
        select(P.id, P.round, due_on, each.c.stage, literal(at, StageFactRow.at.type))
        .join(each, true())
        .where(P.id.in_(problem_ids))
    )
    return insert_or_ignore_from(session, StageFactRow, ["subject_id", "round", "due_on", "stage", "at"], rows)


def asleep_for_system(session: Session, today: date, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """The columns of `CLOCKS`, the inspection and `stage_on` of unfinished problems that the passes leave alone for
    now, by id, a batch at a time."""
    statement = select(*CLOCKS, P.inspection_id, P.stage_on)
    statement = statement.where(P.status.in_(sorted(UNFINISHED)), P.stage_on > today)
    if after is not None:
        statement = statement.where(P.id > after)
    return list(session.execute(statement.order_by(P.id).limit(limit)))


def look_on_for_system(session: Session, days: Mapping[UUID, date]) -> None:
    """When the next pass has to look at each of these. No change of the problem: its version stays."""
    table: Any = ProblemRow.__table__
    by_day: dict[date, list[UUID]] = {}
    for problem_id, day in days.items():
        by_day.setdefault(day, []).append(problem_id)
    for day, problem_ids in by_day.items():
        session.execute(update(table).where(table.c.id.in_(problem_ids)).values(stage_on=day))
