"""A person leaves: one signed act hands roles, open work and unread notices to the successor."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context, new_id
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.handovers import HANDED_OVER, Handover
from inspection.domain.incoming import Incoming
from inspection.domain.views import HandoverView, RoleView, Stored
from inspection.storage import accounts, assignments, notifications, problems
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.unit import once_more, unit


@once_more
def hand_over(ctx: Context, actor: Actor, handover_id: UUID, incoming: Incoming[Handover]) -> Stored[HandoverView]:
    """The roles end for the one and begin for the other; planned visits and unread notices go with them, and each open
    problem of an institution says on its timeline who answers for it now. What the leaving person captured may still
    be handed in for fourteen days. Raises `conflict`, `invalid`."""
    with unit(ctx.session):
        given = incoming.read.value
        if done_before(ctx, actor, handover_id, "hand_over", handover_id, incoming):
            assert given is not None
            return Stored(_view(handover_id, given, [], 0, 0, 0), created=False)
        given = incoming.load()
        leaving, successor = _people(ctx, given)
        roles = [role for role in accounts.roles_of_for_system(ctx.session, leaving.id) if role.role in HANDED_OVER]
        if not roles:
            raise Refused("invalid", [Fault("/from_user_id", "nothing_to_hand_over")])
        _move_roles(ctx, successor, roles)
        problem_count = _note_on_problems(ctx, actor, leaving, successor, roles)
        notices = _move_notices(ctx, leaving.id, successor.id)
        planned = assignments.reassign_for_system(ctx.session, leaving.id, successor.id, ctx.now())
        keep(ctx, actor, handover_id, "hand_over", handover_id, incoming)
        ctx.tell_people("handed_over", [successor.id], None, {"name": leaving.name, "problems": problem_count})
        views = [RoleView(role.role, role.region_code, role.institution_id) for role in roles]
        return Stored(_view(handover_id, given, views, problem_count, notices, planned), created=True)


def _people(ctx: Context, given: Handover) -> tuple[UserRow, UserRow]:
    leaving = accounts.get_user_for_system(ctx.session, given.from_user_id)
    successor = accounts.get_user_for_system(ctx.session, given.to_user_id)
    faults = []
    if leaving is None:
        faults.append(Fault("/from_user_id", "unknown_user"))
    if successor is None or successor.disabled_at is not None or given.to_user_id == given.from_user_id:
        faults.append(Fault("/to_user_id", "unknown_user"))
    if leaving is None or successor is None or faults:
        raise Refused("invalid", faults)
    accounts.lock_person_for_system(ctx.session, leaving.id)
    return leaving, successor


def _move_roles(ctx: Context, successor: UserRow, roles: list[RoleRow]) -> None:
    held = {
        (role.role, role.region_code, role.institution_id)
        for role in accounts.roles_of_for_system(ctx.session, successor.id)
    }
    for role in roles:
        role.ended_at = ctx.now()
        if (role.role, role.region_code, role.institution_id) not in held:
            ctx.session.add(
                RoleRow(
                    id=new_id(),
                    user_id=successor.id,
                    role=role.role,
                    region_code=role.region_code,
                    institution_id=role.institution_id,
                    since_at=ctx.now(),
                    ended_at=None,
                )
            )
    ctx.session.flush()


def _note_on_problems(ctx: Context, actor: Actor, leaving: UserRow, successor: UserRow, roles: list[RoleRow]) -> int:
    """An event on each unfinished problem of the unit's institutions; for a region they are only counted."""
    institutions = [role.institution_id for role in roles if role.institution_id is not None]
    mine = problems.unfinished_of_for_system(ctx.session, institutions)
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


def _view(
    handover_id: UUID, given: Handover, roles: list[RoleView], problem_count: int, notices: int, planned: int
) -> HandoverView:
    return HandoverView(handover_id, given.from_user_id, given.to_user_id, roles, problem_count, notices, planned)
