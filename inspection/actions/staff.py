"""The people of a security administrator's regions, as he sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor
from inspection.domain.appointments import AccountFile, AccountLine, HeldRole, state_of
from inspection.domain.errors import Refused
from inspection.domain.views import DeviceView, Page
from inspection.storage import accounts, appointments, institutions, sessions
from inspection.storage.accounts import RoleRow, UserRow

MOST_SUCCESSORS: Final = 20


def list_accounts(
    ctx: Context, actor: Actor, text: str | None, after: tuple[str, ...] | None, limit: int
) -> Page[AccountLine]:
    """By user name, each with the roles that are held now; `text` stands in the user name, the name or the
    organisation."""
    rows = accounts.list_users(actor, ctx.session, text, position(after, str), limit + 1)
    held = accounts.roles_of_many_for_system(ctx.session, [row.id for row in rows])
    told: dict[UUID, list[HeldRole]] = {row.id: [] for row in rows}
    for role, said in zip(held, _in_words(ctx, held), strict=True):
        told[role.user_id].append(said)
    return cut(rows, limit, lambda row: (row.username,), lambda row: _line(row, told[row.id]))


def get_account(ctx: Context, actor: Actor, user_id: UUID) -> AccountFile:
    """One account with all that is to be decided on; raises `not_found`."""
    row = accounts.get_user(actor, ctx.session, user_id)
    if row is None:
        raise Refused("not_found")
    roles = _in_words(ctx, appointments.roles_ever_for_system(ctx.session, user_id))
    return AccountFile(
        line=_line(row, [role for role in roles if role.ended_at is None]),
        sex=row.sex,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        past=[role for role in reversed(roles) if role.ended_at is not None],
        devices=[
            DeviceView(one.id, one.device_name, one.created_at, one.expires_at, one.id == actor.token_id)
            for one in sessions.devices_of(actor, ctx.session, user_id, ctx.now())
        ],
        code_until=None if row.password_hash else appointments.code_until_for_system(ctx.session, user_id, ctx.now()),
    )


def find_successors(ctx: Context, actor: Actor, user_id: UUID, text: str) -> list[AccountLine]:
    """Who may take over a person's work: accounts in use that the text fits, without their roles."""
    rows = accounts.list_users(actor, ctx.session, text, None, MOST_SUCCESSORS)
    return [_line(row, ()) for row in rows if row.id != user_id and row.disabled_at is None]


def _line(row: UserRow, roles: Sequence[HeldRole]) -> AccountLine:
    state = state_of(row.disabled_at is not None, bool(row.password_hash))
    return AccountLine(row.id, row.username, row.name, row.organisation, roles, state)


def _in_words(ctx: Context, roles: Sequence[RoleRow]) -> list[HeldRole]:
    """With the names of their regions and institutions."""
    regions = institutions.region_names_for_system(ctx.session)
    names = institutions.names_for_system(ctx.session, {role.institution_id for role in roles if role.institution_id})
    return [
        HeldRole(
            role.id,
            role.role,
            names[role.institution_id] if role.institution_id else regions.get(role.region_code or "", "—"),
            role.since_at,
            role.ended_at,
        )
        for role in roles
    ]
