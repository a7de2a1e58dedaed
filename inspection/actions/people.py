"""Finding the people that one plans and reviews with."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import INSPECTORS, Actor
from inspection.domain.people import FINDABLE, PersonView
from inspection.domain.views import Page, RoleView
from inspection.storage import accounts

MOST_INSPECTORS: Final = 500


def list_people(
    ctx: Context, actor: Actor, role: str | None, text: str | None, after: tuple[str, ...] | None, limit: int
) -> Page[PersonView]:
    """Those who inspect, review or supervise in the actor's region, over it or inside it, by name, each with the roles
    that make him one of them; with `role`, the holders of that one."""
    wanted = FINDABLE if role is None else (role,)
    rows = accounts.list_people(actor, ctx.session, wanted, text, position(after, str, UUID), limit + 1)
    roles: dict[UUID, list[RoleView]] = {row.id: [] for row in rows}
    for held in accounts.roles_of_people(actor, ctx.session, FINDABLE, roles):
        roles[held.user_id].append(RoleView(held.role, held.region_code, held.institution_id))
    return cut(
        rows,
        limit,
        lambda row: (row.name, str(row.id)),
        lambda row: PersonView(row.id, row.name, row.organisation, roles[row.id]),
    )


def inspectors_over(ctx: Context, region_code: str) -> list[PersonView]:
    """Those who may inspect an institution of a region, by name, each with the roles by which he may."""
    found: dict[UUID, PersonView] = {}
    for user, role in accounts.holders_over_for_system(ctx.session, INSPECTORS, region_code, MOST_INSPECTORS):
        roles = found[user.id].roles if user.id in found else ()
        held = RoleView(role, None, None)
        found[user.id] = PersonView(user.id, user.name, user.organisation, [*roles, held])
    return list(found.values())
