"""Letting somebody in again, by two security administrators."""

from __future__ import annotations

from uuid import UUID

from inspection.actions import resets as actions
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.resets import ResetDecision, ResetRequest, ResetView
from inspection.schemas.resets import ResetBody, ResetDecisionBody, ResetSchema, read_reset, read_reset_decision


@endpoint(
    "GET",
    "/users/<uuid:user_id>/resets",
    "account.reset",
    listed=True,
    returns={200: ResetSchema()},
    refuses=("not_found",),
)
def list_resets(ctx: Context, actor: Actor, user_id: UUID) -> list[ResetView]:
    """What was asked and decided about an account."""
    return actions.list_resets(ctx, actor, user_id)


@endpoint(
    "PUT",
    "/users/<uuid:user_id>/resets/<uuid:reset_id>",
    "account.reset",
    body=ResetBody(),
    read=read_reset,
    returns={200: ResetSchema(), 201: ResetSchema()},
    refuses=("conflict", "not_found", "reset_pending"),
)
def put_reset(ctx: Context, actor: Actor, incoming: Incoming[ResetRequest], user_id: UUID, reset_id: UUID) -> Answer:
    """Ask that somebody choose another password."""
    stored = actions.ask_reset(ctx, actor, user_id, reset_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision",
    "account.reset",
    body=ResetDecisionBody(),
    read=read_reset_decision,
    returns={200: ResetSchema()},
    refuses=("not_found", "already_decided", "second_person"),
)
def put_reset_decision(
    ctx: Context, actor: Actor, incoming: Incoming[ResetDecision], user_id: UUID, reset_id: UUID
) -> Answer:
    """Agree as the second person, or do not."""
    return Answer(actions.decide_reset(ctx, actor, user_id, reset_id, incoming).value)
