"""Letting somebody in again who has lost his password or his second factor: one security administrator asks, another
decides, and neither is the person himself."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from inspection.actions.accounts import new_activation
from inspection.actions.acts import done_before, keep
from inspection.actions.appointments import hold, person_of
from inspection.actions.context import Context
from inspection.actions.second_factors import forget_factor
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.incoming import Incoming
from inspection.domain.resets import ResetDecision, ResetRequest, ResetView
from inspection.domain.views import Stored
from inspection.storage import accounts, resets, sessions
from inspection.storage.accounts import UserRow
from inspection.storage.resets import ResetRow
from inspection.storage.unit import once_more, unit


@once_more
def ask_reset(
    ctx: Context, actor: Actor, user_id: UUID, reset_id: UUID, incoming: Incoming[ResetRequest]
) -> Stored[ResetView]:
    """Ask that somebody choose another password by a code; it takes effect with a second administrator's consent. The
    person is told, and so is every administrator who may decide. Raises `conflict`, `not_found`, `not_allowed`,
    `reset_pending`, `invalid` (one's own account, one that is not in use)."""
    with unit(ctx.session):
        if done_before(ctx, actor, reset_id, "ask_reset", user_id, incoming):
            return Stored(_view(ctx, actor, user_id, reset_id), created=False)
        actor = hold(ctx, actor, user_id)
        user = _in_use(person_of(ctx, actor, user_id))
        given = incoming.load()
        if resets.pending_for_system(ctx.session, user_id) is not None:
            raise Refused("reset_pending")
        row = ResetRow(
            id=reset_id,
            user_id=user_id,
            asked_by_id=actor.id,
            asked_at=ctx.now(),
            reason=given.reason,
            second_factor=given.second_factor,
            decision=None,
            comment=None,
            decided_by_id=None,
            decided_at=None,
            decision_sha256=None,
        )
        ctx.session.add(row)
        ctx.session.flush()
        keep(ctx, actor, reset_id, "ask_reset", user_id, incoming, about={"second_factor": given.second_factor})
        told = {user_id, *_who_may_decide(ctx, user_id)} - {actor.id}
        ctx.tell_people("reset_asked", sorted(told), None, {"username": user.username})
        return Stored(_view(ctx, actor, user_id, reset_id), created=True)


@once_more
def decide_reset(
    ctx: Context, actor: Actor, user_id: UUID, reset_id: UUID, incoming: Incoming[ResetDecision]
) -> Stored[ResetView]:
    """A second administrator agrees or does not. Agreed, the old password is worth nothing, every session ends, and the
    activation code is told this once. Raises `not_found`, `not_allowed`, `already_decided`, `second_person`,
    `invalid`."""
    with unit(ctx.session):
        actor = hold(ctx, actor, user_id)
        user = person_of(ctx, actor, user_id)
        row = resets.lock_for_system(ctx.session, reset_id)
        if row is None or row.user_id != user_id:
            raise Refused("not_found")
        if row.decision is not None:
            if (row.decided_by_id, row.decision_sha256) == (actor.id, incoming.sha256):
                return Stored(_view(ctx, actor, user_id, reset_id), created=False)
            raise Refused("already_decided")
        if row.asked_by_id == actor.id:
            raise Refused("second_person")
        given = incoming.load()
        row.decision, row.comment = given.decision, given.comment
        row.decided_by_id, row.decided_at, row.decision_sha256 = actor.id, ctx.now(), incoming.sha256
        ctx.session.flush()
        ctx.record(actor, "decide_reset", "account", user_id, reset=str(reset_id), decision=given.decision)
        code = _reset(ctx, _in_use(user), row) if given.decision == "approve" else None
        ctx.tell_people("reset_decided", [row.asked_by_id], None, {"username": user.username})
        return Stored(_view(ctx, actor, user_id, reset_id, code), created=True)


def list_resets(ctx: Context, actor: Actor, user_id: UUID) -> list[ResetView]:
    """Those of an account of the administrator's, the newest first; raises `not_found`."""
    person_of(ctx, actor, user_id)
    return [
        ResetView(
            row.id,
            row.user_id,
            row.reason,
            row.second_factor,
            row.decision or "asked",
            row.asked_by_id,
            asked_by,
            row.asked_at,
            decided_by,
            row.decided_at,
            row.comment,
        )
        for row, asked_by, decided_by in resets.list_resets(actor, ctx.session, user_id)
    ]


def _reset(ctx: Context, user: UserRow, row: ResetRow) -> str:
    """The account waits for its activation again. The second factor stays unless it was to go: then signing in with the
    new password still takes a code."""
    code, activation = new_activation(ctx, user)
    ctx.session.merge(activation)
    user.password_hash, user.password_set_at = "", None
    ctx.session.flush()
    if row.second_factor:
        forget_factor(ctx, user)
    sessions.revoke_tokens_for_system(ctx.session, user.id, ctx.now())
    return code


def _in_use(user: UserRow) -> UserRow:
    if user.disabled_at is not None or not user.password_hash:
        raise invalid(Fault("/user_id", "not_in_use"))
    return user


def _who_may_decide(ctx: Context, user_id: UUID) -> list[UUID]:
    """The administrators whose the person is to administer."""
    found = []
    for person in accounts.holders_for_system(ctx.session, "secadmin"):
        other = accounts.actor_for_system(ctx.session, person, recent_since=ctx.now())
        if other is not None and accounts.get_user(other, ctx.session, user_id) is not None:
            found.append(person)
    return found


def _view(ctx: Context, actor: Actor, user_id: UUID, reset_id: UUID, code: str | None = None) -> ResetView:
    ctx.session.flush()
    known = next((one for one in list_resets(ctx, actor, user_id) if one.id == reset_id), None)
    if known is None:
        raise Refused("not_found")
    return replace(known, code=code)
