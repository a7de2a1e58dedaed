"""Signing in, devices, passwords, and who one is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import cache
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from inspection.actions.context import Context, new_id
from inspection.actions.paging import cut, position
from inspection.actions.sessions import new_device, renew, token_sha256
from inspection.domain.actor import Actor, Grant
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.inspections import RECEIPT_ALPHABET
from inspection.domain.views import AccountView, Page, RoleView, SignedIn
from inspection.storage import accounts, attempts, sessions
from inspection.storage.accounts import ActivationRow, RoleRow, UserRow
from inspection.storage.unit import unit

FAILURE_WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_NAME_AND_ADDRESS: Final = 10
FAILURES_PER_NAME: Final = 50
FAILURES_PER_ADDRESS: Final = 100
SHORTEST_PASSWORD: Final = 10
CODE_LETTERS: Final = 10
CODE_LIFETIME: Final = timedelta(days=14)

_hasher: Final = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)


def hash_password(password: str) -> str:
    """argon2id with 19 MiB, two passes, one lane (OWASP's first choice for servers)."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """A hash to verify against where there is no such account, so that both cases take the same work."""
    return hash_password(secrets.token_urlsafe(16))


def password_matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def sign_in(
    ctx: Context,
    username: str,
    password: str,
    device_name: str,
    address: str,
    *,
    desk: bool = False,
) -> SignedIn:
    """A new device of the person. Raises `wrong_credentials`, `too_many_attempts`; only failures are counted."""
    subjects = _attempt(ctx, username, address)
    user = accounts.find_user_for_system(ctx.session, username)
    usable = user is not None and user.disabled_at is None
    known_hash = user.password_hash if user is not None and usable and user.password_hash else _nobody()
    user_id = user.id if user is not None else None
    ctx.session.rollback()  # a hash takes long; no transaction is held meanwhile
    if not (password_matches(known_hash, password) and usable and user_id is not None):
        raise _failed(ctx, user_id, address)
    with unit(ctx.session):
        _succeeded(ctx, subjects)
        return new_device(ctx, user_id, device_name, desk=desk)


def _attempt(ctx: Context, username: str, address: str) -> tuple[str, ...]:
    """Under what this attempt is counted until it has succeeded; raises `too_many_attempts`. It is counted before
    anything is looked at: guesses that many processes take at once are no more than guesses in a row."""
    limits = (
        (_subject(f"name:{username}|{address}"), FAILURES_PER_NAME_AND_ADDRESS),
        (_subject(f"name:{username}"), FAILURES_PER_NAME),
        (_subject(f"address:{address}"), FAILURES_PER_ADDRESS),
    )
    with unit(ctx.session):
        for subject, limit in sorted(limits):
            if not attempts.reserve_attempt_for_system(ctx.session, subject, limit, ctx.now(), FAILURE_WINDOW):
                raise Refused("too_many_attempts", retry_after=int(FAILURE_WINDOW.total_seconds()))
    return tuple(subject for subject, _ in limits)


def _succeeded(ctx: Context, subjects: tuple[str, ...]) -> None:
    """Only failures stay counted; who signed in here is no longer held to his own."""
    attempts.forget_attempts_for_system(ctx.session, subjects[0])
    attempts.release_attempts_for_system(ctx.session, subjects[1:])


def _failed(ctx: Context, user_id: UUID | None, address: str) -> Refused:
    """Record a failure, which is counted already; the refusal, the same whatever was wrong."""
    with unit(ctx.session):
        attempts.forget_old_attempts_for_system(ctx.session, ctx.now() - FAILURE_WINDOW)
        ctx.record(None, "sign_in_failed", "account", user_id or "unknown", address=address)
    return Refused("wrong_credentials")


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


def activate(
    ctx: Context,
    username: str,
    code: str,
    password: str,
    device_name: str,
    address: str,
    *,
    desk: bool = False,
) -> SignedIn:
    """Choose the first password with the code and be signed in; the code is used up. Raises `wrong_credentials` (also
    for a code that is used or too old), `too_many_attempts`, `invalid` with a fault at `/password`."""
    faults = password_faults(username, password, "/password")
    if faults:
        raise Refused("invalid", faults)
    subjects = _attempt(ctx, username, address)
    user = accounts.find_user_for_system(ctx.session, username)
    user_id = user.id if user is not None and user.disabled_at is None else None
    ctx.session.rollback()
    password_hash = hash_password(password)
    letters = code.strip().upper().replace("-", "").replace(" ", "")
    with unit(ctx.session):
        row = accounts.activation_for_system(ctx.session, user_id) if user_id is not None else None
        good = (
            row is not None
            and row.used_at is None
            and row.expires_at > ctx.now()
            and hmac.compare_digest(row.code_sha256, token_sha256(letters))
        )
        if good and row is not None and user_id is not None:
            row.used_at = ctx.now()
            known = accounts.get_user_for_system(ctx.session, user_id)
            assert known is not None
            known.password_hash = password_hash
            _succeeded(ctx, subjects)
            ctx.record(None, "activate_account", "account", user_id)
            return new_device(ctx, user_id, device_name, desk=desk)
    raise _failed(ctx, user_id, address)


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


def password_faults(username: str, password: str, at: str) -> list[Fault]:
    if len(password) < SHORTEST_PASSWORD:
        return [Fault(at, "password_too_short", {"min": SHORTEST_PASSWORD})]
    if password.casefold() == username.casefold():
        return [Fault(at, "password_too_easy")]
    return []


def _subject(text: str) -> str:
    """What failures are counted under: hashed, because people type passwords into the name's field."""
    return hashlib.sha256(text.encode()).hexdigest()


def change_password(ctx: Context, actor: Actor, old: str, new: str) -> str | None:
    """All other devices are signed out; a new token for the desk where it was done. Raises `invalid` with a fault at
    `/old` or `/new`."""
    user = accounts.get_user_for_system(ctx.session, actor.id)
    assert user is not None
    known_hash = user.password_hash
    ctx.session.rollback()
    if not password_matches(known_hash, old):
        raise invalid(Fault("/old", "wrong_password"))
    faults = password_faults(actor.username, new, "/new")
    if new == old:
        faults.append(Fault("/new", "password_too_easy"))
    if faults:
        raise Refused("invalid", faults)
    password_hash = hash_password(new)
    with unit(ctx.session):
        user = accounts.get_user_for_system(ctx.session, actor.id)
        assert user is not None
        user.password_hash = password_hash
        sessions.revoke_tokens_for_system(ctx.session, actor.id, ctx.now(), but=actor.token_id)
        ctx.record(actor, "change_password", "account", actor.id)
        return renew(ctx, actor)


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
    is taken."""
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
