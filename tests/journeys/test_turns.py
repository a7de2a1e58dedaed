"""A journey for each turn that real rectification takes, over HTTP."""

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


def order(world: World, problem_id: str, kind: str, who: str = "bureau", **body: Any) -> Any:
    return world.person(who).put(f"/problems/{problem_id}/{kind}/{new_id()}", body)


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


def test_a_transferred_problem_has_the_departments_clock_and_its_reply(world: World) -> None:
    problem = world.open_problem()
    given = {"responsible": {"kind": "department", "name": "新城区市场监管局"}, "reason": "属校外商铺"}
    moved = order(world, problem["id"], "transfers", **given, due_on="2026-12-10").json
    assert (moved["status"], moved["holder"], moved["clock_on"]) == ("transferred", "department", "2026-12-10")
    assert (moved["due_on"], moved["overdue"]) == (None, False)
    assert world.told("school")[-1] == ("transferred", problem["id"])
    assert (
        world.person("school")
        .put(
            f"/problems/{problem['id']}/rectifications/{new_id()}",
            {"description": "x", "completed_on": "2026-11-23", "photos": {}},
        )
        .json["code"]
        == "wrong_state"
    )
    world.clock.go_to(date(2026, 12, 17))
    world.sweep()
    assert world.told("league")[-1] == ("department_overdue", problem["id"])
    reply = {"department": "新城区市场监管局", "text": "已立案", "replied_on": "2026-12-17"}
    later = order(world, problem["id"], "replies", **reply, outcome="in_progress", new_due_on="2026-12-31").json
    assert (later["status"], later["clock_on"]) == ("transferred", "2026-12-31")
    done = order(world, problem["id"], "replies", **reply, outcome="done").json
    assert done["status"] == "closed"
    seen = world.problem(problem["id"], "school")
    assert (seen["responsible_kind"], seen["responsible_name"]) == ("department", "新城区市场监管局")
    assert seen["closed_on_time"] is True
    assert seen["clocks"]["held_days"] == {"issuer": 0, "unit": 0, "department": 24}


def test_a_declined_transfer_goes_on_or_back(world: World) -> None:
    made = world.inspect({"S-09-09": []})
    problem_id = made["problems"][0]["id"]
    world.issue(made["id"])
    reply = {"department": "交警大队", "text": "不属职责", "replied_on": "2026-11-23", "outcome": "declined"}
    assert order(world, problem_id, "replies", **reply).json["status"] == "transferred"
    on = {"responsible": {"kind": "department", "name": "城管局"}, "reason": "改送"}
    assert order(world, problem_id, "transfers", **on).json["status"] == "transferred"
    assert world.problem(problem_id)["responsible_name"] == "城管局"
    back = {"responsible": {"kind": "institution"}, "reason": "属门前管理", "due_on": "2026-12-04"}
    returned = order(world, problem_id, "transfers", **back).json
    assert (returned["status"], returned["holder"], returned["due_on"]) == ("open", "unit", "2026-12-04")
    assert close(world, problem_id)["status"] == "closed"
    same = order(world, world.open_problem()["id"], "transfers", **back)
    assert same.json["errors"][0]["code"] == "not_transferred"


def test_faults_of_orders_store_nothing(world: World) -> None:
    problem = world.open_problem()
    before = world.problem(problem["id"])["timeline"]
    nameless = order(world, problem["id"], "transfers", responsible={"kind": "department"}, reason="x")
    assert nameless.json["errors"][0]["pointer"] == "/responsible/name"
    past = order(world, problem["id"], "supervisions", who="league", reason="x", due_on="2026-11-22")
    assert past.json["errors"][0]["code"] == "date_in_past"
    early = order(world, problem["id"], "reopenings", reason="x")
    assert (early.status_code, early.json["code"]) == (409, "wrong_state")
    assert world.problem(problem["id"])["timeline"] == before


def test_a_league_lists_a_problem_until_it_is_closed(world: World) -> None:
    problem = world.open_problem()
    listed = order(world, problem["id"], "supervisions", who="league", reason="逾期半月", due_on="2026-12-31")
    assert (listed.status_code, listed.json["supervised"], listed.json["due_on"]) == (201, True, "2026-12-23")
    again = order(world, problem["id"], "supervisions", who="league", reason="再", due_on="2026-12-31")
    assert again.json["code"] == "already_supervised"
    assert [p["id"] for p in world.person("league").get("/problems?supervised=true").json["items"]] == [problem["id"]]
    for who in ("school", "bureau", "procurator"):
        assert world.told(who)[-1] == ("supervised", problem["id"])
    assert world.problem(problem["id"])["clocks"]["supervision_due_on"] == "2026-12-31"
    assert order(world, problem["id"], "supervisions", reason="x", due_on="2026-12-31").status_code == 403


def test_a_closed_problem_is_opened_again_within_a_year(world: World) -> None:
    problem = world.open_problem()
    close(world, problem["id"])
    world.clock.go(days=365)
    opened = order(world, problem["id"], "reopenings", reason="回头看发现反弹")
    assert (opened.status_code, opened.json["status"], opened.json["round"]) == (201, "open", 2)
    assert opened.json["due_on"] == "2027-11-30"
    assert close(world, problem["id"])["closed_on_time"] is False  # by the date that was ordered first
    world.clock.go(days=366)
    late = order(world, problem["id"], "reopenings", reason="x")
    assert (late.status_code, late.json["code"]) == (409, "too_late_to_reopen")


def test_what_is_found_again_is_linked_and_counted(world: World) -> None:
    first = world.open_problem()
    close(world, first["id"])
    world.clock.go(days=30)
    second, other = world.open_problem(), world.open_problem("S-08-05")
    assert world.problem(second["id"])["recurrence_of"] == [first["id"]]
    assert world.problem(other["id"])["recurrence_of"] == []
    world.clock.go(days=1)
    close(world, second["id"])
    world.clock.go(days=30)
    assert world.problem(world.open_problem()["id"])["recurrence_of"] == [second["id"], first["id"]]


def test_moves_say_what_each_may_do(world: World) -> None:
    problem = world.open_problem()

    def moves(who: str) -> dict[str, str | None]:
        return {move["action"]: move["until"] for move in world.problem(problem["id"], who)["moves"]}

    assert moves("school") == {"rectify": "2026-12-23", "ask_extension": "2026-12-23", "object": "2026-12-23"}
    assert moves("bureau") == {"transfer_on": None}
    assert moves("league") == {"supervise": None}
    ask(world, problem["id"])
    assert moves("school") == {"rectify": "2026-12-23"}
    assert moves("bureau") == {"decide_extension": "2026-11-30"}
    world.prove(problem["id"], [sha256(photo())])
    assert moves("bureau") == {"decide_extension": "2026-11-30"}


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


def test_an_issued_inspection_is_told_with_who_issued_it(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    notice = world.issue(made["id"])
    late = world.person("bureau").put(f"/notices/{new_id()}", world.notice_body(made["id"]))
    assert (late.status_code, late.json["code"]) == (409, "already_issued")
    assert (late.json["notice_id"], late.json["issued_by"]) == (notice["id"], "乌兰")


def test_what_runs_is_the_units_even_where_a_department_was_named(world: World) -> None:
    theirs = {"responsible": {"kind": "department", "name": "燃气公司"}}
    made = world.inspect({"S-09-01": [{"fact": "燃气泄漏", **theirs}], "S-09-09": []})
    danger, offsite = (problem["id"] for problem in made["problems"])
    seen = world.problem(danger, "school")
    assert (seen["status"], seen["holder"], seen["timeline"][0]["department"]) == ("open", "unit", "燃气公司")
    assert "rectify" in [move["action"] for move in seen["moves"]]
    world.issue(made["id"], items=[{"problem_id": offsite, "action": "keep", "reason": "门前三包"}])
    kept = world.problem(offsite)
    assert (kept["status"], kept["holder"], kept["responsible_kind"]) == ("open", "unit", "institution")
    world.clock.go(days=60)
    world.sweep()
    assert ("recommendation_proposed", danger) in world.told("procurator")


def test_a_transfer_by_the_notice_is_told_and_a_nameless_department_is_flagged(world: World) -> None:
    made = world.inspect({"S-09-09": []})
    notice = world.issue(made["id"])
    problem_id = made["problems"][0]["id"]
    assert ("transferred", problem_id) in world.told("school")
    assert "department_unnamed" in [flag["code"] for flag in notice["flags"]]


def test_handed_back_the_old_date_is_a_floor_and_the_departments_days_are_not_the_units(world: World) -> None:
    to = {"responsible": {"kind": "department", "name": "住建局"}, "reason": "x"}
    back = {"responsible": {"kind": "institution"}, "reason": "属本校"}
    problem = world.open_problem()
    order(world, problem["id"], "transfers", **to)
    assert order(world, problem["id"], "transfers", **back).json["due_on"] == problem["due_on"]
    order(world, problem["id"], "transfers", **to)
    world.clock.go(days=40)
    returned = order(world, problem["id"], "transfers", **back).json
    assert returned["due_on"] > problem["due_on"]
    world.clock.go(days=2)
    assert close(world, problem["id"])["closed_on_time"] is True
    late = world.problem(problem["id"])["clocks"]["late"]
    assert [(one["basis"], one["days"]) for one in late] == [("notice", 0), ("hand_back", 0), ("hand_back", 0)]


def test_days_late_run_while_the_unit_holds_it_and_at_no_other_time(world: World) -> None:
    def late(problem_id: str) -> list[tuple[str, int]]:
        return [(one["basis"], one["days"]) for one in world.problem(problem_id)["clocks"]["late"]]

    problem = world.open_problem()  # due on 23 December
    world.clock.go_to(date(2026, 12, 20))
    proof = world.prove(problem["id"])
    world.clock.go_to(date(2027, 1, 20))
    assert late(problem["id"]) == [("notice", 0)]  # the reviewer's days
    world.review(problem["id"], proof["id"], "return")
    assert late(problem["id"]) == [("notice", 28), ("return", 0)]
    handed = world.open_problem()
    world.clock.go(days=40)
    order(world, handed["id"], "transfers", responsible={"kind": "department", "name": "局"}, reason="x")
    before = late(handed["id"])
    world.clock.go(days=30)
    assert late(handed["id"]) == before
    order(world, handed["id"], "replies", department="局", outcome="done", text="x", replied_on=world.today.isoformat())
    assert late(handed["id"]) == before


def test_listed_supervision_has_a_clock_and_ends_with_the_problem(world: World) -> None:
    problem = world.open_problem()
    order(world, problem["id"], "supervisions", who="league", reason="x", due_on="2026-11-30")
    world.clock.go_to(date(2026, 12, 1))
    world.sweep()
    for who in ("school", "bureau", "league", "procurator"):
        assert ("supervision_overdue", problem["id"]) in world.told(who)
    assert "supervision_overdue" in events(world.problem(problem["id"]))
    close(world, problem["id"])
    assert world.told("league")[-1] == ("accepted", problem["id"])
    assert world.problem(problem["id"])["supervised"] is False
    assert world.person("league").get("/problems?supervised=true").json["items"] == []


@pytest.mark.parametrize(("day", "code"), [("1990-01-01", "date_before_inspection"), ("2026-11-24", "date_in_future")])
def test_dates_of_notices_and_replies_lie_between_the_inspection_and_today(world: World, day: str, code: str) -> None:
    made = world.inspect({"S-09-09": []})
    body = world.notice_body(made["id"], issued_on=day)
    refused = world.person("bureau").put(f"/notices/{new_id()}", body)
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [("/issued_on", code)]
    world.issue(made["id"])
    reply = {"department": "局", "text": "x", "outcome": "done", "replied_on": day}
    late = order(world, made["problems"][0]["id"], "replies", **reply)
    assert [(fault["pointer"], fault["code"]) for fault in late.json["errors"]] == [("/replied_on", code)]


@pytest.mark.parametrize("blank", [" ", "\n", "\u3000 "])
def test_a_reason_of_blanks_is_none(sqlite_world: World, blank: str) -> None:
    problem = sqlite_world.open_problem()
    asked = ask(sqlite_world, problem["id"], reason=blank)
    assert [(fault["pointer"], fault["code"]) for fault in asked.json["errors"]] == [("/reason", "required")]
    nameless = {"responsible": {"kind": "department", "name": blank}, "reason": "x"}
    moved = order(sqlite_world, problem["id"], "transfers", **nameless)
    assert moved.json["errors"][0]["pointer"] == "/responsible/name"


def test_a_finding_that_is_returned_has_no_date_to_be_given(world: World) -> None:
    fixed = [{"fact": "未锁", "fixed_on_the_spot": {"note": "已锁", "photos": []}}]
    made = world.inspect({"S-01-05": fixed})
    problem = world.problem(made["problems"][0]["id"])
    proof = problem["rounds"][0]["id"]
    dated = world.review(problem["id"], proof, "return", new_due_on="2026-12-01")
    assert [(fault["pointer"], fault["code"]) for fault in dated.json["errors"]] == [("/new_due_on", "not_expected")]
    assert world.review(problem["id"], proof, "return").status_code == 201
    (text,) = [n["text"] for n in world.person("school").get("/notifications").json["items"] if n["kind"] == "returned"]
    assert "期限 —" in text


def test_photos_that_come_after_the_lapse_of_a_fix_on_the_spot_make_it_count_again(world: World) -> None:
    picture = photo()
    fixed = [{"fact": "未锁", "fixed_on_the_spot": {"note": "已锁", "photos": [sha256(picture)]}}]
    made = world.inspect({"S-01-05": fixed}, photos={sha256(picture): {}})
    problem_id = made["problems"][0]["id"]
    world.clock.go(days=4)
    assert world.sweep().lapsed == 1
    assert world.problem(problem_id)["status"] == "found"
    assert world.person("inspector").upload(picture).status_code == 201
    seen = world.problem(problem_id)
    assert (seen["status"], seen["holder"], seen["rounds"][0]["state"]) == ("submitted", "reviewer", "complete")
