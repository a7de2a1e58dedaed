"""A second factor: enrolled, asked for, replaced and removed."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.guesses import code_was_right, count_code
from inspection.actions.passwords import prove_own
from inspection.actions.sessions import renew
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.inspections import RECEIPT_ALPHABET
from inspection.domain.second_factor import (
    RECOVERY_CODES,
    RECOVERY_LETTERS,
    Enrolment,
    SecondFactorView,
    enrolment,
    is_required,
    new_secret,
    normalised,
    step_of,
)
from inspection.storage import accounts, second_factors, sessions
from inspection.storage.accounts import UserRow
from inspection.storage.second_factors import SecondFactorRow
from inspection.storage.unit import unit

ISSUER = "校园安全检查"
"""What an authenticator calls this system."""


def second_factor_of(ctx: Context, actor: Actor) -> SecondFactorView:
    row = second_factors.find(actor, ctx.session)
    return SecondFactorView(
        since=row.confirmed_at if row is not None else None,
        required=is_required(actor.roles, ctx.factor_roles),
        recovery_codes=second_factors.recovery_codes_left(actor, ctx.session),
    )


def begin_enrolment(ctx: Context, actor: Actor, password: str) -> Enrolment:
    """A new secret for an authenticator; it counts once a code of it was confirmed. Raises `invalid` with a fault at
    `/password`, `already_enrolled`, `too_many_attempts`."""
    prove_own(ctx, actor, password, "/password")
    secret = new_secret()
    with unit(ctx.session):
        _hold_unenrolled(ctx, actor)
        row = SecondFactorRow(
            user_id=actor.id,
            secret=ctx.factor_key.sealed(secret, actor.id),
            created_at=ctx.now(),
            confirmed_at=None,
            last_step=0,
        )
        ctx.session.merge(row)
        ctx.record(actor, "begin_enrolment", "account", actor.id)
    return enrolment(secret, actor.username, ISSUER)


def enrolment_begun(ctx: Context, actor: Actor) -> Enrolment | None:
    """What was begun and not confirmed yet, to be shown again."""
    row = second_factors.find(actor, ctx.session)
    if row is None or row.confirmed_at is not None:
        return None
    secret = ctx.factor_key.opened(row.secret, actor.id)
    return enrolment(secret, actor.username, ISSUER) if secret is not None else None


def enrol(ctx: Context, actor: Actor, code: str) -> tuple[list[str], str | None]:
    """From now on signing in asks for a code. Ten recovery codes, told this once, and a new token for the desk where it
    was done; all other sessions end, which were begun without one. Raises `already_enrolled`, `not_begun`, `invalid`
    with a fault at `/otp`, `too_many_attempts`."""
    count_code(ctx, actor.id)
    with unit(ctx.session):
        user = _hold_unenrolled(ctx, actor)
        row = second_factors.find_for_system(ctx.session, actor.id)
        if row is None:
            raise Refused("not_begun")
        if not _is_code(ctx, row, code):
            raise invalid(Fault("/otp", "wrong_otp"))
        row.confirmed_at = user.second_factor_at = ctx.now()
        ctx.session.flush()
        code_was_right(ctx, actor.id)
        codes = _new_recovery_codes(ctx, actor.id)
        sessions.revoke_tokens_for_system(ctx.session, actor.id, ctx.now(), but=actor.token_id)
        ctx.record(actor, "enrol_second_factor", "account", actor.id)
        return codes, renew(ctx, actor)


def renew_recovery_codes(ctx: Context, actor: Actor, code: str) -> list[str]:
    """Ten others; those of before are worth nothing. Raises `not_begun`, `invalid` with a fault at `/otp`,
    `too_many_attempts`."""
    count_code(ctx, actor.id)
    with unit(ctx.session):
        user = _hold_enrolled(ctx, actor)
        if not takes_code(ctx, user, code):
            raise invalid(Fault("/otp", "wrong_otp"))
        ctx.record(actor, "renew_recovery_codes", "account", actor.id)
        return _new_recovery_codes(ctx, actor.id)


def remove(ctx: Context, actor: Actor, password: str, code: str) -> str | None:
    """Signing in takes the password alone again, where no role demands more. A new token for the desk where it was
    done; all other sessions end. Raises `not_begun`, `invalid` with a fault at `/password` or `/otp`,
    `too_many_attempts`."""
    prove_own(ctx, actor, password, "/password")
    count_code(ctx, actor.id)
    with unit(ctx.session):
        user = _hold_enrolled(ctx, actor)
        if not takes_code(ctx, user, code):
            raise invalid(Fault("/otp", "wrong_otp"))
        forget_factor(ctx, user)
        sessions.revoke_tokens_for_system(ctx.session, actor.id, ctx.now(), but=actor.token_id)
        ctx.record(actor, "remove_second_factor", "account", actor.id)
        return renew(ctx, actor)


def takes_code(ctx: Context, user: UserRow, code: str) -> bool:
    """Whether it is a present code of the person's authenticator or a recovery code of his, which it is no more;
    inside the caller's unit, that holds the person."""
    row = second_factors.find_for_system(ctx.session, user.id)
    if row is None or row.confirmed_at is None:
        return False
    taken = _is_code(ctx, row, code) or second_factors.take_recovery_code_for_system(
        ctx.session, user.id, _recovery_sha256(user.id, normalised(code)), ctx.now()
    )
    if taken:
        code_was_right(ctx, user.id)
    return taken


def forget_factor(ctx: Context, user: UserRow) -> None:
    """The person has none any more; inside the caller's unit."""
    user.second_factor_at = None
    ctx.session.flush()
    second_factors.remove_for_system(ctx.session, user.id)


def _is_code(ctx: Context, row: SecondFactorRow, code: str) -> bool:
    """A code is taken once. What was sealed under another secret key opens no door; the recovery codes still do."""
    secret = ctx.factor_key.opened(row.secret, row.user_id)
    step = step_of(secret, normalised(code), ctx.now()) if secret is not None else None
    return step is not None and second_factors.take_step_for_system(ctx.session, row.user_id, step)


def _hold(ctx: Context, actor: Actor) -> UserRow:
    accounts.lock_person_for_system(ctx.session, actor.id)
    user = accounts.get_user_for_system(ctx.session, actor.id)
    assert user is not None
    return user


def _hold_unenrolled(ctx: Context, actor: Actor) -> UserRow:
    user = _hold(ctx, actor)
    if user.second_factor_at is not None:
        raise Refused("already_enrolled")
    return user


def _hold_enrolled(ctx: Context, actor: Actor) -> UserRow:
    user = _hold(ctx, actor)
    if user.second_factor_at is None:
        raise Refused("not_begun")
    return user


def _new_recovery_codes(ctx: Context, user_id: UUID) -> list[str]:
    codes = ["".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    hashes = [_recovery_sha256(user_id, code) for code in codes]
    second_factors.replace_recovery_codes_for_system(ctx.session, user_id, hashes, ctx.now())
    return ["-".join(code[place : place + 4] for place in range(0, RECOVERY_LETTERS, 4)) for code in codes]


def _recovery_sha256(user_id: UUID, code: str) -> str:
    return hashlib.sha256(user_id.bytes + code.encode()).hexdigest()
