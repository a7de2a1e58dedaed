"""Passwords: proven, chosen, and changed when their time is over."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from inspection.actions.context import Context
from inspection.actions.guesses import attempt, failed, succeeded
from inspection.actions.sessions import renew
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.passwords import password_faults
from inspection.storage import accounts, sessions
from inspection.storage.accounts import UserRow
from inspection.storage.unit import unit

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


class Proof:
    """Somebody has said the password of an account. The attempt stays counted until `accepted`, which is called inside
    the unit that acts on it."""

    def __init__(self, ctx: Context, username: str, password: str, address: str) -> None:
        """Raises `wrong_credentials`, `too_many_attempts`; the same for an account that is unknown, disabled or not
        activated, after the same work."""
        self._address = address
        self._subjects = attempt(ctx, username, address)
        user = accounts.find_user_for_system(ctx.session, username)
        usable = user is not None and user.disabled_at is None and bool(user.password_hash)
        self._hash = user.password_hash if user is not None and usable else _nobody()
        user_id = user.id if user is not None else None
        ctx.session.rollback()  # a hash takes long; no transaction is held meanwhile
        if not (password_matches(self._hash, password) and usable and user_id is not None):
            raise failed(ctx, user_id, address)
        self.user_id: UUID = user_id

    def accepted(self, ctx: Context) -> UserRow | None:
        """The account, held to the end of the unit; None where it was disabled or its password changed meanwhile."""
        accounts.lock_person_for_system(ctx.session, self.user_id)
        user = accounts.get_user_for_system(ctx.session, self.user_id)
        if user is None or user.disabled_at is not None or user.password_hash != self._hash:
            return None
        succeeded(ctx, self._subjects)
        return user

    def refused(self, ctx: Context) -> Refused:
        return failed(ctx, self.user_id, self._address)


def set_password(ctx: Context, user: UserRow, password_hash: str) -> None:
    """From now on, and for as long as the rules say."""
    user.password_hash = password_hash
    user.password_set_at = ctx.now()


def change_password(ctx: Context, actor: Actor, old: str, new: str) -> str | None:
    """All other devices are signed out; a new token for the desk where it was done. Raises `invalid` with a fault at
    `/old` or `/new`."""
    user = accounts.get_user_for_system(ctx.session, actor.id)
    assert user is not None
    known_hash = user.password_hash
    ctx.session.rollback()
    if not password_matches(known_hash, old):
        raise invalid(Fault("/old", "wrong_password"))
    _check_new(ctx, actor.username, old, new)
    password_hash = hash_password(new)
    with unit(ctx.session):
        user = accounts.get_user_for_system(ctx.session, actor.id)
        assert user is not None
        set_password(ctx, user, password_hash)
        sessions.revoke_tokens_for_system(ctx.session, actor.id, ctx.now(), but=actor.token_id)
        ctx.record(actor, "change_password", "account", actor.id)
        return renew(ctx, actor)


def change_expired_password(ctx: Context, username: str, old: str, new: str, address: str) -> None:
    """A new password for who knows the old one and is not let in with it any more; wherever he is signed in, he is
    signed out. Raises `wrong_credentials`, `too_many_attempts`, `invalid` with a fault at `/new`."""
    proof = Proof(ctx, username, old, address)
    _check_new(ctx, username, old, new)
    password_hash = hash_password(new)
    with unit(ctx.session):
        user = proof.accepted(ctx)
        if user is not None:
            set_password(ctx, user, password_hash)
            sessions.revoke_tokens_for_system(ctx.session, user.id, ctx.now())
            ctx.record(None, "change_password", "account", user.id)
            return
    raise proof.refused(ctx)


def _check_new(ctx: Context, username: str, old: str, new: str) -> None:
    faults = password_faults(ctx.password_rules, username, new, "/new")
    if new == old:
        faults.append(Fault("/new", "password_too_easy"))
    if faults:
        raise Refused("invalid", faults)
