"""People who keep away from an institution: who hears of it, who ends it, and what it does to visits."""

from __future__ import annotations

from inspection.domain.actor import Grant
from tests.journeys.test_handovers import hand_over
from tests.journeys.test_institution_changes import messages, plan
from tests.support.institutions import A, B
from tests.support.world import World, new_id


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
    late = bureau.put(f"{address}/{one}/end", gone).json
    assert (late["code"], [(each["event"], each["by"]) for each in late["meanwhile"]]) == (
        "already_decided",
        [("end_recusal", "苏和")],
    )
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


def test_a_reviewer_of_another_district_speaks_for_himself_alone(world: World) -> None:
    both = world.employ("both", Grant("edu_inspector", "150102"), Grant("reviewer", "150103"))
    inspector, address = world.person("inspector"), f"/institutions/{world.places[B]}/recusals"
    standing = new_id()
    assert inspector.put(f"{address}/{standing}", {"user_id": inspector.id, "reason": "配偶"}).status_code == 201
    assert both.put(f"{address}/{new_id()}", {"user_id": inspector.id, "reason": "x"}).json["code"] == "not_allowed"
    assert both.put(f"{address}/{standing}/end", {"reason": "x"}).json["code"] == "not_allowed"
    assert both.put(f"{address}/{new_id()}", {"user_id": both.id, "reason": "配偶"}).status_code == 201


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
