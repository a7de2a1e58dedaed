"""Where one is signed in: tokens given out, known, renewed and ended."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import OperationalError

from inspection.actions.context import Context, new_id
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.second_factor import is_required
from inspection.domain.sessions import DESK, PHONE
from inspection.domain.views import DeviceView, RoleView, SignedIn, UserView
from inspection.storage import accounts, sessions
from inspection.storage.sessions import Known, TokenRow
from inspection.storage.unit import unit


def token_sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def new_device(ctx: Context, user_id: UUID, device_name: str, *, desk: bool) -> SignedIn:
    """A desk or a phone that somebody is signed in with from now on; inside the caller's unit."""
    token, now = new_token(), ctx.now()
    device = TokenRow(
        id=new_id(),
        user_id=user_id,
        token_sha256=token_sha256(token),
        device_name=device_name,
        desk=desk,
        created_at=now,
        renewed_at=now,
        last_used_at=now,
        expires_at=now + (DESK if desk else PHONE).absolute,
        revoked_at=None,
    )
    ctx.session.add(device)
    actor = accounts.actor_for_system(ctx.session, user_id, recent_since=_recent_since(ctx))
    assert actor is not None
    ctx.record(actor, "sign_in", "device", device.id, device=device_name)
    return SignedIn(token=token, expires_at=device.expires_at, user=user_view(actor))


def _recent_since(ctx: Context) -> datetime:
    return ctx.now() - timedelta(days=HANDING_IN_DAYS)


def authenticate(ctx: Context, token: str) -> Actor:
    """The person behind a token, as of now; raises `not_signed_in`."""
    return _known(ctx, token).actor


def authenticate_at_desk(ctx: Context, token: str) -> tuple[Actor, str | None]:
    """The person behind a desk's token, and the token that takes its place where his rights changed since it was given
    out: whoever came by the old one does not rise with him. Raises `not_signed_in`."""
    known = _known(ctx, token)
    if not (known.desk and known.rights_changed):
        return known.actor, None
    with unit(ctx.session):
        return known.actor, renew(ctx, known.actor)


def _known(ctx: Context, token: str) -> Known:
    now = ctx.now()
    known = sessions.known_by_token_for_system(
        ctx.session, token_sha256(token), now=now, recent_since=_recent_since(ctx)
    )
    if known is None or known.actor.token_id is None:
        raise Refused("not_signed_in")
    if (DESK if known.desk else PHONE).is_to_note(known.last_used_at, now):
        ctx.session.rollback()
        # who only looks is not turned away because it cannot be written down that he did
        with suppress(OperationalError), unit(ctx.session):
            sessions.note_use_for_system(ctx.session, known.actor.token_id, now)
    must_enrol = is_required(known.actor.roles, ctx.factor_roles) and not known.actor.has_second_factor
    return replace(known, actor=replace(known.actor, must_enrol=must_enrol)) if must_enrol else known


def renew(ctx: Context, actor: Actor) -> str | None:
    """Another token for the desk at which somebody acts, inside the caller's unit; the old one is dead. None for a
    phone: it keeps its token, which lies in no browser and is told to nobody."""
    if actor.token_id is None or not sessions.is_desk_for_system(ctx.session, actor.token_id):
        return None
    token = new_token()
    sessions.renew_for_system(ctx.session, actor.token_id, token_sha256(token), ctx.now())
    ctx.record(actor, "renew_session", "device", actor.token_id)
    return token


def user_view(actor: Actor) -> UserView:
    return UserView(
        id=actor.id,
        username=actor.username,
        name=actor.name,
        organisation=actor.organisation,
        roles=[RoleView(grant.role, grant.region_code, grant.institution_id) for grant in actor.grants],
        region_code=actor.region_code,
        institution_id=actor.institution_id,
    )


def list_devices(ctx: Context, actor: Actor) -> list[DeviceView]:
    return [
        DeviceView(row.id, row.device_name, row.created_at, row.expires_at, row.id == actor.token_id)
        for row in sessions.list_devices(actor, ctx.session, ctx.now())
    ]


def revoke_device(ctx: Context, actor: Actor, device_id: UUID) -> None:
    """Effective at the device's next request; again is harmless. Raises `not_found`."""
    with unit(ctx.session):
        device = sessions.find_device(actor, ctx.session, device_id)
        if device is None:
            raise Refused("not_found")
        if device.revoked_at is None:
            device.revoked_at = ctx.now()
            ctx.record(actor, "revoke_device", "device", device_id, owner=str(device.user_id))
