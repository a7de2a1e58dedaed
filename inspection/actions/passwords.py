"""Passwords: kept as hashes, and proven."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from inspection.actions.context import Context
from inspection.actions.guesses import attempt, count_own, failed, release_own, succeeded
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.storage import accounts
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
        self.address = address
        self._subjects = attempt(ctx, username, address)
        user = accounts.find_user_for_system(ctx.session, username)
        usable = user is not None and user.disabled_at is None and bool(user.password_hash)
        self._hash = user.password_hash if user is not None and usable else _nobody()
        self.has_factor = user is not None and usable and user.second_factor_at is not None
        self.password_set_at = user.password_set_at if user is not None and usable else None
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
        return failed(ctx, self.user_id, self.address)


def prove_own(ctx: Context, actor: Actor, password: str, at: str) -> None:
    """Who acts knows his password: whoever sits down at another's desk does not, nor may he guess. Raises
    `invalid` with a fault at the place `at`, `too_many_attempts`."""
    own = count_own(ctx, actor.id)
    user = accounts.get_user_for_system(ctx.session, actor.id)
    assert user is not None
    known_hash = user.password_hash
    ctx.session.rollback()
    if not password_matches(known_hash, password):
        raise invalid(Fault(at, "wrong_password"))
    with unit(ctx.session):
        release_own(ctx, own)


def set_password(ctx: Context, user: UserRow, password_hash: str) -> None:
    """From now on, and for as long as the rules say."""
    user.password_hash = password_hash
    user.password_set_at = ctx.now()
