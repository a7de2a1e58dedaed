"""What a unit asks for: more time, or that a finding is dropped; when it is decided, and what it holds off."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.support.world import World, new_id, sha256
from tests.support.world import jpeg as photo


def events(problem: dict[str, Any]) -> list[str]:
    return [event["event"] for event in problem["timeline"]]


def ask(world: World, problem_id: str, kind: str = "extensions", who: str = "school", **changes: Any) -> Any:
    body: dict[str, Any] = {"reason": "围墙须重建"}
    if kind == "extensions":
        body["requested_due_on"] = "2027-01-29"
    return world.person(who).put(f"/problems/{problem_id}/{kind}/{new_id()}", body | changes)


def decide(world: World, problem_id: str, kind: str, petition_id: str, decision: str, who: str = "bureau") -> Any:
    address = f"/problems/{problem_id}/{kind}/{petition_id}/decision"
    return world.person(who).put(address, {"decision": decision, "comment": "经研究"})


def close(world: World, problem_id: str) -> dict[str, Any]:
    picture = photo()
    assert world.person("school").upload(picture).status_code == 201
    proof = world.prove(problem_id, [sha256(picture)])
    assert world.review(problem_id, proof["id"], "accept").status_code == 201
    return world.problem(problem_id)


def test_an_extension_asked_in_time_holds_overdue_off_and_approved_moves_the_date(world: World) -> None:
    problem = world.open_problem()
    assert problem["due_on"] == "2026-12-23"
    world.clock.go_to(date(2026, 12, 22))
    asked = ask(world, problem["id"])
    assert asked.status_code == 201, asked.json
    assert asked.json["petition"]["holds"]
    assert asked.json["problem"]["holder"] == "reviewer"
    assert asked.json["problem"]["clock_on"] == "2026-12-29"
    world.clock.go_to(date(2026, 12, 25))
    held = world.problem(problem["id"], "school")
    assert (held["overdue"], held["deadline_class"], held["due_on"]) == (False, "not_due", "2026-12-23")
    assert world.person("league").get("/problems?overdue=true").json["items"] == []
    world.sweep()
    assert ("overdue", problem["id"]) not in world.told("school")
    petition_id = asked.json["petition"]["id"]
    approved = decide(world, problem["id"], "extensions", petition_id, "approve")
    assert approved.status_code == 201, approved.json
    assert (approved.json["petition"]["old_due_on"], approved.json["problem"]["due_on"]) == ("2026-12-23", "2027-01-29")
    world.clock.go_to(date(2027, 1, 29))
    closed = close(world, problem["id"])
    assert closed["closed_on_time"] is True
    assert closed["clocks"]["ordered_due_on"] == "2026-12-23"
    assert [(late["basis"], late["days"]) for late in closed["clocks"]["late"]] == [("notice", 37), ("extension", 0)]
    assert ("extension_asked", problem["id"]) in world.told("bureau")
    assert ("extension_approved", problem["id"]) in world.told("school")


def test_a_denied_extension_leaves_the_old_date_or_the_next_working_day(world: World) -> None:
    problem = world.open_problem()
    early = ask(world, problem["id"]).json["petition"]["id"]
    denied = decide(world, problem["id"], "extensions", early, "deny").json
    assert denied["problem"]["due_on"] == "2026-12-23"
    world.clock.go_to(date(2026, 12, 23))
    again = ask(world, problem["id"]).json  # the date has been decided: asking again holds nothing off
    assert not again["petition"]["holds"]
    world.clock.go_to(date(2026, 12, 24))
    assert world.problem(problem["id"])["overdue"]
    assert decide(world, problem["id"], "extensions", again["petition"]["id"], "deny").status_code == 201
    assert world.problem(problem["id"])["due_on"] == "2026-12-23"


def test_denied_after_the_date_the_next_working_day_stands(world: World) -> None:
    problem = world.open_problem()
    world.clock.go_to(date(2026, 12, 23))
    petition = ask(world, problem["id"]).json["petition"]["id"]
    world.clock.go_to(date(2026, 12, 25))  # a Friday
    denied = decide(world, problem["id"], "extensions", petition, "deny").json
    assert denied["problem"]["due_on"] == "2026-12-28"
    assert denied["problem"]["deadline_class"] == "not_due"
    world.clock.go_to(date(2026, 12, 28))
    assert close(world, problem["id"])["closed_on_time"] is False  # a day of grace is no later order


def test_an_extension_asked_too_late_holds_nothing_off(world: World) -> None:
    problem = world.open_problem()
    world.clock.go_to(date(2026, 12, 24))
    asked = ask(world, problem["id"]).json
    assert (asked["petition"]["holds"], asked["problem"]["overdue"]) == (False, True)


@pytest.mark.parametrize(
    ("requested", "code"), [("2026-12-23", "due_not_later"), ("2026-12-01", "due_not_later"), ("x", "date_malformed")]
)
def test_a_new_date_before_the_old_is_refused(world: World, requested: str, code: str) -> None:
    problem = world.open_problem()
    refused = ask(world, problem["id"], requested_due_on=requested)
    assert (refused.status_code, [fault["code"] for fault in refused.json["errors"]]) == (422, [code])
    assert world.problem(problem["id"])["petitions"] == []


def test_asking_and_deciding_are_done_once(world: World) -> None:
    problem = world.open_problem()
    body, petition_id = {"requested_due_on": "2027-01-29", "reason": "采购周期"}, new_id()
    address = f"/problems/{problem['id']}/extensions/{petition_id}"
    school, bureau = world.person("school"), world.person("bureau")
    assert [school.put(address, body).status_code for _ in range(2)] == [201, 200]
    assert school.put(address, body | {"reason": "另"}).json["code"] == "conflict"
    assert ask(world, problem["id"]).json["code"] == "petition_pending"
    assert ask(world, problem["id"], "objections").json["code"] == "petition_pending"
    decision = {"decision": "approve", "comment": "同意"}
    assert [bureau.put(f"{address}/decision", decision).status_code for _ in range(2)] == [201, 200]
    twice = bureau.put(f"{address}/decision", {"decision": "deny", "comment": "不同意"})
    assert (twice.status_code, twice.json["code"]) == (409, "already_decided")
    assert (twice.json["petition"]["decided_by"], twice.json["petition"]["decision"]) == ("乌兰", "approve")
    assert twice.json["meanwhile"][0]["event"] == "extension_approved"
    assert world.problem(problem["id"])["due_on"] == "2027-01-29"


def test_two_decisions_at_once_are_decided_by_the_first(world: World) -> None:
    problem = world.open_problem()
    asked = ask(world, problem["id"], "objections").json["petition"]["id"]
    assert decide(world, problem["id"], "objections", asked, "deny").status_code == 201
    assert decide(world, problem["id"], "objections", asked, "uphold").json["code"] == "already_decided"
    assert world.problem(problem["id"])["status"] == "open"


def test_nothing_is_asked_after_closing(world: World) -> None:
    problem = world.open_problem()
    close(world, problem["id"])
    for kind in ("extensions", "objections"):
        refused = ask(world, problem["id"], kind)
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
        assert refused.json["problem_status"] == "closed"
        assert (refused.json["meanwhile"][0]["event"], refused.json["meanwhile"][0]["by"]) == ("accepted", "乌兰")


def test_a_proof_is_taken_while_an_extension_waits_and_judged_after_it(world: World) -> None:
    problem = world.open_problem()
    petition = ask(world, problem["id"]).json["petition"]["id"]
    proof = world.prove(problem["id"])
    for decision in ("accept", "return"):
        assert world.review(problem["id"], proof["id"], decision).json["code"] == "petition_pending"
    assert decide(world, problem["id"], "extensions", petition, "approve").status_code == 201
    assert world.review(problem["id"], proof["id"], "accept").status_code == 201


def test_an_upheld_objection_ends_the_problem(world: World) -> None:
    problem = world.open_problem()
    asked = ask(world, problem["id"], "objections").json
    assert (asked["problem"]["holder"], asked["problem"]["deadline_class"]) == ("reviewer", "not_due")
    world.clock.go_to(date(2027, 3, 1))
    assert not world.problem(problem["id"])["overdue"]
    upheld = decide(world, problem["id"], "objections", asked["petition"]["id"], "uphold").json
    assert (upheld["problem"]["status"], upheld["petition"]["state"]) == ("void", "uphold")
    assert world.told("school")[-1] == ("objection_upheld", problem["id"])
    with world.context() as ctx:
        from inspection.actions.verification import mission_faults

        assert list(mission_faults(ctx)) == []


def test_a_denied_objection_starts_the_clock_again_and_is_not_repeated(world: World) -> None:
    problem = world.open_problem()
    asked = ask(world, problem["id"], "objections").json["petition"]["id"]
    world.clock.go_to(date(2026, 12, 28))
    denied = decide(world, problem["id"], "objections", asked, "deny").json
    assert (denied["problem"]["due_on"], denied["problem"]["holder"]) == ("2026-12-29", "unit")
    assert ask(world, problem["id"], "objections").json["code"] == "already_decided"
    held = world.problem(problem["id"])["clocks"]["held_days"]
    assert held == {"issuer": 0, "unit": 0, "reviewer": 35}


def test_a_decision_that_is_late_is_told_to_the_bureau_and_the_league(world: World) -> None:
    problem = world.open_problem()
    ask(world, problem["id"], "objections")
    world.clock.go_to(date(2026, 11, 30))
    world.sweep()
    assert world.told("bureau")[-1] == ("decision_due", problem["id"])
    world.clock.go_to(date(2026, 12, 7))
    world.sweep()
    assert ("decision_overdue", problem["id"]) in world.told("bureau")
    assert world.told("league")[-1] == ("decision_overdue", problem["id"])
    assert "decision_overdue" in events(world.problem(problem["id"]))


@pytest.mark.parametrize(
    ("action", "status", "state"),
    [("keep", "open", "deny"), ("drop", "void", "uphold"), ("transfer", "transferred", "settled")],
)
def test_the_notice_decides_a_pending_objection(world: World, action: str, status: str, state: str) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    problem_id = next(p["id"] for p in made["problems"] if p["item_code"] == "S-01-05")
    assert ask(world, problem_id, "objections").status_code == 201
    bureau = world.person("bureau")
    silent = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"]))
    assert [fault["code"] for fault in silent.json["errors"]] == ["objection_undecided"]
    item: dict[str, Any] = {"problem_id": problem_id, "action": action}
    if action == "transfer":
        item["responsible"] = {"kind": "department", "name": "新城区住建局"}
    reasonless = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"], items=[item]))
    assert [fault["pointer"] for fault in reasonless.json["errors"]] == ["/items/0/reason"]
    world.issue(made["id"], items=[item | {"reason": "核实"}])
    problem = world.problem(problem_id)
    assert (problem["status"], problem["petitions"][0]["state"]) == (status, state)


def test_who_inspected_does_not_decide_an_objection(world: World) -> None:
    bureau = world.person("bureau").id
    team = [{"user_id": bureau, "name": "乌兰", "organisation": "新城区教育局"}]
    made = world.inspect({"S-09-01": []}, participants=team)
    problem_id = made["problems"][0]["id"]
    petition = ask(world, problem_id, "objections").json["petition"]["id"]
    assert decide(world, problem_id, "objections", petition, "deny").json["code"] == "four_eyes"
    assert "deny_objection" not in [move["action"] for move in world.problem(problem_id)["moves"]]


def test_the_notice_decides_an_objection_to_what_runs_already(world: World) -> None:
    made = world.inspect({"S-09-01": [], "S-01-05": []})
    danger = next(p["id"] for p in made["problems"] if p["item_code"] == "S-09-01")
    assert ask(world, danger, "objections").status_code == 201
    silent = world.person("bureau").put(f"/notices/{new_id()}", world.notice_body(made["id"]))
    assert [fault["code"] for fault in silent.json["errors"]] == ["objection_undecided"]
    world.issue(made["id"], items=[{"problem_id": danger, "action": "keep", "reason": "现场照片为证"}])
    seen = world.problem(danger)
    assert (seen["status"], seen["petitions"][0]["state"], seen["petitions"][0]["comment"]) == (
        "open",
        "deny",
        "现场照片为证",
    )
    assert seen["number"] is not None


def test_nothing_is_merged_into_what_has_ended_and_what_has_ended_is_in_no_notice(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    ended, stands = (problem["id"] for problem in made["problems"])
    petition = ask(world, ended, "objections").json["petition"]["id"]
    assert decide(world, ended, "objections", petition, "uphold").status_code == 201
    bureau = world.person("bureau")
    merge = [{"problem_id": stands, "action": "merge", "into": ended, "reason": "x"}]
    refused = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"], items=merge))
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/items/0/into")
    stale = [{"problem_id": ended, "action": "keep"}]
    overtaken = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"], items=stale))
    assert (overtaken.status_code, overtaken.json["code"]) == (409, "wrong_state")
    assert overtaken.json["meanwhile"][0]["event"] == "objection_upheld"
    notice = world.issue(made["id"])
    assert [row["problem_id"] for row in notice["problems"]] == [stands]
    assert "numbered" not in events(world.problem(ended))


def test_a_late_extension_tells_until_when_it_is_to_be_decided(world: World) -> None:
    problem = world.open_problem()
    world.clock.go_to(date(2026, 12, 28))
    assert ask(world, problem["id"]).json["petition"]["holds"] is False
    (text,) = [
        one["text"]
        for one in world.person("bureau").get("/notifications").json["items"]
        if one["kind"] == "extension_asked"
    ]
    (until,) = [move["until"] for move in world.problem(problem["id"])["moves"] if move["action"] == "decide_extension"]
    assert until > "2026-12-28"
    assert f"请于 {until} 前决定" in text


def test_a_notice_decides_no_extension_of_what_runs_already(world: World) -> None:
    made = world.inspect({"S-09-01": [], "S-01-05": []})  # the first runs at once
    (running,) = [one["id"] for one in made["problems"] if one["item_code"] == "S-09-01"]
    asked = ask(world, running).json["petition"]
    world.issue(made["id"])
    seen = world.problem(running)
    assert (seen["petition"], seen["petitions"][0]["state"]) == ("extension", "pending")
    assert decide(world, running, "extensions", asked["id"], "approve").status_code == 201
