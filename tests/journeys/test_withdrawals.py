"""Inspections entered in error: nobody alone makes a danger vanish, and nothing that stands is lost with them."""

from __future__ import annotations

from typing import Any

import pytest

from inspection.actions.verification import mission_faults
from tests.support.world import World, new_id

AGREE = {"decision": "approve", "comment": "属实"}


def ask(world: World, inspection_id: str, who: str = "inspector", reason: str = "误选学校") -> str:
    address = f"/inspections/{inspection_id}/withdrawals/{new_id()}"
    assert world.person(who).put(address, {"reason": reason}).status_code == 201
    return f"{address}/decision"


def withdraw(world: World, inspection_id: str) -> None:
    assert world.person("league").put(ask(world, inspection_id), AGREE).status_code == 201


def sound(world: World) -> None:
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []


def merged(world: World) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Two inspections of a visit, one finding each; the notice merges the first's into the second's."""
    visit = new_id()
    first = world.inspect({"S-01-05": []}, visit_id=visit)
    second = world.inspect({"S-08-05": []}, visit_id=visit, who="inspector2")
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    notice = world.issue(
        first["id"], second["id"], items=[{"problem_id": source, "action": "merge", "into": target, "reason": "同一处"}]
    )
    return first, second, notice


def test_a_merged_finding_stands_again_when_its_target_is_withdrawn(world: World) -> None:
    first, second, notice = merged(world)
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    number = world.problem(target)["number"]
    due_on = world.problem(target)["due_on"]
    withdraw(world, second["id"])
    again = world.problem(source, "school")
    assert (again["status"], again["number"], again["due_on"], again["holder"]) == ("open", number, due_on, "unit")
    assert (again["notice_id"], again["merged_into"]) == (notice["id"], None)
    assert again["timeline"][-1]["event"] == "taken_up_again"
    assert ("taken_up_again", source) in world.told("school")
    assert world.problem(target)["status"] == "void"
    proof = world.prove(source)
    assert world.review(source, proof["id"], "accept").status_code == 201
    sound(world)


def test_withdrawn_with_what_it_was_merged_into_it_stays_void(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    source, target = (problem["id"] for problem in made["problems"])
    world.issue(made["id"], items=[{"problem_id": source, "action": "merge", "into": target, "reason": "同一处"}])
    withdraw(world, made["id"])
    assert {world.problem(one)["status"] for one in (source, target)} == {"void"}


def test_merged_into_a_departments_it_stays_the_departments(world: World) -> None:
    first, second, _ = merged(world)
    target = second["problems"][0]["id"]
    order = {"responsible": {"kind": "department", "name": "住建局"}, "reason": "x", "due_on": "2026-12-10"}
    assert world.person("bureau").put(f"/problems/{target}/transfers/{new_id()}", order).status_code == 201
    withdraw(world, second["id"])
    again = world.problem(first["problems"][0]["id"])
    assert (again["status"], again["responsible_name"], again["clock_on"]) == ("transferred", "住建局", "2026-12-10")
    sound(world)


def test_a_closed_problem_of_a_withdrawn_inspection_counts_no_more(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    assert world.review(problem["id"], proof["id"], "accept").status_code == 201
    withdraw(world, problem["inspection_id"])
    seen = world.problem(problem["id"])
    assert (seen["status"], [move["action"] for move in seen["moves"]]) == ("void", [])
    (row,) = [
        row for row in world.person("bureau").get("/stats?group_by=region").json["rows"] if row["key"] == "150102"
    ]
    assert (row["problems_found"], row["closed"], row["void"]) == (0, 0, 1)


def test_superseding_what_runs_asks_for_a_second_persons_consent(world: World) -> None:
    old = world.inspect({"S-09-01": []})
    new = world.inspect({}, supersedes=old["id"])
    assert "supersedes_pending" in {flag["code"] for flag in new["flags"]}
    (waiting,) = world.person("bureau").get(f"/inspections/{old['id']}").json["withdrawals"]
    assert (waiting["state"], waiting["superseded_by"]) == ("pending", new["id"])
    for who in ("bureau", "league"):
        assert world.told(who)[-1][0] == "withdrawal_asked"
    address = f"/inspections/{old['id']}/withdrawals/{waiting['id']}/decision"
    assert world.person("league").put(address, AGREE).status_code == 201
    assert world.problem(old["problems"][0]["id"])["status"] == "void"


@pytest.mark.parametrize(("decision", "kind"), [("approve", "withdrawal_agreed"), ("deny", "withdrawal_denied")])
def test_whoever_asked_hears_of_the_decision(world: World, decision: str, kind: str) -> None:
    made = world.inspect({"S-01-05": []})
    address = ask(world, made["id"])
    assert world.person("bureau").put(address, {"decision": decision, "comment": "已核"}).status_code == 201
    assert world.told("inspector")[-1][0] == kind


def test_deciding_too_late_is_told_who_decided_what(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    address = ask(world, made["id"])
    assert [world.person("bureau").put(address, AGREE).status_code for _ in range(2)] == [201, 200]
    late = world.person("league").put(address, {"decision": "deny", "comment": "x"})
    assert (late.status_code, late.json["code"]) == (409, "already_decided")
    known = late.json["withdrawal"]
    assert (known["state"], known["asked_by"], known["decided_by"]) == ("approve", "苏和", "乌兰")


def test_a_request_that_waits_is_settled_when_a_submission_supersedes(world: World) -> None:
    old = world.inspect({"S-01-05": []})
    address = ask(world, old["id"])
    world.inspect({"S-01-05": []}, supersedes=old["id"])
    late = world.person("league").put(address, AGREE)
    assert (late.status_code, late.json["code"]) == (409, "already_decided")
    assert [kind for kind, _ in world.told("school")].count("inspection_withdrawn") == 1


def test_the_id_of_a_decision_is_nobodys_to_take(world: World) -> None:
    """An id derived from the withdrawal's could be used for something else first, and the decision refused for ever."""
    from uuid import UUID, uuid5

    made = world.inspect({"S-01-05": []})
    address = ask(world, made["id"])
    taken = uuid5(UUID(address.split("/")[4]), "decision")
    recusal = {"user_id": world.person("inspector").id, "reason": "x"}
    world.person("inspector").put(f"/institutions/{world.places[0]}/recusals/{taken}", recusal)
    assert world.person("bureau").put(address, AGREE).status_code == 201


def texts_of(world: World, who: str, kind: str, language: str = "zh-CN") -> list[str]:
    items = world.person(who).get("/notifications?limit=200", headers={"Accept-Language": language}).json["items"]
    return [item["text"] for item in items if item["kind"] == kind]


def test_who_handed_it_in_and_who_listed_it_hear_of_a_withdrawal(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    notice = world.issue(made["id"])
    listing = {"reason": "久拖不改", "due_on": "2026-12-31"}
    problem_id = notice["problems"][0]["problem_id"]
    address = f"/problems/{problem_id}/supervisions/{new_id()}"
    assert world.person("league").put(address, listing).status_code == 201
    assert world.person("bureau").put(ask(world, made["id"], who="inspector2"), AGREE).status_code == 201
    for who in ("inspector", "league"):
        assert len(texts_of(world, who, "inspection_withdrawn")) == 1, who


def test_what_supersedes_says_so_in_the_readers_language(world: World) -> None:
    old = world.inspect({"S-01-05": []})
    world.issue(old["id"])
    flags = world.inspect({}, supersedes=old["id"])["flags"]
    assert "supersedes_pending" in {flag["code"] for flag in flags}
    assert "由新提交的检查代替" in texts_of(world, "bureau", "withdrawal_asked")[0]
    assert "superseded by a new submission" in texts_of(world, "bureau", "withdrawal_asked", "en")[0]
    gone = world.inspect({"S-01-05": []})["id"]
    withdraw(world, gone)
    again = world.inspect({}, supersedes=gone)["flags"]
    assert "supersedes_nothing" in {flag["code"] for flag in again}


def test_what_is_taken_up_again_is_the_institutions_to_make_safe(world: World) -> None:
    visit = new_id()
    theirs = {"fact": "墙体开裂", "responsible": {"kind": "department", "name": "住建局"}}
    first = world.inspect({"S-01-05": [theirs]}, visit_id=visit)
    second = world.inspect({"S-08-05": []}, visit_id=visit, who="inspector2")
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    merge = {"problem_id": source, "action": "merge", "into": target, "reason": "同一处"}
    world.issue(first["id"], second["id"], items=[merge])
    withdraw(world, second["id"])
    again = world.problem(source)
    assert (again["status"], again["holder"]) == ("open", "unit")
    assert (again["responsible_kind"], again["responsible_name"]) == ("institution", None)
    sound(world)


def test_what_was_merged_into_an_upheld_objection_ends_with_it(world: World) -> None:
    first, second, _ = merged(world)
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    asked = world.person("school").put(f"/problems/{target}/objections/{new_id()}", {"reason": "不属实"}).json
    address = f"/problems/{target}/objections/{asked['petition']['id']}/decision"
    upheld = {"decision": "uphold", "comment": "属实"}
    assert world.person("bureau").put(address, upheld).status_code == 201
    withdraw(world, second["id"])
    assert world.problem(source)["status"] == "void"
    sound(world)
