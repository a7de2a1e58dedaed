"""Institutions are renamed, moved, merged, closed, opened again. Scope follows today's region; documents keep the name
and region of their day; no open problem is left without somebody who answers for it, and whoever it is is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from inspection.actions.acts import done_before, keep, meanwhile
from inspection.actions.assignments import call_off
from inspection.actions.context import Context, new_id
from inspection.actions.institutions import get_institution
from inspection.actions.turns import make_void, tell_of, turned
from inspection.domain.actor import INSPECTORS, Actor, region_prefix
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.institutions import InstitutionChange, already_decided, came_with, change_faults
from inspection.domain.problems import FINISHED
from inspection.domain.views import InstitutionDetail, Stored
from inspection.storage import accounts, assignments, institutions, notifications, problems
from inspection.storage.assignments import AssignmentRow
from inspection.storage.institutions import InstitutionChangeRow, InstitutionRow
from inspection.storage.unit import once_more, unit

ALONG = ("competent_department", "address", "telephone")
KEPT = ("name", "region_code", "closed_on", "successor_id", "profile", "credit_code", *ALONG)

Apply = Callable[[Context, Actor, InstitutionRow, InstitutionChange], None]


@once_more
def change_institution(
    ctx: Context, actor: Actor, institution_id: UUID, change_id: UUID, incoming: Incoming[InstitutionChange]
) -> Stored[InstitutionDetail]:
    """Whomever it concerns is told. Raises `conflict`, `not_found`, `already_decided` (merged or closed before, or
    nothing to open again), `invalid`."""
    with unit(ctx.session):
        if done_before(ctx, actor, change_id, "change_institution", institution_id, incoming):
            return Stored(get_institution(ctx, actor, institution_id), created=False)
        named = incoming.read.value
        successor_id = named.successor_id if named is not None else None
        row = institutions.lock_family(actor, ctx.session, institution_id, successor_id)
        if row is None:
            raise Refused("not_found")
        given = incoming.load()
        unfinished = len(_unfinished(ctx, [row, *institutions.predecessors_for_system(ctx.session, row.id)]))
        closed = row.closed_on is not None
        if already_decided(given.kind, closed=closed, answered_for=answered_for(ctx, row), unfinished=unfinished):
            raise Refused("already_decided", extra=meanwhile(ctx, "change_institution", institution_id))
        faults = change_faults(given, unfinished, ctx.today()) + _reference_faults(ctx, actor, row, given)
        if faults:
            raise Refused("invalid", faults)
        before = snapshot(row)
        for name in ALONG:
            if getattr(given, name) is not None:
                setattr(row, name, getattr(given, name))
        APPLY[given.kind](ctx, actor, row, given)
        note_change(ctx, actor, row, given.kind, before, given.reason, given.effective_on, change_id)
        keep(ctx, actor, change_id, "change_institution", institution_id, incoming)
        return Stored(get_institution(ctx, actor, institution_id), created=True)


def answered_for(ctx: Context, row: InstitutionRow) -> bool:
    """By its own unit or by its successor's."""
    if row.closed_on is None or row.successor_id is None:
        return row.closed_on is None
    return institutions.get_for_system(ctx.session, row.successor_id).closed_on is None


def _unfinished(ctx: Context, rows: Iterable[InstitutionRow]) -> list[UUID]:
    return problems.unfinished_of_for_system(ctx.session, [row.id for row in rows])


def _reference_faults(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> list[Fault]:
    """Where it goes has to exist and to lie in the actor's own scope, and somebody has to review there."""
    faults = []
    if given.kind == "move" and given.region_code is not None:
        inside = any(given.region_code.startswith(region_prefix(g.region_code or "x")) for g in actor.grants)
        if not inside or not institutions.region_exists_for_system(ctx.session, given.region_code):
            faults.append(Fault("/region_code", "unknown_region"))
        elif not notifications.recipients_for_system(ctx.session, ("reviewer",), row.id, given.region_code):
            faults.append(Fault("/region_code", "no_reviewer_there"))
    if given.kind == "correct" and all(getattr(given, name) in (None, getattr(row, name)) for name in ALONG):
        faults.append(Fault("/competent_department", "nothing_to_correct"))
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


def _rename(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    del actor
    assert given.name is not None
    former, row.name = row.name, given.name
    about = _about(row, given) | {"before": former}
    ctx.tell_people("institution_renamed", sorted(_responsible(ctx, [row], ("unit",))), None, about)


def _move(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    """The new region's bureau reviews from now on. Visits that were planned where it lay are called off, and so are
    those of inspectors who do not inspect where it lies."""
    del actor
    assert given.region_code is not None
    people = _responsible(ctx, [row], ("reviewer",))
    former, row.region_code = row.region_code, given.region_code
    people |= _responsible(ctx, [row])
    unfit = [task for task in assignments.lock_open_of_for_system(ctx.session, row.id) if not _fits(ctx, row, task)]
    for task in unfit:
        call_off(ctx, task, given.reason)
    regions = institutions.region_names_for_system(ctx.session)
    about = _about(row, given) | {
        "before": regions[former],
        "after": regions[row.region_code],
        "problems": len(_unfinished(ctx, [row])),
        "assignments": len(unfit),
    }
    ctx.tell_people("institution_moved", sorted(people), None, about)


def _correct(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    """Department, address or telephone, which every change may bring along, and nothing else."""
    del actor
    ctx.tell_people("institution_corrected", sorted(_responsible(ctx, [row])), None, _about(row, given))


def _fits(ctx: Context, row: InstitutionRow, task: AssignmentRow) -> bool:
    """Whether a planned visit is still one of the region's own: its planner and its inspectors stand over it."""
    team = assignments.team_of_for_system(ctx.session, [task.id])
    return accounts.holds_over_for_system(ctx.session, task.created_by_id, {"reviewer"}, row.region_code) and all(
        accounts.holds_over_for_system(ctx.session, one.user_id, INSPECTORS, row.region_code) for one in team
    )


def _merge(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    """Nothing moves: the successor's unit answers for everything that stands against this institution, and against
    those that had been merged into this one."""
    assert given.successor_id is not None
    family = [row, *institutions.predecessors_for_system(ctx.session, row.id)]
    unfinished = _unfinished(ctx, family)
    row.closed_on = row.closed_on or given.effective_on
    row.successor_id = given.successor_id
    for earlier in family[1:]:
        _carry(ctx, earlier, given.successor_id, given)
    successor = institutions.get_for_system(ctx.session, given.successor_id)
    if given.open_problems == "end":
        _end(ctx, actor, unfinished, given)
        unfinished = []
    followed = [
        ctx.event(one, actor, "followed", successor_id=str(successor.id), reason=given.reason) for one in unfinished
    ]
    problems.add_events_for_system(ctx.session, followed)
    _call_off_all(ctx, row, given)
    about = _about(row, given) | {"successor": successor.name, "problems": len(unfinished)}
    ctx.tell_people("institution_merged", sorted(_responsible(ctx, [*family, successor])), None, about)


def _carry(ctx: Context, row: InstitutionRow, successor_id: UUID, given: InstitutionChange) -> None:
    """Merged elsewhere with the one that it belonged to."""
    before = snapshot(row)
    row.successor_id = successor_id
    note_change(ctx, None, row, given.kind, before, given.reason, given.effective_on)


def _close(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    family = [row, *institutions.predecessors_for_system(ctx.session, row.id)]
    row.closed_on = row.closed_on or given.effective_on
    if given.open_problems == "end":
        _end(ctx, actor, _unfinished(ctx, family), given)
    _call_off_all(ctx, row, given)
    ctx.tell_people("institution_closed", sorted(_responsible(ctx, family)), None, _about(row, given))


def _reopen(ctx: Context, actor: Actor, row: InstitutionRow, given: InstitutionChange) -> None:
    """It was closed or merged in error: its own unit answers again for what is unfinished, also of those that were
    carried along. What a person ended stays ended, and visits that were called off have to be planned anew."""
    people = _responsible(ctx, [row])
    former, row.successor_id = row.successor_id, None
    row.closed_on = None
    family = [row]
    if former is not None:
        for other in institutions.predecessors_for_system(ctx.session, former):
            history = institutions.changes_for_system(ctx.session, other.id)
            if came_with([(one.actor_id is not None, one.before, one.after) for one in history], row.id):
                _carry(ctx, other, row.id, given)
                family.append(other)
    unfinished = _unfinished(ctx, family)
    resumed = [ctx.event(one, actor, "resumed", reason=given.reason) for one in unfinished]
    problems.add_events_for_system(ctx.session, resumed)
    about = _about(row, given) | {"problems": len(unfinished)}
    ctx.tell_people("institution_reopened", sorted(people | _responsible(ctx, family)), None, about)


def _about(row: InstitutionRow, given: InstitutionChange) -> dict[str, Any]:
    """What every message of a change says."""
    return {"institution_id": str(row.id), "institution": row.name, "reason": given.reason}


def _responsible(
    ctx: Context, rows: Iterable[InstitutionRow], roles: tuple[str, ...] = ("unit", "reviewer")
) -> set[UUID]:
    """Who answers for these institutions and who reviews them, as they stand now."""
    return {
        person
        for row in rows
        for person in notifications.recipients_for_system(ctx.session, roles, row.id, row.region_code)
    }


def _call_off_all(ctx: Context, row: InstitutionRow, given: InstitutionChange) -> None:
    """What is planned there; after its problems, which are held first wherever both are."""
    for task in assignments.lock_open_of_for_system(ctx.session, row.id):
        call_off(ctx, task, given.reason)


def _end(ctx: Context, actor: Actor, unfinished: list[UUID], given: InstitutionChange) -> None:
    for problem_id in unfinished:
        problem = problems.lock_for_system(ctx.session, problem_id)
        assert problem is not None
        if problem.status in FINISHED:  # somebody closed it before it was held
            continue
        make_void(ctx, problem)
        turned(ctx, actor, problem, "ended", reason=given.reason)
        tell_of(ctx, problem, "ended", ("unit", "reviewer"), reason=given.reason)


APPLY: Final[dict[str, Apply]] = {
    "correct": _correct,
    "rename": _rename,
    "move": _move,
    "merge": _merge,
    "close": _close,
    "reopen": _reopen,
}
