"""What waits, counted: by region, state and deadline, in one question; and the oldest of each kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, type_coerce
from sqlalchemy.orm import Session

from inspection.domain.actor import Actor
from inspection.domain.problems import UNFINISHED
from inspection.storage.inspections import InspectionRow
from inspection.storage.installation import HeartbeatRow
from inspection.storage.notifications import NotificationRow
from inspection.storage.problem_list import LISTED, PLACE, P, is_overdue
from inspection.storage.scope import in_region, sees_widely, visible, visible_institutions

ORDER: Final = tuple(sorted(UNFINISHED))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many unfinished problems of one state a region has. Of them `overdue` and `due_today` (open ones), and those
    with `petitions` that wait for a decision."""

    region_code: str
    recommendation: str | None
    status: str
    count: int
    overdue: int
    due_today: int
    petitions: int


def waiting_by(actor: Actor, session: Session, today: date, *, by_recommendation: bool) -> list[Waiting]:
    """In two steps, so that problems are grouped by institution as they stand in the index, and few rows joined. Who
    sees a single district has few institutions, and asks for theirs alone; else those seen are picked of the groups."""
    keys = [P.institution_id, P.status, *([P.recommendation] if by_recommendation else [])]
    counts = (
        func.count().label("n"),
        _count(is_overdue(today)).label("overdue"),
        _count(and_(P.status == "open", P.due_on == today, P.petition_due_on.is_(None))).label("due_today"),
        _count(P.petition_kind.is_not(None)).label("petitions"),
    )
    few = () if sees_widely(actor) else (visible(actor, P),)
    inner = select(*keys, *counts).where(P.status.in_(ORDER), *few).group_by(*keys).subquery()
    recommendation = [inner.c.recommendation] if by_recommendation else []
    groups = (PLACE.c.region_code, inner.c.status, *recommendation)
    totals = [func.sum(inner.c[column.name]) for column in counts]
    joined = select(*groups, *totals).join(inner, inner.c.institution_id == PLACE.c.id)
    statement = joined.where(visible_institutions(actor, PLACE.c)).group_by(*groups)
    rows = []
    for region, status, *rest in session.execute(statement):
        part = "".join(rest.pop(0)) if by_recommendation else None
        rows.append(Waiting(region, part, status, *(int(number) for number in rest)))
    return rows


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def longest_waiting_proof(actor: Actor, session: Session, but: Collection[UUID]) -> Any:
    """The columns of a list's line of the problem whose whole proof waits the longest, but for these; None at the
    end."""
    waits = (P.status == "submitted", P.review_due_on.is_not(None), P.id.not_in(list(but)))
    statement = select(*LISTED).where(visible(actor, P), *waits)
    return session.execute(statement.order_by(P.clock_on, P.id).limit(1)).first()


def to_issue(actor: Actor, session: Session, region: str | None, limit: int) -> Sequence[Any]:
    """Visits of which a problem waits for its notice, those first that must be issued the earliest: (visit,
    institution, its name, region, the day of the inspection, until when, how many problems); of one region, or of all
    in scope."""
    row = InspectionRow.__table__.c
    until = func.min(row.issue_due_on)
    statement = (
        select(
            row.visit_id,
            row.institution_id,
            PLACE.c.name,
            PLACE.c.region_code,
            func.min(row.inspected_on),
            until,
            func.count(),
        )
        .join_from(P.id.table, InspectionRow.__table__, row.id == P.inspection_id)
        .join(PLACE, PLACE.c.id == row.institution_id)
        .where(
            P.notice_id.is_(None),
            P.status.in_(ORDER),
            row.notice_id.is_(None),
            row.withdrawn_at.is_(None),
            visible(actor, row),
            *([in_region(region, PLACE.c)] if region is not None else []),
        )
        .group_by(row.visit_id, row.institution_id, PLACE.c.name, PLACE.c.region_code)
        .order_by(until, row.visit_id, row.institution_id)
        .limit(limit)
    )
    return session.execute(statement).all()


def around_for_system(session: Session, user_id: UUID, most: int) -> tuple[int, datetime | None]:
    """What every page shows, in one question: how many messages a person has not read, counted no further than `most`,
    and when the worker was last alive."""
    row = NotificationRow.__table__.c
    some = select(row.id).where(row.user_id == user_id, row.read_at.is_(None)).limit(most).subquery()
    unread = select(func.count()).select_from(some).scalar_subquery()
    alive = select(HeartbeatRow.at).where(HeartbeatRow.name == "worker").scalar_subquery()
    count, at = session.execute(select(unread, type_coerce(alive, HeartbeatRow.at.type))).one()
    return int(count), at
