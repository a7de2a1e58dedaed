"""People who leave: what goes to the successor, what stays, and who may hand over whose work."""

from __future__ import annotations

from typing import Any

import pytest

from inspection.domain.actor import Grant
from tests.support.databases import PASSWORD
from tests.support.institutions import A, B, faults, last, merge, open_problem
from tests.support.visits import plan, to_do
from tests.support.world import World, jpeg, new_id, sha256


def hand_over(world: World, leaving: str, successor: str, who: str = "secadmin", act: str | None = None) -> Any:
    body = {
        "from_user_id": world.person(leaving).id,
        "to_user_id": world.person(successor).id,
        "reason": "调任",
        "signed_by": "何建平",
    }
    return world.person(who).put(f"/handovers/{act or new_id()}", body)


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


def test_who_has_handed_everything_over_still_has_an_account(world: World) -> None:
    assert hand_over(world, "school", "demo-unit-yq").status_code == 201
    leaver = world.person("school")
    for path in ("/me", "/notifications", "/auth/devices"):
        assert leaver.get(path).status_code == 200, path
    assert leaver.get("/me").json["roles"] == []
    body = {"old": PASSWORD, "new": "Another password 7"}
    assert leaver.call("POST", "/auth/password", json=body).status_code == 204
    for path in ("/problems", "/institutions", "/stats", "/users", "/people", "/sync"):
        assert (leaver.get(path).status_code, leaver.get(path).json["code"]) == (403, "not_allowed"), path


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


def test_what_was_begun_after_the_role_had_ended_is_marked(world: World) -> None:
    problem = open_problem(world, B)
    captured = world.body(A, {})
    world.clock.go(minutes=90)
    assert hand_over(world, "inspector", "inspector2").status_code == 201
    assert hand_over(world, "school", "stranger").status_code == 201

    def flags(who: str, address: str, body: dict[str, Any]) -> set[str]:
        answer = world.person(who).put(address, body)
        assert answer.status_code == 201, answer.json
        return {flag["code"] for flag in answer.json["flags"]}

    assert "role_ended_before" not in flags("inspector", f"/inspections/{new_id()}", captured)
    world.clock.go(days=1)
    assert "role_ended_before" in flags("inspector", f"/inspections/{new_id()}", world.body(A, {}))
    assert "role_ended_before" not in flags("inspector2", f"/inspections/{new_id()}", world.body(A, {}))
    proof = {"description": "已整改", "completed_on": world.today.isoformat(), "photos": {}}
    assert "role_ended_before" in flags("school", f"/problems/{problem}/rectifications/{new_id()}", proof)
