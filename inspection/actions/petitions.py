"""Extensions (延期) and objections (异议): asked by the unit, decided by the bureau, the old date kept."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.problems import petition_view, view_of
from inspection.actions.turns import (
    clear_petition,
    concerned,
    make_void,
    overtaken,
    require,
    set_clock,
    tell_of,
    turned,
)
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.petitions import Petition, PetitionDecision, extension_faults
from inspection.domain.problem_views import PetitionAnswer
from inspection.domain.views import Stored
from inspection.storage import accounts, inspections, petitions, problems
from inspection.storage.db import insert_rows
from inspection.storage.petitions import PetitionRow
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import once_more, unit


@once_more
def ask(
    ctx: Context, actor: Actor, problem_id: UUID, petition_id: UUID, kind: str, incoming: Incoming[Petition]
) -> Stored[PetitionAnswer]:
    """The unit asks for a later date (`kind` extension) or objects (objection). Asked in time, an extension stops the
    unit's clock until it is decided; an objection always does.

    Raises `conflict`, `not_found`, `wrong_state`, `petition_pending`, `already_decided` (a second objection) and
    `invalid`.
    """
    with unit(ctx.session):
        known = petitions.find_for_system(ctx.session, petition_id)
        if known is not None:
            if (known.asked_by_id, known.content_sha256, known.problem_id, known.kind) != (
                actor.id,
                incoming.sha256,
                problem_id,
                kind,
            ):
                raise Refused("conflict")
            return Stored(_answer(ctx, known), created=False)
        problem = problems.lock(actor, ctx.session, problem_id)
        if problem is None:
            raise Refused("not_found")
        require(ctx, problem, "ask_extension" if kind == "extension" else "object")
        read = incoming.read
        faults = list(read.faults)
        given = read.value
        if given is not None and given.requested_due_on is not None and problem.due_on is not None:
            faults += extension_faults(given.requested_due_on, problem.due_on, ctx.today())
        if given is None or faults:
            raise Refused("invalid", faults)
        row = _insert(ctx, actor, problem, petition_id, kind, incoming, given)
        return Stored(_answer(ctx, row), created=True)


def _insert(
    ctx: Context,
    actor: Actor,
    problem: ProblemRow,
    petition_id: UUID,
    kind: str,
    incoming: Incoming[Petition],
    given: Petition,
) -> PetitionRow:
    today = ctx.today()
    holds = problem.status == "open"
    if kind == "extension":
        assert problem.due_on is not None
        denied = petitions.denied_dates_for_system(ctx.session, problem.id)
        holds = deadlines.asked_in_time(today, problem.due_on, denied)
    decide_on = deadlines.petition_due_on(today, ctx.calendar())
    insert_rows(
        ctx.session,
        PetitionRow,
        [
            {
                "id": petition_id,
                "problem_id": problem.id,
                "institution_id": problem.institution_id,
                "kind": kind,
                "round": problem.round,
                "asked_by_id": actor.id,
                "asked_at": ctx.now(),
                "reason": given.reason,
                "requested_due_on": given.requested_due_on,
                "old_due_on": problem.due_on,
                "holds": holds,
                "content_sha256": incoming.sha256,
                "body": incoming.raw,
            },
        ],
    )
    problem.petition_id = petition_id
    problem.petition_kind = kind
    problem.petition_due_on = decide_on if holds else None
    if holds:
        problem.since_on = today
        set_clock(problem)
    asked = {"petition_id": str(petition_id), "reason": given.reason, "holds": holds}
    if kind == "extension":
        event = "extension_asked"
        asked |= {"requested_due_on": str(given.requested_due_on), "old_due_on": str(problem.due_on)}
    else:
        event = "objected"
        problem.objected = True
    turned(ctx, actor, problem, event, **asked)
    until = decide_on if kind == "extension" or holds else problem.clock_on  # on a finding, the notice decides
    tell_of(ctx, problem, event, ("reviewer",), until=str(until))
    ctx.record(actor, "ask_petition", "petition", petition_id, asked=kind, sha256=incoming.sha256)
    made = petitions.find_for_system(ctx.session, petition_id)
    assert made is not None
    return made


def decide(
    ctx: Context,
    actor: Actor,
    problem_id: UUID,
    petition_id: UUID,
    kind: str,
    incoming: Incoming[PetitionDecision],
) -> Stored[PetitionAnswer]:
    """The bureau decides, once. An approved date becomes the due date and counts for being on time; an upheld
    objection ends the problem as `void`; denied, the old date stands, or the next working day if it has passed.

    Raises `not_found`, `already_decided` (also when another turn made it pointless), `wrong_state`, `four_eyes`
    (an objection to what the same person found), `invalid`.
    """
    with unit(ctx.session):
        problem = problems.lock(actor, ctx.session, problem_id)
        petition = petitions.lock_for_system(ctx.session, petition_id)
        if problem is None or petition is None or petition.problem_id != problem.id or petition.kind != kind:
            raise Refused("not_found")
        if petition.decision is not None:
            if petition.decided_by_id == actor.id and petition.decision_sha256 == incoming.sha256:
                return Stored(_answer(ctx, petition), created=False)
            raise overtaken(ctx, problem, "already_decided", petition=_facts(ctx, petition))
        require(ctx, problem, "decide_extension" if kind == "extension" else "uphold_objection")
        if kind == "objection" and actor.id in inspections.took_part_for_system(ctx.session, [problem.inspection_id]):
            raise Refused("four_eyes")
        given = incoming.load()
        apply_decision(ctx, actor, problem, petition, given)
        petition.decision_sha256 = incoming.sha256
        petition.decision_body = incoming.raw
        ctx.record(actor, "decide_petition", "petition", petition_id, decision=given.decision, sha256=incoming.sha256)
        return Stored(_answer(ctx, petition), created=True)


def apply_decision(
    ctx: Context, actor: Actor, problem: ProblemRow, petition: PetitionRow, given: PetitionDecision
) -> None:
    """What a decision does to the problem; also that of a notice, which decides a pending objection with its row."""
    petition.decision = given.decision
    petition.comment = given.comment
    petition.decided_by_id = actor.id
    petition.decided_at = ctx.now()
    about = {"petition_id": str(petition.id), "reason": given.comment}
    if petition.kind == "objection" and given.grants:
        clear_petition(problem)
        make_void(ctx, problem)
        turned(ctx, actor, problem, "objection_upheld", **about)
        tell_of(ctx, problem, "objection_upheld", concerned(problem), reason=given.comment)
        return
    held = problem.petition_due_on is not None
    clear_petition(problem)
    if given.grants:
        assert petition.requested_due_on is not None
        problem.due_on = deadlines.after_decision(petition.requested_due_on, ctx.today(), ctx.calendar())
        problem.extended_due_on = problem.due_on
        problem.due_basis = None
    elif held and problem.due_on is not None:
        stands = deadlines.after_decision(problem.due_on, ctx.today(), ctx.calendar())
        if stands != problem.due_on:  # a day of grace, which no calendar moves again
            problem.due_on, problem.due_basis = stands, None
    if problem.status == "open":
        if held or given.grants:  # the clock begins anew after a pause, and with another date
            problem.since_on = ctx.today()
        set_clock(problem)
    petition.after_due_on = problem.due_on
    event = ("extension_approved" if given.grants else "extension_denied", "objection_denied")[
        petition.kind == "objection"
    ]
    turned(
        ctx,
        actor,
        problem,
        event,
        **about,
        old_due_on=str(petition.old_due_on) if petition.old_due_on else None,
        due_on=str(problem.due_on) if problem.due_on else None,
    )
    tell_of(
        ctx, problem, event, ("unit",), due_on=str(problem.due_on) if problem.due_on else None, reason=given.comment
    )


def _facts(ctx: Context, row: PetitionRow) -> dict[str, str | None]:
    """Who decided what, for whoever comes too late."""
    names = accounts.names_for_system(ctx.session, {row.decided_by_id} if row.decided_by_id else set())
    return {
        "id": str(row.id),
        "decision": row.decision,
        "comment": row.comment,
        "decided_by": names[row.decided_by_id] if row.decided_by_id else None,
        "decided_at": ctx.clock.local(row.decided_at).isoformat() if row.decided_at else None,
    }


def _answer(ctx: Context, row: PetitionRow) -> PetitionAnswer:
    people = {row.asked_by_id} | ({row.decided_by_id} if row.decided_by_id else set())
    names = accounts.names_for_system(ctx.session, people)
    problem = problems.lock_for_system(ctx.session, row.problem_id)
    assert problem is not None
    return PetitionAnswer(petition_view(row, names), view_of(ctx, problem))
