"""Problems as a phone holds them: all that run, what changed since it asked, and what it has to forget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session, aliased

from inspection.domain.actor import Actor
from inspection.domain.problems import FINISHED
from inspection.storage.institutions import InstitutionRow
from inspection.storage.problems import EventRow, ProblemRow
from inspection.storage.scope import visible


def unfinished_visible(actor: Actor, session: Session) -> Sequence[ProblemRow]:
    return session.scalars(
        select(ProblemRow).where(visible(actor, ProblemRow), ProblemRow.status.not_in(FINISHED)).order_by(ProblemRow.id)
    ).all()


def changed_visible(actor: Actor, session: Session, since: datetime) -> Sequence[ProblemRow]:
    """Problems in scope to which something happened after a moment (every change is an event), and the unfinished ones
    of institutions that changed: they may have come into scope, and each carries its institution's name."""
    other = aliased(ProblemRow)
    changed = select(InstitutionRow.id).where(InstitutionRow.changed_at > since)
    touched = union(
        select(EventRow.problem_id).where(EventRow.at > since),
        select(other.id).where(other.institution_id.in_(changed), other.status.not_in(FINISHED)),
    )
    return session.scalars(
        select(ProblemRow).where(visible(actor, ProblemRow), ProblemRow.id.in_(touched)).order_by(ProblemRow.id)
    ).all()


def held_after_for_system(session: Session, institution_ids: Sequence[UUID], since: datetime) -> list[UUID]:
    """Problems of these institutions that a phone may hold which asked at that moment: unfinished then or now."""
    if not institution_ids:
        return []
    return list(
        session.scalars(
            select(ProblemRow.id)
            .where(
                ProblemRow.institution_id.in_(institution_ids),
                or_(ProblemRow.status.not_in(FINISHED), ProblemRow.finished_at > since),
            )
            .order_by(ProblemRow.id)
        )
    )
