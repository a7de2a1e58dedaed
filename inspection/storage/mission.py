"""What must never be: an unfinished problem without one holder and one date, and one that ended without a reason.
Asked of all rows at once, so that every deadline pass can ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, and_, case, func, null, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from inspection.domain.problems import STATUSES, UNFINISHED
from inspection.storage.audit import AuditRow
from inspection.storage.inspections import InspectionRow
from inspection.storage.notices import NoticeRow
from inspection.storage.petitions import PetitionRow
from inspection.storage.problems import EventRow, ProblemRow
from inspection.storage.rectifications import RectificationRow

P: Final = ProblemRow
VOIDING: Final = ("dropped", "merged", "objection_upheld", "withdrawn", "ended")
"""Events that end a problem without its being rectified; each carries its `reason`, or `into` what it was merged."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A problem whose row contradicts itself. `expected` is the date by its state, None where it has none; `proof` and
    `petition`: what it says it waits for is really waiting."""

    id: UUID
    number: str | None
    status: str
    clock_on: date
    expected: date | None
    proof: bool
    petition: bool


def lost_for_system(session: Session) -> Iterator[Lost]:
    """Unfinished problems that nobody holds, that have no date or two, or that wait for what is not there."""
    unknown = select(P.id, P.number, P.status, P.clock_on).where(P.status.not_in(STATUSES)).order_by(P.id)
    for problem_id, number, status, clock_on in session.execute(unknown):
        yield Lost(problem_id, number, status, clock_on, clock_on, proof=True, petition=True)
    proof, petition = aliased(RectificationRow), aliased(PetitionRow)
    expected: Any = case(
        (P.status == "found", P.issue_due_on),
        (and_(P.status == "open", P.due_on.is_(None)), null()),
        (P.status == "open", func.coalesce(P.petition_due_on, P.due_on)),
        (and_(P.status == "submitted", proof.whole_at.is_not(None)), P.review_due_on),
        else_=P.clock_on,
    )
    no_proof = and_(P.status == "submitted", proof.id.is_(None))
    no_petition = and_(P.petition_id.is_not(None), petition.id.is_(None))
    statement = (
        select(P.id, P.number, P.status, P.clock_on, expected, no_proof, no_petition)
        .outerjoin(proof, and_(P.status == "submitted", proof.id == P.rectification_id, proof.outcome.is_(None)))
        .outerjoin(petition, and_(petition.id == P.petition_id, petition.decision.is_(None)))
        .where(P.status.in_(sorted(UNFINISHED)))
        .where(or_(no_proof, no_petition, expected.is_(None), expected != P.clock_on))
        .order_by(P.id)
    )
    for problem_id, number, status, clock_on, by_state, proof_gone, petition_gone in session.execute(statement):
        yield Lost(problem_id, number, status, clock_on, by_state, not proof_gone, not petition_gone)


def void_without_reason_for_system(session: Session) -> list[UUID]:
    """Void problems whose timeline does not say why."""
    detail = type_coerce(EventRow.detail, Text)
    said = (
        select(EventRow.id)
        .where(EventRow.problem_id == P.id, EventRow.event.in_(VOIDING))
        .where(or_(detail.contains('"reason":"'), detail.contains('"into":"')))
    )
    return list(session.scalars(select(P.id).where(P.status == "void", ~said.exists()).order_by(P.id)))


def merged_into_withdrawn_for_system(session: Session) -> list[UUID]:
    """Findings of inspections that stand, merged into a problem of one that was withdrawn: they are with nobody. (What
    ended otherwise before, by an objection that was upheld, took with it what was merged into it.)"""
    target, own, its = aliased(ProblemRow), aliased(InspectionRow), aliased(InspectionRow)
    ended = select(EventRow.id).where(EventRow.problem_id == target.id, EventRow.event.in_(VOIDING))
    statement = (
        select(P.id)
        .join(target, target.id == P.merged_into_id)
        .join(own, own.id == P.inspection_id)
        .join(its, its.id == target.inspection_id)
        .where(P.status == "void", own.withdrawn_at.is_(None), its.withdrawn_at.is_not(None))
        .where(~ended.where(EventRow.event != "withdrawn").exists())
    )
    return list(session.scalars(statement.order_by(P.id)))


RECORDED: Final = {
    "submit_inspection": ("inspection", select(InspectionRow.id)),
    "submit_rectification": ("rectification", select(RectificationRow.id).where(~RectificationRow.on_the_spot)),
    "issue_notice": ("notice", select(NoticeRow.id)),
}
"""By the entry that says who handed it in: its kind, and all there are."""


def unrecorded_for_system(session: Session) -> Iterator[tuple[str, UUID]]:
    """Records of which the log does not know who handed them in: (action, id)."""
    for action, (kind, every) in RECORDED.items():
        entries = select(AuditRow.object_id).where(AuditRow.action == action, AuditRow.object_kind == kind)
        known = set(session.scalars(entries))
        yield from ((action, one) for one in session.scalars(every) if str(one) not in known)
