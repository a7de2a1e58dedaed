"""Passwords as people meet the rules: choosing, changing, and what happens when their time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from inspection.actions.passwords import set_password
from inspection.domain.actor import Grant
from inspection.domain.passwords import RULES
from inspection.storage import accounts
from inspection.storage.unit import unit
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.world import World

NEW = "Steppe-Wind-7"


def post(world: World, path: str, **body: Any) -> TestResponse:
    return world.app.test_client().post(f"/api/v1/auth/{path}", json=body)


def sign_in(world: World, username: str = "bureau", password: str = PASSWORD) -> TestResponse:
    return post(world, "login", username=username, password=password, device_name="手机")


def chosen(world: World, username: str, at: datetime | None = None) -> None:
    """The password is of the person's own choice, and as old as the present moment."""
    with world.context() as ctx, unit(ctx.session):
        user = accounts.get_user_for_system(ctx.session, UUID(world.person(username).id))
        assert user is not None
        set_password(ctx, user, user.password_hash)
        ctx.record(None, "change_password", "account", user.id)


def rules(world: World, name: str) -> None:
    parts = world.app.extensions["inspection"]
    settings = replace(parts.settings, password_rules=RULES[name])
    world.app.extensions["inspection"] = replace(parts, settings=settings)


def test_each_fault_of_a_new_password_is_told(world: World) -> None:
    answer = world.person("bureau").call("POST", "/auth/password", json={"old": PASSWORD, "new": "steppe"})
    assert answer.status_code == 422
    told = [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]
    assert told == [("/new", "password_too_short"), ("/new", "password_too_plain")]
    assert "10" in answer.json["errors"][0]["detail"]


def test_the_setting_chooses_the_rule(world: World) -> None:
    bureau = world.person("bureau")
    plain = {"old": PASSWORD, "new": "steppe wind horse"}
    assert bureau.call("POST", "/auth/password", json=plain).json["errors"][0]["code"] == "password_too_plain"
    rules(world, "nist")
    assert bureau.call("POST", "/auth/password", json=plain).status_code == 204


def test_whose_password_is_too_old_gets_in_only_with_another(world: World) -> None:
    chosen(world, "bureau")
    world.clock.go(days=89)
    assert sign_in(world).status_code == 201
    world.clock.go(days=1)
    expired = sign_in(world)
    assert (expired.status_code, expired.json["code"]) == (403, "password_expired")
    assert "token" not in expired.json
    change = {"username": "bureau", "old": PASSWORD}
    assert post(world, "expired-password", **change, new="short").json["errors"][0]["pointer"] == "/new"
    assert post(world, "expired-password", **change, new=PASSWORD).json["errors"][0]["code"] == "password_too_easy"
    assert post(world, "expired-password", **change, new=NEW).status_code == 204
    assert sign_in(world).status_code == 401
    assert sign_in(world, password=NEW).status_code == 201
    world.clock.go(days=90)
    assert sign_in(world, password=NEW).json["code"] == "password_expired"
    rules(world, "nist")
    assert sign_in(world, password=NEW).status_code == 201


def test_a_demo_accounts_password_stays(world: World) -> None:
    world.clock.go(days=3650)
    assert sign_in(world).status_code == 201


def test_that_a_password_expired_is_told_to_who_knows_it(world: World) -> None:
    """To anybody else the account looks as one that does not exist."""
    chosen(world, "bureau")
    world.clock.go(days=90)
    told = [sign_in(world, password="wrong"), sign_in(world, "nobody", "wrong")]
    told += [
        post(world, "expired-password", username=name, old="wrong", new=NEW) for name in ("bureau", "school", "nobody")
    ]
    assert {(one.status_code, one.json["code"], one.json["detail"]) for one in told} == {
        (401, "wrong_credentials", told[0].json["detail"])
    }


def test_guesses_at_an_old_password_count_as_guesses_at_signing_in(world: World) -> None:
    for _ in range(10):
        answer = post(world, "expired-password", username="bureau", old="wrong", new=NEW)
        assert answer.status_code == 401
    assert post(world, "expired-password", username="bureau", old=PASSWORD, new=NEW).status_code == 429
    assert sign_in(world).status_code == 429


def test_a_disabled_account_takes_no_password(world: World) -> None:
    person = world.employ("newcomer", Grant("reviewer", "150102"))
    assert Clerk(world, "secadmin").open(f"/users/{person.id}").send("disable", reason="离职").status == 200
    assert post(world, "expired-password", username="newcomer", old=PASSWORD, new=NEW).status_code == 401


def test_changing_an_old_password_ends_every_session(world: World) -> None:
    assert post(world, "expired-password", username="bureau", old=PASSWORD, new=NEW).status_code == 204
    assert world.person("bureau").get("/me").status_code == 401


def test_at_the_desk_the_way_leads_from_signing_in_to_another_password_and_back(world: World) -> None:
    chosen(world, "bureau")
    world.clock.go(days=90)
    clerk = Clerk(world, None)
    expired = clerk.open("/sign-in").send("sign_in", username="bureau", password=PASSWORD)
    assert expired.status == 403
    assert "密码正确，但已超过使用期限" in expired.text
    page = clerk.open(next(link for link in expired.links if link.endswith("/expired-password")))
    fields = {"username": "bureau", "old": PASSWORD}
    wrong = page.send("expired_password", **fields, new=NEW, again="another")
    assert wrong.status == 422
    assert "两次" in wrong.text
    led = page.send("expired_password", **fields, new=NEW, again=NEW)
    assert (led.path, led.status) == ("/sign-in", 200)
    assert led.send("sign_in", username="bureau", password=NEW).status == 200


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_page_says_what_is_asked_for(sqlite_world: World, name: str) -> None:
    rules(sqlite_world, name)
    least = {"mlps3": "至少 10 个字符", "nist": "至少 15 个字符"}[name]
    assert least in Clerk(sqlite_world, None).open("/activation").text
    assert least in Clerk(sqlite_world, "bureau").open("/account").text
