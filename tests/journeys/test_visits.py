"""Visits that are made: jointly, by teams, with rechecks, and withdrawn by a second person if made in error."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest

from inspection.actions.verification import mission_faults
from tests.support.visits import flags
from tests.support.world import World, new_id


def team(world: World, *usernames: str) -> list[dict[str, Any]]:
    people = [world.person(name).get("/me").json for name in usernames]
    return [{"user_id": p["id"], "name": p["name"], "organisation": p["organisation"]} for p in people]


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
