"""Signing in, devices, passwords, and who one is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from inspection.actions import accounts as actions
from inspection.actions import people, sessions
from inspection.actions import sign_in as entrance
from inspection.actions.context import Context
from inspection.actions.handovers import hand_over
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.handovers import Handover
from inspection.domain.incoming import Incoming
from inspection.domain.people import PersonView
from inspection.domain.permissions import ANYONE
from inspection.domain.views import AccountView, DeviceView, Page, UserView
from inspection.schemas.accounts import (
    AccountSchema,
    ActivationBody,
    DeviceSchema,
    ExpiredPasswordBody,
    HandoverBody,
    HandoverSchema,
    LoginBody,
    PasswordBody,
    PeopleQuery,
    PersonSchema,
    SignedInSchema,
    UserSchema,
    read_handover,
)
from inspection.schemas.queries import UserQuery


@endpoint(
    "POST",
    "/auth/login",
    ANYONE,
    body=LoginBody(),
    returns={201: SignedInSchema()},
    refuses=("wrong_credentials", "otp_required", "wrong_otp", "password_expired", "too_many_attempts"),
)
def sign_in(ctx: Context, incoming: Incoming[Any]) -> Answer:
    """Sign in on a device; the token is shown once."""
    given = incoming.load()
    made = entrance.sign_in(
        ctx,
        given["username"],
        given["password"],
        given["device_name"],
        request.remote_addr or "unknown",
        given.get("otp"),
    )
    return Answer(made, 201)


@endpoint(
    "POST",
    "/auth/activation",
    ANYONE,
    body=ActivationBody(),
    returns={201: SignedInSchema()},
    refuses=("wrong_credentials", "otp_required", "wrong_otp", "too_many_attempts"),
)
def activate(ctx: Context, incoming: Incoming[Any]) -> Answer:
    """Choose one's first password with the one-time code, and be signed in."""
    given = incoming.load()
    address = request.remote_addr or "unknown"
    made = entrance.activate(
        ctx,
        given["username"],
        given["code"],
        given["password"],
        given["device_name"],
        address,
        given.get("otp"),
    )
    return Answer(made, 201)


@endpoint(
    "POST",
    "/auth/expired-password",
    ANYONE,
    body=ExpiredPasswordBody(),
    returns={204: None},
    refuses=("wrong_credentials", "otp_required", "wrong_otp", "too_many_attempts"),
)
def change_expired_password(ctx: Context, incoming: Incoming[Any]) -> Answer:
    """A new password for who knows the old one and is not let in with it any more."""
    given = incoming.load()
    address = request.remote_addr or "unknown"
    entrance.change_expired_password(ctx, given["username"], given["old"], given["new"], address, given.get("otp"))
    return Answer(None, 204)


@endpoint("GET", "/auth/devices", "account.self", listed=True, returns={200: DeviceSchema()})
def list_devices(ctx: Context, actor: Actor) -> list[DeviceView]:
    """One's own signed-in devices."""
    return sessions.list_devices(ctx, actor)


@endpoint(
    "DELETE", "/auth/devices/<uuid:device_id>", "account.revoke_device", returns={204: None}, refuses=("not_found",)
)
def revoke_device(ctx: Context, actor: Actor, device_id: UUID) -> Answer:
    """Sign a device out: one's own, or one of a security administrator's region."""
    sessions.revoke_device(ctx, actor, device_id)
    return Answer(None, 204)


@endpoint(
    "POST",
    "/auth/password",
    "account.self",
    body=PasswordBody(),
    returns={204: None},
    refuses=("too_many_attempts",),
)
def change_password(ctx: Context, actor: Actor, incoming: Incoming[Any]) -> Answer:
    """Change one's password; all other devices are signed out."""
    given = incoming.load()
    entrance.change_password(ctx, actor, given["old"], given["new"])
    return Answer(None, 204)


@endpoint("GET", "/me", "account.self", returns={200: UserSchema()})
def me(ctx: Context, actor: Actor) -> UserView:
    """Who one is, and the roles one holds."""
    del ctx
    return sessions.user_view(actor)


@endpoint("GET", "/users", "account.list", query=UserQuery(), paged=True, returns={200: AccountSchema()})
def list_users(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[AccountView]:
    """The accounts of one's region with their roles, by user name."""
    return actions.list_users(ctx, actor, query.get("q"), query["after"], query["limit"])


@endpoint("GET", "/people", "people.read", query=PeopleQuery(), paged=True, returns={200: PersonSchema()})
def list_people(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[PersonView]:
    """Who inspects, reviews or supervises where one works, by name: whom to plan with, and who may second."""
    return people.list_people(ctx, actor, query.get("role"), query.get("q"), query["after"], query["limit"])


@endpoint(
    "PUT",
    "/handovers/<uuid:handover_id>",
    "account.hand_over",
    body=HandoverBody(),
    read=read_handover,
    returns={200: HandoverSchema(), 201: HandoverSchema()},
    refuses=("conflict",),
)
def put_handover(ctx: Context, actor: Actor, incoming: Incoming[Handover], handover_id: UUID) -> Answer:
    """Hand a person's roles, planned visits and unread notices to the successor."""
    stored = hand_over(ctx, actor, handover_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)
