"""Proofs and the decisions on them: submitted, returned or accepted, round by round."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.problems import rectification_view, view_of
from inspection.actions.proofs import store_proof
from inspection.actions.turns import concerned, overtaken, require, second_faults, set_clock, set_due, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.incoming import Incoming
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.problem_views import RectificationView, ReviewAnswer
from inspection.domain.problems import state_after_return
from inspection.domain.rectifications import Decision, Proof, photo_faults, review_faults
from inspection.domain.views import Stored
from inspection.storage import accounts, audit, evidence, inspections, problems, rectifications
from inspection.storage.db import insert_rows
from inspection.storage.problems import ProblemRow
from inspection.storage.rectifications import RectificationRow, ReviewRow
from inspection.storage.unit import once_more, unit

RECEIVED: Final = ("submit_rectification", "complete_rectification")
"""What is done to a proof before its receipt stands; the last of them made it whole."""


@once_more
def submit_rectification(
    ctx: Context, actor: Actor, problem_id: UUID, rectification_id: UUID, incoming: Incoming[Proof]
) -> Stored[RectificationView]:
    """Hand in a proof; the problem is `submitted` at its record, its photos may follow.

    Raises `conflict`, `not_found`, `wrong_state`, `invalid`.
    """
    with unit(ctx.session):
        accounts.lock_person_for_system(ctx.session, actor.id)
        known = rectifications.find_for_system(ctx.session, rectification_id)
        if known is not None:
            return Stored(_known(ctx, actor, known, problem_id, incoming.sha256), created=False)
        since = ctx.now() - timedelta(days=HANDING_IN_DAYS)
        problem = problems.lock_for_handing_in(actor, ctx.session, problem_id, since)
        if problem is None:
            raise Refused("not_found")
        require(ctx, problem, "rectify")
        read = incoming.read
        faults = list(read.faults)
        if read.value is not None:
            faults += photo_faults(list(read.value.photos), problem.photo_rule)
        if read.value is None or faults:
            raise Refused("invalid", faults)
        proof = _insert(ctx, actor, problem, rectification_id, incoming, read.value)
        return Stored(_stored(ctx, proof, problem), created=True)


def _known(ctx: Context, actor: Actor, known: RectificationRow, problem_id: UUID, sha256: str) -> RectificationView:
    if known.submitter_id != actor.id or known.content_sha256 != sha256 or known.problem_id != problem_id:
        raise Refused("conflict")
    problem = problems.lock_for_system(ctx.session, problem_id)
    assert problem is not None
    return _stored(ctx, known, problem)


def _stored(ctx: Context, proof: RectificationRow, problem: ProblemRow) -> RectificationView:
    missing = evidence.missing_for_system(ctx.session, proof.id) if proof.whole_at is None else []
    log = audit.entry_about_for_system(ctx.session, RECEIVED, proof.id) if proof.whole_at is not None else None
    return rectification_view(proof, problem.status, missing, log=log)


def _insert(
    ctx: Context, actor: Actor, problem: ProblemRow, proof_id: UUID, incoming: Incoming[Proof], given: Proof
) -> RectificationRow:
    today = ctx.today()
    flags: list[dict[str, str | None]] = []
    if given.completed_on > today:
        flags.append({"code": "future_date", "pointer": "/completed_on"})
    if actor.ended_at is not None and given.completed_on > ctx.clock.date_of(actor.ended_at):
        flags.append({"code": "role_ended_before", "pointer": "/completed_on"})
    if problem.due_on is not None and today > problem.due_on:
        flags.append({"code": "late_receipt", "pointer": None})
    store_proof(
        ctx,
        actor,
        problem,
        proof_id,
        description=given.description,
        completed_on=given.completed_on,
        photos=list(given.photos),
        body=incoming.raw,
        flags=flags,
    )
    ctx.record(actor, "submit_rectification", "rectification", proof_id, sha256=incoming.sha256)
    made = rectifications.find_for_system(ctx.session, proof_id)
    assert made is not None
    return made


@once_more
def review_rectification(
    ctx: Context, actor: Actor, problem_id: UUID, review_id: UUID, incoming: Incoming[Decision]
) -> Stored[ReviewAnswer]:
    """Accept a proof (the problem is closed) or return it (the next round begins).

    Raises `conflict`, `not_found`, `wrong_state`, `proof_incomplete`, `four_eyes`, `invalid`.
    """
    with unit(ctx.session):
        accounts.lock_person_for_system(ctx.session, actor.id)
        known = rectifications.find_review_for_system(ctx.session, review_id)
        if known is not None:
            return Stored(_known_review(ctx, actor, known, problem_id, incoming.sha256), created=False)
        problem = problems.lock(actor, ctx.session, problem_id)
        if problem is None:
            raise Refused("not_found")
        read = incoming.read
        decision = read.value
        require(ctx, problem, "return")  # what accepting asks beyond this is told below, with its own facts
        if decision is None:
            raise Refused("invalid", read.faults)
        proof = _current_proof(ctx, problem, decision)
        _check(ctx, actor, problem, proof, decision, read.faults)
        _insert_review(ctx, actor, problem, review_id, incoming, decision)
        if decision.decision == "accept":
            _accept(ctx, actor, problem, proof, review_id, decision)
        else:
            _return(ctx, actor, problem, proof, review_id, decision)
        ctx.record(
            actor, "review_rectification", "review", review_id, decision=decision.decision, sha256=incoming.sha256
        )
        answer = ReviewAnswer(review_id, proof.id, decision.decision, view_of(ctx, problem))
        return Stored(answer, created=True)


def _known_review(ctx: Context, actor: Actor, known: ReviewRow, problem_id: UUID, sha256: str) -> ReviewAnswer:
    if known.reviewer_id != actor.id or known.content_sha256 != sha256 or known.problem_id != problem_id:
        raise Refused("conflict")
    problem = problems.lock_for_system(ctx.session, problem_id)
    assert problem is not None
    return ReviewAnswer(known.id, known.rectification_id, known.decision, view_of(ctx, problem))


def _current_proof(ctx: Context, problem: ProblemRow, decision: Decision) -> RectificationRow:
    proof = rectifications.lock_for_system(ctx.session, decision.rectification_id)
    if proof is None or proof.problem_id != problem.id:
        raise invalid(Fault("/rectification_id", "unknown_rectification"))
    if proof.id != problem.rectification_id:
        raise overtaken(ctx, problem, rectification_id=str(problem.rectification_id))
    return proof


def _check(
    ctx: Context,
    actor: Actor,
    problem: ProblemRow,
    proof: RectificationRow,
    decision: Decision,
    shape_faults: tuple[Fault, ...],
) -> None:
    took_part = inspections.took_part_for_system(ctx.session, [problem.inspection_id])
    if decision.decision == "accept":
        if actor.id in took_part or actor.id == proof.submitter_id:
            raise Refused("four_eyes")
        if proof.whole_at is None:
            missing = evidence.missing_for_system(ctx.session, proof.id)
            raise Refused("proof_incomplete", extra={"missing_photos": missing})
    faults = [
        *shape_faults,
        *review_faults(
            decision,
            severity=problem.severity,
            photo_rule=problem.photo_rule,
            returns_to=state_after_return(problem.number, at_once=problem.at_once),
            today=ctx.today(),
        ),
    ]
    faults += second_faults(ctx, actor, problem, decision.second_reviewer, took_part | {proof.submitter_id})
    if faults:
        raise Refused("invalid", faults)


def _insert_review(
    ctx: Context, actor: Actor, problem: ProblemRow, review_id: UUID, incoming: Incoming[Decision], given: Decision
) -> None:
    insert_rows(
        ctx.session,
        ReviewRow,
        [
            {
                "id": review_id,
                "problem_id": problem.id,
                "rectification_id": given.rectification_id,
                "institution_id": problem.institution_id,
                "reviewer_id": actor.id,
                "decision": given.decision,
                "comment": given.comment,
                "method": given.method,
                "second_reviewer_id": given.second_reviewer,
                "new_due_on": given.new_due_on,
                "photos": list(given.photos),
                "decided_at": ctx.now(),
                "content_sha256": incoming.sha256,
                "body": incoming.raw,
            },
        ],
    )
    evidence.name_photos(
        actor,
        ctx.session,
        subject="review",
        subject_id=review_id,
        institution_id=problem.institution_id,
        hashes=given.photos,
        here=evidence.uploaded_by(actor, ctx.session, given.photos),
        at=ctx.now(),
    )


def _accept(
    ctx: Context, actor: Actor, problem: ProblemRow, proof: RectificationRow, review_id: UUID, decision: Decision
) -> None:
    received_on = ctx.clock.date_of(proof.received_at)
    proof.outcome = "accepted"
    problem.status = "closed"
    problem.finished_at = ctx.now()
    problem.clock_on = ctx.today()
    problem.closed_on_time = deadlines.was_on_time(received_on, problem.ordered_due_on, problem.extended_due_on)
    problem.due_on = problem.due_on or ctx.today()  # fixed before any date was set: due, and closed, today
    _note(ctx, actor, problem, "accepted", review_id, decision)
    tell_of(ctx, problem, "accepted", concerned(problem))


def _return(
    ctx: Context, actor: Actor, problem: ProblemRow, proof: RectificationRow, review_id: UUID, decision: Decision
) -> None:
    proof.outcome = "returned"
    next_round(ctx, problem, new_due_on=decision.new_due_on)
    _note(ctx, actor, problem, "returned", review_id, decision)
    tell_of(ctx, problem, "returned", ("unit",), round=problem.round, due_on=_until(problem))


def _until(problem: ProblemRow) -> str | None:
    """The unit's date; a finding that no notice has ordered yet has none."""
    return str(problem.due_on) if problem.status == "open" and problem.due_on else None


def next_round(ctx: Context, problem: ProblemRow, *, new_due_on: date | None) -> None:
    """A returned proof: the next round, due at the later of the old date and a few days from today, unless decided."""
    today = ctx.today()
    problem.status = state_after_return(problem.number, at_once=problem.at_once)
    problem.round += 1
    problem.review_due_on = None
    problem.since_on = today
    if problem.status == "open":
        old = problem.due_on or today
        if new_due_on is not None:
            problem.due_on, problem.due_basis = new_due_on, None
        else:
            made = deadlines.next_due_on(old, today, problem.due_days, ctx.calendar())
            if made[0] != problem.due_on:
                set_due(problem, made)
        problem.ordered_due_on = problem.ordered_due_on or problem.due_on
    set_clock(problem)
    ctx.session.flush()


def lapse(ctx: Context, problem: ProblemRow) -> None:
    """A proof that is not whole after three days: the problem is as it was before it, same round and date."""
    proof = rectifications.lock_for_system(ctx.session, problem.rectification_id) if problem.rectification_id else None
    assert proof is not None
    assert proof.whole_at is None
    proof.outcome = "lapsed"
    problem.status = state_after_return(problem.number, at_once=problem.at_once)
    about = {"rectification_id": str(proof.id)}
    if problem.status == "open" and problem.due_on is None:  # fixed on the spot, numbered meanwhile: no date was set
        set_due(problem, deadlines.computed(ctx.today(), problem.due_days, ctx.calendar()))
        problem.ordered_due_on = problem.due_on
        about["due_on"] = str(problem.due_on)
    problem.rectification_id = None
    set_clock(problem)
    turned(ctx, None, problem, "proof_incomplete", **about)
    tell_of(ctx, problem, "proof_incomplete", ("unit",), due_on=_until(problem))
    ctx.record(None, "lapse_rectification", "rectification", proof.id)


def _note(ctx: Context, actor: Actor, problem: ProblemRow, event: str, review_id: UUID, decision: Decision) -> None:
    detail: dict[str, Any] = {
        "review_id": str(review_id),
        "rectification_id": str(decision.rectification_id),
        "comment": decision.comment,
        "method": decision.method,
        "round": problem.round,
    }
    if event == "returned":
        detail["due_on"] = str(problem.due_on) if problem.due_on else None
    turned(ctx, actor, problem, event, **detail)
