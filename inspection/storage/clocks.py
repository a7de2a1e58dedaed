"""Which clocks a deadline pass has to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, literal, select, true, union_all, update
from sqlalchemy.orm import Session

from inspection.domain.problems import UNFINISHED
from inspection.storage.db import insert_or_ignore_from
from inspection.storage.notifications import StageFactRow
from inspection.storage.problems import ProblemRow

NEVER: Final = date(9999, 12, 31)
"""`stage_on` of what has passed its last stage."""


def to_look_at_for_system(
    session: Session, status: str, today: date, after: tuple[date, UUID] | None, limit: int
) -> list[tuple[date, UUID, UUID]]:
    """(stage_on, id, inspection) of the problems of a status that a deadline pass has to look at, a batch at a time."""
    statement = select(P.stage_on, P.id, P.inspection_id)
    statement = statement.where(P.status == status, P.stage_on <= today)
    if after is not None:
        stage_on, last = after
        statement = statement.where((P.stage_on > stage_on) | ((P.stage_on == stage_on) & (P.id > last)))
    rows = session.execute(statement.order_by(P.stage_on, P.id).limit(limit))
    return [(stage_on, problem_id, inspection_id) for stage_on, problem_id, inspection_id in rows]


P: Final[Any] = ProblemRow.__table__.c
"""The bare table: a pass reads columns and makes no row objects."""

CLOCKS: Final[tuple[Any, ...]] = (
    P.id,
    P.institution_id,
    P.number,
    P.text,
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


def lock_clocks_for_system(session: Session, problem_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The columns of `CLOCKS` by id, the rows held against other writers until the unit ends."""
    statement = select(*CLOCKS).where(P.id.in_(problem_ids)).order_by(P.id)
    return session.execute(statement.with_for_update()).all()


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
