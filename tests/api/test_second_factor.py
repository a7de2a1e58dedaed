"""Enrolling a second factor, signing in with it, and what must not get past it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from pyotp import TOTP
from sqlalchemy import text
from werkzeug.test import TestResponse

from inspection.storage.db import db
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.world import Person, World, jpeg, sha256

STEP = 30


def sign_in(world: World, username: str = "bureau", **changes: Any) -> TestResponse:
    body = {"username": username, "password": PASSWORD, "device_name": "手机"} | changes
    return world.app.test_client().post("/api/v1/auth/login", json=body)


class Authenticator:
    """An app on somebody's phone."""

    def __init__(self, world: World, secret: str) -> None:
        self.world, self.totp = world, TOTP(secret)

    def shows(self, steps: int = 0) -> str:
        return self.totp.at(self.world.clock.now(), counter_offset=steps)

    def next(self) -> str:
        """The code after the present one."""
        self.world.clock.go(seconds=STEP)
        return self.shows()


def put(person: Person, what: str = "", **body: Any) -> TestResponse:
    return person.call("PUT", f"/auth/second-factor{what}", json=body)


def enrolled(world: World, username: str = "bureau") -> tuple[Authenticator, list[str]]:
    person = world.person(username)
    begun = put(person, "/secret", password=PASSWORD)
    assert begun.status_code == 200
    app = Authenticator(world, begun.json["secret"])
    confirmed = put(person, otp=app.shows())
    assert confirmed.status_code == 200
    return app, confirmed.json["recovery_codes"]


def demand(world: World, *roles: str) -> None:
    parts = world.app.extensions["inspection"]
    settings = replace(parts.settings, second_factor=frozenset(roles))
    world.app.extensions["inspection"] = replace(parts, settings=settings)


def failures(count: int) -> Iterator[str]:
    return (f"{number:06}" for number in range(count))


def test_a_code_is_asked_for_from_its_confirmation_on(world: World) -> None:
    bureau = world.person("bureau")
    begun = put(bureau, "/secret", password=PASSWORD).json
    assert sign_in(world).status_code == 201
    app = Authenticator(world, begun["secret"])
    wrong = put(bureau, otp=app.shows(5))
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/otp")
    assert sign_in(world).status_code == 201
    assert put(bureau, otp=app.shows()).status_code == 200
    state = bureau.get("/auth/second-factor").json
    assert (state["required"], state["recovery_codes"]) == (False, 10)
    assert state["since"]
    asked = sign_in(world)
    assert (asked.status_code, asked.json["code"]) == (401, "otp_required")
    assert sign_in(world, otp=app.next()).status_code == 201


def test_only_the_password_begins_it_and_the_secret_is_shown_to_nobody_later(world: World) -> None:
    bureau = world.person("bureau")
    refused = put(bureau, "/secret", password="wrong")
    assert refused.json["errors"][0] == refused.json["errors"][0] | {"pointer": "/password", "code": "wrong_password"}
    assert put(bureau, otp="123456").json["code"] == "not_begun"
    app, codes = enrolled(world)
    assert put(bureau, "/secret", password=PASSWORD).json["code"] == "already_enrolled"
    assert put(bureau, otp=app.shows()).json["code"] == "already_enrolled"
    said = bureau.get("/auth/second-factor").get_data(as_text=True)
    assert app.totp.secret not in said
    assert not any(code in said for code in codes)


def test_who_sits_at_anothers_desk_cannot_guess_the_password(world: World) -> None:
    bureau = world.person("bureau")
    for _ in range(10):
        assert put(bureau, "/secret", password="wrong").status_code == 422
    assert put(bureau, "/secret", password=PASSWORD).json["code"] == "too_many_attempts"
    change = {"old": PASSWORD, "new": "Steppe-Wind-7"}
    assert bureau.call("POST", "/auth/password", json=change).json["code"] == "too_many_attempts"


def test_a_code_is_taken_once_and_none_of_before_it(world: World) -> None:
    app, _ = enrolled(world)
    assert sign_in(world, otp=app.shows()).json["code"] == "wrong_otp"  # it confirmed the enrolment
    assert sign_in(world, otp=app.shows(-1)).json["code"] == "wrong_otp"
    code = app.next()
    assert sign_in(world, otp=code).status_code == 201
    assert sign_in(world, otp=code).json["code"] == "wrong_otp"
    assert sign_in(world, otp=f"{code[:3]} {code[3:]}").json["code"] == "wrong_otp"


def test_a_code_is_taken_however_it_is_typed(world: World) -> None:
    app, codes = enrolled(world)
    wide = app.next().translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    assert sign_in(world, otp=f" {wide[:3]} {wide[3:]} ").status_code == 201
    assert sign_in(world, otp=codes[0].lower().replace("-", " ")).status_code == 201
    assert sign_in(world, otp=codes[0]).json["code"] == "wrong_otp"


def test_a_recovery_code_works_once_and_for_its_owner(world: World) -> None:
    _, codes = enrolled(world)
    enrolled(world, "league")
    assert sign_in(world, "league", otp=codes[0]).json["code"] == "wrong_otp"
    assert sign_in(world, otp=codes[0]).status_code == 201
    assert sign_in(world, otp=codes[0]).json["code"] == "wrong_otp"
    assert world.person("bureau").get("/auth/second-factor").json["recovery_codes"] == 9


def test_other_recovery_codes_make_those_of_before_worthless(world: World) -> None:
    app, codes = enrolled(world)
    bureau = world.person("bureau")
    assert put(bureau, "/recovery-codes", otp=app.shows()).status_code == 422  # used already
    renewed = put(bureau, "/recovery-codes", otp=app.next()).json["recovery_codes"]
    assert len(set(renewed) | set(codes)) == 20
    assert sign_in(world, otp=codes[0]).json["code"] == "wrong_otp"
    assert sign_in(world, otp=renewed[0]).status_code == 201


def test_of_many_at_once_one_gets_in_with_a_code(postgresql_world: World) -> None:
    world = postgresql_world
    app, codes = enrolled(world)
    code = app.next()
    for otp in (code, codes[3]):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, otp=otp: sign_in(world, otp=otp).status_code, range(4)))
        assert answers.count(201) == 1


def test_wrong_and_missing_codes_are_counted_for_the_account_wherever_they_come_from(world: World) -> None:
    app, _ = enrolled(world)
    world.clock.go(seconds=STEP)
    client = world.app.test_client()
    body = {"username": "bureau", "password": PASSWORD, "device_name": "x"}
    for number, code in enumerate([None, *failures(4)]):
        answer = client.post(
            "/api/v1/auth/login", json=body | {"otp": code}, environ_base={"REMOTE_ADDR": f"10.0.1.{number}"}
        )
        assert answer.status_code == 401
    blocked = sign_in(world, otp=app.shows())
    assert (blocked.status_code, blocked.json["code"]) == (429, "too_many_attempts")
    world.clock.go(minutes=5)
    assert sign_in(world, otp=app.shows()).status_code == 201


def test_twenty_wrong_codes_are_all_of_an_hour(world: World) -> None:
    app, _ = enrolled(world)
    for _ in range(4):
        world.clock.go(minutes=5)
        for code in failures(5):
            assert sign_in(world, otp=code).json["code"] == "wrong_otp"
    world.clock.go(minutes=5)
    assert sign_in(world, "league", password="wrong").status_code == 401  # what is old is tidied away with a failure
    assert sign_in(world, otp=app.shows()).status_code == 429
    world.clock.go(minutes=60)
    assert sign_in(world, otp=app.shows()).status_code == 201


def test_who_has_no_password_learns_nothing_of_a_second_factor(world: World) -> None:
    app, _ = enrolled(world)
    told = [sign_in(world, name, password="wrong", otp=app.next()) for name in ("bureau", "league", "nobody")]
    assert {(one.status_code, one.json["code"]) for one in told} == {(401, "wrong_credentials")}


def test_all_sessions_that_began_without_a_code_end(world: World) -> None:
    other = sign_in(world).json["token"]
    enrolled(world)
    headers = {"Authorization": f"Bearer {other}"}
    assert world.app.test_client().get("/api/v1/me", headers=headers).status_code == 401
    assert world.person("bureau").get("/me").status_code == 200


def test_it_is_removed_by_who_has_both(world: World) -> None:
    app, codes = enrolled(world)
    bureau = world.person("bureau")

    def remove(**body: str) -> TestResponse:
        return bureau.call("POST", "/auth/second-factor/removal", json=body)

    assert remove(password="wrong", otp=app.next()).json["errors"][0]["pointer"] == "/password"
    assert remove(password=PASSWORD, otp="000000").json["errors"][0]["pointer"] == "/otp"
    assert remove(password=PASSWORD, otp=codes[0]).status_code == 204
    assert sign_in(world).status_code == 201
    assert remove(password=PASSWORD, otp=codes[1]).json["code"] == "not_begun"


def test_an_expired_password_is_changed_with_a_code(world: World) -> None:
    app, _ = enrolled(world)

    def change(**more: str) -> TestResponse:
        body = {"username": "bureau", "old": PASSWORD, "new": "Steppe-Wind-7"} | more
        return world.app.test_client().post("/api/v1/auth/expired-password", json=body)

    assert change().json["code"] == "otp_required"
    assert change(otp="000000").json["code"] == "wrong_otp"
    assert change(otp=app.next()).status_code == 204
    assert sign_in(world, password="Steppe-Wind-7", otp=app.next()).status_code == 201


def test_whose_role_demands_one_can_do_nothing_else_before(world: World) -> None:
    demand(world, "reviewer")
    token = sign_in(world).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    client = world.app.test_client()
    for path in ("/me", "/problems", "/notifications", "/auth/devices"):
        answer = client.get(f"/api/v1{path}", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "second_factor_required"), path
        assert "业务端" in answer.json["detail"]
    assert client.get("/api/v1/auth/second-factor", headers=headers).json["required"] is True
    begun = client.put("/api/v1/auth/second-factor/secret", json={"password": PASSWORD}, headers=headers)
    app = Authenticator(world, begun.json["secret"])
    assert client.put("/api/v1/auth/second-factor", json={"otp": app.shows()}, headers=headers).status_code == 200
    assert client.get("/api/v1/problems", headers=headers).status_code == 200
    assert world.person("inspector").get("/problems").status_code == 200


def test_what_was_captured_is_handed_in_before_a_second_factor_is_there(world: World) -> None:
    photo = jpeg()
    demand(world, "edu_inspector")
    assert world.person("inspector").get("/sync").json["code"] == "second_factor_required"
    assert world.person("inspector").upload(photo).status_code == 201
    made = world.inspect({"S-01-05": [{"fact": "x", "photos": [sha256(photo)]}]}, photos={sha256(photo): {}})
    assert made["receipt"]["code"]


def test_the_secret_lies_sealed_for_its_owner_and_the_recovery_codes_as_hashes(world: World) -> None:
    app, codes = enrolled(world)
    enrolled(world, "league")
    with world.app.app_context():
        tables = ("second_factor", "recovery_code", "audit_detail", "user_account")
        held = [str(row) for table in tables for row in db.session.execute(text(f"SELECT * FROM {table}"))]
        swap = "(SELECT id FROM user_account WHERE username = '{}')"
        other = f"(SELECT secret FROM second_factor WHERE user_id = {swap.format('league')})"
        mine = swap.format("bureau")
        db.session.execute(text(f"UPDATE second_factor SET secret = {other} WHERE user_id = {mine}"))
        db.session.commit()
    assert app.totp.secret not in "".join(held)
    assert not any(code.replace("-", "") in "".join(held) for code in codes)
    assert sign_in(world, otp=app.next()).json["code"] == "wrong_otp"
    assert sign_in(world, otp=codes[0]).status_code == 201  # these still open the door


def test_another_secret_key_opens_no_secret(world: World) -> None:
    app, codes = enrolled(world)
    parts = world.app.extensions["inspection"]
    settings = replace(parts.settings, secret_key="another" * 8)
    world.app.extensions["inspection"] = replace(parts, settings=settings)
    assert sign_in(world, otp=app.next()).json["code"] == "wrong_otp"
    assert sign_in(world, otp=codes[0]).status_code == 201


# At the desk


def test_at_the_desk_it_is_scanned_confirmed_and_asked_for(world: World) -> None:
    clerk = Clerk(world, None)
    signed = clerk.open("/sign-in").send("sign_in", username="bureau", password=PASSWORD)
    assert signed.status == 200
    with clerk.client.session_transaction() as session:
        before = session["token"]
    page = clerk.open("/account/second-factor")
    assert page.send("begin", password="wrong").status == 422
    begun = page.send("begin", password=PASSWORD)
    assert "<svg" in begun.html
    app = Authenticator(world, begun.html.partition('<code id="secret">')[2].partition("<")[0])
    assert begun.send("enrol", otp="000000").status == 422
    done = begun.send("enrol", otp=app.shows())
    assert done.status == 200
    codes = [part.partition("</code>")[0] for part in done.html.split("<li><code>")[1:]]
    assert len(codes) == 10
    with clerk.client.session_transaction() as session:
        assert session["token"] != before
    again = clerk.open("/account/second-factor")
    assert app.totp.secret not in again.html
    assert codes[0] not in again.html
    other = Clerk(world, None)
    asked = other.open("/sign-in").send("sign_in", username="bureau", password=PASSWORD)
    assert asked.status == 401
    assert "动态验证码" in asked.text
    assert asked.send("sign_in", username="bureau", password=PASSWORD, otp=app.next()).status == 200
    removed = again.send("remove", password=PASSWORD, otp=codes[0])
    assert removed.status == 200
    assert "第二因素已停用" in removed.text


def test_at_the_desk_whose_role_demands_one_is_led_to_it(world: World) -> None:
    demand(world, "reviewer")
    clerk = Clerk(world, None)
    page = clerk.open("/sign-in").send("sign_in", username="bureau", password=PASSWORD)
    assert (page.path, page.status) == ("/account/second-factor", 200)
    assert "您的角色须启用第二因素" in page.text
    assert "/problems" not in page.links
    elsewhere = clerk.open("/problems")
    assert elsewhere.status == 403
    assert "/account/second-factor" in elsewhere.links
    begun = page.send("begin", password=PASSWORD)
    app = Authenticator(world, begun.html.partition('<code id="secret">')[2].partition("<")[0])
    assert begun.send("enrol", otp=app.shows()).status == 200
    assert clerk.open("/problems").status == 200


@pytest.mark.parametrize("roles", [(), ("reviewer",)])
def test_the_doctor_says_who_should_have_one(sqlite_world: World, roles: tuple[str, ...]) -> None:
    demand(sqlite_world, *roles)
    told = Clerk(sqlite_world, "sysadmin").open("/system").text
    assert "未要求第二因素" in told
    assert ("auditor, reviewer, secadmin, sysadmin" in told) == (not roles)
    demand(sqlite_world, "reviewer", "secadmin", "auditor", "sysadmin")
    assert "未要求第二因素" not in Clerk(sqlite_world, "sysadmin").open("/account/second-factor").text
