"""What was found, planned or gathered before an institution changed, and who sees it and answers for it after."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID

from inspection.actions.verification import mission_faults
from inspection.domain.actor import Grant
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.storage import accounts, problems
from inspection.storage.unit import unit
from tests.support.institutions import change
from tests.support.visits import flags, plan
from tests.support.world import World, jpeg, new_id, sha256


def follow(world: World, successor: int) -> dict[str, str]:
    return {"successor_id": world.places[successor], "open_problems": "follow"}


def held(world: World, user_id: str, problem_id: str) -> bool:
    """Whether this person may hand in a proof for a problem."""
    with world.context() as ctx, unit(ctx.session) as session:
        since = ctx.now() - timedelta(days=HANDING_IN_DAYS)
        actor = accounts.actor_for_system(session, UUID(user_id), recent_since=since)
        assert actor is not None
        return problems.lock_for_handing_in(actor, session, UUID(problem_id), since) is not None


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
