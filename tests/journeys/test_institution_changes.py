"""Institutions that merge, close, move and open again, what is decided with them, and who is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inspection.actions.verification import mission_faults
from inspection.domain.actor import Grant
from tests.support import visits
from tests.support.institutions import A, B, C, change, faults, institution, last, merge, open_problem
from tests.support.world import World, new_id


def messages(world: World, who: str, kind: str) -> list[dict[str, Any]]:
    items = world.person(who).get("/notifications?limit=200").json["items"]
    return [item for item in items if item["kind"] == kind]


def plan(world: World, *usernames: str, place: int = B) -> dict[str, Any]:
    made = visits.plan(world, *usernames, institution_id=world.places[place])
    assert made.status_code == 201, made.json
    return dict(made.json)


# ---- mergers and closures


@pytest.mark.parametrize("decision", ["end", "follow"])
def test_what_a_successor_had_taken_over_is_decided_with_its_own(world: World, decision: str) -> None:
    inherited, own = open_problem(world, A), open_problem(world, B)
    assert merge(world, A, B).status_code == 201
    undecided = merge(world, B, C, None)
    assert faults(undecided) == [("/open_problems", "open_problems_undecided")]
    assert "2" in undecided.json["errors"][0]["detail"]
    if decision == "end":
        assert change(world, B, "close", open_problems="end").status_code == 201
        assert {world.problem(one)["status"] for one in (inherited, own)} == {"void"}
        assert {last(world, one) for one in (inherited, own)} == {"ended"}
        return
    assert merge(world, B, C).status_code == 201
    assert {last(world, one) for one in (inherited, own)} == {"followed"}
    assert [institution(world, place)["successor_id"] for place in (A, B)] == [world.places[C]] * 2
    (told,) = messages(world, "bureau", "institution_merged")[:1]
    assert told["params"]["problems"] == 2
    assert "2" in told["text"]


def test_what_was_found_after_the_closing_can_be_decided(world: World) -> None:
    assert change(world, B, "close").status_code == 201
    assert (change(world, B, "close").status_code, merge(world, B, C).status_code) == (409, 409)
    world.clock.go(days=1)
    late = world.inspect({"S-09-01": []}, B)["problems"][0]["id"]
    assert faults(change(world, B, "close")) == [("/open_problems", "open_problems_undecided")]
    assert change(world, B, "close", open_problems="end").status_code == 201
    assert world.problem(late)["status"] == "void"
    assert institution(world, B)["closed_on"] == "2026-11-23"  # the day on which it was
    later = world.inspect({"S-09-01": []}, B)["problems"][0]["id"]
    assert merge(world, B, A).status_code == 201
    assert (world.problem(later)["status"], last(world, later)) == ("open", "followed")
    world.inspect({"S-09-01": []}, B)
    settled = change(world, B, "close", open_problems="end")  # its successor answers for it
    assert (settled.status_code, settled.json["code"]) == (409, "already_decided")
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []


def test_what_was_found_at_one_whose_successor_closed_can_be_decided(world: World) -> None:
    assert merge(world, A, B).status_code == 201
    assert change(world, B, "close").status_code == 201
    late = world.inspect({"S-09-01": []}, A)["problems"][0]["id"]
    assert merge(world, A, C).status_code == 201
    assert last(world, late) == "followed"
    assert institution(world, A)["successor_id"] == world.places[C]


def test_a_closure_in_error_is_corrected_and_what_was_ended_stays_ended(world: World) -> None:
    problem = open_problem(world, B)
    assert change(world, B, "reopen").status_code == 409
    assert change(world, B, "close", open_problems="end").status_code == 201
    opened = change(world, B, "reopen")
    assert (opened.status_code, opened.json["closed_on"]) == (201, None)
    assert [one["kind"] for one in opened.json["changes"]] == ["close", "reopen"]
    assert world.problem(problem)["status"] == "void"
    assert messages(world, "school", "institution_closed")
    assert messages(world, "school", "institution_reopened")
    plan(world, "inspector")
    assert change(world, B, "reopen").status_code == 409


def test_a_merger_in_error_is_corrected_with_those_that_it_carried_along(world: World) -> None:
    first, second = open_problem(world, A), open_problem(world, B)
    other = open_problem(world, C)
    assert merge(world, A, B).status_code == 201
    assert merge(world, B, C).status_code == 201
    assert change(world, B, "reopen").status_code == 201
    assert institution(world, B)["successor_id"] is None
    assert institution(world, A)["successor_id"] == world.places[B]
    assert [last(world, one) for one in (first, second)] == ["resumed", "resumed"]
    assert last(world, other) != "resumed"
    assert world.person("school").get(f"/problems/{first}").status_code == 200
    assert merge(world, B, C).status_code == 201  # and decided rightly, all goes along again
    assert institution(world, A)["successor_id"] == world.places[C]
    assert change(world, A, "reopen").status_code == 201
    assert change(world, B, "reopen").status_code == 201  # who left by himself is not taken back
    assert institution(world, A)["successor_id"] is None


def test_who_was_merged_there_himself_stays_when_another_goes_back(world: World) -> None:
    assert merge(world, A, C).status_code == 201
    assert merge(world, B, C).status_code == 201
    assert change(world, B, "reopen").status_code == 201
    assert institution(world, A)["successor_id"] == world.places[C]


@pytest.mark.parametrize(("day", "code"), [("2026-11-24", "date_in_future"), ("1999-12-31", "date_out_of_range")])
@pytest.mark.parametrize("kind", ["rename", "close"])
def test_a_change_is_dated_today_or_before(world: World, day: str, code: str, kind: str) -> None:
    body = {"name": "新名"} if kind == "rename" else {}
    assert faults(change(world, B, kind, effective_on=day, **body)) == [("/effective_on", code)]
    assert institution(world, B)["changes"] == []
    assert change(world, B, kind, effective_on="2026-11-20", **body).status_code == 201


# ---- where it lies, and who is told


def test_nothing_moves_to_where_nobody_reviews(world: World) -> None:
    refused = change(world, B, "move", who="league", region_code="150100")
    assert faults(refused) == [("/region_code", "no_reviewer_there")]
    world.employ("league-reviewer", Grant("reviewer", "150100"))
    assert change(world, B, "move", who="league", region_code="150100").status_code == 201
    assert change(world, A, "move", who="league", region_code="150199").status_code == 422


def test_whoever_becomes_responsible_by_a_merger_is_told_once(world: World) -> None:
    problems = [open_problem(world, A), open_problem(world, A, "S-08-05")]
    before = len(world.told("school"))
    assert merge(world, A, B).status_code == 201
    assert len(world.told("school")) == before + 1
    for who in ("school", "bureau"):
        (told,) = messages(world, who, "institution_merged")
        assert (told["params"]["problems"], told["params"]["successor"]) == (2, "云杉第一中学")
        assert told["problem_id"] is None
        assert all(world.person(who).get(f"/problems/{one}").status_code == 200 for one in problems)
    world.clock.go_to(date(2026, 12, 24))
    world.sweep()
    for kind, problem_id in world.told("school")[before:]:
        if problem_id is not None:
            assert world.person("school").get(f"/problems/{problem_id}").status_code == 200, kind


def test_a_move_is_told_to_both_bureaus_and_the_unit(world: World) -> None:
    open_problem(world, B)
    assert change(world, B, "move", who="league", region_code="150103").status_code == 201
    for who in ("bureau", "neighbour", "school"):
        (told,) = messages(world, who, "institution_moved")
        about = told["params"]
        assert (about["before"], about["after"], about["problems"]) == ("新城区", "回民区", 1)


def test_the_figures_of_a_region_are_of_what_lies_there_today(world: World) -> None:
    def found_by_region() -> dict[str, int]:
        items = world.person("league").get("/stats?group_by=region&region=150100").json["rows"]
        return {row["key"]: row["problems_found"] for row in items}

    before = found_by_region()
    open_problem(world, A), open_problem(world, B), open_problem(world, B, "S-08-05")
    assert found_by_region()["150102"] == before["150102"] + 3
    assert change(world, B, "move", who="league", region_code="150103").status_code == 201
    after = found_by_region()
    moved = before["150102"] + 3 - after["150102"]
    assert moved >= 2
    assert after["150103"] == before["150103"] + moved


def test_a_new_name_is_told_to_the_unit(world: World) -> None:
    assert change(world, B, "rename", name="云杉高级中学").status_code == 201
    (told,) = messages(world, "school", "institution_renamed")
    assert "云杉第一中学" in told["text"]
    assert "云杉高级中学" in told["text"]
    assert messages(world, "kindergarten", "institution_renamed") == []


@pytest.mark.parametrize("kind", ["close", "merge"])
def test_visits_planned_to_one_that_is_no_more_are_called_off(world: World, kind: str) -> None:
    task = plan(world, "inspector", "inspector2")
    done = merge(world, B, C) if kind == "merge" else change(world, B, "close")
    assert done.status_code == 201
    (seen,) = world.person("bureau").get(f"/assignments?institution={world.places[B]}").json["items"]
    assert (seen["id"], seen["state"], seen["cancel_reason"]) == (task["id"], "cancelled", "区划调整")
    for who in ("inspector", "inspector2"):
        assert world.told(who)[-1][0] == "assignment_cancelled"


def test_visits_planned_where_it_lay_are_called_off_and_those_of_the_whole_city_stay(world: World) -> None:
    task = plan(world, "inspector")
    everywhere = world.employ("city-inspector", Grant("edu_inspector", "150100"))
    planner = world.employ("city-reviewer", Grant("reviewer", "150100"))
    body = {
        "institution_id": world.places[B],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-26",
        "inspectors": [{"user_id": everywhere.id}],
    }
    stays = planner.put(f"/assignments/{new_id()}", body).json
    assert change(world, B, "move", who="league", region_code="150103").status_code == 201
    seen = {one["id"]: one["state"] for one in world.person("neighbour").get("/assignments").json["items"]}
    assert seen == {task["id"]: "cancelled", stays["id"]: "planned"}
    assert world.told("inspector")[-1][0] == "assignment_cancelled"
    assert messages(world, "neighbour", "institution_moved")[0]["params"]["assignments"] == 1


def test_who_closes_what_is_closed_hears_by_whom(world: World) -> None:
    assert change(world, B, "close", open_problems="end").status_code == 201
    late = change(world, B, "close", who="league", open_problems="end").json
    assert (late["code"], [(one["event"], one["by"]) for one in late["meanwhile"]]) == (
        "already_decided",
        [("change_institution", "乌兰")],
    )


def test_a_name_reads_as_it_is(world: World) -> None:
    turned = change(world, B, "rename", name="晨\u202e星小学")
    assert [(fault["pointer"], fault["code"]) for fault in turned.json["errors"]] == [("/name", "control_character")]
    mongolian = change(world, B, "rename", name="\u182e\u1823\u180b\u200d小学")
    assert mongolian.status_code == 201
