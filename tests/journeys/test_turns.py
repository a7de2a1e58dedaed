"""A journey for each turn that real rectification takes, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.journeys.test_petitions import ask, close, events
from tests.support.world import World, new_id, sha256
from tests.support.world import jpeg as photo


def order(world: World, problem_id: str, kind: str, who: str = "bureau", **body: Any) -> Any:
    return world.person(who).put(f"/problems/{problem_id}/{kind}/{new_id()}", body)


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


def test_a_critical_problem_is_not_settled_at_a_desk_by_one(world: World) -> None:
    made = world.inspect({"S-09-01": [{"fact": "安全出口锁闭"}]})
    problem_id = made["problems"][0]["id"]
    to = {"responsible": {"kind": "department", "name": "消防救援大队"}, "reason": "职责所在"}
    assert order(world, problem_id, "transfers", **to).status_code == 201
    reply = {"department": "消防救援大队", "outcome": "done", "text": "已整改", "replied_on": "2026-11-23"}
    alone = order(world, problem_id, "replies", **reply)
    assert [(fault["pointer"], fault["code"]) for fault in alone.json["errors"]] == [
        ("/method", "needs_on_site"),
        ("/second_reviewer", "needs_second_reviewer"),
    ]
    for unfit in ("inspector", "bureau", "school"):
        by_two = reply | {"method": "on_site", "second_reviewer": world.person(unfit).id}
        refused = order(world, problem_id, "replies", **by_two)
        assert refused.json["errors"][0]["code"] == "second_reviewer_not_fit", unfit
    assert world.problem(problem_id)["status"] == "transferred"
    by_two = reply | {"method": "on_site", "second_reviewer": world.person("league").id}
    assert order(world, problem_id, "replies", **by_two).json["status"] == "closed"
    settled = world.problem(problem_id)["timeline"][-1]
    assert (settled["method"], settled["second_reviewer"]) == ("on_site", world.person("league").id)


def test_only_the_department_that_has_a_problem_replies(world: World) -> None:
    problem_id = world.open_problem()["id"]
    to = {"responsible": {"kind": "department", "name": "城管局"}, "reason": "x"}
    moved = order(world, problem_id, "transfers", **to).json
    reply = {"department": "气象局", "text": "x", "replied_on": "2026-11-23"}
    for outcome in ({"outcome": "done"}, {"outcome": "in_progress", "new_due_on": "2027-12-31"}):
        refused = order(world, problem_id, "replies", **reply, **outcome)
        assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [
            ("/department", "other_department")
        ]
    assert world.problem(problem_id)["clock_on"] == moved["clock_on"]
    made = world.inspect({"S-09-09": []})  # a department's, and nobody said which
    world.issue(made["id"])
    unnamed = made["problems"][0]["id"]
    assert order(world, unnamed, "replies", **reply, outcome="in_progress").status_code == 201
    assert world.problem(unnamed)["responsible_name"] == "气象局"


def test_handed_back_a_problem_keeps_what_was_promised(world: World) -> None:
    problem = world.open_problem()
    asked = ask(world, problem["id"]).json
    decision = {"decision": "approve", "comment": "同意"}
    address = f"/problems/{problem['id']}/extensions/{asked['petition']['id']}/decision"
    assert world.person("bureau").put(address, decision).status_code == 201
    order(world, problem["id"], "transfers", responsible={"kind": "department", "name": "局"}, reason="x")
    back = {"responsible": {"kind": "institution", "name": "随便"}, "reason": "退回"}
    early = order(world, problem["id"], "transfers", **back, due_on="2027-01-28")
    assert [(fault["pointer"], fault["code"], fault["detail"]) for fault in early.json["errors"]] == [
        ("/due_on", "due_before_promised", "期限不得早于已责令或已准予的 2027-01-29。")
    ]
    assert order(world, problem["id"], "transfers", **back, due_on="2027-01-29").json["due_on"] == "2027-01-29"
    assert world.problem(problem["id"])["responsible_name"] is None
