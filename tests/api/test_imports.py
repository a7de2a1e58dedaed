"""Institutions and people out of tables: all rows or none, faults by row and column, and codes to begin with."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import text
from stdnum.cn import uscc

from inspection.actions.imports import Imported, import_institutions, import_users
from inspection.documents import tables
from inspection.domain.errors import Refused
from inspection.storage.db import db
from tests.support.server import run_command
from tests.support.world import World

PLACES = ["名称", "类别", "统一社会信用代码", "区划代码", "主管部门", "学生数", "寄宿"]
PEOPLE = ["用户名", "姓名", "单位", "角色", "区划代码", "机构信用代码", "性别"]


def code(number: int) -> str:
    body = f"121501024600{number:05d}"
    return body + str(uscc.calc_check_digit(body))


def place(number: int, **changes: str) -> list[str]:
    row = dict(
        zip(PLACES, [f"第{number}小学", "学校", code(number), "150102", "新城区教育局", "800", "是"], strict=True)
    )
    return list((row | changes).values())


def comma(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode(encoding)


def excel(rows: list[list[Any]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def places(world: World, data: bytes) -> Imported:
    with world.context() as ctx:
        return import_institutions(ctx, None, tables.read(data))


def people(world: World, data: bytes) -> Imported:
    with world.context() as ctx:
        return import_users(ctx, None, tables.read(data))


def faults(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def count(world: World, table: str) -> int:
    with world.app.app_context():
        return int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0)


@pytest.mark.parametrize("how", ["utf-8", "utf-8-sig", "gb18030", "xlsx", "english"])
def test_institutions_come_from_csv_and_excel_as_people_save_them(world: World, how: str) -> None:
    heads = ["name", "kind", "credit_code", "region_code", "competent_department", "students", "boarding"]
    rows = [heads if how == "english" else PLACES, place(1), place(2, 寄宿="否", 学生数="12.0")]
    data = excel(rows) if how == "xlsx" else comma(rows, "utf-8" if how == "english" else how)
    assert places(world, data) == Imported(2, 0, 0)
    listed = world.person("bureau").get("/institutions?q=第").json["items"]
    seen = [one for one in listed if one["credit_code"] is not None]
    assert [(one["name"], one["kind"], one["credit_code"], one["profile"]) for one in seen] == [
        ("第1小学", "school", code(1), {"students": 800, "boarding": True}),
        ("第2小学", "school", code(2), {"students": 12}),
    ]


def test_the_same_file_again_changes_nothing_and_another_updates(world: World) -> None:
    assert places(world, comma([PLACES, place(1)])) == Imported(1, 0, 0)
    assert places(world, comma([PLACES, place(1)])) == Imported(0, 0, 1)
    changed = comma([PLACES, place(1, 名称="第一实验小学", 寄宿="否"), place(2)])
    assert places(world, changed) == Imported(1, 1, 0)
    (one,) = world.person("bureau").get("/institutions?q=实验小学").json["items"]
    assert one["profile"] == {"students": 800}
    history = world.person("bureau").get(f"/institutions/{one['id']}").json["changes"]
    assert [(change["kind"], change["before"]["name"]) for change in history] == [("import", "第1小学")]
    only_names = comma([PLACES[:5], place(1)[:5]])
    assert places(world, only_names) == Imported(0, 1, 0)
    (one,) = world.person("bureau").get("/institutions?q=第1小学").json["items"]
    assert one["profile"] == {"students": 800}  # a column that is not there says nothing


def test_all_faults_by_row_and_column_and_nothing_is_written(world: World) -> None:
    before = count(world, "institution")
    rows = [
        PLACES,
        place(1),
        place(2, 统一社会信用代码=code(2)[:-1] + ("0" if code(2)[-1] != "0" else "1")),
        place(3, 区划代码="999999", 类别="大学"),
        place(4, 学生数="很多", 寄宿="也许"),
        place(1, 名称=""),
    ]
    with pytest.raises(Refused) as refused:
        places(world, comma(rows))
    assert faults(refused) == [
        ("/3/统一社会信用代码", "credit_code_wrong"),
        ("/4/区划代码", "unknown_region"),
        ("/4/类别", "not_a_choice"),
        ("/5/学生数", "range"),
        ("/5/寄宿", "not_a_choice"),
        ("/6/名称", "required"),
        ("/6/统一社会信用代码", "duplicate_of_row"),
    ]
    assert count(world, "institution") == before


def test_a_known_institution_moves_by_decision_only(world: World) -> None:
    places(world, comma([PLACES, place(1)]))
    with pytest.raises(Refused) as refused:
        places(world, comma([PLACES, place(1, 区划代码="150103"), place(2)]))
    assert faults(refused) == [("/2/区划代码", "changed_by_decision")]
    assert world.person("bureau").get("/institutions?q=第2小学").json["items"] == []


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([*PLACES[:4], "电话"], [("/1/主管部门", "column_missing"), ("/1/电话", "unknown_column")]),
        ([*PLACES, "名称"], [("/1/名称", "duplicate")]),
        ([], [(f"/1/{name}", "column_missing") for name in sorted(PLACES[:5])]),
    ],
)
def test_headings_are_checked_first(sqlite_world: World, heads: list[str], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused) as refused:
        places(sqlite_world, comma([heads, ["x"] * len(heads)]))
    assert sorted(faults(refused)) == sorted(expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty_table"),
        (b"PK\x03\x04broken", "not_a_table"),
        (b"\xff\xfe\x00\x01", "not_a_table"),
        (b"a\0b", "not_a_table"),
    ],
)
def test_what_is_no_table_is_told(data: bytes, expected: str) -> None:
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(data)
    assert unreadable.value.code == expected


def test_a_hundred_thousand_rows_with_one_fault_leave_nothing(world: World) -> None:
    before = count(world, "institution")
    rows = [PLACES, *(place(number) for number in range(99_999)), place(99_999, 区划代码="000000")]
    with pytest.raises(Refused) as refused:
        places(world, comma(rows))
    assert faults(refused) == [("/100001/区划代码", "unknown_region")]
    assert count(world, "institution") == before


def test_a_formula_in_a_name_stays_text(world: World) -> None:
    assert places(world, excel([PLACES, place(1, 名称='=HYPERLINK("x")')])) == Imported(1, 0, 0)
    assert world.person("bureau").get("/institutions?q=HYPERLINK").json["items"][0]["name"] == '=HYPERLINK("x")'


def person(username: str, role: str = "复查人", **changes: str) -> list[str]:
    row = dict(zip(PEOPLE, [username, "王芳", "新城区教育局", role, "150102", "", "女"], strict=True))
    return list((row | changes).values())


def test_people_begin_with_a_code_and_choose_their_password(world: World) -> None:
    places(world, comma([PLACES, place(1)]))
    rows = [
        PEOPLE,
        person("wangfang"),
        person("wangfang", "上级督导", 区划代码="150100"),
        person("head", "被查单位", 区划代码="", 机构信用代码=code(1), 单位="第1小学"),
    ]
    done = people(world, comma(rows))
    assert (done.new, [line[0] for line in done.codes]) == (2, ["wangfang", "head"])
    one_time = done.codes[0][2]
    client = world.app.test_client()

    def activate(**changes: str) -> Any:
        body = {"username": "wangfang", "code": one_time, "password": "长江长江我是黄河收到", "device_name": "手机"}
        return client.post("/api/v1/auth/activation", json=body | changes)

    login = {"username": "wangfang", "password": "", "device_name": "x"}
    assert client.post("/api/v1/auth/login", json=login | {"password": "x"}).status_code == 401
    assert activate(code="AAAAA-AAAAA").json["code"] == "wrong_credentials"
    assert activate(password="short").json["errors"][0]["pointer"] == "/password"
    assert activate(username="nobody").json["code"] == "wrong_credentials"
    signed = activate(code=one_time.lower().replace("-", " "), password="correct horse battery 2")
    assert signed.status_code == 201
    assert {(role["role"], role["region_code"]) for role in signed.json["user"]["roles"]} == {
        ("reviewer", "150102"),
        ("supervisor", "150100"),
    }
    assert activate().json["code"] == "wrong_credentials"  # used up
    login |= {"password": "correct horse battery 2"}
    assert client.post("/api/v1/auth/login", json=login).status_code == 201


def test_a_code_lasts_fourteen_days_and_guesses_are_throttled(world: World) -> None:
    (line,) = people(world, comma([PEOPLE, person("wangfang")])).codes
    client = world.app.test_client()
    body = {"username": "wangfang", "code": line[2], "password": "correct horse battery", "device_name": "x"}
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
        person("two", "被查单位", 机构信用代码=code(9)),
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


def test_the_commands_import_and_tell_faults(sqlite_world: World, tmp_path: Path) -> None:
    environment = {
        "INSPECTION_DATABASE_URL": str(sqlite_world.app.config["SQLALCHEMY_DATABASE_URI"]),
        "INSPECTION_DATA_DIR": str(sqlite_world.data_dir),
        "PATH": "/usr/bin:/bin",
    }
    file = tmp_path / "单位.csv"
    file.write_bytes(comma([PLACES, place(1, 区划代码="1")]))
    refused = run_command(environment, "institutions", "import", str(file))
    assert (refused.returncode, "/2/区划代码" in refused.stderr) == (1, True)
    file.write_bytes(comma([PLACES, place(1)]))
    assert run_command(environment, "institutions", "import", str(file)).stdout == "1 new, 0 changed, 0 unchanged\n"
    users, codes = tmp_path / "people.xlsx", tmp_path / "codes.csv"
    users.write_bytes(excel([PEOPLE, person("wangfang")]))
    done = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert done.returncode == 0, done.stderr
    assert codes.stat().st_mode & 0o077 == 0
    assert codes.read_text(encoding="utf-8-sig").splitlines()[1].startswith("wangfang,王芳,")
    again = run_command(environment, "users", "code", "wangfang")
    assert (again.returncode, len(again.stdout.strip())) == (0, 11)
    assert run_command(environment, "users", "code", "bureau").returncode == 1
    assert run_command(environment, "users", "import", str(tmp_path / "none.csv")).returncode == 1
