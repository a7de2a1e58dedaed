"""Journeys of planning, joint visits, withdrawal, and of people and institutions that change."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import docx
import pytest

from inspection.actions.verification import mission_faults
from inspection.domain.actor import Grant
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.storage import accounts, problems
from inspection.storage.unit import unit
from tests.support.world import World, jpeg, new_id, sha256


def plan(world: World, *usernames: str, who: str = "bureau", **changes: Any) -> Any:
    body: dict[str, Any] = {
        "institution_id": world.places[0],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-25",
        "inspectors": [{"user_id": world.person(name).id} for name in usernames],
    }
    return world.person(who).put(f"/assignments/{new_id()}", body | changes)


def change(world: World, place: int, who: str = "bureau", **body: Any) -> Any:
    given = {"effective_on": "2026-11-23", "reason": "区划调整"} | body
    return world.person(who).put(f"/institutions/{world.places[place]}/changes/{new_id()}", given)


def team(world: World, *usernames: str) -> list[dict[str, Any]]:
    people = [world.person(name).get("/me").json for name in usernames]
    return [{"user_id": p["id"], "name": p["name"], "organisation": p["organisation"]} for p in people]


def state_of(world: World, task: dict[str, Any]) -> str:
    seen = world.person("bureau").get("/assignments").json["items"]
    return next(str(one["state"]) for one in seen if one["id"] == task["id"])


def to_do(world: World, username: str) -> list[str]:
    """What a person's phone shows as his tasks."""
    return [task["id"] for task in world.person(username).get("/sync").json["assignments"]]


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


def hand_over(world: World, leaving: str, successor: str) -> Any:
    body = {
        "from_user_id": world.person(leaving).id,
        "to_user_id": world.person(successor).id,
        "reason": "借调",
        "signed_by": "苏和",
    }
    return world.person("secadmin").put(f"/handovers/{new_id()}", body)


def follow(world: World, successor: int) -> dict[str, str]:
    return {"successor_id": world.places[successor], "open_problems": "follow"}


def held(world: World, user_id: str, problem_id: str) -> bool:
    """Whether this person may hand in a proof for a problem."""
    with world.context() as ctx, unit(ctx.session) as session:
        since = ctx.now() - timedelta(days=HANDING_IN_DAYS)
        actor = accounts.actor_for_system(session, UUID(user_id), recent_since=since)
        assert actor is not None
        return problems.lock_for_handing_in(actor, session, UUID(problem_id), since) is not None


def flags(resource: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in resource["flags"]}


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


def test_what_was_captured_before_an_institution_moved_is_still_taken_in(world: World) -> None:
    task = plan(world, "inspector").json
    old = world.open_problem()
    assert change(world, 0, who="league", kind="move", region_code="150103").status_code == 201
    assert change(world, 0, who="league", kind="move", region_code="150104").status_code == 201
    world.clock.go(days=13)
    inspector, address, picture = world.person("inspector"), f"/inspections/{new_id()}", jpeg()
    rechecks = [{"problem_id": old["id"], "fixed": True}]
    photos = {sha256(picture): {}}
    body = world.body(wrong={"S-01-05": []}, assignment_id=task["id"], rechecks=rechecks, photos=photos)
    sent = json.dumps(body).encode()
    made = inspector.put(address, sent)
    assert made.status_code == 201, made.json
    assert {"institution_moved", "recheck_unknown", "assignment_unknown"} & flags(made.json) == {"institution_moved"}
    assert inspector.upload(picture).status_code == 201
    assert inspector.put(address, sent).json["state"] == "complete"
    (seen,) = world.person("demo-reviewer-yq").get("/assignments").json["items"]
    assert (seen["id"], seen["state"]) == (task["id"], "cancelled")  # with the move
    found = world.problem(made.json["problems"][0]["id"], who="demo-reviewer-yq")
    assert (found["region_code"], found["institution_id"]) == ("150104", world.places[0])
    assert world.problem(old["id"], who="demo-reviewer-yq")["timeline"][-1]["event"] == "rechecked"
    assert inspector.get(f"/problems/{found['id']}").status_code == 404  # handed in, and no more
    between = world.person("demo-inspector-hm").put(f"/inspections/{new_id()}", world.body())
    assert (between.status_code, flags(between.json) >= {"institution_moved"}) == (201, True)
    here = world.person("demo-inspector-yq").put(f"/inspections/{new_id()}", world.body())
    assert (here.status_code, "institution_moved" in flags(here.json)) == (201, False)
    world.clock.go(days=1, minutes=1)
    assert inspector.put(f"/inspections/{new_id()}", world.body()).status_code == 404
    assert inspector.put(address, sent).status_code == 200


def test_an_institution_that_never_was_in_scope_is_not_found_after_its_changes(world: World) -> None:
    assert change(world, 0, who="league", kind="move", region_code="150103").status_code == 201
    assert change(world, 3, kind="rename", name="新青松小学").status_code == 201
    for place in (0, 3):
        body = world.body(place)
        assert world.person("demo-inspector-yq").put(f"/inspections/{new_id()}", body).status_code == 404


def test_a_proof_of_what_was_answered_for_lately_may_be_handed_in(world: World) -> None:
    """The institution was merged into one whose unit gathered the proof, and then into another."""
    middle = world.employ("middle", Grant("unit", None, UUID(world.places[4])))
    stranger = world.person("stranger")
    problem = world.open_problem(place=3)
    for gone, successor in ((3, 4), (4, 0)):
        assert change(world, gone, kind="merge", **follow(world, successor)).status_code == 201
    assert middle.get(f"/problems/{problem['id']}").status_code == 404
    assert {who.username: held(world, who.id, problem["id"]) for who in (middle, stranger, world.person("school"))} == {
        "middle": True,
        "stranger": False,
        "school": True,
    }
    world.clock.go(days=14, minutes=1)
    assert not held(world, middle.id, problem["id"])


def test_rechecks_at_the_successor_reach_the_problems_that_it_took_over(world: World) -> None:
    taken, own, elsewhere = world.open_problem(place=3), world.open_problem(), world.open_problem(place=4)
    assert change(world, 3, kind="merge", **follow(world, 0)).status_code == 201
    rechecks = [{"problem_id": one["id"], "fixed": True} for one in (taken, own, elsewhere)]
    made = world.inspect({}, rechecks=rechecks)
    unknown = [flag["pointer"] for flag in made["flags"] if flag["code"] == "recheck_unknown"]
    assert unknown == ["/rechecks/2"]
    assert [world.problem(one["id"])["timeline"][-1]["event"] for one in (taken, own)] == ["rechecked"] * 2
    assert world.problem(elsewhere["id"])["timeline"][-1]["event"] == "issued"


def test_a_recheck_of_what_has_ended_is_kept_and_is_no_event(world: World) -> None:
    closed, void = world.open_problem(), world.inspect({"S-01-05": []})
    proof = world.prove(closed["id"])
    assert world.review(closed["id"], proof["id"], "accept").status_code == 201
    items = [{"problem_id": void["problems"][0]["id"], "action": "drop", "reason": "误报"}]
    world.issue(void["id"], items=items)
    ended = [closed["id"], void["problems"][0]["id"]]
    made = world.inspect({}, rechecks=[{"problem_id": one, "fixed": False} for one in ended])
    finished = [flag["pointer"] for flag in made["flags"] if flag["code"] == "recheck_of_finished"]
    assert finished == ["/rechecks/0", "/rechecks/1"]
    assert [world.problem(one)["timeline"][-1]["event"] for one in ended] == ["accepted", "dropped"]
    kept = world.person("bureau").get(f"/inspections/{made['id']}").json["submission"]
    assert [one["problem_id"] for one in kept["rechecks"]] == ended


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


def test_a_joint_visit_is_shown_and_issued_as_one_with_its_conflicts(world: World) -> None:
    visit = new_id()
    first = world.body(0, {"S-01-05": []}, visit_id=visit, sections=["S-01", "S-02"], participants=[])
    second = world.body(0, {"S-02-06": []}, visit_id=visit, sections=["S-02", "S-03"], participants=[])
    first["answers"] = {code: a for code, a in first["answers"].items() if code[:4] in ("S-01", "S-02")}
    second["answers"] = {code: a for code, a in second["answers"].items() if code[:4] in ("S-02", "S-03")}
    ids = [new_id(), new_id()]
    alone = world.person("inspector").put(f"/inspections/{ids[0]}", first).json
    assert "small_team" in flags(alone)
    world.clock.go(minutes=1)
    assert world.person("procurator").put(f"/inspections/{ids[1]}", second).status_code == 201
    assert "small_team" not in flags(world.person("bureau").get(f"/inspections/{ids[0]}").json)
    seen = world.person("bureau").get(f"/visits/{visit}").json
    assert [part["by"] for part in seen["inspections"]] == ["苏和", "陈立衡"]
    (conflict,) = seen["conflicts"]
    assert conflict["item_code"] == "S-02-06"
    assert [(said["by"], said["value"]) for said in conflict["answers"]] == [("苏和", "yes"), ("陈立衡", "no")]
    assert seen["flags"] == []
    part = world.issue(ids[0])
    assert {f["code"] for f in part["flags"]} == {"answers_conflict", "visit_part_left_out"}
    whole = world.issue(ids[1])
    assert {f["code"] for f in whole["flags"]} == {"answers_conflict"}
    assert world.person("school").get(f"/visits/{visit}").status_code == 403
    assert world.person("neighbour").get(f"/visits/{visit}").status_code == 404


def test_one_notice_and_one_draft_for_the_whole_visit(world: World) -> None:
    visit = new_id()
    first = world.inspect({"S-01-05": []}, visit_id=visit)
    second = world.inspect({"S-08-05": []}, visit_id=visit, who="inspector2")
    draft = world.person("bureau").get(f"/inspections/{first['id']}/notice.docx").data
    table = docx.Document(io.BytesIO(draft)).tables[0]
    assert len(table.rows) == 3
    notice = world.issue(first["id"], second["id"])
    assert [row["number"][-2:] for row in notice["problems"]] == ["01", "02"]


def test_team_rules_are_flags_of_the_visit(world: World) -> None:
    inspector = world.person("inspector")
    recusal = {"user_id": inspector.id, "reason": "曾在该校任职"}
    assert inspector.put(f"/institutions/{world.places[0]}/recusals/{new_id()}", recusal).status_code == 201
    visit = new_id()
    world.inspect({}, visit_id=visit, participants=[])
    seen = world.person("bureau").get(f"/visits/{visit}").json
    assert flags(seen) == {"small_team", "one_authority", "no_woman_in_dormitory", "recused_in_team"}
    other = new_id()
    world.inspect({}, visit_id=other, who="inspector2", participants=team(world, "procurator"))
    assert flags(world.person("bureau").get(f"/visits/{other}").json) == set()


def test_an_inspection_of_the_wrong_school_is_superseded(world: World) -> None:
    wrong = world.inspect({"S-01-05": []}, place=3)
    right = world.inspect({"S-01-05": []}, supersedes=wrong["id"])
    assert "supersedes_pending" not in flags(right)
    seen = world.person("bureau").get(f"/inspections/{wrong['id']}").json
    assert seen["withdrawn_at"] is not None
    assert seen["withdrawals"][0]["superseded_by"] == right["id"]
    problem = world.problem(wrong["problems"][0]["id"])
    assert (problem["status"], problem["timeline"][-1]["event"]) == ("void", "withdrawn")
    refused = world.person("bureau").put(f"/notices/{new_id()}", world.notice_body(wrong["id"]))
    assert (refused.status_code, refused.json["code"]) == (409, "already_withdrawn")
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []


@pytest.mark.parametrize("case", ["danger", "issued", "another's"])
def test_nobody_alone_makes_a_running_problem_vanish(world: World, case: str) -> None:
    old = world.inspect({"S-09-01": []} if case == "danger" else {"S-01-05": []})
    if case == "issued":
        world.issue(old["id"])
    new = world.inspect({}, who="inspector2" if case == "another's" else "inspector", supersedes=old["id"])
    assert "supersedes_pending" in flags(new)
    assert world.person("bureau").get(f"/inspections/{old['id']}").json["withdrawn_at"] is None
    assert world.problem(old["problems"][0]["id"])["status"] in ("open", "found")


def test_a_withdrawal_takes_a_second_person(world: World) -> None:
    old = world.inspect({"S-09-01": [], "S-01-05": []})
    address = f"/inspections/{old['id']}/withdrawals/{new_id()}"
    ask = {"reason": "误选学校"}
    inspector, bureau = world.person("inspector"), world.person("bureau")
    assert [inspector.put(address, ask).status_code for _ in range(2)] == [201, 200]
    assert inspector.put(f"/inspections/{old['id']}/withdrawals/{new_id()}", ask).json["code"] == "withdrawal_pending"
    decision = {"decision": "approve", "comment": "属实"}
    assert inspector.put(f"{address}/decision", decision).status_code == 403
    assert world.told("league")[-1][0] == "withdrawal_asked"
    assert [bureau.put(f"{address}/decision", decision).status_code for _ in range(2)] == [201, 200]
    late = world.person("league").put(f"{address}/decision", {"decision": "deny", "comment": "x"})
    assert (late.status_code, late.json["code"]) == (409, "already_decided")
    assert {world.problem(p["id"])["status"] for p in old["problems"]} == {"void"}
    assert inspector.put(f"/inspections/{old['id']}/withdrawals/{new_id()}", ask).json["code"] == "already_withdrawn"


def test_who_asked_does_not_agree_and_denied_nothing_changes(world: World) -> None:
    old = world.inspect({"S-01-05": []})
    address = f"/inspections/{old['id']}/withdrawals/{new_id()}"
    bureau = world.person("bureau")
    assert bureau.put(address, {"reason": "重复"}).status_code == 201
    own = bureau.put(f"{address}/decision", {"decision": "approve", "comment": "x"})
    assert (own.status_code, own.json["code"]) == (409, "second_person")
    denied = world.person("league").put(f"{address}/decision", {"decision": "deny", "comment": "并非重复"})
    assert denied.json["state"] == "deny"
    assert world.problem(old["problems"][0]["id"])["status"] == "found"


def test_a_principals_work_goes_to_the_successor(world: World) -> None:
    problem = world.open_problem()
    successor = world.person("demo-unit-yq")
    unread = len([n for n in world.person("school").get("/notifications").json["items"] if n["read_at"] is None])
    body = {
        "from_user_id": world.person("school").id,
        "to_user_id": successor.id,
        "reason": "校长调任",
        "signed_by": "何建平",
    }
    address = f"/handovers/{new_id()}"
    moved = world.person("secadmin").put(address, body)
    assert (moved.status_code, moved.json["problems"], moved.json["notices"]) == (201, 1, unread)
    assert world.person("secadmin").put(address, body).status_code == 200
    assert successor.get(f"/problems/{problem['id']}").status_code == 200
    assert world.problem(problem["id"])["timeline"][-1]["event"] == "handed_over"
    assert len(world.told("demo-unit-yq")) == unread + 1
    assert world.person("school").get("/problems").status_code == 403
    picture = jpeg()
    assert world.person("school").upload(picture).status_code == 201  # captured before, handed in after
    proof = world.prove(problem["id"], [sha256(picture)])
    assert world.review(problem["id"], proof["id"], "accept").status_code == 201
    nothing = world.person("secadmin").put(f"/handovers/{new_id()}", body)
    assert nothing.json["errors"][0]["code"] == "nothing_to_hand_over"


def test_planned_visits_go_to_the_successor_too(world: World) -> None:
    task = plan(world, "inspector").json
    body = {
        "from_user_id": world.person("inspector").id,
        "to_user_id": world.person("inspector2").id,
        "reason": "借调",
        "signed_by": "苏和",
    }
    assert world.person("secadmin").put(f"/handovers/{new_id()}", body).json["assignments"] == 1
    (seen,) = world.person("bureau").get(f"/assignments?inspector={world.person('inspector2').id}").json["items"]
    assert seen["id"] == task["id"]
    users = world.person("secadmin").get("/users?q=苏和").json["items"]
    assert [(user["username"], user["roles"]) for user in users] == [("inspector", [])]


def test_a_leavers_undone_part_goes_to_the_successor_though_a_colleague_has_done_his(world: World) -> None:
    task = plan(world, "inspector", "procurator").json
    world.inspect({}, who="procurator", assignment_id=task["id"])
    own = plan(world, "inspector").json
    world.inspect({}, assignment_id=own["id"])
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 1
    assert to_do(world, "inspector2") == [task["id"]]
    seen = {one["id"]: one for one in world.person("bureau").get("/assignments").json["items"]}
    assert seen[own["id"]]["state"] == "done"
    assert [one["name"] for one in seen[own["id"]]["inspectors"]] == ["苏和"]  # what he did stays his


@pytest.mark.parametrize(
    ("theirs", "handed_in", "left_to_do", "united"),
    [
        (["S-01"], False, True, ["S-01", "S-02"]),
        (["S-01"], True, True, ["S-01", "S-02"]),
        (None, True, False, None),
        (["S-02", "S-03"], True, False, ["S-02", "S-03"]),
    ],
)
def test_a_successor_of_the_same_team_has_both_parts(
    world: World, theirs: list[str] | None, handed_in: bool, left_to_do: bool, united: list[str] | None
) -> None:
    leaver, successor = world.person("inspector"), world.person("inspector2")
    parts = [{"user_id": leaver.id, "sections": ["S-02"]}, {"user_id": successor.id, "sections": theirs}]
    task = plan(world, inspectors=parts).json
    if handed_in:
        world.inspect({}, who="inspector2", assignment_id=task["id"])
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 1
    (seen,) = world.person("bureau").get("/assignments").json["items"]
    assert [(one["user_id"], one["sections"]) for one in seen["inspectors"]] == [(successor.id, united)]
    assert (to_do(world, "inspector2") == [task["id"]], seen["state"]) == (
        left_to_do,
        "planned" if left_to_do else "done",
    )


def test_a_recused_successor_is_not_sent_where_he_must_not_inspect(world: World) -> None:
    successor = world.person("inspector2")
    recusal = {"user_id": successor.id, "reason": "配偶在该校任教"}
    assert successor.put(f"/institutions/{world.places[0]}/recusals/{new_id()}", recusal).status_code == 201
    there, elsewhere = plan(world, "inspector").json, plan(world, "inspector", institution_id=world.places[3]).json
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 1
    assert to_do(world, "inspector2") == [elsewhere["id"]]
    left = world.person("bureau").get("/assignments?open=true").json["items"]
    assert {one["id"] for one in left} == {there["id"], elsewhere["id"]}  # planned still, for the bureau to plan anew


def test_a_renamed_institution_keeps_its_old_name_on_old_documents(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    notice = world.issue(made["id"])
    before = world.person("school").get(f"/notices/{notice['id']}.docx").data
    renamed = change(world, 0, kind="rename", name="云杉高级中学")
    assert (renamed.status_code, renamed.json["name"]) == (201, "云杉高级中学")
    assert renamed.json["changes"][0]["before"] == {"name": "云杉第一中学"}
    assert world.person("school").get(f"/notices/{notice['id']}.docx").data == before
    assert world.problem(made["problems"][0]["id"])["institution_name"] == "云杉高级中学"


def test_a_moved_institution_is_seen_by_its_new_region_at_once(world: World) -> None:
    problem = world.open_problem()
    beyond = change(world, 0, kind="move", region_code="150103")
    assert [fault["code"] for fault in beyond.json["errors"]] == ["unknown_region"]  # not in the bureau's own scope
    moved = change(world, 0, who="league", kind="move", region_code="150103", competent_department="回民区教育局")
    assert moved.status_code == 201, moved.json
    assert world.person("bureau").get(f"/problems/{problem['id']}").status_code == 404
    seen = world.person("neighbour").get(f"/problems/{problem['id']}").json
    assert (seen["status"], seen["region_code"]) == ("open", "150102")
    world.clock.go_to(date(2026, 12, 24))
    world.sweep()
    assert ("overdue", problem["id"]) in world.told("neighbour")
    assert ("overdue", problem["id"]) not in world.told("bureau")


def test_problems_of_a_merged_institution_follow_to_its_successor(world: World) -> None:
    problem = world.open_problem()
    undecided = change(world, 0, kind="merge", successor_id=world.places[3])
    assert [(f["pointer"], f["code"]) for f in undecided.json["errors"]] == [
        ("/open_problems", "open_problems_undecided")
    ]
    merged = change(world, 0, kind="merge", successor_id=world.places[3], open_problems="follow")
    assert (merged.status_code, merged.json["successor_id"]) == (201, world.places[3])
    assert world.problem(problem["id"])["timeline"][-1]["event"] == "followed"
    again = change(world, 0, kind="close", open_problems="end")
    assert (again.status_code, again.json["code"]) == (409, "already_decided")
    late = world.inspect({})
    assert "institution_closed" in flags(late)
    planned = plan(world, "inspector")
    assert [fault["code"] for fault in planned.json["errors"]] == ["institution_closed"]


def test_the_successors_unit_answers_for_what_it_took_over(world: World) -> None:
    made = world.inspect({"S-01-05": []}, place=3)
    world.issue(made["id"])
    problem_id = made["problems"][0]["id"]
    assert world.person("school").get(f"/problems/{problem_id}").status_code == 404
    assert change(world, 3, kind="merge", successor_id=world.places[0], open_problems="follow").status_code == 201
    assert world.person("school").get(f"/problems/{problem_id}").status_code == 200
    picture = jpeg()
    assert world.person("school").upload(picture).status_code == 201
    proof = world.prove(problem_id, [sha256(picture)])
    assert world.review(problem_id, proof["id"], "accept").status_code == 201
    assert world.told("school")[-1] == ("accepted", problem_id)


def test_a_closed_institutions_problems_end_by_a_persons_decision(world: World) -> None:
    problem = world.open_problem()
    nobody = change(world, 0, kind="close", open_problems="follow")
    assert [fault["code"] for fault in nobody.json["errors"]] == ["nobody_to_follow"]
    closed = change(world, 0, kind="close", open_problems="end")
    assert closed.json["closed_on"] == "2026-11-23"
    ended = world.problem(problem["id"])
    assert (ended["status"], ended["timeline"][-1]["event"]) == ("void", "ended")
    assert ended["timeline"][-1]["reason"] == "区划调整"
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []
