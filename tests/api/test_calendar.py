"""The calendar is edited year by year; what was provisional is computed again, and its unit sees it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from inspection.actions.calendars import recompute_dates
from inspection.actions.verification import mission_faults
from inspection.storage.db import db
from tests.support.server import run_command
from tests.support.world import World, in_database, new_id


def year(world: World, number: int = 2027) -> dict[str, Any]:
    known = dict(world.person("sysadmin").get(f"/calendar/{number}").json)
    del known["year"]
    return known


def put(world: World, body: dict[str, Any], number: int = 2027) -> Any:
    return world.person("sysadmin").put(f"/calendar/{number}", body)


def provisional(world: World, code: str = "S-08-04") -> str:
    """An open problem due on Friday, 22 January 2027, a year that is not announced."""
    made = world.inspect({code: []})
    world.issue(made["id"])
    problem_id: str = made["problems"][0]["id"]
    seen = world.problem(problem_id)
    assert (seen["due_on"], seen["provisional"]) == ("2027-01-22", True)
    return problem_id


def test_an_announced_year_moves_provisional_dates_as_an_event_that_the_unit_sees(world: World) -> None:
    problem_id = provisional(world)
    decided = world.inspect({"S-08-04": []})
    world.issue(
        decided["id"],
        items=[{"problem_id": decided["problems"][0]["id"], "action": "keep", "due_on": "2027-01-22"}],
    )
    known = year(world)
    known |= {"announced": True, "rest_days": [*known["rest_days"], "2027-01-22"]}
    assert put(world, known).json["announced"] is True
    moved = world.problem(problem_id, "school")
    assert (moved["due_on"], moved["provisional"]) == ("2027-01-25", False)
    last = moved["timeline"][-1]
    assert (last["event"], last["by"], last["old_due_on"], last["due_on"]) == (
        "recomputed",
        None,
        "2027-01-22",
        "2027-01-25",
    )
    assert world.told("school")[-1] == ("recomputed", problem_id)
    assert moved["clocks"]["ordered_due_on"] == "2027-01-25"
    assert world.problem(decided["problems"][0]["id"])["due_on"] == "2027-01-22"  # a person decided it
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []
        assert recompute_dates(ctx) == 0


def test_a_moved_workday_can_draw_a_provisional_date_earlier_but_never_into_the_past(world: World) -> None:
    world.clock.go_to(date(2026, 12, 1))
    made = world.inspect({"S-08-05": [{"fact": "x", "due_days": 60}, {"fact": "y", "due_days": 32}]})
    world.issue(made["id"])
    later, earlier = (problem["id"] for problem in made["problems"])
    assert world.problem(later)["due_on"] == "2027-02-01"  # 30 January is a Saturday
    assert world.problem(earlier)["due_on"] == "2027-01-04"  # 2 January is a Saturday
    world.clock.go_to(date(2027, 1, 3))
    known = year(world) | {"announced": True, "work_days": ["2027-01-02", "2027-01-30"]}
    assert put(world, known).status_code == 200
    assert world.problem(later)["due_on"] == "2027-01-30"
    assert world.problem(earlier)["due_on"] == "2027-01-04"
    assert not world.problem(earlier)["overdue"]


def test_a_confirmed_date_is_no_longer_provisional(world: World) -> None:
    problem_id = provisional(world)
    assert put(world, year(world) | {"announced": True}).status_code == 200
    seen = world.problem(problem_id, "school")
    assert (seen["due_on"], seen["provisional"], seen["timeline"][-1]["event"]) == (
        "2027-01-22",
        False,
        "date_confirmed",
    )


def test_the_clocks_of_the_desk_follow_the_calendar_while_they_run(world: World) -> None:
    world.clock.go_to(date(2026, 12, 30))
    made = world.inspect({"S-01-05": []})
    assert made["issue_due_on"] == "2027-01-05"
    known = year(world)
    assert put(world, known | {"rest_days": [*known["rest_days"], "2027-01-04"]}).status_code == 200
    assert world.person("bureau").get(f"/inspections/{made['id']}").json["issue_due_on"] == "2027-01-06"
    assert world.problem(made["problems"][0]["id"])["clock_on"] == "2027-01-06"


def test_a_broken_off_recomputation_is_finished_by_the_next_pass(world: World) -> None:
    problem_id = provisional(world)
    known = year(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inspection.actions.calendars.recompute_dates", lambda _: 0)  # the process died here
        put(world, known | {"announced": True, "rest_days": [*known["rest_days"], "2027-01-22"]})
    assert world.problem(problem_id)["due_on"] == "2027-01-22"
    world.sweep()
    assert world.problem(problem_id)["due_on"] == "2027-01-25"


def test_a_damaged_row_stops_neither_the_others_dates_nor_the_deadline_pass(world: World) -> None:
    damaged, whole = provisional(world), provisional(world)
    with world.app.app_context():
        db.session.execute(text("UPDATE problem SET due_on = NULL WHERE id = :id"), {"id": in_database(world, damaged)})
        db.session.commit()
    known = year(world)
    assert put(world, known | {"announced": True, "rest_days": [*known["rest_days"], "2027-01-22"]}).status_code == 200
    assert world.problem(whole)["due_on"] == "2027-01-25"
    assert world.sweep().set_aside == []
    with world.context() as ctx:
        assert [fault.split(": ")[1] for fault in mission_faults(ctx)] == ["no date (open)"]


def test_editing_twice_is_harmless_and_an_old_revision_is_refused(world: World) -> None:
    known = year(world)
    changed = known | {"rest_days": [*known["rest_days"], "2027-06-10"]}
    first, second = put(world, changed), put(world, changed)
    assert (first.status_code, second.status_code, first.json) == (200, 200, second.json)
    stale = put(world, known | {"announced": True})
    assert (stale.status_code, stale.json["code"]) == (409, "lost_race")
    assert stale.json["revision"] == first.json["revision"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"rest_days": ["2026-01-01"]}, "/rest_days/0", "not_in_year"),
        ({"rest_days": ["2027-01-01", "2027-01-01"]}, "/rest_days/1", "duplicate"),
        ({"rest_days": ["2027-01-32"]}, "/rest_days/0", "date_malformed"),
        ({"work_days": ["2027-01-05"]}, "/work_days/0", "not_a_weekend"),
        ({"rest_days": ["2027-01-02"], "work_days": ["2027-01-02"]}, "/work_days/0", "duplicate"),
        ({"terms": [{"first_on": "2027-09-01", "last_on": "2027-08-01"}]}, "/terms/0/last_on", "terms_overlap"),
        (
            {
                "terms": [
                    {"first_on": "2027-02-20", "last_on": "2027-07-10"},
                    {"first_on": "2027-07-01", "last_on": "2027-07-20"},
                ]
            },
            "/terms/1/last_on",
            "terms_overlap",
        ),
        ({"announced": "yes"}, "/announced", "wrong_type"),
    ],
)
def test_a_year_with_faults_changes_nothing(world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    before = year(world)
    refused = put(world, before | change)
    assert (refused.status_code, [(f["pointer"], f["code"]) for f in refused.json["errors"]]) == (
        422,
        [(pointer, code)],
    )
    assert year(world) == before


def test_a_year_beyond_all_calendars_is_not_found(world: World) -> None:
    assert world.person("sysadmin").get("/calendar/1999").status_code == 404
    assert put(world, year(world), 2200).status_code == 404


def test_the_command_shows_and_sets_a_year(sqlite_world: World) -> None:
    problem_id = provisional(sqlite_world)
    environment = {
        "INSPECTION_DATABASE_URL": str(sqlite_world.app.config["SQLALCHEMY_DATABASE_URI"]),
        "INSPECTION_DATA_DIR": str(sqlite_world.data_dir),
        "PATH": "/usr/bin:/bin",
    }
    shown = run_command(environment, "calendar", "show", "2027")
    known = json.loads(shown.stdout)
    assert known == year(sqlite_world)
    file = sqlite_world.data_dir / "2027.json"
    file.write_text(json.dumps(known | {"work_days": ["2027-01-05"]}))
    refused = run_command(environment, "calendar", "set", "2027", str(file))
    assert (refused.returncode, "/work_days/0" in refused.stderr) == (1, True)
    file.write_text(json.dumps(known | {"rest_days": [*known["rest_days"], "2027-01-22"], "announced": True}))
    done = run_command(environment, "calendar", "set", "2027", str(file))
    assert done.returncode == 0, done.stderr
    assert year(sqlite_world)["rest_days"] == sorted([*known["rest_days"], "2027-01-22"])
    assert not sqlite_world.problem(problem_id)["provisional"]


def test_what_is_overdue_stays_so_when_its_year_is_announced_late(world: World) -> None:
    problem_id = provisional(world)
    world.clock.go_to(date(2027, 3, 10))
    assert world.problem(problem_id)["overdue"]
    known = year(world)
    put(world, known | {"announced": True, "rest_days": [*known["rest_days"], "2027-01-22"]})
    moved = world.problem(problem_id)
    assert (moved["due_on"], moved["overdue"]) == ("2027-01-25", True)  # the right day, and still past
    assert [(one["basis"], one["due_on"]) for one in moved["clocks"]["late"]] == [("notice", "2027-01-25")]
    proof = world.prove(problem_id)
    world.review(problem_id, proof["id"], "accept")
    assert world.problem(problem_id)["closed_on_time"] is False


def test_a_day_of_grace_after_a_denial_is_no_date_of_the_calendar(world: World) -> None:
    problem_id = provisional(world)
    body = {"requested_due_on": "2027-06-01", "reason": "x"}
    asked = f"/problems/{problem_id}/extensions/{new_id()}"
    assert world.person("school").put(asked, body).status_code == 201
    world.clock.go_to(date(2027, 1, 28))
    world.person("bureau").put(f"{asked}/decision", {"decision": "deny", "comment": "x"})
    denied = world.problem(problem_id)
    assert (denied["due_on"], denied["provisional"]) == ("2027-01-29", False)
    world.clock.go_to(date(2027, 3, 2))
    assert put(world, year(world) | {"announced": True}).status_code == 200
    assert world.problem(problem_id)["due_on"] == "2027-01-29"


def test_a_return_leaves_the_provisional_mark_of_a_date_that_stands(world: World) -> None:
    problem_id = provisional(world)
    proof = world.prove(problem_id)
    world.review(problem_id, proof["id"], "return")
    seen = world.problem(problem_id)
    assert (seen["due_on"], seen["provisional"], seen["round"]) == ("2027-01-22", True, 2)
    known = year(world)
    put(world, known | {"announced": True, "rest_days": [*known["rest_days"], "2027-01-22"]})
    assert world.problem(problem_id)["due_on"] == "2027-01-25"


def test_announced_and_taken_back_a_date_is_provisional_again(world: World) -> None:
    problem_id = provisional(world)
    with_rest = year(world) | {"announced": True, "rest_days": [*year(world)["rest_days"], "2027-01-22"]}
    put(world, with_rest)
    put(world, year(world) | {"announced": False})
    assert world.problem(problem_id)["provisional"]
    known = year(world)
    put(world, known | {"announced": True, "rest_days": [d for d in known["rest_days"] if d != "2027-01-22"]})
    seen = world.problem(problem_id)
    assert (seen["due_on"], seen["provisional"]) == ("2027-01-22", False)


def test_a_departments_date_that_moves_is_no_date_of_the_units(world: World) -> None:
    problem_id = provisional(world)
    world.clock.go_to(date(2026, 12, 25))
    order = {"responsible": {"kind": "department", "name": "局"}, "reason": "x"}
    moved = world.person("bureau").put(f"/problems/{problem_id}/transfers/{new_id()}", order).json
    assert moved["provisional"]
    known = year(world)
    put(world, known | {"announced": True, "rest_days": [*known["rest_days"], moved["clock_on"]]})
    seen = world.problem(problem_id)
    assert seen["clock_on"] > moved["clock_on"]
    assert [one["basis"] for one in seen["clocks"]["late"]] == ["notice"]
    assert world.told("school")[-1][0] == "transferred"
    assert world.told("bureau")[-1] == ("recomputed", problem_id)


def test_clocks_of_the_desk_that_move_with_the_calendar_stand_on_the_timeline(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    problem_id = made["problems"][0]["id"]
    known = year(world, 2026)
    put(world, known | {"rest_days": [*known["rest_days"], "2026-11-25"]}, 2026)
    seen = world.problem(problem_id)
    assert (seen["clock_on"], seen["timeline"][-1]["event"]) == ("2026-11-27", "clock_moved")
