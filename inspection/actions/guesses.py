"""Attempts to sign in: counted before they are looked at, and told apart by nothing that a guesser could learn from."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain.errors import Refused
from inspection.domain.second_factor import LIMITS
from inspection.storage import attempts
from inspection.storage.unit import unit

FAILURE_WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_NAME_AND_ADDRESS: Final = 10
FAILURES_PER_NAME: Final = 50
FAILURES_PER_ADDRESS: Final = 100
LONGEST_WINDOW: Final = max(FAILURE_WINDOW, *(window for _, _, window in LIMITS))
"""Until then what was counted may still hold somebody back."""


def attempt(ctx: Context, username: str, address: str) -> tuple[str, ...]:
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
                raise _too_many(FAILURE_WINDOW)
    return tuple(subject for subject, _ in limits)


def count_own(ctx: Context, user_id: UUID) -> str:
    """The same for who is signed in and says his password once more; raises `too_many_attempts`."""
    subject = _subject(f"own:{user_id}")
    with unit(ctx.session):
        if not attempts.reserve_attempt_for_system(
            ctx.session, subject, FAILURES_PER_NAME_AND_ADDRESS, ctx.now(), FAILURE_WINDOW
        ):
            raise _too_many(FAILURE_WINDOW)
    return subject


def release_own(ctx: Context, subject: str) -> None:
    attempts.forget_attempts_for_system(ctx.session, subject)


def count_code(ctx: Context, user_id: UUID) -> None:
    """The same for a code of a second factor, by the account alone; raises `too_many_attempts`."""
    with unit(ctx.session):
        for subject, (_, limit, window) in sorted(zip(_of_codes(user_id), LIMITS, strict=True)):
            if not attempts.reserve_attempt_for_system(ctx.session, subject, limit, ctx.now(), window):
                raise _too_many(window)


def code_was_right(ctx: Context, user_id: UUID) -> None:
    """Only wrong codes stay counted: those of the last minutes no more, those of the hour still. Inside the caller's
    unit."""
    last_minutes, hour = _of_codes(user_id)
    attempts.forget_attempts_for_system(ctx.session, last_minutes)
    attempts.release_attempts_for_system(ctx.session, [hour])


def _of_codes(user_id: UUID) -> list[str]:
    return [_subject(f"code:{name}:{user_id}") for name, _, _ in LIMITS]


def succeeded(ctx: Context, subjects: tuple[str, ...]) -> None:
    """Only failures stay counted; who was right here is no longer held to his own. Inside the caller's unit."""
    attempts.forget_attempts_for_system(ctx.session, subjects[0])
    attempts.release_attempts_for_system(ctx.session, subjects[1:])


def failed(ctx: Context, user_id: UUID | None, address: str) -> Refused:
    """Record a failure, which is counted already; the refusal, the same whatever was wrong."""
    with unit(ctx.session):
        attempts.forget_old_attempts_for_system(ctx.session, ctx.now() - LONGEST_WINDOW)
        ctx.record(None, "sign_in_failed", "account", user_id or "unknown", address=address)
    return Refused("wrong_credentials")


def _too_many(window: timedelta) -> Refused:
    """When it is over at the latest: how much of the time has passed would tell what others have tried."""
    seconds = int(window.total_seconds())
    return Refused("too_many_attempts", retry_after=seconds, minutes=seconds // 60)


def _subject(text: str) -> str:
    """What failures are counted under: hashed, because people type passwords into the name's field."""
    return hashlib.sha256(text.encode()).hexdigest()
