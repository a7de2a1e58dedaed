"""Attempts to sign in: counted before they are looked at, and told apart by nothing that a guesser could learn from."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain.errors import Refused
from inspection.storage import attempts
from inspection.storage.unit import unit

FAILURE_WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_NAME_AND_ADDRESS: Final = 10
FAILURES_PER_NAME: Final = 50
FAILURES_PER_ADDRESS: Final = 100


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
                raise Refused("too_many_attempts", retry_after=int(FAILURE_WINDOW.total_seconds()))
    return tuple(subject for subject, _ in limits)


def succeeded(ctx: Context, subjects: tuple[str, ...]) -> None:
    """Only failures stay counted; who was right here is no longer held to his own. Inside the caller's unit."""
    attempts.forget_attempts_for_system(ctx.session, subjects[0])
    attempts.release_attempts_for_system(ctx.session, subjects[1:])


def failed(ctx: Context, user_id: UUID | None, address: str) -> Refused:
    """Record a failure, which is counted already; the refusal, the same whatever was wrong."""
    with unit(ctx.session):
        attempts.forget_old_attempts_for_system(ctx.session, ctx.now() - FAILURE_WINDOW)
        ctx.record(None, "sign_in_failed", "account", user_id or "unknown", address=address)
    return Refused("wrong_credentials")


def _subject(text: str) -> str:
    """What failures are counted under: hashed, because people type passwords into the name's field."""
    return hashlib.sha256(text.encode()).hexdigest()
