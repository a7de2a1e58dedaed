"""A person leaves: one signed act hands roles, open work and unread notices to the successor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from inspection.actions.accounts import role_row
from inspection.actions.acts import done_before, keep, result_of
from inspection.actions.context import Context, new_id
from inspection.domain.actor import Actor, Grant, incompatible
from inspection.domain.errors import Fault, Refused
from inspection.domain.handovers import HANDED_OVER, Handover
from inspection.domain.incoming import Incoming
from inspection.domain.views import HandoverView, RoleView, Stored
from inspection.storage import accounts, assignments, institutions, notifications, problems
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.assignments import AssignmentRow
from inspection.storage.unit import once_more, unit


@once_more
def hand_over(ctx: Context, actor: Actor, handover_id: UUID, incoming: Incoming[Handover]) -> Stored[HandoverView]:
    """The roles end for the one and begin for the other; planned visits and unread notices go with them, and each open
    problem of an institution says on its timeline who answers for it now. What the leaving person captured may still
    be handed in for fourteen days. Raises `conflict`, `invalid`."""
    with unit(ctx.session):
        if done_before(ctx, actor, handover_id, "hand_over", handover_id, incoming):
            return Stored(_view(handover_id, incoming.load(), result_of(ctx, handover_id)), created=False)
        given = incoming.load()
        leaving, successor = _people(ctx, actor, given)
        roles = [role for role in accounts.roles_of_for_system(ctx.session, leaving.id) if role.role in HANDED_OVER]
        if not roles:
            raise Refused("invalid", [Fault("/from_user_id", "nothing_to_hand_over")])
        held = accounts.roles_of_for_system(ctx.session, successor.id)
        if incompatible([role.role for role in (*held, *roles)]):
            raise Refused("invalid", [Fault("/to_user_id", "incompatible_roles")])
        _move_roles(ctx, successor, held, roles)
        problem_count = _note_on_problems(ctx, actor, leaving, successor, roles)
        notices = _move_notices(ctx, leaving.id, successor.id)
        planned, left = assignments.reassign_for_system(ctx.session, leaving.id, successor.id, ctx.now())
        result = {
            "roles": [_plain(role) for role in roles],
            "problems": problem_count,
            "notices": notices,
            "assignments": planned,
        }
        keep(ctx, actor, handover_id, "hand_over", handover_id, incoming, result)
        ctx.tell_people("handed_over", [successor.id], None, {"name": leaving.name, "problems": problem_count})
        for task in left:
            _tell_of_left(ctx, task, leaving, successor)
        return Stored(_view(handover_id, given, result), created=True)


def _people(ctx: Context, actor: Actor, given: Handover) -> tuple[UserRow, UserRow]:
    """Both of them, held so that what they hold does not change meanwhile; each has to be the actor's to administer."""
    for person in sorted({given.from_user_id, given.to_user_id}):
        accounts.lock_person_for_system(ctx.session, person)
    leaving = accounts.get_user(actor, ctx.session, given.from_user_id)
    successor = accounts.get_user(actor, ctx.session, given.to_user_id)
    faults = []
    if leaving is None:
        faults.append(Fault("/from_user_id", "unknown_user"))
    if successor is None or successor.disabled_at is not None or given.to_user_id == given.from_user_id:
        faults.append(Fault("/to_user_id", "unknown_user"))
    if leaving is None or successor is None or faults:
        raise Refused("invalid", faults)
    return leaving, successor


def _move_roles(ctx: Context, successor: UserRow, held: Sequence[RoleRow], roles: Sequence[RoleRow]) -> None:
    known = {(role.role, role.region_code, role.institution_id) for role in held}
    for role in roles:
        role.ended_at = ctx.now()
        if (role.role, role.region_code, role.institution_id) not in known:
            ctx.session.add(role_row(ctx, successor.id, Grant(role.role, role.region_code, role.institution_id)))
    ctx.session.flush()


def _note_on_problems(
    ctx: Context, actor: Actor, leaving: UserRow, successor: UserRow, roles: Sequence[RoleRow]
) -> int:
    """An event on each unfinished problem of the unit's institutions and of those merged into them; for a region they
    are only counted."""
    own = {role.institution_id for role in roles if role.institution_id is not None}
    merged = {row.id for one in own for row in institutions.predecessors_for_system(ctx.session, one)}
    mine = problems.unfinished_of_for_system(ctx.session, list(own | merged))
    problems.add_events_for_system(
        ctx.session,
        [ctx.event(problem_id, actor, "handed_over", before=leaving.name, after=successor.name) for problem_id in mine],
    )
    regions = [role.region_code for role in roles if role.role == "reviewer" and role.region_code]
    return len(mine) + problems.count_unfinished_in_for_system(ctx.session, regions)


def _move_notices(ctx: Context, from_id: UUID, to_id: UUID) -> int:
    unread = notifications.unread_for_system(ctx.session, from_id)
    notifications.add_for_system(
        ctx.session,
        [
            {
                "id": new_id(),
                "user_id": to_id,
                "kind": row.kind,
                "problem_id": row.problem_id,
                "params": row.params,
                "created_at": ctx.now(),
                "read_at": None,
            }
            for row in unread
        ],
    )
    for row in unread:
        row.read_at = ctx.now()
    ctx.session.flush()
    return len(unread)


def _tell_of_left(ctx: Context, task: AssignmentRow, leaving: UserRow, successor: UserRow) -> None:
    """The bureau has to plan anew what the successor must not inspect."""
    place = institutions.get_for_system(ctx.session, task.institution_id)
    bureau = notifications.recipients_for_system(ctx.session, ("reviewer",), place.id, place.region_code)
    about = {
        "name": leaving.name,
        "successor": successor.name,
        "assignment_id": str(task.id),
        "institution": place.name,
        "planned_on": task.planned_on.isoformat(),
    }
    ctx.tell_people("visit_left_over", bureau, None, about)


def _plain(role: RoleRow) -> dict[str, str | None]:
    place = str(role.institution_id) if role.institution_id is not None else None
    return {"role": role.role, "region_code": role.region_code, "institution_id": place}


def _view(handover_id: UUID, given: Handover, result: Mapping[str, Any]) -> HandoverView:
    return HandoverView(
        id=handover_id,
        from_user_id=given.from_user_id,
        to_user_id=given.to_user_id,
        roles=[
            RoleView(role["role"], role["region_code"], UUID(place) if (place := role["institution_id"]) else None)
            for role in result["roles"]
        ],
        problems=result["problems"],
        notices=result["notices"],
        assignments=result["assignments"],
    )
