"""Visits that are planned: by whom and for whom, and what has done them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from inspection.domain.actor import Grant
from inspection.storage.db import db
from tests.support.visits import flags, plan, to_do
from tests.support.world import World, new_id


def state_of(world: World, task: dict[str, Any]) -> str:
    seen = world.person("bureau").get("/assignments").json["items"]
    return next(str(one["state"]) for one in seen if one["id"] == task["id"])


def withdraw(world: World, inspection_id: str) -> None:
    """By its inspector and the bureau, unless that was asked already."""
    bureau = world.person("bureau")
    asked = bureau.get(f"/inspections/{inspection_id}").json["withdrawals"]
    withdrawal = next((one["id"] for one in asked if one["state"] == "pending"), None) or new_id()
    address = f"/inspections/{inspection_id}/withdrawals/{withdrawal}"
    if not asked:
        assert world.person("inspector").put(address, {"reason": "误选任务"}).status_code == 201
    agreed = {"decision": "approve", "comment": "属实"}
    assert bureau.put(f"{address}/decision", agreed).status_code == 201


def test_a_visit_is_planned_done_and_seen(world: World) -> None:
    made = plan(world, "inspector", "procurator")
    assert made.status_code == 201, made.json
    task = made.json
    assert (task["state"], task["checklist_version"], len(task["inspectors"])) == ("planned", 1, 2)
    assert world.told("inspector")[-1][0] == "assigned"
    first = world.inspect({"S-01-05": []}, assignment_id=task["id"], visit_id=task["visit_id"])
    assert "assignment_unknown" not in flags(first)
    (seen,) = world.person("bureau").get("/assignments?open=true").json["items"]
    assert (seen["state"], seen["inspection_id"]) == ("planned", None)  # his colleague has not handed in yet
    assert (to_do(world, "inspector"), to_do(world, "procurator")) == ([], [task["id"]])
    last = world.inspect({}, who="procurator", assignment_id=task["id"], visit_id=task["visit_id"])
    (seen,) = world.person("bureau").get("/assignments").json["items"]
    assert (seen["state"], seen["inspection_id"]) == ("done", last["id"])
    assert world.person("bureau").get("/assignments?open=true").json["items"] == []
    again = world.person("bureau").put(f"/assignments/{task['id']}/cancellation", {"reason": "x"})
    assert (again.status_code, again.json["code"]) == (409, "already_decided")


def test_a_task_of_which_a_part_is_done_can_still_be_cancelled(world: World) -> None:
    task = plan(world, "inspector", "procurator").json
    world.inspect({}, assignment_id=task["id"])
    address = f"/assignments/{task['id']}/cancellation"
    cancelled = world.person("bureau").put(address, {"reason": "改期"})
    assert (cancelled.status_code, cancelled.json["state"]) == (201, "cancelled")
    assert to_do(world, "procurator") == []


@pytest.mark.parametrize("case", ["another school", "another person", "ahead alone"])
def test_only_what_its_team_hands_in_about_its_institution_does_a_task(world: World, case: str) -> None:
    task = plan(world, "inspector").json
    if case == "another school":
        made = world.inspect({}, place=3, assignment_id=task["id"])
        assert "assignment_unknown" in flags(made)
    elif case == "another person":
        made = world.inspect({}, who="inspector2", assignment_id=task["id"])
        assert "assignment_not_own" in flags(made)
    else:
        world.inspect({}, assignment_id=task["id"], sections=[], answers={"S-09-01": {"value": "no"}})
    assert state_of(world, task) == "planned"
    assert to_do(world, "inspector") == [task["id"]]
    world.inspect({}, assignment_id=task["id"])
    assert state_of(world, task) == "done"


def test_an_inspection_of_another_region_does_no_task_here(world: World) -> None:
    task = plan(world, "inspector").json
    body = world.body(6, {}, assignment_id=task["id"])
    assert world.person("demo-inspector-hm").put(f"/inspections/{new_id()}", body).status_code == 201
    assert state_of(world, task) == "planned"


def test_a_team_that_hands_in_at_once_has_done_its_task(world: World) -> None:
    names = ("inspector", "inspector2", "procurator")
    tasks = [plan(world, *names).json["id"] for _ in range(4)]
    start = Barrier(len(names))

    def hand_in(name: str) -> list[int]:
        sent = []
        for task in tasks:
            body = world.body(assignment_id=task)
            start.wait()
            sent.append(world.person(name).put(f"/inspections/{new_id()}", body).status_code)
        return sent

    with ThreadPoolExecutor(len(names)) as people:
        assert list(people.map(hand_in, names)) == [[201] * len(tasks)] * len(names)
    assert world.person("bureau").get("/assignments?open=true").json["items"] == []


def test_what_a_withdrawn_inspection_had_done_is_to_be_done_again(world: World) -> None:
    task = plan(world, "inspector").json
    wrong = world.inspect({}, assignment_id=task["id"])
    assert state_of(world, task) == "done"
    withdraw(world, wrong["id"])
    assert (state_of(world, task), to_do(world, "inspector")) == ("planned", [task["id"]])


def test_what_supersedes_the_inspection_that_did_a_task_does_it_in_its_place(world: World) -> None:
    task = plan(world, "inspector").json
    old = world.inspect({"S-09-01": []}, assignment_id=task["id"])  # a danger runs: it takes a second person
    new = world.inspect({"S-09-01": []}, assignment_id=task["id"], supersedes=old["id"])
    (seen,) = world.person("bureau").get("/assignments").json["items"]
    assert (seen["state"], seen["inspection_id"]) == ("done", new["id"])
    withdraw(world, old["id"])
    assert state_of(world, task) == "done"
    withdraw(world, new["id"])
    assert state_of(world, task) == "planned"


def test_a_cancelled_or_foreign_task_never_refuses_field_work(world: World) -> None:
    task = plan(world, "inspector").json
    foreign = world.inspect({}, who="inspector2", assignment_id=task["id"])
    assert "assignment_not_own" in flags(foreign)
    other = plan(world, "inspector").json
    cancel = {"reason": "改期"}
    address = f"/assignments/{other['id']}/cancellation"
    assert [world.person("bureau").put(address, cancel).status_code for _ in range(2)] == [201, 200]
    assert world.told("inspector")[-1][0] == "assignment_cancelled"
    late = world.inspect({}, assignment_id=other["id"])
    assert "assignment_cancelled" in flags(late)
    assert "assignment_unknown" in flags(world.inspect({}, assignment_id=new_id()))


def test_a_plan_with_faults_is_told_at_once_and_not_kept(world: World) -> None:
    me = world.person("inspector")
    recusal = {"user_id": me.id, "reason": "配偶在该校任教"}
    assert me.put(f"/institutions/{world.places[0]}/recusals/{new_id()}", recusal).status_code == 201
    refused = plan(
        world,
        "inspector",
        "neighbour",
        checklist={"code": "kindergarten"},
        inspectors=[
            {"user_id": me.id, "sections": ["K-01", "X-99"]},
            {"user_id": world.person("bureau").id},
            {"user_id": me.id},
        ],
    )
    assert {(fault["pointer"], fault["code"]) for fault in refused.json["errors"]} == {
        ("/checklist/code", "checklist_kind_mismatch"),
        ("/inspectors/0/user_id", "recused"),
        ("/inspectors/0/sections/1", "unknown_section"),
        ("/inspectors/1/user_id", "not_an_inspector_here"),
        ("/inspectors/2/user_id", "duplicate"),
        ("/inspectors/2/user_id", "recused"),
    }
    assert world.person("bureau").get("/assignments").json["items"] == []
    assert plan(world, "inspector2", who="neighbour").status_code == 404
    for_another = world.person("inspector2").put(f"/institutions/{world.places[0]}/recusals/{new_id()}", recusal)
    assert for_another.status_code == 403


def test_a_specialists_part_is_his_own_sections(world: World) -> None:
    task = plan(
        world, "inspector", inspectors=[{"user_id": world.person("inspector").id, "sections": ["S-01", "S-02"]}]
    ).json
    made = world.inspect({}, assignment_id=task["id"])
    outside = [flag["pointer"] for flag in made["flags"] if flag["code"] == "outside_own_sections"]
    assert "/answers/S-03-01" in outside
    assert not any(pointer.startswith("/answers/S-01") for pointer in outside)


def test_a_bureau_finds_whom_it_can_plan_with(world: World) -> None:
    world.employ("city-inspector", Grant("edu_inspector", "150100"), Grant("lead_handler", "150100"))
    bureau = world.person("bureau")
    seen = bureau.get("/people").json["items"]
    assert {person["name"] for person in seen} == {"苏和", "林晓岚", "陈立衡", "乌兰", "赵启明", "city-inspector"}
    assert set(seen[0]) == {"id", "name", "organisation", "roles"}
    roles = {person["name"]: [(role["role"], role["region_code"]) for role in person["roles"]] for person in seen}
    assert roles["陈立衡"] == [("proc_inspector", "150102")]
    assert roles["city-inspector"] == [("edu_inspector", "150100")]
    found = bureau.get("/people?role=edu_inspector&q=安全科").json["items"]
    assert [(person["name"], person["id"]) for person in found] == [("林晓岚", world.person("inspector2").id)]
    assert bureau.get("/people?role=lead_handler").status_code == 422
    walked, cursor = [], ""
    while cursor is not None:
        page = bureau.get("/people?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        walked += [person["id"] for person in page["items"]]
        cursor = page["next_cursor"]
    assert walked == [person["id"] for person in seen]
    league = {person["name"] for person in world.person("league").get("/people?limit=200").json["items"]}
    assert {"高娃", "孟和", "苏和", "赵启明"} <= league
    with world.app.app_context():
        db.session.execute(text("UPDATE user_account SET disabled_at = created_at WHERE username = 'inspector2'"))
        db.session.commit()
    assert bureau.get("/people?q=林晓岚").json["items"] == []


def test_who_comes_too_late_hears_who_was_first(world: World) -> None:
    task = plan(world, "inspector").json
    address = f"/assignments/{task['id']}/cancellation"
    assert world.person("bureau").put(address, {"reason": "改期"}).status_code == 201
    late = world.person("bureau").put(address, {"reason": "另有安排"}).json
    assert (late["code"], late["state"]) == ("already_decided", "cancelled")
    assert [(one["event"], one["by"]) for one in late["meanwhile"]] == [("cancel_assignment", "乌兰")]
