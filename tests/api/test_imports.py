"""Institutions out of tables: all rows or none, faults by row and column, and what is known already."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from inspection.actions.imports import Imported
from inspection.domain.errors import Refused
from inspection.storage.db import db
from tests.support.imports import PEOPLE, PLACES, code, comma, excel, faults, people, person, place, places
from tests.support.world import World, new_id


def taken_over(world: World, credit_code: str) -> dict[str, Any]:
    listed = world.person("bureau").get("/institutions?limit=200").json["items"]
    return dict(next(one for one in listed if one["credit_code"] == credit_code))


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


def test_where_an_institution_is_and_whom_to_call(world: World) -> None:
    table = [[*PLACES, "地址", "办公电话"], [*place(1), "新城区云杉路 18 号", "0471-0000001"], [*place(2), "", ""]]
    assert places(world, comma(table)) == Imported(2, 0, 0)
    one, other = (taken_over(world, code(number)) for number in (1, 2))
    assert (one["address"], one["telephone"]) == ("新城区云杉路 18 号", "0471-0000001")
    assert (other["address"], other["telephone"]) == (None, None)
    assert places(world, comma([PLACES, place(1)])) == Imported(0, 0, 1), "a column that is not there says nothing"
    moved = {"kind": "rename", "name": "新名小学", "effective_on": world.today.isoformat(), "reason": "搬迁"}
    answer = world.person("bureau").put(
        f"/institutions/{one['id']}/changes/{new_id()}", {**moved, "address": "新城区新址 1 号"}
    )
    assert answer.status_code == 201, answer.json
    assert (answer.json["address"], answer.json["telephone"]) == ("新城区新址 1 号", "0471-0000001")
    assert answer.json["changes"][-1]["after"]["address"] == "新城区新址 1 号"
    long = [[*PLACES, "地址", "办公电话"], [*place(3), "长" * 129, "1" * 33]]
    with pytest.raises(Refused) as refused:
        places(world, comma(long))
    assert {(fault.pointer, fault.code) for fault in refused.value.faults} == {
        ("/2/地址", "length"),
        ("/2/办公电话", "length"),
    }


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


@pytest.mark.short_drill
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
