"""What is written with each turn and stays: rounds, moments, names, and what a phone hears of later."""

from __future__ import annotations

from typing import Any

import pytest

from inspection.actions.imports import Imported
from inspection.domain.actor import Grant
from tests.api.test_sync import ids, later, sync
from tests.journeys.test_handovers import hand_over
from tests.journeys.test_petitions import ask, close
from tests.journeys.test_turns import order
from tests.journeys.test_withdrawals import ask as ask_withdrawal
from tests.journeys.test_withdrawals import merged, sound, withdraw
from tests.support.imports import PLACES, comma, place, places
from tests.support.institutions import A, B, change, institution, merge, open_problem
from tests.support.visits import plan
from tests.support.world import World, new_id

LISTING = {"reason": "久拖不改", "due_on": "2026-12-31"}


def to_department(name: str) -> dict[str, Any]:
    return {"responsible": {"kind": "department", "name": name}, "reason": "职责所在"}


# ---- turns of a problem


def test_a_merged_finding_stands_again_in_the_round_that_its_target_had_reached(world: World) -> None:
    first, second, _ = merged(world)
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    proof = world.prove(target)
    assert world.review(target, proof["id"], "return").status_code == 201
    assert world.problem(target)["round"] == 2
    withdraw(world, second["id"])
    again = world.problem(source)
    assert (again["status"], again["round"]) == ("open", 2)
    proof = world.prove(source)
    assert world.review(source, proof["id"], "accept").status_code == 201
    sound(world)


def test_a_request_that_another_withdrawal_settled_says_when(world: World) -> None:
    old = world.inspect({"S-01-05": []})
    ask_withdrawal(world, old["id"])
    world.clock.go(minutes=5)
    world.inspect({}, supersedes=old["id"])
    settled, made = world.person("bureau").get(f"/inspections/{old['id']}").json["withdrawals"]
    assert (settled["state"], made["state"], settled["decided_by"]) == ("settled", "approve", None)
    assert settled["decided_at"] == made["decided_at"] == world.clock.local(world.clock.now()).isoformat()
    described = world.person("bureau").get("/openapi.json").json["components"]["schemas"]["Withdrawal"]
    assert settled["state"] in described["properties"]["state"]["enum"]


def test_a_petition_that_another_turn_settled_says_when(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    problem_id = made["problems"][0]["id"]
    assert ask(world, problem_id, "objections").status_code == 201
    world.clock.go(minutes=5)
    world.issue(made["id"], items=[{"problem_id": problem_id, "action": "transfer", **to_department("住建局")}])
    (petition,) = world.problem(problem_id)["petitions"]
    assert (petition["state"], petition["decided_by"]) == ("settled", None)
    assert petition["decided_at"] == world.clock.local(world.clock.now()).isoformat()


def test_reopened_a_problem_is_listed_no_more_and_may_be_listed_anew(world: World) -> None:
    problem_id = open_problem(world, B)
    assert order(world, problem_id, "supervisions", who="league", **LISTING).status_code == 201
    close(world, problem_id)
    assert order(world, problem_id, "reopenings", reason="反弹").status_code == 201
    again = world.problem(problem_id)
    assert (again["supervised"], again["clocks"]["supervision_due_on"]) == (False, None)
    assert world.person("league").get("/problems?supervised=true").json["items"] == []
    assert order(world, problem_id, "supervisions", who="league", **LISTING).status_code == 201


def test_a_transfer_on_names_the_department_that_had_it(world: World) -> None:
    problem_id = open_problem(world, B)
    for name in ("住建局", "城管局"):
        assert order(world, problem_id, "transfers", **to_department(name)).status_code == 201
    back = {"responsible": {"kind": "institution"}, "reason": "属本校"}
    assert order(world, problem_id, "transfers", **back).status_code == 201
    turns = [(turn["event"], turn["before"], turn["department"]) for turn in world.problem(problem_id)["timeline"][-3:]]
    assert turns == [
        ("transferred", None, "住建局"),
        ("transferred", "住建局", "城管局"),
        ("handed_back", "城管局", None),
    ]


def test_who_answers_at_the_institution_is_kept_with_what_runs_and_what_waits(world: World) -> None:
    answers = {"responsible": {"kind": "institution", "name": "后勤处"}}
    made = world.inspect({"S-09-01": [{"fact": "安全出口锁闭", **answers}], "S-01-05": [{"fact": "未锁", **answers}]})
    seen = [world.problem(problem["id"]) for problem in made["problems"]]
    assert {(one["status"], one["responsible_kind"], one["responsible_name"]) for one in seen} == {
        ("open", "institution", "后勤处"),
        ("found", "institution", "后勤处"),
    }


@pytest.mark.parametrize(("code", "holds"), [("S-01-05", False), ("S-09-01", True)])
def test_an_objection_holds_off_the_units_clock_where_one_runs(world: World, code: str, holds: bool) -> None:
    problem_id = world.inspect({code: []})["problems"][0]["id"]
    before = world.problem(problem_id)["clock_on"]
    asked = ask(world, problem_id, "objections").json
    assert asked["petition"]["holds"] is holds
    assert (asked["problem"]["clock_on"] != before) is holds
    assert world.problem(problem_id)["timeline"][-1]["holds"] is holds


# ---- people


def test_who_ended_a_recusal_for_another_is_named(world: World) -> None:
    inspector, bureau = world.person("inspector"), world.person("bureau")
    address = f"/institutions/{world.places[B]}/recusals"
    recusal_id = new_id()
    declared = {"user_id": inspector.id, "reason": "配偶"}
    assert inspector.put(f"{address}/{recusal_id}", declared).status_code == 201
    ended = bureau.put(f"{address}/{recusal_id}/end", {"reason": "配偶已调离"})
    assert (ended.status_code, ended.json["declared_by"], ended.json["ended_by"]) == (201, "苏和", "乌兰")
    (listed,) = inspector.get(address).json["items"]
    assert listed["ended_by"] == "乌兰"


def test_unread_notices_go_on_with_their_problem_and_are_read_where_they_were(world: World) -> None:
    problem_id = open_problem(world, B)
    assert order(world, problem_id, "supervisions", who="league", **LISTING).status_code == 201
    before = world.told("school")
    assert before[-1] == ("supervised", problem_id)
    assert hand_over(world, "school", "demo-unit-yq").json["notices"] == len(before)
    assert world.told("demo-unit-yq")[:-1] == before
    assert all(one["read_at"] for one in world.person("school").get("/notifications").json["items"])
    assert not any(one["read_at"] for one in world.person("demo-unit-yq").get("/notifications").json["items"])


def test_a_colleagues_phone_hears_who_took_over(world: World) -> None:
    task = plan(world, "inspector", "procurator").json
    _, moment = later(world, "procurator")
    assert sync(world, "procurator", moment)["assignments"] == []
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 1
    changed = sync(world, "procurator", moment)
    assert changed["full"] is False
    (seen,) = changed["assignments"]
    assert (seen["id"], {one["name"] for one in seen["inspectors"]}) == (task["id"], {"林晓岚", "陈立衡"})


# ---- institutions


def test_the_day_of_a_closing_stays_when_it_is_merged_later(world: World) -> None:
    assert change(world, B, "close", effective_on="2026-11-20").status_code == 201
    world.clock.go(days=1)
    world.inspect({"S-09-01": []}, B)
    assert merge(world, B, A).status_code == 201
    seen = institution(world, B)
    assert (seen["closed_on"], seen["successor_id"]) == ("2026-11-20", world.places[A])


def test_a_competent_department_that_is_named_with_a_change_is_kept(world: World) -> None:
    world.employ("city-reviewer", Grant("reviewer", "150100"))
    named = {"region_code": "150103", "competent_department": "回民区教育局"}
    assert change(world, A, "move", who="city-reviewer", **named).status_code == 201
    seen = institution(world, A)
    assert seen["competent_department"] == "回民区教育局"
    assert seen["changes"][-1]["after"] == named
    assert change(world, A, "rename", who="neighbour", name="新名").status_code == 201
    assert institution(world, A)["competent_department"] == "回民区教育局"


def test_a_phone_hears_of_an_institution_that_was_imported(world: World) -> None:
    first, moment = later(world)
    assert places(world, comma([PLACES, place(1)])) == Imported(1, 0, 0)
    changed = sync(world, since=moment)
    assert (changed["full"], [one["name"] for one in changed["institutions"]]) == (False, ["第1小学"])
    assert ids(changed["institutions"]).isdisjoint(ids(first["institutions"]))
