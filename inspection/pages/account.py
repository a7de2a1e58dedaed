"""Signing in and out, one's sessions, password and language."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, request, session, url_for

from inspection.actions import sessions
from inspection.actions import sign_in as entrance
from inspection.actions.context import Context
from inspection.actions.institutions import name_of, regions_of
from inspection.actions.second_factors import second_factor_of
from inspection.actions.setup import is_demo
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.permissions import ANYONE
from inspection.domain.texts import LANGUAGES, desk_texts
from inspection.domain.views import SignedIn
from inspection.pages.desk import TYPED_LIMIT, deed, done, here, language, page, place
from inspection.pages.forms import Form, incoming
from inspection.pages.refusals import read_again
from inspection.schemas.accounts import read_activation, read_expired_password, read_login, read_password


@place("/sign-in", ANYONE)
def sign_in_form(ctx: Context) -> Response:
    """The form; where it leads on to stands in the address."""
    return page("sign_in.html", to=here(request.args.get("to")), again=None, demo=is_demo(ctx))


@deed("/sign-in", ANYONE, again=sign_in_form, limit=TYPED_LIMIT)
def sign_in(ctx: Context, form: Form) -> Response:
    """A new session under a new id; a form that was kept meanwhile is shown again."""
    given = incoming(form.body("username", "password", "otp", device_name=_browser()), read_login).load()
    made = entrance.sign_in(ctx, **given, address=request.remote_addr or "unknown", desk=True)
    return _enter(made, form)


@place("/activation", ANYONE)
def activation_form(ctx: Context) -> Response:
    """Choosing the first password."""
    return page("activation.html", rules=ctx.password_rules.name)


@deed("/activation", ANYONE, again=activation_form)
def activate(ctx: Context, form: Form) -> Response:
    """The first password, by the code that the administrator gave out."""
    body = {name: value.strip() for name, value in form.body("username", "code").items()}
    read = incoming(body | form.body("password", "otp", device_name=_browser()), read_activation)
    given = _typed_twice(read, form, "password")
    made = entrance.activate(ctx, **given, address=request.remote_addr or "unknown", desk=True)
    return _enter(made, form)


@place("/expired-password", ANYONE)
def expired_password_form(ctx: Context) -> Response:
    """Where who is not let in with his old password chooses another."""
    return page("expired_password.html", rules=ctx.password_rules.name)


@deed("/expired-password", ANYONE, again=expired_password_form)
def change_expired_password(ctx: Context, form: Form) -> Response:
    """Then one signs in with it."""
    given = _typed_twice(incoming(form.body("username", "old", "new", "otp"), read_expired_password), form, "new")
    entrance.change_expired_password(ctx, **given, address=request.remote_addr or "unknown")
    return done(desk_texts(language())["account"]["now_sign_in"], url_for("desk.sign_in_form"))


def _typed_twice(given: Incoming[dict[str, Any]], form: Form, name: str) -> dict[str, Any]:
    """What was read, if the new password was typed twice alike; else `invalid` with every fault."""
    if form.text(name) == form.text("again"):
        return given.load()
    raise Refused("invalid", (*given.read.faults, Fault("/again", "not_the_same")))


def _enter(made: SignedIn, form: Form) -> Response:
    begin_anew(made.token)
    kept = read_again(form.fields.get("kept"))
    if kept is not None:
        g.pop("csrf_token", None)
        g.pop("actor", None)
        to, fields = kept
        return page("again.html", to=here(to), fields=fields)
    return redirect(here(form.fields.get("to")), 303, Response)


def begin_anew(token: str | None) -> None:
    """Nothing of the session of before but its language: neither its token nor that of its forms."""
    chosen = session.get("language")
    session.clear()
    if token is not None:
        session["token"] = token
    if chosen:
        session["language"] = chosen


def _browser() -> str:
    """What the list of sessions calls this browser."""
    agent = request.headers.get("User-Agent", "")
    known = (("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    name = next((name for mark, name in known if mark in agent), "Safari" if "Safari/" in agent else "Web")
    systems = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("Mac OS", "macOS"))
    system = next((name for mark, name in systems if mark in agent), "Linux" if "Linux" in agent else "")
    return " · ".join(filter(None, (name, system)))


@deed("/sign-out", "account.sign_out")
def sign_out(ctx: Context, actor: Actor, form: Form) -> Response:
    """This session ends. What the phone client keeps in the same browser is not touched."""
    del form
    if actor.token_id is not None:
        sessions.revoke_device(ctx, actor, actor.token_id)
    begin_anew(None)
    flash(desk_texts(language())["account"]["signed_out"])
    response: Response = redirect(url_for("desk.sign_in_form"), 303, Response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@place("/account", "account.self")
def account(ctx: Context, actor: Actor) -> Response:
    """Who one is, where one is signed in, and one's password."""
    user, devices = sessions.user_view(actor), sessions.list_devices(ctx, actor)
    factor = second_factor_of(ctx, actor)
    return page(
        "account.html",
        user=user,
        devices=devices,
        factor=factor,
        rules=ctx.password_rules.name,
        regions=dict(regions_of(ctx, actor)),
        institutions={role.institution_id: name_of(ctx, actor, role.institution_id) for role in user.roles},
    )


@deed("/account/sessions/<uuid:device_id>/end", "account.revoke_device", again=account)
def end_session(ctx: Context, actor: Actor, form: Form, device_id: UUID) -> Response:
    """Signed out there at its next request."""
    del form
    sessions.revoke_device(ctx, actor, device_id)
    return done(desk_texts(language())["account"]["session_ended"], url_for("desk.account"))


@deed("/account/password", "account.self", again=account)
def change_password(ctx: Context, actor: Actor, form: Form) -> Response:
    """Everywhere else one is signed out."""
    given = _typed_twice(incoming(form.body("old", "new"), read_password), form, "new")
    begin_anew(entrance.change_password(ctx, actor, given["old"], given["new"]) or session["token"])
    return done(desk_texts(language())["account"]["password_changed"], url_for("desk.account"))


@deed("/language", ANYONE)
def choose_language(ctx: Context, form: Form) -> Response:
    """Kept with the browser, for this desk alone."""
    del ctx
    chosen = form.fields.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(here(form.fields.get("to")), 303, Response)
