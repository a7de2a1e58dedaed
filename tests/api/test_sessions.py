"""How long one stays signed in on a desk and on a phone, and what ends a session before its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from inspection.actions.sessions import token_sha256
from inspection.domain.actor import Grant
from inspection.storage import sessions
from inspection.storage.accounts import RoleRow
from inspection.storage.sessions import TokenRow
from inspection.storage.unit import unit
from tests.support import databases
from tests.support.desk import Clerk
from tests.support.world import World, new_id


class Signed:
    """Somebody signed in at a desk (by cookie) or on a phone (by token)."""

    def __init__(self, world: World, username: str, *, desk: bool) -> None:
        self.world, self.desk = world, desk
        if desk:
            self.clerk = Clerk(world, None)
            assert (
                self.clerk.open("/sign-in").send("sign_in", username=username, password=databases.PASSWORD).status
                == 200
            )
        else:
            body = {"username": username, "password": databases.PASSWORD, "device_name": "手机"}
            made = world.app.test_client().post("/api/v1/auth/login", json=body)
            self.headers = {"Authorization": f"Bearer {made.json['token']}"}

    def asks(self) -> int:
        if self.desk:
            return self.clerk.open("/account").status
        return self.world.app.test_client().get("/api/v1/me", headers=self.headers).status_code

    @property
    def token(self) -> str:
        if not self.desk:
            return self.headers["Authorization"].removeprefix("Bearer ")
        with self.clerk.client.session_transaction() as session:
            return str(session["token"])


BOTH = pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
IDLE = {True: timedelta(minutes=30), False: timedelta(days=14)}
ABSOLUTE = {True: timedelta(hours=12), False: timedelta(days=90)}


def go(world: World, span: timedelta) -> None:
    world.clock.go(minutes=span.total_seconds() / 60)


@BOTH
def test_who_does_nothing_for_too_long_is_signed_out(world: World, desk: bool) -> None:
    signed = Signed(world, "bureau", desk=desk)
    go(world, IDLE[desk] - timedelta(minutes=1))
    assert signed.asks() == 200
    go(world, IDLE[desk] - timedelta(minutes=1))
    assert signed.asks() == 200
    go(world, IDLE[desk])
    assert signed.asks() == 401


@BOTH
def test_nobody_stays_signed_in_for_ever(world: World, desk: bool) -> None:
    signed = Signed(world, "bureau", desk=desk)
    step = IDLE[desk] * 2 / 3
    for _ in range(int(ABSOLUTE[desk] / step)):
        assert signed.asks() == 200
        go(world, step)
    go(world, step)
    assert signed.asks() == 401


@BOTH
def test_a_use_is_noted_now_and_then_and_nothing_else_is_written(world: World, desk: bool) -> None:
    """A GET changes no row but this one column, and that at most once in five minutes, or in a day on a phone."""
    signed = Signed(world, "bureau", desk=desk)
    noted = timedelta(minutes=5) if desk else timedelta(days=1)

    def row() -> dict[str, Any]:
        with world.context() as ctx:
            mine = TokenRow.token_sha256 == token_sha256(signed.token)
            found = ctx.session.execute(select(TokenRow.__table__).where(mine)).mappings().one()
            return dict(found)

    before = row()
    go(world, noted - timedelta(seconds=1))
    assert signed.asks() == 200
    assert row() == before
    go(world, timedelta(seconds=1))
    assert signed.asks() == 200
    assert row() == {**before, "last_used_at": world.clock.now()}


def test_that_a_use_cannot_be_noted_turns_nobody_away(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def full(*_: Any) -> None:
        raise OperationalError("UPDATE", {}, Exception("disk is full"))

    signed = Signed(sqlite_world, "bureau", desk=True)
    monkeypatch.setattr(sessions, "note_use_for_system", full)
    go(sqlite_world, timedelta(minutes=10))
    assert signed.asks() == 200


@BOTH
def test_disabled_is_signed_out_at_the_next_request(world: World, desk: bool) -> None:
    signed = Signed(world, "bureau", desk=desk)
    page = Clerk(world, "secadmin").open(f"/users/{world.person('bureau').id}")
    assert page.send("disable", reason="离职").status == 200
    assert signed.asks() == 401


@BOTH
def test_after_a_change_of_password_every_other_session_is_gone(world: World, desk: bool) -> None:
    signed, other = Signed(world, "bureau", desk=desk), Signed(world, "bureau", desk=not desk)
    third = Signed(world, "bureau", desk=desk)
    old = signed.token
    new = "Einn nýr og langur 7"
    if desk:
        page = signed.clerk.open("/account")
        assert page.send("password", old=databases.PASSWORD, new=new, again=new).status == 200
    else:
        body = {"old": databases.PASSWORD, "new": new}
        client = world.app.test_client()
        assert client.post("/api/v1/auth/password", json=body, headers=signed.headers).status_code == 204
    assert signed.asks() == 200
    assert (other.asks(), third.asks()) == (401, 401)
    if desk:
        assert signed.token != old
        assert call(world, old) == 401


def call(world: World, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return world.app.test_client().get("/api/v1/me", headers=headers).status_code


def change_rights(world: World, username: str) -> None:
    """A role more, of which its holder is not asked."""
    person = UUID(world.person(username).id)
    with world.context() as ctx, unit(ctx.session):
        role = RoleRow(
            id=UUID(new_id()),
            user_id=person,
            role="supervisor",
            region_code="150102",
            institution_id=None,
            since_at=ctx.now(),
            ended_at=None,
        )
        ctx.session.add(role)
        ctx.record(None, "appoint", "account", person)


def test_a_desk_whose_rights_changed_goes_on_under_another_token(world: World) -> None:
    signed = Signed(world, "bureau", desk=True)
    old = signed.token
    world.clock.go(minutes=1)
    assert signed.asks() == 200
    assert signed.token == old
    change_rights(world, "bureau")
    world.clock.go(minutes=1)
    assert signed.asks() == 200
    assert signed.token != old
    assert call(world, old) == 401
    newer = signed.token
    assert signed.asks() == 200
    assert signed.token == newer
    assert [entry.object_id for entry in world.logged("renew_session")]


def test_a_form_that_is_sent_after_the_rights_changed_is_not_lost(world: World) -> None:
    signed = Signed(world, "bureau", desk=True)
    page = signed.clerk.open("/account")
    change_rights(world, "bureau")
    world.clock.go(minutes=1)
    new = "Einn nýr og langur 7"
    assert page.send("password", old=databases.PASSWORD, new=new, again=new).status == 200
    assert signed.asks() == 200


def test_a_phone_keeps_its_token_and_has_the_new_rights(world: World) -> None:
    signed = Signed(world, "bureau", desk=False)
    change_rights(world, "bureau")
    world.clock.go(minutes=1)
    client: FlaskClient = world.app.test_client()
    roles = client.get("/api/v1/me", headers=signed.headers).json["roles"]
    assert {"role": "supervisor", "region_code": "150102", "institution_id": None} in roles


def test_signing_out_ends_the_session_and_empties_the_browsers_cache(world: World) -> None:
    signed = Signed(world, "bureau", desk=True)
    token, page = signed.token, signed.clerk.open("/account")
    out = next(form for form in page.forms if form.action.endswith("/sign-out"))
    answer = signed.clerk.post(out.action, out.fields, follow=False)
    assert answer.response.headers["Clear-Site-Data"] == '"cache"'
    assert call(world, token) == 401
    assert signed.asks() == 401


def test_the_list_of_sessions_tells_those_that_are_alive(world: World) -> None:
    Signed(world, "bureau", desk=True)
    phone = Signed(world, "bureau", desk=False)
    client = world.app.test_client()

    def told() -> set[str]:
        items = client.get("/api/v1/auth/devices", headers=phone.headers).json["items"]
        return {item["device_name"] for item in items} - {"test"}

    assert told() == {"手机", "Web"}
    world.clock.go(minutes=31)
    assert told() == {"手机"}


def test_who_may_hand_in_for_fourteen_days_still_may(world: World) -> None:
    """A role that ended takes nothing from a phone but what it allowed."""
    field = world.employ("newcomer", Grant("edu_inspector", "150102"))
    signed = Signed(world, "newcomer", desk=False)
    with world.context() as ctx, unit(ctx.session):
        role = ctx.session.scalars(select(RoleRow).where(RoleRow.user_id == UUID(field.id))).one()
        role.ended_at = ctx.now()
        ctx.record(None, "end_role", "account", role.user_id)
    world.clock.go(days=13)
    client = world.app.test_client()
    data = b"x"
    path = "/api/v1/photos/" + "0" * 64
    answer = client.put(path, data=data, content_type="image/jpeg", headers=signed.headers)
    assert answer.json["code"] == "hash_mismatch"
    assert client.get("/api/v1/problems", headers=signed.headers).status_code == 403
    world.clock.go(days=2)
    assert client.put(path, data=data, content_type="image/jpeg", headers=signed.headers).status_code == 403
