"""Signing in with a password and, where somebody has a second factor, a code; choosing and changing the password."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.guesses import attempt, count_code, failed, succeeded
from inspection.actions.passwords import Proof, hash_password, prove_own, set_password
from inspection.actions.second_factors import takes_code
from inspection.actions.sessions import new_device, renew, token_sha256
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.passwords import password_faults
from inspection.domain.views import SignedIn
from inspection.storage import accounts, sessions
from inspection.storage.accounts import ActivationRow, UserRow
from inspection.storage.unit import unit

T = TypeVar("T")


def sign_in(
    ctx: Context,
    username: str,
    password: str,
    device_name: str,
    address: str,
    otp: str | None = None,
    *,
    desk: bool = False,
) -> SignedIn:
    """A new device of the person. Raises `wrong_credentials`, `too_many_attempts`; after the right password also
    `password_expired`, `otp_required`, `wrong_otp`. Only failures are counted."""
    proof = Proof(ctx, username, password, address)
    if ctx.password_rules.has_expired(proof.password_set_at, ctx.now()):
        with unit(ctx.session):
            proof.accepted(ctx)
        raise Refused("password_expired")
    return _with_code(ctx, proof, otp, lambda user: new_device(ctx, user.id, device_name, desk=desk))


def _with_code(ctx: Context, proof: Proof, otp: str | None, act: Callable[[UserRow], T]) -> T:
    """What is done by who proved his password and, where he has a second factor, a code. A code is counted before it is
    looked at; a missing one counts as a wrong one. Raises `wrong_credentials`, `too_many_attempts`, `otp_required`,
    `wrong_otp`."""
    if proof.has_factor:
        count_code(ctx, proof.user_id)
    with unit(ctx.session):
        user = proof.accepted(ctx)
        asked = user is not None and user.second_factor_at is not None
        right = not asked or (proof.has_factor and user is not None and takes_code(ctx, user, otp or ""))
        if user is not None and right:
            return act(user)
        if asked:
            ctx.record(None, "sign_in_failed", "account", proof.user_id, address=proof.address, second_factor=True)
    if asked:
        raise Refused("otp_required" if otp is None else "wrong_otp")
    raise proof.refused(ctx)


def activate(
    ctx: Context,
    username: str,
    code: str,
    password: str,
    device_name: str,
    address: str,
    otp: str | None = None,
    *,
    desk: bool = False,
) -> SignedIn:
    """Choose a password with the code and be signed in; the code is used up. Raises `wrong_credentials` (also for a
    code that is used or too old), `too_many_attempts`, `invalid` with a fault at `/password`; where a second factor was
    kept over a reset, after the right code also `otp_required`, `wrong_otp`."""
    faults = password_faults(ctx.password_rules, username, password, "/password")
    if faults:
        raise Refused("invalid", faults)
    subjects = attempt(ctx, username, address)
    user = accounts.find_user_for_system(ctx.session, username)
    user_id = user.id if user is not None and user.disabled_at is None else None
    ctx.session.rollback()
    password_hash = hash_password(password)
    code_sha256 = token_sha256(code.strip().upper().replace("-", "").replace(" ", ""))
    if user_id is None or _activation(ctx, user_id, code_sha256) is None:
        raise failed(ctx, user_id, address)
    has_factor = _has_factor(ctx, user_id)
    if has_factor:
        count_code(ctx, user_id)
    with unit(ctx.session):
        accounts.lock_person_for_system(ctx.session, user_id)
        row = _activation(ctx, user_id, code_sha256)
        known = accounts.get_user_for_system(ctx.session, user_id)
        assert known is not None
        right = known.second_factor_at is None or (has_factor and takes_code(ctx, known, otp or ""))
        if row is not None and right:
            row.used_at = ctx.now()
            set_password(ctx, known, password_hash)
            succeeded(ctx, subjects)
            ctx.record(None, "activate_account", "account", user_id)
            return new_device(ctx, user_id, device_name, desk=desk)
    failure = failed(ctx, user_id, address)
    raise failure if row is None else Refused("otp_required" if otp is None else "wrong_otp")


def _activation(ctx: Context, user_id: UUID, code_sha256: str) -> ActivationRow | None:
    """The activation that this code opens, if it is good."""
    row = accounts.activation_for_system(ctx.session, user_id)
    good = row is not None and row.used_at is None and row.expires_at > ctx.now()
    return row if row is not None and good and hmac.compare_digest(row.code_sha256, code_sha256) else None


def _has_factor(ctx: Context, user_id: UUID) -> bool:
    user = accounts.get_user_for_system(ctx.session, user_id)
    return user is not None and user.second_factor_at is not None


def change_password(ctx: Context, actor: Actor, old: str, new: str) -> str | None:
    """All other devices are signed out; a new token for the desk where it was done. Raises `invalid` with a fault at
    `/old` or `/new`, `too_many_attempts`."""
    prove_own(ctx, actor, old, "/old")
    _check_new(ctx, actor.username, old, new, second_factor=actor.has_second_factor)
    password_hash = hash_password(new)
    with unit(ctx.session):
        user = accounts.get_user_for_system(ctx.session, actor.id)
        assert user is not None
        set_password(ctx, user, password_hash)
        sessions.revoke_tokens_for_system(ctx.session, actor.id, ctx.now(), but=actor.token_id)
        ctx.record(actor, "change_password", "account", actor.id)
        return renew(ctx, actor)


def change_expired_password(
    ctx: Context, username: str, old: str, new: str, address: str, otp: str | None = None
) -> None:
    """A new password for who knows the old one and is not let in with it any more; wherever he is signed in, he is
    signed out. Raises `wrong_credentials`, `too_many_attempts`; after the right password also `otp_required`,
    `wrong_otp`, `invalid` with a fault at `/new`."""
    proof = Proof(ctx, username, old, address)
    _check_new(ctx, username, old, new, second_factor=proof.has_factor)
    password_hash = hash_password(new)

    def change(user: UserRow) -> None:
        set_password(ctx, user, password_hash)
        sessions.revoke_tokens_for_system(ctx.session, user.id, ctx.now())
        ctx.record(None, "change_password", "account", user.id)

    _with_code(ctx, proof, otp, change)


def _check_new(ctx: Context, username: str, old: str, new: str, *, second_factor: bool) -> None:
    faults = password_faults(ctx.password_rules, username, new, "/new", second_factor=second_factor)
    if new == old:
        faults.append(Fault("/new", "password_too_easy"))
    if faults:
        raise Refused("invalid", faults)
