"""Institutions and people out of tables: all rows or none, faults by row and column, and codes to begin with."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import text
from stdnum.cn import uscc

from inspection.actions.imports import Codes, Imported, import_institutions, import_users
from inspection.documents import tables
from inspection.domain import imports as rules
from inspection.domain.actor import Grant, incompatible
from inspection.domain.errors import Refused
from inspection.storage.db import db
from tests.support.server import ROOT, run_command
from tests.support.world import World, new_id

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


def excel(*sheets: Sequence[Sequence[Any]], hidden: Sequence[int] = ()) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False}) as book:
        for index, rows in enumerate(sheets):
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if index in hidden:
                sheet.hide()
    return made.getvalue()


def places(world: World, data: bytes) -> Imported:
    with world.context() as ctx:
        return import_institutions(ctx, None, tables.read(data))


def people(world: World, data: bytes) -> Codes:
    """The codes, one for each new person."""
    kept: list[tuple[str, str, str]] = []
    with world.context() as ctx:
        assert import_users(ctx, None, tables.read(data), kept.extend) == Imported(len(kept), 0, 0)
    return kept


def taken_over(world: World, credit_code: str) -> dict[str, Any]:
    listed = world.person("bureau").get("/institutions?limit=200").json["items"]
    return dict(next(one for one in listed if one["credit_code"] == credit_code))


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
        (b"\xd0\xcf\x11\xe0broken", "not_a_table"),
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
    codes = people(world, comma(rows))
    assert [line[0] for line in codes] == ["wangfang", "head"]
    one_time = codes[0][2]
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
    (line,) = people(world, comma([PEOPLE, person("wangfang")]))
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


def environment_of(world: World) -> dict[str, str]:
    return {
        "INSPECTION_DATABASE_URL": str(world.app.config["SQLALCHEMY_DATABASE_URI"]),
        "INSPECTION_DATA_DIR": str(world.data_dir),
        "PATH": "/usr/bin:/bin",
    }


def test_the_commands_import_and_tell_faults(sqlite_world: World, tmp_path: Path) -> None:
    environment = environment_of(sqlite_world)
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


def test_content_outside_the_columns_is_a_fault(sqlite_world: World) -> None:
    rows = [
        [*PLACES, "", "  "],
        [*place(1), "", "x"],
        [*place(2), "y", "　"],
        [*place(3), "", "", "z"],
        [*place(4), " "],
    ]
    with pytest.raises(Refused) as refused:
        places(sqlite_world, comma(rows))
    expected = [("/2/I", "cell_without_heading"), ("/3/H", "cell_without_heading"), ("/4/J", "cell_without_heading")]
    assert faults(refused) == expected
    with pytest.raises(Refused) as refused:
        places(sqlite_world, excel([PLACES, place(1) + [""] * 20 + ["x"]]))
    assert faults(refused) == [("/2/AB", "cell_without_heading")]


def test_one_sheet_is_read_and_several_are_told(sqlite_world: World) -> None:
    rows = [PLACES, place(1)]
    for data in (
        excel(rows, []),
        excel([], rows),
        excel(rows, [["学校"], ["幼儿园"]], hidden=[1]),
        excel(rows, [[" "]]),
    ):
        assert tables.read(data) == rows
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(excel([], rows, [PLACES, place(2)]))
    assert (unreadable.value.code, unreadable.value.params) == ("several_sheets", {"sheets": ["Sheet2", "Sheet3"]})


@pytest.mark.parametrize("how", ["empty", "blank", "short"])
def test_an_empty_cell_says_nothing(world: World, how: str) -> None:
    places(world, comma([PLACES, place(1)]))
    first, second = place(1), place(2)
    if how == "short":
        rows = [first[:5], second[:5]]
    else:
        rows = [row[:5] + [{"empty": "", "blank": " 　"}[how]] * 2 for row in (first, second)]
    assert places(world, comma([PLACES, *rows])) == Imported(1, 0, 1)
    assert taken_over(world, code(1))["profile"] == {"students": 800, "boarding": True}
    assert taken_over(world, code(2))["profile"] == {}
    assert places(world, comma([PLACES, place(1, 寄宿="否")])) == Imported(0, 1, 0)
    assert taken_over(world, code(1))["profile"] == {"students": 800}


@pytest.mark.parametrize(
    ("given", "fine"), [("0", True), ("1000000", True), ("1000001", False), ("9999999", False), ("-1", False)]
)
def test_numbers_have_bounds(sqlite_world: World, given: str, fine: bool) -> None:
    data = comma([PLACES, place(1, 学生数=given)])
    if fine:
        assert places(sqlite_world, data) == Imported(1, 0, 0)
        assert taken_over(sqlite_world, code(1))["profile"]["students"] == int(given)
    else:
        with pytest.raises(Refused) as refused:
            places(sqlite_world, data)
        assert faults(refused) == [("/2/学生数", "range")]


def test_texts_are_as_long_as_their_tables_hold(world: World) -> None:
    assert places(world, comma([PLACES, place(1, 名称="长" * 128)])) == Imported(1, 0, 0)
    assert len(people(world, comma([PEOPLE, person("wangfang", 姓名="长" * 64, 单位="长" * 128)]))) == 1
    with pytest.raises(Refused) as refused:
        places(world, comma([PLACES, place(2, 名称="长" * 129, 主管部门="长" * 129)]))
    assert [(f.pointer, f.params["max"]) for f in refused.value.faults] == [("/2/主管部门", 128), ("/2/名称", 128)]
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("liming", 姓名="长" * 65, 单位="长" * 129)]))
    assert [(f.pointer, f.params["max"]) for f in refused.value.faults] == [("/2/单位", 128), ("/2/姓名", 64)]


def test_blanks_are_blanks_however_wide(world: World) -> None:
    (line,) = people(world, comma([PEOPLE, person(" wangfang　", 姓名="　王　芳 ", 单位="新城区\u00a0教育局")]))
    assert line[:2] == ("wangfang", "王 芳")
    (known,) = world.person("secadmin").get("/users?q=wangfang").json["items"]
    assert (known["name"], known["organisation"]) == ("王 芳", "新城区 教育局")
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("liming", 姓名=" 　 ", 单位="新城区\u200b教育局")]))
    assert faults(refused) == [("/2/单位", "control_character"), ("/2/姓名", "required")]


@pytest.mark.parametrize("heads", [PLACES, ["name", "kind", "credit_code", "region_code", "competent_department"]])
def test_a_row_tells_all_that_is_wrong_with_it(sqlite_world: World, heads: list[str]) -> None:
    places(sqlite_world, comma([PLACES, place(1)]))
    row = place(1, 名称="", 区划代码="150103", 类别="幼儿园")[: len(heads)]
    with pytest.raises(Refused) as refused:
        places(sqlite_world, comma([heads, row]))
    expected = {(heads[0], "required"), (heads[1], "changed_by_decision"), (heads[3], "changed_by_decision")}
    assert set(faults(refused)) == {(f"/2/{heading}", fault) for heading, fault in expected}


def test_what_is_closed_or_merged_stays_as_it_was(world: World) -> None:
    places(world, comma([PLACES, place(1), place(2), place(3)]))
    bureau = world.person("bureau")
    for number, change in ((1, {"kind": "close"}), (2, {"kind": "merge", "successor_id": world.places[0]})):
        body = {**change, "reason": "布局调整", "effective_on": world.today.isoformat()}
        address = f"/institutions/{taken_over(world, code(number))['id']}/changes/{new_id()}"
        assert bureau.put(address, body).status_code == 201
    with pytest.raises(Refused) as refused:
        places(world, comma([PLACES, *(place(number, 名称="新名") for number in (1, 2, 3))]))
    assert faults(refused) == [(f"/{row}/统一社会信用代码", "closed_institution") for row in (2, 3)]
    units = [person(f"unit{n}", "被查单位", 区划代码="", 机构信用代码=code(n)) for n in (1, 2, 3)]
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, *units]))
    assert faults(refused) == [(f"/{row}/机构信用代码", "unknown_institution") for row in (2, 3)]


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
    ],
)
def test_roles_that_one_person_must_not_hold_together(roles: list[str], expected: bool) -> None:
    assert incompatible(roles) is expected


def test_the_viewer_of_the_congress_holds_no_other_role(world: World) -> None:
    with pytest.raises(Refused) as refused:
        people(world, comma([PEOPLE, person("one", "人大"), person("one", "线索办理人")]))
    assert faults(refused) == [("/3/角色", "incompatible_roles")]


def test_a_cell_in_the_last_corner_ends_nobody() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "名称")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(made.getvalue())
    assert unreadable.value.code == "too_many_rows"


@pytest.mark.parametrize("how", ["csv", "xlsx"])
def test_rows_have_an_upper_bound(how: str) -> None:
    rows = [["名称"]] * (tables.MOST_ROWS + 1)
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(comma(rows) if how == "csv" else excel(rows))
    assert unreadable.value.code == "too_many_rows"


@pytest.mark.parametrize("how", ["csv", "xlsx"])
def test_a_code_that_lost_its_digits_is_told(sqlite_world: World, how: str) -> None:
    if how == "csv":
        data = comma([PLACES, place(1, 统一社会信用代码="1.21501E+17")])
    else:
        row: list[Any] = place(1, 学生数="12")
        row[2], row[3], row[5] = 121501024600000016.0, 150102, 800
        data = excel([PLACES, row])
    with pytest.raises(Refused) as refused:
        places(sqlite_world, data)
    assert faults(refused) == [("/2/统一社会信用代码", "digits_lost")]


@pytest.mark.parametrize(("data", "line"), [('a,b\n"1\n2",x\n"3,y\n4,z\n', 4), ('a,b\n"x"y,z\n', 2), ('"a', 1)])
def test_quotes_that_do_not_pair_are_told_with_their_line(data: str, line: int) -> None:
    with pytest.raises(tables.Unreadable) as unreadable:
        tables.read(data.encode())
    assert (unreadable.value.code, unreadable.value.params) == ("quotes_wrong", {"line": line})


def test_what_looks_like_a_formula_is_listed_as_text() -> None:
    cells = ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "王, 芳", '"', "王芳"]
    assert (
        next(csv.reader(io.StringIO(tables.listed([cells]), newline=""))) == [f"'{c}" for c in cells[:10]] + cells[10:]
    )


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


def test_the_file_of_codes_comes_first_and_goes_with_a_refusal(sqlite_world: World, tmp_path: Path) -> None:
    environment = environment_of(sqlite_world)
    users, codes = tmp_path / "people.csv", tmp_path / "codes.csv"
    users.write_bytes(comma([PEOPLE, person("wangfang", 区划代码="")]))
    assert run_command(environment, "users", "import", str(users), "--codes", str(codes)).returncode == 1
    assert not codes.exists()
    users.write_bytes(comma([PEOPLE, person("wangfang", 姓名='=王"芳'), person("liming", 姓名="李, 明")]))
    codes.write_text("of another day")
    taken = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert (taken.returncode, str(codes) in taken.stderr, codes.read_text()) == (1, True, "of another day")
    with open("/dev/full", "w") as full:
        lost = subprocess.run(
            [sys.executable, "-m", "inspection.cli", "users", "import", str(users)],
            env=environment,
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert lost.returncode != 0
    assert ("No space left" in lost.stderr, "Traceback" in lost.stderr) == (True, False), lost.stderr
    assert sqlite_world.person("secadmin").get("/users?q=wangfang").json["items"] == []
    codes.unlink()
    done = run_command(environment, "users", "import", str(users), "--codes", str(codes))
    assert (done.returncode, codes.stat().st_mode & 0o777) == (0, 0o600), done.stderr
    rows = list(csv.reader(io.StringIO(codes.read_text(encoding="utf-8-sig"), newline="")))
    assert [row[:2] for row in rows] == [["用户名", "姓名"], ["wangfang", "'=王\"芳"], ["liming", "李, 明"]]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2099-01-01"])
def test_a_sweep_is_asked_for_within_ten_years(sqlite_world: World, day: str) -> None:
    done = run_command(environment_of(sqlite_world), "sweep", "--today", day)
    assert (done.returncode, done.stderr.count("\n"), "ten years" in done.stderr) == (2, 1, True), done.stderr


def test_columns_and_words_are_documented() -> None:
    documented = (ROOT / "docs/imports.md").read_text(encoding="utf-8")
    for columns in (rules.INSTITUTION_COLUMNS, rules.USER_COLUMNS):
        for heading, name in columns.names.items():
            assert f"| {heading} | `{name}` |" in documented
    for word, meaning in {**rules.KIND_WORDS, **rules.ROLE_WORDS, **rules.SEX_WORDS}.items():
        assert word in documented
        assert f"`{meaning}`" in documented
