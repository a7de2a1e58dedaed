"""Accounts: made, activated by a code, listed."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from inspection.actions.context import Context, new_id
from inspection.actions.paging import cut, position
from inspection.actions.passwords import hash_password
from inspection.actions.sessions import token_sha256
from inspection.domain.actor import Actor, Grant
from inspection.domain.errors import Refused
from inspection.domain.inspections import RECEIPT_ALPHABET
from inspection.domain.views import AccountView, Page, RoleView
from inspection.storage import accounts
from inspection.storage.accounts import ActivationRow, RoleRow, UserRow
from inspection.storage.unit import unit

CODE_LETTERS: Final = 10
CODE_LIFETIME: Final = timedelta(days=14)


def new_activation(ctx: Context, user: UserRow) -> tuple[str, ActivationRow]:
    """A one-time code for choosing the first password, fifty bits in letters that are read aloud without doubt."""
    letters = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(CODE_LETTERS))
    code = f"{letters[:5]}-{letters[5:]}"
    return code, ActivationRow(
        user_id=user.id,
        code_sha256=token_sha256(letters),
        expires_at=ctx.now() + CODE_LIFETIME,
        used_at=None,
    )


def renew_activation(ctx: Context, username: str) -> str:
    """Another code for an account that was not activated yet. Raises `not_found`, `already_decided`."""
    with unit(ctx.session):
        user = accounts.find_user_for_system(ctx.session, username)
        if user is None:
            raise Refused("not_found")
        if user.password_hash:
            raise Refused("already_decided")
        code, row = new_activation(ctx, user)
        ctx.session.merge(row)
        ctx.record(None, "renew_activation", "account", user.id)
        return code


def create_account(
    ctx: Context,
    username: str,
    name: str,
    organisation: str,
    password: str | None,
    grants: tuple[Grant, ...],
    sex: str | None = None,
) -> UUID:
    """A new account with its roles; without a password it waits for its activation. Raises `conflict` where the name
    is taken. The password is taken as it is and never expires: it is not one of somebody's choice."""
    password_hash = hash_password(password) if password is not None else ""
    with unit(ctx.session):
        if accounts.find_user_for_system(ctx.session, username) is not None:
            raise Refused("conflict")
        user_id = new_id()
        ctx.session.add(account_row(ctx, user_id, username, name, organisation, sex, password_hash))
        ctx.session.flush()
        ctx.session.add_all(role_row(ctx, user_id, grant) for grant in grants)
        ctx.record(None, "create_account", "account", user_id, roles=[grant.role for grant in grants])
    return user_id


def account_row(
    ctx: Context,
    user_id: UUID,
    username: str,
    name: str,
    organisation: str,
    sex: str | None,
    password_hash: str = "",
) -> UserRow:
    """A new account; without a password it waits for its activation."""
    return UserRow(
        id=user_id,
        username=username,
        name=name,
        organisation=organisation,
        password_hash=password_hash,
        password_set_at=None,
        second_factor_at=None,
        sex=sex,
        created_at=ctx.now(),
        disabled_at=None,
    )


def role_row(ctx: Context, user_id: UUID, grant: Grant) -> RoleRow:
    """A role that begins now."""
    return RoleRow(
        id=new_id(),
        user_id=user_id,
        role=grant.role,
        region_code=grant.region_code,
        institution_id=grant.institution_id,
        since_at=ctx.now(),
        ended_at=None,
    )


def list_users(
    ctx: Context, actor: Actor, text: str | None, after: tuple[str, ...] | None, limit: int
) -> Page[AccountView]:
    """The accounts of a security administrator's region with the roles they hold now, by user name."""
    rows = accounts.list_users(actor, ctx.session, text, position(after, str), limit + 1)
    roles: dict[UUID, list[RoleView]] = {row.id: [] for row in rows}
    for role in accounts.roles_of_many_for_system(ctx.session, list(roles)):
        roles[role.user_id].append(RoleView(role.role, role.region_code, role.institution_id))
    return cut(
        rows,
        limit,
        lambda row: (row.username,),
        lambda row: AccountView(
            row.id, row.username, row.name, row.organisation, roles[row.id], row.disabled_at is not None
        ),
    )
