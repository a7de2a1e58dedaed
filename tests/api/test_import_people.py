"""People out of tables: codes to begin with, rows of one person that agree, and no account without its code."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from inspection.actions.imports import Codes, import_users
from inspection.documents import tables
from inspection.domain.actor import Grant, incompatible
from inspection.domain.errors import Refused
from inspection.storage.db import db
from tests.api.test_imports import count
from tests.support.imports import PEOPLE, PLACES, code, comma, faults, people, person, place, places
from tests.support.world import World


def test_people_begin_with_a_code_and_choose_their_password(world: World) -> None:
    places(world, comma([PLACES, place(1)]))
    rows = [
        PEOPLE,
        person("wangfang"),
        person("wangfang", "上级督导", 区划代码="150100"),
        person("head", "被查单位", 区划代码="", 机构信用代码=code(1), 单位="第1小学"),
    ]
    codes = people(world, comma(rows))
    assert [line[0] for line in codes] == ["wangfang", "head"]
    one_time = codes[0][2]
    client = world.app.test_client()

    def activate(**changes: str) -> Any:
        body = {"username": "wangfang", "code": one_time, "password": "长江长江，我是黄河7", "device_name": "手机"}
        return client.post("/api/v1/auth/activation", json=body | changes)

    login = {"username": "wangfang", "password": "", "device_name": "x"}
    assert client.post("/api/v1/auth/login", json=login | {"password": "x"}).status_code == 401
    assert activate(code="AAAAA-AAAAA").json["code"] == "wrong_credentials"
    assert activate(password="short").json["errors"][0]["pointer"] == "/password"
    assert activate(username="nobody").json["code"] == "wrong_credentials"
    signed = activate(code=one_time.lower().replace("-", " "), password="Correct horse battery 2")
    assert signed.status_code == 201
    assert {(role["role"], role["region_code"]) for role in signed.json["user"]["roles"]} == {
        ("reviewer", "150102"),
        ("supervisor", "150100"),
    }
    assert activate().json["code"] == "wrong_credentials"  # used up
    login |= {"password": "Correct horse battery 2"}
    assert client.post("/api/v1/auth/login", json=login).status_code == 201


def test_a_code_lasts_fourteen_days_and_guesses_are_throttled(world: World) -> None:
    (line,) = people(world, comma([PEOPLE, person("wangfang")]))
    client = world.app.test_client()
    body = {"username": "wangfang", "code": line[2], "password": "Correct horse battery 7", "device_name": "x"}
    world.clock.go(days=14, minutes=1)
    assert client.post("/api/v1/auth/activation", json=body).json["code"] == "wrong_credentials"
    for _ in range(9):
        client.post("/api/v1/auth/activation", json=body | {"code": "AAAAA-AAAAA"})
    assert client.post("/api/v1/auth/activation", json=body).json["code"] == "too_many_attempts"


def test_faults_of_people(world: World) -> None:
    before = count(world, "user_account")
    rows = [
        PEOPLE,
        person("bureau"),
        person("Wang Fang"),
        person("one", "校长"),
        person("two", "被查单位", 区划代码="", 机构信用代码=code(9)),
        person("three", "复查人", 区划代码=""),
        person("four", "系统管理员"),
        person("four", "审计员"),
        person("five", 性别="?"),
        person("six"),
        person("six", "上级督导", 姓名="李明"),
    ]
    with pytest.raises(Refused) as refused:
        people(world, comma(rows))
    assert faults(refused) == [
        ("/2/用户名", "username_taken"),
        ("/3/用户名", "username_malformed"),
        ("/4/角色", "not_a_choice"),
        ("/5/机构信用代码", "unknown_institution"),
        ("/6/区划代码", "required"),
        ("/8/角色", "incompatible_roles"),
        ("/9/性别", "not_a_choice"),
        ("/11/用户名", "duplicate_of_row"),
    ]
    assert count(world, "user_account") == before


def test_blanks_are_blanks_however_wide(world: World) -> None:
    (line,) = people(world, comma([PEOPLE, person(" wangfang　", 姓名="　王　芳 ", 单位="新城区\u00a0教育局")]))
    assert line[:2] == ("wangfang", "王 芳")
    (known,) = world.person("secadmin").get("/users?q=wangfang").json["items"]
    assert (known["name"], known["organisation"]) == ("王 芳", "新城区 教育局")
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("liming", 姓名=" 　 ", 单位="新城区\u200b教育局")]))
    assert faults(refused) == [("/2/单位", "control_character"), ("/2/姓名", "required")]


def test_rows_of_one_person_agree(world: World) -> None:
    places(world, comma([PLACES, place(1)]))
    rows = [
        PEOPLE,
        person("one"),
        person("one"),
        person("one", 区划代码="150103"),
        person("two", 性别=""),
        person("two", "上级督导", 性别="男"),
        person("two", "专业检查人员", 性别="女"),
        person("three", "被查单位", 区划代码="150102", 机构信用代码=code(1)),
        person("four", 机构信用代码=code(1)),
        person("five", 区划代码=""),
        person("five", "审计员"),
        person("Six"),
        person("six"),
    ]
    with pytest.raises(Refused) as refused:
        people(world, comma(rows))
    assert faults(refused) == [
        ("/3/角色", "duplicate_of_row"),
        ("/7/性别", "duplicate_of_row"),
        ("/8/区划代码", "not_expected"),
        ("/9/机构信用代码", "not_expected"),
        ("/10/区划代码", "required"),
        ("/11/角色", "incompatible_roles"),
        ("/12/用户名", "username_malformed"),
        ("/13/用户名", "duplicate_of_row"),
        ("/13/角色", "duplicate_of_row"),
    ]
    assert [fault.params["row"] for fault in refused.value.faults if "row" in fault.params] == [2, 6, 12, 12]
    good = [
        PEOPLE,
        person("two", 性别=""),
        person("two", "上级督导", 性别="男"),
        person("two", "专业检查人员", 性别=""),
    ]
    assert len(people(world, comma(good))) == 1
    with world.app.app_context():
        assert db.session.execute(text("SELECT sex FROM user_account WHERE username = 'two'")).scalar() == "male"


def test_a_user_name_is_taken_in_whatever_case(world: World) -> None:
    world.employ("WangFang", Grant("reviewer", "150102"))
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("wangfang")]))
    assert faults(refused) == [("/2/用户名", "username_taken")]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([], False),
        (["sysadmin", "sysadmin"], False),
        (["proc_inspector", "lead_handler", "reviewer"], False),
        (["npc_viewer"], False),
        (["npc_viewer", "lead_handler"], True),
        (["reviewer", "auditor"], True),
        (["sysadmin", "secadmin"], True),
        (["unit", "unit"], False),
        (["unit", "edu_inspector", "specialist"], False),
        (["unit", "edu_inspector", "reviewer"], True),
        (["supervisor", "unit"], True),
        (["unit", "lead_handler"], True),
    ],
)
def test_roles_that_one_person_must_not_hold_together(roles: list[str], expected: bool) -> None:
    assert incompatible(roles) is expected


def test_the_viewer_of_the_congress_holds_no_other_role(world: World) -> None:
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("one", "人大"), person("one", "线索办理人")]))
    assert faults(refused) == [("/3/角色", "incompatible_roles")]


def test_no_account_without_its_code_in_safe_hands(world: World) -> None:
    before = {table: count(world, table) for table in ("user_account", "user_role", "activation")}

    def full(codes: Codes) -> None:
        raise OSError(28, "No space left on device")

    with world.context() as ctx, pytest.raises(OSError, match="No space"):
        import_users(ctx, None, tables.read(comma([PEOPLE, person("wangfang")])), full)
    assert {table: count(world, table) for table in before} == before


def test_an_import_looks_again_once_the_codes_are_kept(world: World) -> None:
    def meanwhile(codes: Codes) -> None:
        world.employ("wangfang", Grant("reviewer", "150102"))

    with world.context() as ctx, pytest.raises(Refused) as refused:
        import_users(ctx, None, tables.read(comma([PEOPLE, person("wangfang"), person("liming")])), meanwhile)
    assert faults(refused) == [("/2/用户名", "username_taken")]
    assert world.person("secadmin").get("/users?q=liming").json["items"] == []
