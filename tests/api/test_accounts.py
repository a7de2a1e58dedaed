"""Signing in, devices and passwords."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from inspection.storage.db import db
from tests.support.databases import PASSWORD
from tests.support.world import World


def sign_in(world: World, username: str, password: str = PASSWORD, address: str = "10.0.0.1"):  # type: ignore[no-untyped-def]
    return world.app.test_client().post(
        "/api/v1/auth/login",
        json={"username": username, "password": password, "device_name": "手机"},
        environ_base={"REMOTE_ADDR": address},
    )


def me(world: World, token: str) -> int:
    return world.app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_only_its_hash_is_stored(world: World) -> None:
    answer = sign_in(world, "procurator")
    assert answer.status_code == 201
    assert [role["role"] for role in answer.json["user"]["roles"]] == ["proc_inspector", "lead_handler"]
    token = answer.json["token"]
    assert me(world, token) == 200
    with world.app.app_context():
        stored = [str(row) for row in db.session.execute(text("SELECT * FROM token"))]
        hashes = db.session.execute(text("SELECT password_hash FROM user_account")).scalars().all()
    assert token not in "".join(stored)
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in hashes)


def test_devices_are_listed_and_revoked_at_the_next_request(world: World) -> None:
    token = sign_in(world, "school").json["token"]
    school = world.person("school")
    device = next(d for d in school.get("/auth/devices").json["items"] if d["device_name"] == "手机")
    assert world.person("bureau").call("DELETE", f"/auth/devices/{device['id']}").status_code == 404
    assert world.person("secadmin").call("DELETE", f"/auth/devices/{device['id']}").status_code == 204
    assert me(world, token) == 401
    assert school.get("/me").status_code == 200


def test_a_new_password_signs_the_other_devices_out(world: World) -> None:
    other = sign_in(world, "school").json["token"]
    school = world.person("school")

    def change(old: str, new: str):  # type: ignore[no-untyped-def]
        return school.call("POST", "/auth/password", json={"old": old, "new": new})

    assert change("wrong", "A new word, 1 long").json["errors"][0]["pointer"] == "/old"
    assert change(PASSWORD, "short").json["errors"][0]["code"] == "password_too_short"
    assert change(PASSWORD, "A new word, 1 long").status_code == 204
    assert me(world, other) == 401
    assert school.get("/me").status_code == 200
    assert sign_in(world, "school").status_code == 401
    assert sign_in(world, "school", "A new word, 1 long").status_code == 201


def test_failures_alone_are_counted_and_a_known_and_an_unknown_name_look_alike(world: World) -> None:
    for _ in range(12):
        assert sign_in(world, "bureau").status_code == 201
    known, unknown = sign_in(world, "bureau", "wrong"), sign_in(world, "nobody", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert {**known.json, "request_id": ""} == {**unknown.json, "request_id": ""}
    for _ in range(9):
        sign_in(world, "bureau", "wrong")
    blocked = sign_in(world, "bureau")
    assert (blocked.status_code, blocked.json["code"]) == (429, "too_many_attempts")
    assert int(blocked.headers["Retry-After"]) == 15 * 60
    assert "最迟 15 分钟后" in blocked.json["detail"]
    assert sign_in(world, "bureau", address="10.0.0.2").status_code == 201  # the honest user elsewhere
    world.clock.go(minutes=16)
    assert sign_in(world, "bureau").status_code == 201


@pytest.mark.parametrize(
    "statement", ["UPDATE user_account SET disabled_at = created_at", "UPDATE token SET expires_at = created_at"]
)
def test_a_disabled_person_and_an_expired_token_are_signed_out(world: World, statement: str) -> None:
    with world.app.app_context():
        db.session.execute(text(statement))
        db.session.commit()
    answer = world.person("bureau").get("/me")
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_roles_of_the_last_fourteen_days_count_for_handing_in_only(world: World) -> None:
    inspector = world.person("inspector")
    with world.app.app_context():
        ended = world.clock.now().replace(tzinfo=None)
        who = "(SELECT id FROM user_account WHERE username = 'inspector')"
        statement = f"UPDATE user_role SET ended_at = :at WHERE user_id = {who}"
        db.session.execute(text(statement), {"at": world.clock.now() if world.engine == "postgresql" else str(ended)})
        db.session.commit()
    made = world.inspect({"S-01-05": []})
    assert inspector.get(f"/inspections/{made['id']}").status_code == 403
    world.clock.go(days=15)
    assert inspector.put(f"/inspections/{made['id'][:-4]}beef", world.body()).status_code == 403
