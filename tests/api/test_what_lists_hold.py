"""What figures, lists, workbooks and plans hold at their edges: the first and last day, the first and last row."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter.worksheet import Worksheet

from inspection.documents import tables, workbook
from inspection.domain.actor import Grant
from inspection.domain.institutions import FIRST_DAY, InstitutionChange, change_faults
from tests.api.test_calendar import put, year
from tests.api.test_stats import QUARTER, rows
from tests.api.test_workbook import HEAD, export, sheet
from tests.journeys.test_petitions import close
from tests.journeys.test_turns import order
from tests.journeys.test_visits import team
from tests.support.clock import SHANGHAI
from tests.support.imports import excel
from tests.support.institutions import change
from tests.support.visits import flags, plan
from tests.support.world import World, new_id

# Figures


def test_what_is_found_again_counts_where_the_institution_answers_for_it(world: World) -> None:
    close(world, world.open_problem()["id"])
    world.clock.go(days=30)
    made = world.inspect({"S-01-05": [{"fact": fact} for fact in ("甲", "乙", "丙", "丁")]})
    _, dropped, transferred, settled = (problem["id"] for problem in made["problems"])
    to = {"action": "transfer", "responsible": {"kind": "department", "name": "局"}, "reason": "x"}
    items: list[dict[str, Any]] = [{"problem_id": dropped, "action": "drop", "reason": "误报"}]
    world.issue(made["id"], items=items + [{"problem_id": one, **to} for one in (transferred, settled)])
    reply = {"department": "局", "outcome": "done", "text": "x", "replied_on": world.today.isoformat()}
    assert order(world, settled, "replies", **reply).json["status"] == "closed"
    row = rows(world, "bureau", "group_by=region")["150102"]
    assert (row["recurrences"], row["void"], row["transferred"], row["departments"]) == (1, 1, 1, 1)


def test_a_period_of_days_begins_and_ends_at_midnight(world: World) -> None:
    def found(period: str) -> int:
        return int(rows(world, "bureau", f"group_by=kind&{period}")["school"]["problems_found"])

    world.clock.set(datetime.combine(date(2026, 12, 31), time(23, 59, 59), SHANGHAI))
    world.inspect({"S-01-05": []})
    world.clock.go(seconds=1)
    world.inspect({"S-01-05": [], "S-08-05": []})
    assert found("from=2026-12-31&to=2026-12-31") == 1
    assert found("from=2027-01-01&to=2027-01-01") == 2
    assert found("from=2026-12-31&to=2027-01-01") == 3


def test_head_counts_are_those_of_the_latest_inspection_whenever_it_was_received(world: World) -> None:
    def counted(staff: int, days: int) -> None:
        at = datetime.combine(date(2026, 11, 23) - timedelta(days=days), time(9), SHANGHAI)
        finished = (at + timedelta(minutes=30)).isoformat()
        body = world.body(started_at=at.isoformat(), finished_at=finished)
        body["answers"] |= {"S-02-01": {"value": staff}, "S-02-02": {"value": staff}}
        assert world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 201

    counted(100, days=0)
    world.clock.go(days=2)
    counted(70, days=4)  # of the week before, handed in late
    row = rows(world, "bureau", f"group_by=region&{QUARTER}", "/stats/numbers")["150102"]
    assert row["items"]["S-02-01"] == {"institutions": 1, "total": 100.0}


@pytest.mark.parametrize(
    ("codes", "wider"),
    [(("150102", "150100"), "150100"), (("150100", "150102"), "150100"), (("150103", "150200"), "150200")],
)
@pytest.mark.parametrize("role", ["reviewer", "npc_viewer"])
def test_who_has_two_seats_is_shown_the_wider_unless_he_asks(
    sqlite_world: World, role: str, codes: tuple[str, str], wider: str
) -> None:
    sqlite_world.employ("seated", *(Grant(role, code) for code in codes))
    assert sqlite_world.person("seated").get(f"/stats?group_by=region&{QUARTER}").json["region"] == wider
    for address in ("/stats", "/stats/numbers"):
        seen = rows(sqlite_world, "seated", f"group_by=region&{QUARTER}", address)
        assert (wider in seen, {key[:4] for key in seen}) == (True, {wider[:4]})


# The list and its workbook


def test_finished_problems_are_not_listed_as_supervised(world: World) -> None:
    ended, running = world.open_problem()["id"], world.open_problem()["id"]
    for one in (ended, running):
        listed = order(world, one, "supervisions", who="league", reason="x", due_on="2026-12-31")
        assert listed.status_code == 201
    close(world, ended)
    seen = world.person("league").get("/problems?supervised=true").json["items"]
    assert [one["id"] for one in seen] == [running]
    ((*_, supervised_on),) = export(world, "?supervised=true", "league")[4:]
    assert supervised_on == world.today  # a date, as the other dates


@pytest.mark.parametrize(("before", "count"), [("2026-12-23", 0), ("2026-12-24", 1)])
def test_due_before_a_day_is_not_due_on_it(world: World, before: str, count: int) -> None:
    assert world.open_problem()["due_on"] == "2026-12-23"
    for query in (f"due_before={before}", f"due_before={before}&status=open", f"due_before={before}&overdue=false"):
        assert len(world.person("bureau").get(f"/problems?{query}").json["items"]) == count
        assert len(export(world, f"?{query}")[4:]) == count


def test_a_filter_that_names_a_status_twice_lists_nothing_twice(world: World) -> None:
    problem = world.open_problem()
    for query in ("status=open,open", "status=open,closed,open", "status=open,open&severity=general,general"):
        listed = world.person("bureau").get(f"/problems?{query}").json["items"]
        assert [one["id"] for one in listed] == [problem["id"]]
        assert len(export(world, f"?{query}")[4:]) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_filter_of_a_workbook_spans_its_headings_and_all_rows(tmp_path: Path, count: int) -> None:
    head = workbook.Head("x", ("y",), ("a", "b", "c"), (9, 9, 9), (), "more")
    with workbook.write(head, [["1", "2", "3"]] * count, tmp_path) as made, zipfile.ZipFile(made) as archive:
        inner = archive.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall('<autoFilter ref="([^"]+)"', inner) == [f"A4:C{4 + count}"]


@pytest.mark.parametrize(("count", "shown"), [(3, ["0", "1", "2"]), (4, ["0", "1", "2", "more"])])
def test_the_last_row_of_a_full_sheet_says_that_there_is_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, shown: list[str]
) -> None:
    assert Worksheet().xls_rowmax - 1 == workbook.LAST_ROW  # counted from nought
    monkeypatch.setattr(workbook, "LAST_ROW", workbook.FIRST_ROW + 3)
    about = {name: getattr(HEAD, name) for name in ("title", "lines", "headings", "widths", "dates", "truncated")}
    lines = [json.dumps(about), *(json.dumps([str(number)]) for number in range(count))]
    made = io.BytesIO()
    workbook.compose(made, [line.encode() for line in lines], str(tmp_path))
    assert [row[0] for row in sheet(made.getvalue())[4:]] == shown


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (999_999_999_999_999.0, "999999999999999"),
        (1_000_000_000_000_000.0, "1.00000E+15"),
        (1_234_567_890_123_456.0, "1.23457E+15"),
        (-1_234_567_890_123_456.0, "-1.23457E+15"),
    ],
)
def test_a_number_of_sixteen_digits_is_not_taken_for_exact(number: float, text: str) -> None:
    assert tables.read(excel([["学生数"], [number]])) == [["学生数"], [text]]


# Plans, visits and places


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("from=2026-11-25", ["25", "26"]),
        ("to=2026-11-25", ["24", "25"]),
        ("from=2026-11-25&to=2026-11-25", ["25"]),
        ("from=2026-11-27", []),
        ("to=2026-11-23", []),
    ],
)
def test_plans_are_listed_from_a_day_to_a_day_both_included(world: World, query: str, days: list[str]) -> None:
    for day in ("24", "25", "26"):
        assert plan(world, "inspector", planned_on=f"2026-11-{day}").status_code == 201
    listed = world.person("bureau").get(f"/assignments?{query}").json["items"]
    assert [one["planned_on"][-2:] for one in listed] == days


def test_nothing_is_planned_from_the_day_of_closing_on(world: World) -> None:
    assert change(world, 0, "close").status_code == 201  # on 23 November
    for day, faults in (("2026-11-23", True), ("2026-11-24", True), ("2026-11-22", False)):
        answer = plan(world, "inspector", planned_on=day)
        told = [(fault["pointer"], fault["code"]) for fault in answer.json.get("errors", ())]
        assert told == [("/institution_id", "institution_closed")] * faults, day


def test_a_dormitory_that_was_not_looked_at_needs_no_woman_in_the_team(world: World) -> None:
    def visited(**changes: Any) -> set[str]:
        visit = new_id()
        body = world.body(visit_id=visit, participants=team(world, "procurator"))
        body["answers"] |= changes
        assert world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 201
        return flags(world.person("bureau").get(f"/visits/{visit}").json)

    passed_by = {f"S-04-0{number}": {"value": "na", "reason": "no_such_facility"} for number in (1, 2, 3, 4, 5, 7)}
    assert visited() == {"no_woman_in_dormitory"}
    assert visited(**passed_by) == set()
    del passed_by["S-04-01"]
    assert visited(**passed_by) == {"no_woman_in_dormitory"}


def test_a_visit_to_two_institutions_is_two_visits(world: World) -> None:
    visit = new_id()
    first = world.inspect({"S-01-05": []}, visit_id=visit)
    world.clock.go(minutes=1)
    second = world.inspect({}, place=3, visit_id=visit)
    bureau = world.person("bureau")
    for query, made, place in (
        ("", first, 0),
        (f"?institution={world.places[0]}", first, 0),
        (f"?institution={world.places[3]}", second, 3),
    ):
        seen = bureau.get(f"/visits/{visit}{query}").json
        assert seen["institution_id"] == world.places[place]
        assert [part["id"] for part in seen["inspections"]] == [made["id"]]
        assert seen["conflicts"] == []
    assert flags(world.issue(first["id"])) == {"no_woman_in_dormitory"}  # nothing was left out, nothing differs


def test_a_year_with_its_terms_in_another_order_is_the_same_year(world: World) -> None:
    terms = [
        {"first_on": "2027-02-20", "last_on": "2027-07-10"},
        {"first_on": "2027-09-01", "last_on": "2028-01-15"},
    ]
    known = put(world, year(world) | {"terms": terms}).json
    again = put(world, year(world) | {"terms": terms[::-1]})
    assert (again.status_code, again.json) == (200, known)
    assert [term["first_on"] for term in known["terms"]] == ["2027-02-20", "2027-09-01"]


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (FIRST_DAY - timedelta(days=1), "date_out_of_range"),
        (FIRST_DAY, None),
        (date(2026, 11, 23), None),
        (date(2026, 11, 24), "date_in_future"),
    ],
)
def test_a_change_is_dated_from_the_first_day_to_today(on: date, code: str | None) -> None:
    renamed = InstitutionChange("rename", on, "x", name="新名")
    faults = [(fault.pointer, fault.code) for fault in change_faults(renamed, 0, date(2026, 11, 23))]
    assert faults == ([("/effective_on", code)] if code else [])
