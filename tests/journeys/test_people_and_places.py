"""Institutions that merge, close, move and open again, people who leave and keep away, and what each has to know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, text

from inspection.actions.verification import mission_faults
from inspection.domain.actor import Grant
from inspection.storage.db import db
from tests.support.databases import PASSWORD
from tests.support.world import World, jpeg, made_world, new_id, sha256

A, B, C = 3, 0, 4  # three schools of 150102; B has a unit in the cast


def change(world: World, place: int, kind: str, who: str = "bureau", **body: Any) -> Any:
    given = {"kind": kind, "effective_on": world.today.isoformat(), "reason": "区划调整"} | body
    world.clock.go(minutes=1)
    return world.person(who).put(f"/institutions/{world.places[place]}/changes/{new_id()}", given)


def merge(world: World, place: int, into: int, decision: str | None = "follow", **body: Any) -> Any:
    return change(world, place, "merge", successor_id=world.places[into], open_problems=decision, **body)


def institution(world: World, place: int, who: str = "league") -> dict[str, Any]:
    return dict(world.person(who).get(f"/institutions/{world.places[place]}").json)


def open_problem(world: World, place: int, code: str = "S-01-05") -> str:
    made = world.inspect({code: []}, place)
    world.issue(made["id"])
    return str(made["problems"][0]["id"])


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def last(world: World, problem_id: str) -> str:
    return str(world.problem(problem_id)["timeline"][-1]["event"])


def messages(world: World, who: str, kind: str) -> list[dict[str, Any]]:
    items = world.person(who).get("/notifications?limit=200").json["items"]
    return [item for item in items if item["kind"] == kind]


def plan(world: World, *usernames: str, place: int = B) -> dict[str, Any]:
    body = {
        "institution_id": world.places[place],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-25",
        "inspectors": [{"user_id": world.person(name).id} for name in usernames],
    }
    made = world.person("bureau").put(f"/assignments/{new_id()}", body)
    assert made.status_code == 201, made.json
    return dict(made.json)


def hand_over(world: World, leaving: str, successor: str, who: str = "secadmin", act: str | None = None) -> Any:
    body = {
        "from_user_id": world.person(leaving).id,
        "to_user_id": world.person(successor).id,
        "reason": "调任",
        "signed_by": "何建平",
    }
    return world.person(who).put(f"/handovers/{act or new_id()}", body)


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


# ---- at the same moment


def meanwhile(world: World, before: str, first: Callable[[], Any], then: Callable[[], Any]) -> tuple[Any, Any]:
    """The first is held just before a statement; the other runs until it is done or waits for the first, which goes
    on then."""
    arrived, go = threading.Event(), threading.Event()
    held: list[int] = []

    def hold(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(before) and not held:
            held.append(threading.get_ident())
            arrived.set()
            assert go.wait(60)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hold)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    try:
        with ThreadPoolExecutor(2) as pool, engine.connect() as watcher:
            one = pool.submit(first)
            assert arrived.wait(60), one.result()
            other = pool.submit(then)
            while not other.done() and not watcher.scalar(waiting):
                watcher.rollback()  # each look is a moment of its own
            go.set()
            return one.result(60), other.result(60)
    finally:
        go.set()
        event.remove(engine, "before_cursor_execute", hold)


@pytest.fixture
def postgresql_world(tmp_path: Any) -> Any:
    """SQLite's writers stand in line: what waits for a row does so on PostgreSQL alone."""
    with made_world("postgresql", tmp_path) as made:
        yield made


CHANGE = "INSERT INTO institution_change"


@pytest.mark.parametrize("first", ["into it", "on"])
def test_two_mergers_at_once_leave_no_broken_chain(postgresql_world: World, first: str) -> None:
    world = postgresql_world
    problem = open_problem(world, A)
    acts = [lambda: merge(world, A, B), lambda: merge(world, B, C)]
    if first == "on":
        acts.reverse()
    one, other = meanwhile(world, CHANGE, *acts)
    assert one.status_code == 201, one.json
    if first == "into it":
        assert other.status_code == 201, other.json
        assert [institution(world, place)["successor_id"] for place in (A, B)] == [world.places[C]] * 2
        assert [e["event"] for e in world.problem(problem)["timeline"]][-2:] == ["followed", "followed"]
    else:
        assert faults(other) == [("/successor_id", "unknown_institution")]  # it was closed meanwhile
        assert institution(world, A)["closed_on"] is None


def test_two_that_merge_into_each_other_at_once_make_no_circle(postgresql_world: World) -> None:
    world = postgresql_world
    one, other = meanwhile(world, CHANGE, lambda: merge(world, A, B), lambda: merge(world, B, A))
    assert one.status_code == 201
    assert faults(other) == [("/successor_id", "unknown_institution")]
    assert institution(world, B)["closed_on"] is None


def test_reopening_while_another_merger_goes_on_keeps_the_chain(postgresql_world: World) -> None:
    world = postgresql_world
    assert merge(world, A, B).status_code == 201
    one, other = meanwhile(world, CHANGE, lambda: merge(world, B, C), lambda: change(world, A, "reopen"))
    assert (one.status_code, other.status_code) == (201, 201)
    assert (institution(world, A)["successor_id"], institution(world, A)["closed_on"]) == (None, None)
    assert institution(world, B)["successor_id"] == world.places[C]


def test_a_petition_and_a_closing_at_once_do_not_wait_for_each_other(postgresql_world: World) -> None:
    world = postgresql_world
    problem = open_problem(world, B)
    ask = {"requested_due_on": "2027-03-01", "reason": "须重建围墙"}
    asked, closed = meanwhile(
        world,
        "INSERT INTO petition",
        lambda: world.person("school").put(f"/problems/{problem}/extensions/{new_id()}", ask),
        lambda: change(world, B, "close", open_problems="end"),
    )
    assert (asked.status_code, closed.status_code) == (201, 201), (asked.json, closed.json)
    assert world.problem(problem)["status"] == "void"
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []


def test_what_was_closed_in_the_same_moment_is_not_ended(postgresql_world: World) -> None:
    world = postgresql_world
    problem = open_problem(world, B)
    picture = jpeg()
    world.person("school").upload(picture)
    proof = world.prove(problem, [sha256(picture)])
    accepted, closed = meanwhile(
        world,
        "INSERT INTO review",
        lambda: world.review(problem, proof["id"], "accept"),
        lambda: change(world, B, "close", open_problems="end"),
    )
    assert (accepted.status_code, closed.status_code) == (201, 201), (accepted.json, closed.json)
    assert (world.problem(problem)["status"], last(world, problem)) == ("closed", "accepted")


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


# ---- people


def test_a_handover_counts_and_marks_what_had_been_taken_over(world: World) -> None:
    inherited, own = open_problem(world, A), open_problem(world, B)
    assert merge(world, A, B).status_code == 201
    moved = hand_over(world, "school", "demo-unit-yq")
    assert (moved.status_code, moved.json["problems"]) == (201, 2)
    assert [last(world, one) for one in (inherited, own)] == ["handed_over", "handed_over"]


def test_the_same_handover_again_is_answered_with_the_same(world: World) -> None:
    open_problem(world, B)
    act = new_id()
    first, again = (hand_over(world, "school", "demo-unit-yq", act=act) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["roles"] == [{"role": "unit", "region_code": None, "institution_id": world.places[B]}]
    assert first.json["problems"] == 1
    assert first.json["notices"] > 0


@pytest.mark.parametrize(
    ("leaving", "successor"),
    [
        ("school", "secadmin"),
        ("bureau", "auditor"),
        ("inspector", "congress"),
        ("school", "bureau"),
        ("bureau", "school"),
    ],
)
def test_roles_that_exclude_each_other_are_not_handed_over(world: World, leaving: str, successor: str) -> None:
    before = world.person(leaving).get("/me").json["roles"]
    refused = hand_over(world, leaving, successor)
    assert (refused.status_code, faults(refused)) == (422, [("/to_user_id", "incompatible_roles")])
    assert world.person(leaving).get("/me").json["roles"] == before


def test_a_visit_that_the_successor_must_not_make_goes_back_to_the_bureau(world: World) -> None:
    plan(world, "inspector", place=A)
    task = plan(world, "inspector")
    recusal = {"user_id": world.person("inspector2").id, "reason": "配偶在该校任教"}
    address = f"/institutions/{world.places[B]}/recusals/{new_id()}"
    assert world.person("inspector2").put(address, recusal).status_code == 201
    moved = hand_over(world, "inspector", "inspector2")
    assert (moved.status_code, moved.json["assignments"]) == (201, 1)
    (told,) = messages(world, "bureau", "visit_left_over")
    assert (told["params"]["institution"], told["params"]["planned_on"]) == ("云杉第一中学", task["planned_on"])


def test_a_recusal_that_has_ended_keeps_no_visit_back(world: World) -> None:
    plan(world, "inspector")
    successor = world.person("inspector2")
    address = f"/institutions/{world.places[B]}/recusals/{new_id()}"
    successor.put(address, {"user_id": successor.id, "reason": "配偶在该校任教"})
    successor.put(f"{address}/end", {"reason": "配偶已调离"})
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 1


def test_who_has_handed_everything_over_still_has_an_account(world: World) -> None:
    assert hand_over(world, "school", "demo-unit-yq").status_code == 201
    leaver = world.person("school")
    for path in ("/me", "/notifications", "/auth/devices"):
        assert leaver.get(path).status_code == 200, path
    assert leaver.get("/me").json["roles"] == []
    body = {"old": PASSWORD, "new": "another password"}
    assert leaver.call("POST", "/auth/password", json=body).status_code == 204
    for path in ("/problems", "/institutions", "/stats", "/users", "/people", "/sync"):
        assert (leaver.get(path).status_code, leaver.get(path).json["code"]) == (403, "not_allowed"), path


def test_recusals_are_listed_and_ended(world: World) -> None:
    inspector, bureau = world.person("inspector"), world.person("bureau")
    address = f"/institutions/{world.places[B]}/recusals"
    one, two = new_id(), new_id()
    assert inspector.put(f"{address}/{one}", {"user_id": inspector.id, "reason": "配偶"}).status_code == 201
    world.clock.go(minutes=1)
    other = {"user_id": world.person("inspector2").id, "reason": "曾任教"}
    assert bureau.put(f"{address}/{two}", other).json["declared_by"] == "乌兰"
    assert [(item["id"], item["name"]) for item in inspector.get(address).json["items"]] == [
        (one, "苏和"),
        (two, "林晓岚"),
    ]
    gone = {"reason": "配偶已调离"}
    assert inspector.put(f"{address}/{two}/end", gone).status_code == 403
    assert [inspector.put(f"{address}/{one}/end", gone).status_code for _ in range(2)] == [201, 200]
    assert bureau.put(f"{address}/{one}/end", gone).json["code"] == "already_decided"
    assert inspector.put(f"{address}/{one}/end", {"reason": "x"}).json["code"] == "already_decided"
    assert inspector.put(f"{address}/{two}/end", {}).status_code == 403
    assert bureau.put(f"{address}/{two}/end", {}).status_code == 422
    listed = {item["id"]: item for item in bureau.get(address).json["items"]}
    assert (listed[one]["ended_by"], listed[one]["end_reason"]) == ("苏和", "配偶已调离")
    assert listed[two]["ended_at"] is None
    plan(world, "inspector")
    assert world.person("neighbour").get(address).status_code == 404
    assert world.person("neighbour").put(f"{address}/{one}/end", gone).status_code == 404
    assert bureau.put(f"/institutions/{world.places[A]}/recusals/{two}/end", gone).status_code == 404
    assert world.person("school").get(address).status_code == 403


def test_a_visit_made_while_a_recusal_stood_stays_flagged(world: World) -> None:
    inspector = world.person("inspector")
    address = f"/institutions/{world.places[B]}/recusals/{new_id()}"
    inspector.put(address, {"user_id": inspector.id, "reason": "配偶"})
    earlier, later = new_id(), new_id()
    world.inspect({}, visit_id=earlier)
    world.clock.go(minutes=1)
    inspector.put(f"{address}/end", {"reason": "配偶已调离"})
    world.clock.go(minutes=1)
    world.inspect({}, visit_id=later)

    def flags(visit: str) -> set[str]:
        return {flag["code"] for flag in world.person("bureau").get(f"/visits/{visit}").json["flags"]}

    assert "recused_in_team" in flags(earlier)
    assert "recused_in_team" not in flags(later)


def test_the_bureau_hears_of_a_recusal_of_somebody_who_is_planned(world: World) -> None:
    inspector = world.person("inspector")
    recusal = {"user_id": inspector.id, "reason": "配偶"}
    assert inspector.put(f"/institutions/{world.places[A]}/recusals/{new_id()}", recusal).status_code == 201
    assert messages(world, "bureau", "recused_while_planned") == []
    plan(world, "inspector", "inspector2")
    assert inspector.put(f"/institutions/{world.places[B]}/recusals/{new_id()}", recusal).status_code == 201
    (told,) = messages(world, "bureau", "recused_while_planned")
    assert (told["params"]["name"], told["params"]["institution"]) == ("苏和", "云杉第一中学")
    assert "2026-11-25" in told["text"]


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


def test_a_regions_security_administrator_keeps_to_his_region(world: World) -> None:
    district = world.employ("district-secadmin", Grant("secadmin", "150103"))
    device = world.person("school").get("/auth/devices").json["items"][0]["id"]
    seen = {account["username"] for account in district.get("/users?limit=200").json["items"]}
    assert seen == {"district-secadmin", "neighbour", "demo-inspector-hm", "stranger"}
    everybody = {account["username"] for account in world.person("secadmin").get("/users?limit=200").json["items"]}
    assert {"school", "neighbour", "league", "district-secadmin"} <= everybody
    for leaving, successor, at in (
        ("bureau", "neighbour", "/from_user_id"),
        ("neighbour", "bureau", "/to_user_id"),
        ("league", "neighbour", "/from_user_id"),
    ):
        assert faults(hand_over(world, leaving, successor, who="district-secadmin")) == [(at, "unknown_user")]
    assert district.call("DELETE", f"/auth/devices/{device}").status_code == 404
    assert hand_over(world, "neighbour", "demo-inspector-hm", who="district-secadmin").status_code == 201


def test_who_holds_a_role_elsewhere_too_is_not_the_districts_to_administer(world: World) -> None:
    district = world.employ("district-secadmin", Grant("secadmin", "150103"))
    world.employ("both", Grant("edu_inspector", "150103"), Grant("edu_inspector", "150104"))
    assert "both" not in {account["username"] for account in district.get("/users").json["items"]}
