"""Letting somebody in again who has lost his password or second factor: by two administrators, neither of them he."""

from __future__ import annotations

from typing import Any

from pyotp import TOTP
from werkzeug.test import TestResponse

from inspection.domain.actor import Grant
from inspection.storage import accounts
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.world import World, new_id

NEW = "Steppe-Wind-7"
LOST = {"reason": "手机丢失，本人到场核实", "second_factor": False}


def sign_in(world: World, username: str = "bureau", **changes: Any) -> TestResponse:
    body = {"username": username, "password": PASSWORD, "device_name": "手机"} | changes
    return world.app.test_client().post("/api/v1/auth/login", json=body)


def activate(world: World, code: str, **more: str) -> TestResponse:
    body = {"username": "bureau", "code": code, "password": NEW, "device_name": "手机"} | more
    return world.app.test_client().post("/api/v1/auth/activation", json=body)


def second(world: World, region: str = "150000") -> str:
    """Another security administrator."""
    username = f"second-{region}"
    world.employ(username, Grant("secadmin", region))
    return username


def path(world: World, reset: str = "", username: str = "bureau") -> str:
    return f"/users/{world.person(username).id}/resets/{reset}".rstrip("/")


def ask(world: World, reset: str, who: str = "secadmin", **changes: Any) -> TestResponse:
    return world.person(who).put(path(world, reset), LOST | changes)


def test_one_asks_another_agrees_and_the_person_chooses_anew(world: World) -> None:
    other, reset, bureau = second(world), new_id(), world.person("bureau")
    where = path(world, reset)
    phone = sign_in(world).json["token"]
    asked = ask(world, reset)
    assert (asked.status_code, asked.json["state"], asked.json["code"]) == (201, "asked", None)
    assert sign_in(world).status_code == 201
    assert "reset_asked" in [kind for kind, *_ in world.told("bureau")]
    assert "reset_asked" in [kind for kind, *_ in world.told(other)]
    agreed = world.person(other).put(f"{where}/decision", {"decision": "approve"})
    assert (agreed.status_code, agreed.json["state"]) == (200, "approve")
    code = agreed.json["code"]
    assert sign_in(world).status_code == 401
    headers = {"Authorization": f"Bearer {phone}"}
    assert world.app.test_client().get("/api/v1/me", headers=headers).status_code == 401
    assert bureau.get("/me").status_code == 401
    assert activate(world, code).status_code == 201
    assert sign_in(world, password=NEW).status_code == 201
    assert activate(world, code).status_code == 401
    assert [entry.detail["decision"] for entry in world.logged("decide_reset")] == ["approve"]


def test_the_code_is_told_once_and_only_to_who_agreed(world: World) -> None:
    other, reset = second(world), new_id()
    ask(world, reset)
    where = path(world, reset)
    said = {"decision": "approve", "comment": "已核实"}
    first = world.person(other).put(f"{where}/decision", said)
    again = world.person(other).put(f"{where}/decision", said)
    assert first.json["code"]
    assert (again.status_code, again.json["code"]) == (200, None)
    for who in ("secadmin", other):
        assert first.json["code"] not in world.person(who).get(where.rpartition("/")[0]).get_data(as_text=True)
    assert world.person(other).put(f"{where}/decision", {"decision": "deny"}).json["code"] == "already_decided"


def test_nobody_agrees_to_what_he_asked_for_nor_decides_on_himself(world: World) -> None:
    other, reset = second(world), new_id()
    ask(world, reset)
    alone = world.person("secadmin").put(f"{path(world, reset)}/decision", {"decision": "approve"})
    assert (alone.status_code, alone.json["code"]) == (409, "second_person")
    assert sign_in(world).status_code == 201
    own = world.person(other).put(path(world, new_id(), other), LOST)
    assert own.json["errors"][0]["code"] == "own_account"
    theirs = new_id()
    assert world.person("secadmin").put(path(world, theirs, other), LOST).status_code == 201
    decided = world.person(other).put(f"{path(world, theirs, other)}/decision", {"decision": "approve"})
    assert decided.json["errors"][0]["code"] == "own_account"


def test_only_who_administers_the_person_takes_part(world: World) -> None:
    elsewhere, reset = second(world, "150200"), new_id()
    assert ask(world, reset, elsewhere).status_code == 404
    ask(world, reset)
    assert world.person(elsewhere).put(f"{path(world, reset)}/decision", {"decision": "approve"}).status_code == 404
    assert world.person(elsewhere).get(path(world)).status_code == 404
    for who in ("bureau", "sysadmin", "auditor", "league"):
        assert ask(world, new_id(), who).status_code == 403


def test_denied_nothing_changes_and_it_may_be_asked_again(world: World) -> None:
    other, reset = second(world), new_id()
    ask(world, reset)
    assert ask(world, new_id()).json["code"] == "reset_pending"
    denied = world.person(other).put(f"{path(world, reset)}/decision", {"decision": "deny", "comment": "非本人"})
    assert (denied.json["state"], denied.json["code"]) == ("deny", None)
    assert sign_in(world).status_code == 201
    assert ask(world, new_id()).status_code == 201


def test_asking_again_is_harmless_and_other_words_under_the_id_are_a_conflict(world: World) -> None:
    reset = new_id()
    assert [ask(world, reset).status_code for _ in range(2)] == [201, 200]
    assert ask(world, reset, reason="另一个理由").json["code"] == "conflict"
    empty = ask(world, new_id(), reason="  ")
    assert empty.json["errors"][0]["pointer"] == "/reason"


def test_an_account_that_is_not_in_use_is_not_reset(world: World) -> None:
    other, reset = second(world), new_id()
    ask(world, reset)
    assert Clerk(world, "secadmin").open(f"/users/{world.person('bureau').id}").send("disable").status == 200
    with world.context() as ctx:
        user = accounts.find_user_for_system(ctx.session, "bureau")
        assert user is not None
        where = f"/users/{user.id}/resets/{reset}/decision"
    refused = world.person(other).put(where, {"decision": "approve"})
    assert refused.json["errors"][0]["code"] == "not_in_use"
    assert world.person(other).put(where, {"decision": "deny"}).status_code == 200


def enrolled(world: World) -> tuple[TOTP, list[str]]:
    bureau = world.person("bureau")
    begun = bureau.call("PUT", "/auth/second-factor/secret", json={"password": PASSWORD})
    app = TOTP(begun.json["secret"])
    made = bureau.call("PUT", "/auth/second-factor", json={"otp": app.at(world.clock.now())})
    return app, made.json["recovery_codes"]


def test_a_second_factor_that_is_kept_is_asked_for_at_the_activation(world: World) -> None:
    """Else whoever gets hold of the code would be past it."""
    app, _ = enrolled(world)
    other, reset = second(world), new_id()
    ask(world, reset)
    code = world.person(other).put(f"{path(world, reset)}/decision", {"decision": "approve"}).json["code"]
    assert activate(world, code).json["code"] == "otp_required"
    assert activate(world, code, otp="000000").json["code"] == "wrong_otp"
    assert activate(world, "AAAAA-AAAAA").json["code"] == "wrong_credentials"
    world.clock.go(seconds=30)
    assert activate(world, code, otp=app.at(world.clock.now())).status_code == 201
    assert sign_in(world, password=NEW).json["code"] == "otp_required"


def test_a_second_factor_that_is_lost_is_removed_with_its_recovery_codes(world: World) -> None:
    _, codes = enrolled(world)
    other, reset = second(world), new_id()
    ask(world, reset, second_factor=True)
    code = world.person(other).put(f"{path(world, reset)}/decision", {"decision": "approve"}).json["code"]
    assert activate(world, code).status_code == 201
    assert sign_in(world, password=NEW).status_code == 201
    enrolling = world.person("bureau")
    assert enrolling.get("/me").status_code == 401
    assert sign_in(world, password=NEW, otp=codes[0]).status_code == 201  # a code where none is asked for says nothing


def test_at_the_desk_it_takes_two_as_well(world: World) -> None:
    other = second(world)
    person = f"/users/{world.person('bureau').id}"
    asker = Clerk(world, "secadmin").open(person)
    asked = asker.send("ask_reset", reason="忘记密码，本人到场")
    assert "由另一名安全管理员决定" in asked.text
    assert not asked.has_form("decide_reset")
    page = Clerk(world, other).open(person)
    assert "忘记密码，本人到场" in page.text
    agreed = page.send("decide_reset", decision="approve")
    assert agreed.status == 200
    code = agreed.html.partition('<code class="secret">')[2].partition("<")[0]
    assert activate(world, code).status_code == 201
    assert "同意" in Clerk(world, other).open(person).text
