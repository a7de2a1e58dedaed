"""Institutions are renamed, moved, merged, closed. Scope follows today's region; documents keep the name and region of
their day; no open problem is left without somebody who answers for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context, new_id
from inspection.actions.institutions import get_institution
from inspection.actions.turns import make_void, tell_of, turned
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.institutions import InstitutionChange, change_faults
from inspection.domain.views import InstitutionDetail, Stored
from inspection.storage import institutions, problems
from inspection.storage.institutions import InstitutionChangeRow, InstitutionRow
from inspection.storage.unit import once_more, unit

KEPT = ("name", "region_code", "competent_department", "closed_on", "successor_id", "profile", "credit_code")


@once_more
def change_institution(
    ctx: Context, actor: Actor, institution_id: UUID, change_id: UUID, incoming: Incoming[InstitutionChange]
) -> Stored[InstitutionDetail]:
    """Raises `conflict`, `not_found`, `already_decided` (merged or closed before), `invalid`."""
    with unit(ctx.session):
        if done_before(ctx, actor, change_id, "change_institution", institution_id, incoming):
            return Stored(get_institution(ctx, actor, institution_id), created=False)
        row = institutions.lock(actor, ctx.session, institution_id)
        if row is None:
            raise Refused("not_found")
        given = incoming.load()
        if row.closed_on is not None and given.kind in ("merge", "close"):
            raise Refused("already_decided")
        unfinished = problems.unfinished_of_for_system(ctx.session, [row.id])
        faults = change_faults(given, len(unfinished)) + _reference_faults(ctx, actor, row, given)
        if faults:
            raise Refused("invalid", faults)
        before = snapshot(row)
        _apply(ctx, row, given)
        if given.open_problems == "end":
            _end(ctx, actor, unfinished, given)
        elif given.kind == "merge":
            _follow(ctx, actor, unfinished, given)
        note_change(ctx, actor, row, given.kind, before, given.reason, given.effective_on, change_id)
        keep(ctx, actor, change_id, "change_institution", institution_id, incoming)
        return Stored(get_institution(ctx, actor, institution_id), created=True)


def _reference_faults(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> list[Fault]:
    """Where it goes has to exist and to lie in the actor's own scope."""
    faults = []
    if given.kind == "move" and given.region_code is not None:
        inside = any(given.region_code.startswith(region_prefix(g.region_code or "x")) for g in actor.grants)
        if not inside or not institutions.region_exists_for_system(ctx.session, given.region_code):
            faults.append(Fault("/region_code", "unknown_region"))
    if given.kind == "merge" and given.successor_id is not None:
        successor = institutions.get(actor, ctx.session, given.successor_id)
        if successor is None or successor.id == row.id or successor.closed_on is not None:
            faults.append(Fault("/successor_id", "unknown_institution"))
    return faults


def snapshot(row: InstitutionRow) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in KEPT}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | dict | None) else str(value)


def note_change(
    ctx: Context,
    actor: Actor | None,
    row: InstitutionRow,
    kind: str,
    before: dict[str, Any],
    reason: str,
    effective_on: Any,
    change_id: UUID | None = None,
) -> None:
    """What changed, kept beside the row; nothing if nothing did."""
    after = snapshot(row)
    changed = {name for name in KEPT if before[name] != after[name]}
    row.changed_at = ctx.now()
    ctx.session.flush()
    ctx.session.add(
        InstitutionChangeRow(
            id=change_id or new_id(),
            institution_id=row.id,
            kind=kind,
            effective_on=effective_on,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            reason=reason,
            actor_id=actor.id if actor else None,
            at=ctx.now(),
        )
    )
    ctx.session.flush()


def _apply(ctx: Context, row: InstitutionRow, given: InstitutionChange) -> None:
    if given.name is not None:
        row.name = given.name
    if given.region_code is not None:
        row.region_code = given.region_code
    if given.competent_department is not None:
        row.competent_department = given.competent_department
    if given.kind in ("merge", "close"):
        row.closed_on = given.effective_on
    if given.successor_id is not None:
        row.successor_id = given.successor_id
        for earlier in institutions.predecessors_for_system(ctx.session, row.id):
            before = snapshot(earlier)
            earlier.successor_id = given.successor_id
            note_change(ctx, None, earlier, "merge", before, given.reason, given.effective_on)


def _end(ctx: Context, actor: Actor, unfinished: list[UUID], given: InstitutionChange) -> None:
    for problem_id in unfinished:
        problem = problems.lock_for_system(ctx.session, problem_id)
        assert problem is not None
        make_void(ctx, problem)
        turned(ctx, actor, problem, "ended", reason=given.reason)
        tell_of(ctx, problem, "ended", ("unit", "reviewer"), reason=given.reason)


def _follow(ctx: Context, actor: Actor, unfinished: list[UUID], given: InstitutionChange) -> None:
    """Nothing moves: the successor's unit answers for everything that stands against this institution."""
    problems.add_events_for_system(
        ctx.session,
        [
            ctx.event(problem_id, actor, "followed", successor_id=str(given.successor_id), reason=given.reason)
            for problem_id in unfinished
        ],
    )
