"""Finding the people that one plans and reviews with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.actions.turns import SECOND_REVIEWERS
from inspection.domain.actor import INSPECTORS, Actor
from inspection.domain.people import FINDABLE, PersonView
from inspection.domain.problem_views import ProblemView
from inspection.domain.problems import may_second
from inspection.domain.views import Page, RoleView
from inspection.storage import accounts, inspections, institutions

MOST_HOLDERS: Final = 500


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
    return _holders_over(ctx, INSPECTORS, region_code)


def seconds_beside(ctx: Context, actor: Actor, problem: ProblemView) -> list[PersonView]:
    """Those who may second what this actor decides on a problem, by name: over its region, and no part of its
    inspection."""
    took_part = inspections.took_part_for_system(ctx.session, [problem.inspection_id])
    region = institutions.get_for_system(ctx.session, problem.institution_id).region_code
    people = _holders_over(ctx, SECOND_REVIEWERS, region)
    return [person for person in people if may_second(person.id, took_part, actor.id)]


def _holders_over(ctx: Context, roles: Collection[str], region_code: str) -> list[PersonView]:
    found: dict[UUID, PersonView] = {}
    for user, role in accounts.holders_over_for_system(ctx.session, roles, region_code, MOST_HOLDERS):
        held = found[user.id].roles if user.id in found else ()
        found[user.id] = PersonView(user.id, user.name, user.organisation, [*held, RoleView(role, None, None)])
    return list(found.values())
