"""Journeys of planning, joint visits, withdrawal, and of people and institutions that change."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import docx
import pytest

from inspection.actions.verification import mission_faults
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


def flags(resource: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in resource["flags"]}


def test_a_visit_is_planned_done_and_seen(world: World) -> None:
    made = plan(world, "inspector", "procurator")
    assert made.status_code == 201, made.json
    task = made.json
    assert (task["state"], task["checklist_version"], len(task["inspectors"])) == ("planned", 1, 2)
    assert world.told("inspector")[-1][0] == "assigned"
    inspection = world.inspect({"S-01-05": []}, assignment_id=task["id"], visit_id=task["visit_id"])
    assert "assignment_unknown" not in flags(inspection)
    (seen,) = world.person("bureau").get("/assignments").json["items"]
    assert (seen["state"], seen["inspection_id"]) == ("done", inspection["id"])
    assert world.person("bureau").get("/assignments?open=true").json["items"] == []
    again = world.person("bureau").put(f"/assignments/{task['id']}/cancellation", {"reason": "x"})
    assert (again.status_code, again.json["code"]) == (409, "already_decided")


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
