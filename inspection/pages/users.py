"""人员: whom the security administrator gives accounts and roles, and takes them from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for

from inspection.actions import appointments as actions
from inspection.actions import resets, staff
from inspection.actions.context import Context
from inspection.actions.handovers import hand_over
from inspection.actions.institutions import regions_of
from inspection.actions.sessions import revoke_device
from inspection.domain.actor import Actor
from inspection.domain.appointments import GivenOut
from inspection.domain.handovers import HANDED_OVER
from inspection.domain.texts import desk_texts
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.accounts import read_handover
from inspection.schemas.appointments import SEXES, read_account, read_appointment, read_codes, read_nothing
from inspection.schemas.queries import NameQuery, UserQuery
from inspection.schemas.resets import read_reset, read_reset_decision
from inspection.web import cursor_of


@place("/users", "account.list", query=UserQuery())
def users(ctx: Context, actor: Actor, query: Query) -> Response:
    """By user name. A senseless condition shows no list."""
    values: dict[str, Any] = {}
    if not query.faults:
        listed = staff.list_accounts(ctx, actor, query.get("q"), query.after, ROWS)
        values = {"page": listed, "next": cursor_of(listed.next_key)}
    return page("users.html", 422 if query.faults else 200, query=query, wrong=wrong_in(query), **values)


@place("/users/<uuid:user_id>", "account.list", query=NameQuery())
def user(ctx: Context, actor: Actor, query: Query, user_id: UUID) -> Response:
    """One person and what may be done. `q` looks for the successor."""
    found = staff.find_successors(ctx, actor, user_id, query.get("q")) if query.get("q") else None
    return _person(ctx, actor, user_id, 422 if query.faults else 200, query=query, wrong=wrong_in(query), found=found)


def _person(ctx: Context, actor: Actor, user_id: UUID, status: int = 200, **values: Any) -> Response:
    one = staff.get_account(ctx, actor, user_id)
    return page(
        "user.html",
        status,
        one=one,
        a=one.line,
        own=user_id == actor.id,
        handed=[role for role in one.line.roles if role.role in HANDED_OVER],
        regions=regions_of(ctx, actor),
        resets=resets.list_resets(ctx, actor, user_id),
        me=actor.id,
        **{"query": Query({}), "wrong": {}, "found": None, "given": None, **values},
    )


def _done(code: str, user_id: UUID, **gaps: Any) -> Response:
    return done(desk_texts(language())["users"]["done"][code].format(**gaps), url_for("desk.user", user_id=user_id))


def _with_code(ctx: Context, actor: Actor, user_id: UUID, given: GivenOut) -> Response:
    """The person with the code, this once; a form that is sent again leads on without it."""
    return _person(ctx, actor, user_id, given=given) if given.codes else _done("shown_before", user_id)


@place("/users/new", "account.appoint")
def new_user(ctx: Context, actor: Actor) -> Response:
    """The form for one account."""
    return page("user_form.html", regions=regions_of(ctx, actor), sexes=SEXES)


@deed("/users/new", "account.appoint", again=new_user)
def open_account(ctx: Context, actor: Actor, form: Form) -> Response:
    """Made, and waiting for its person to choose a password."""
    body = form.body("username", "name", "organisation", "sex", "role", "region_code", "institution")
    given = actions.open_account(ctx, actor, form.act, incoming(body, read_account))
    return _with_code(ctx, actor, form.act, given)


@deed("/users/<uuid:user_id>/code", "account.appoint", again=user)
def renew_code(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """The one before is worth nothing any more."""
    given = actions.give_codes(ctx, actor, form.act, incoming({"user_ids": [str(user_id)]}, read_codes))
    return _with_code(ctx, actor, user_id, given)


@deed("/users/codes", "account.appoint", again=users)
def renew_codes(ctx: Context, actor: Actor, form: Form) -> Response:
    """For all of these that wait for their activation."""
    body = {"user_ids": [one for one in (form.text("user_ids") or "").split(",") if one]}
    given = actions.give_codes(ctx, actor, form.act, incoming(body, read_codes))
    return page("user_codes.html", given=given, imported=False)


@deed("/users/<uuid:user_id>/roles", "account.appoint", again=user)
def appoint(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """One more role."""
    body = form.body("role", "region_code", "institution")
    actions.appoint(ctx, actor, user_id, form.act, incoming(body, read_appointment))
    return _done("appointed", user_id)


@deed("/users/<uuid:user_id>/roles/<uuid:role_id>/end", "account.appoint", again=user)
def end_role(ctx: Context, actor: Actor, form: Form, user_id: UUID, role_id: UUID) -> Response:
    """Held no longer."""
    actions.end_role(ctx, actor, user_id, role_id, form.act, incoming({}, read_nothing))
    return _done("role_ended", user_id)


@deed("/users/<uuid:user_id>/disable", "account.appoint", again=user)
def disable(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """Signed out everywhere at once."""
    actions.disable(ctx, actor, user_id, form.act, incoming({}, read_nothing))
    return _done("disabled", user_id)


@deed("/users/<uuid:user_id>/enable", "account.appoint", again=user)
def enable(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """Let in again."""
    actions.enable(ctx, actor, user_id, form.act, incoming({}, read_nothing))
    return _done("enabled", user_id)


@deed("/users/<uuid:user_id>/resets", "account.reset", again=user)
def ask_reset(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """Another administrator decides."""
    body = form.body("reason", second_factor=form.text("second_factor") is not None)
    resets.ask_reset(ctx, actor, user_id, form.act, incoming(body, read_reset))
    return _done("reset_asked", user_id)


@deed("/users/<uuid:user_id>/resets/<uuid:reset_id>/decision", "account.reset", again=user)
def decide_reset(ctx: Context, actor: Actor, form: Form, user_id: UUID, reset_id: UUID) -> Response:
    """Agreed, the code is shown this once."""
    sent = incoming(form.body("decision", "comment"), read_reset_decision)
    decided = resets.decide_reset(ctx, actor, user_id, reset_id, sent).value
    if decided.code is None:
        return _done("reset_denied" if decided.state == "deny" else "shown_before", user_id)
    line = staff.get_account(ctx, actor, user_id).line
    return _with_code(ctx, actor, user_id, GivenOut([user_id], [(line.username, line.name, decided.code)]))


@deed("/users/<uuid:user_id>/sessions/<uuid:device_id>/end", "account.appoint", again=user)
def end_session_of(ctx: Context, actor: Actor, form: Form, user_id: UUID, device_id: UUID) -> Response:
    """Signed out there at its next request."""
    del form
    revoke_device(ctx, actor, device_id)
    return _done("session_ended", user_id)


@deed("/users/<uuid:user_id>/handover", "account.hand_over", again=user)
def hand_work_over(ctx: Context, actor: Actor, form: Form, user_id: UUID) -> Response:
    """Roles, planned visits and unread notices go to the successor."""
    body = form.body("to_user_id", "reason", "signed_by", from_user_id=str(user_id))
    made = hand_over(ctx, actor, form.act, incoming(body, read_handover)).value
    gaps = {name: getattr(made, name) for name in ("problems", "notices", "assignments")}
    return _done("handed_over", user_id, roles=len(made.roles), **gaps)
