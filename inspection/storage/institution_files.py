"""What one institution's file is made of, each kind in one question, and how much stands open in many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from inspection.domain.actor import Actor
from inspection.domain.problems import FINISHED, UNFINISHED
from inspection.storage.accounts import UserRow
from inspection.storage.assignments import AssignmentRow
from inspection.storage.institutions import InstitutionChangeRow, InstitutionRow
from inspection.storage.problem_list import LISTED, P, is_overdue
from inspection.storage.rectifications import RectificationRow
from inspection.storage.scope import visible, visible_institutions


def unfinished_by(
    actor: Actor, session: Session, institution_ids: Collection[UUID], today: date
) -> dict[UUID, tuple[int, int]]:
    """How many problems of each are unfinished, and how many of those are overdue; none is not there."""
    rows = session.execute(
        select(P.institution_id, func.count(), func.count().filter(is_overdue(today)))
        .where(P.institution_id.in_(list(institution_ids)), P.status.in_(sorted(UNFINISHED)), visible(actor, P))
        .group_by(P.institution_id)
    )
    return {institution_id: (count, overdue) for institution_id, count, overdue in rows}


def get_with_successor(
    actor: Actor, session: Session, institution_id: UUID
) -> tuple[InstitutionRow, str | None, bool] | None:
    """One in scope, the name of what it was merged into, and whether that is in scope too."""
    successor = aliased(InstitutionRow)
    seen = case((visible_institutions(actor, successor), 1), else_=0)
    found = session.execute(
        select(InstitutionRow, successor.name, seen)
        .outerjoin(successor, successor.id == InstitutionRow.successor_id)
        .where(InstitutionRow.id == institution_id, visible_institutions(actor, InstitutionRow))
    ).one_or_none()
    return (found[0], found[1], bool(found[2])) if found is not None else None


def predecessors(actor: Actor, session: Session, institution_id: UUID) -> Sequence[Any]:
    """Those in scope that were merged into this one, by name: (id, name, how many unfinished problems)."""
    counted = (
        select(func.count())
        .select_from(P.id.table)
        .where(P.institution_id == InstitutionRow.id, P.status.in_(sorted(UNFINISHED)))
        .scalar_subquery()
    )
    return session.execute(
        select(InstitutionRow.id, InstitutionRow.name, counted)
        .where(InstitutionRow.successor_id == institution_id, visible_institutions(actor, InstitutionRow))
        .order_by(InstitutionRow.name, InstitutionRow.id)
    ).all()


def changes_for_system(session: Session, institution_id: UUID) -> Sequence[Any]:
    """What happened to it, the latest first: (row, name of who did it)."""
    return session.execute(
        select(InstitutionChangeRow, UserRow.name)
        .outerjoin(UserRow, UserRow.id == InstitutionChangeRow.actor_id)
        .where(InstitutionChangeRow.institution_id == institution_id)
        .order_by(InstitutionChangeRow.at.desc(), InstitutionChangeRow.id.desc())
    ).all()


def problems(actor: Actor, session: Session, institution_id: UUID, limit: int) -> Sequence[Any]:
    """The unfinished ones first, the latest first of each: the columns of a list's line, and what each recurs of."""
    finished = case((P.status.in_(sorted(FINISHED)), 1), else_=0)
    return session.execute(
        select(*LISTED, P.recurrence_of)
        .where(P.institution_id == institution_id, visible(actor, P))
        .order_by(finished, P.id.desc())
        .limit(limit)
    ).all()


def proofs_for_system(session: Session, institution_id: UUID) -> dict[str | None, int]:
    """How many proofs came to each outcome; None: they wait."""
    rows = session.execute(
        select(RectificationRow.outcome, func.count())
        .join(P.id.table, P.id == RectificationRow.problem_id)
        .where(P.institution_id == institution_id)
        .group_by(RectificationRow.outcome)
    )
    return dict(rows.all())


def count_planned_for_system(session: Session, institution_id: UUID) -> int:
    """Visits that are planned there, neither done nor called off."""
    statement = (
        select(func.count())
        .select_from(AssignmentRow)
        .where(
            AssignmentRow.institution_id == institution_id,
            AssignmentRow.cancelled_at.is_(None),
            AssignmentRow.inspection_id.is_(None),
        )
    )
    return session.scalar(statement) or 0
