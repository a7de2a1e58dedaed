"""One's second factor: enrolled, replaced and removed."""

from __future__ import annotations

from typing import Any

from inspection.actions import second_factors as actions
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.second_factor import Enrolment, SecondFactorView
from inspection.schemas.accounts import (
    CodeBody,
    EnrolmentSchema,
    RecoveryCodesSchema,
    RemovalBody,
    SecondFactorSchema,
    SecretBody,
)


@endpoint("GET", "/auth/second-factor", "account.enrol", returns={200: SecondFactorSchema()})
def get_second_factor(ctx: Context, actor: Actor) -> SecondFactorView:
    """Whether one has a second factor, and whether a role demands it."""
    return actions.second_factor_of(ctx, actor)


@endpoint(
    "PUT",
    "/auth/second-factor/secret",
    "account.enrol",
    body=SecretBody(),
    returns={200: EnrolmentSchema()},
    refuses=("already_enrolled", "too_many_attempts"),
)
def begin_enrolment(ctx: Context, actor: Actor, incoming: Incoming[Any]) -> Enrolment:
    """A new secret; one that was begun before counts for nothing any more."""
    return actions.begin_enrolment(ctx, actor, incoming.load()["password"])


@endpoint(
    "PUT",
    "/auth/second-factor",
    "account.enrol",
    body=CodeBody(),
    returns={200: RecoveryCodesSchema()},
    refuses=("already_enrolled", "not_begun", "too_many_attempts"),
)
def enrol(ctx: Context, actor: Actor, incoming: Incoming[Any]) -> dict[str, Any]:
    """Confirm the secret by a code of it."""
    codes, _ = actions.enrol(ctx, actor, incoming.load()["otp"])
    return {"recovery_codes": codes}


@endpoint(
    "PUT",
    "/auth/second-factor/recovery-codes",
    "account.enrol",
    body=CodeBody(),
    returns={200: RecoveryCodesSchema()},
    refuses=("not_begun", "too_many_attempts"),
)
def renew_recovery_codes(ctx: Context, actor: Actor, incoming: Incoming[Any]) -> dict[str, Any]:
    """Ten others; those of before are worth nothing any more."""
    return {"recovery_codes": actions.renew_recovery_codes(ctx, actor, incoming.load()["otp"])}


@endpoint(
    "POST",
    "/auth/second-factor/removal",
    "account.enrol",
    body=RemovalBody(),
    returns={204: None},
    refuses=("not_begun", "too_many_attempts"),
)
def remove(ctx: Context, actor: Actor, incoming: Incoming[Any]) -> Answer:
    """The password alone signs in again, where no role demands more."""
    given = incoming.load()
    actions.remove(ctx, actor, given["password"], given["otp"])
    return Answer(None, 204)
