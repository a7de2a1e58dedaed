"""What a phone is told of institutions that move, merge or close, and what it forgets with them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from inspection.domain.actor import Grant
from tests.api.test_sync import ids, later, sync, task
from tests.support.institutions import change
from tests.support.world import World, new_id


def changed(world: World, place: int, kind: str, **body: Any) -> None:
    made = change(world, place, kind, who="league", **body)
    assert made.status_code == 201, made.json


def forgotten(seen: dict[str, Any], kind: str) -> list[str]:
    return [gone["id"] for gone in seen["deleted"] if gone["kind"] == kind]


def test_an_institution_that_moved_away_is_forgotten_with_its_problems(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    move = {"kind": "move", "region_code": "150103", "reason": "x", "effective_on": "2026-11-23"}
    world.person("league").put(f"/institutions/{world.places[0]}/changes/{new_id()}", move)
    assert sync(world, since=moment)["deleted"] == [
        {"kind": "institution", "id": world.places[0]},
        {"kind": "problem", "id": problem["id"]},
    ]
    arrived = sync(world, "demo-inspector-hm", moment)
    assert ids(arrived["institutions"]) == {world.places[0]}
    assert arrived["deleted"] == []
    stranger = sync(world, "demo-inspector-yq", moment)
    assert (stranger["institutions"], stranger["deleted"]) == ([], [])


def test_who_is_of_a_unit_and_an_inspector_forgets_what_moved_away_too(world: World) -> None:
    world.employ("both", Grant("unit", None, uuid.UUID(world.places[3])), Grant("edu_inspector", "150102"))
    world.clock.go(minutes=20)
    moment = sync(world, "both")["next"]
    changed(world, 0, kind="move", region_code="150103")
    assert forgotten(sync(world, "both", moment), "institution") == [world.places[0]]


def test_an_institution_is_there_until_it_is_closed_and_while_work_waits_there(world: World) -> None:
    problem = world.open_problem(place=3)
    planned = task(world, place=4, planned_on="2026-11-25")
    changed(world, 3, kind="merge", successor_id=world.places[1], open_problems="follow")
    changed(world, 5, kind="close", open_problems="end")
    _, moment = later(world)
    assert ids(sync(world)["institutions"]) == {world.places[place] for place in (0, 1, 2, 3, 4)}
    world.clock.go_to(date(2026, 12, 2))
    changed(world, 0, kind="close", open_problems="end")
    seen = sync(world)
    assert ids(seen["institutions"]) == {world.places[place] for place in (1, 2, 3, 4)}
    assert (ids(seen["problems"]), ids(seen["assignments"])) == ({problem["id"]}, {planned})
    world.inspect({}, place=3, rechecks=[{"problem_id": problem["id"], "fixed": False}])
    told = sync(world, since=moment)
    # the one was closed meanwhile; the other before, and the problem told is one of its
    assert ids(told["institutions"]) == {world.places[0], world.places[3]}
    assert ids(told["problems"]) == {problem["id"]}


def test_a_task_leaves_the_phone_with_its_institution_and_is_called_off(world: World) -> None:
    planned = task(world)
    _, moment = later(world)
    changed(world, 0, kind="move", region_code="150103")
    gone = sync(world, since=moment)
    assert (forgotten(gone, "assignment"), gone["assignments"]) == ([planned], [])
    assert sync(world)["assignments"] == []
    world.clock.go(minutes=11)
    changed(world, 0, kind="move", region_code="150102")
    back = sync(world, since=gone["next"])
    assert (forgotten(back, "assignment"), back["assignments"]) == ([planned], [])
    assert ids(back["institutions"]) == {world.places[0]}


def test_an_institution_that_arrives_brings_its_unfinished_problems(world: World) -> None:
    problem = world.open_problem()
    made = world.inspect({"S-01-05": []})
    assert world.person("inspector").get(f"/problems/{made['problems'][0]['id']}").status_code == 200
    world.clock.go(minutes=20)
    moment = sync(world, "demo-inspector-hm")["next"]
    world.clock.go(minutes=20)
    changed(world, 0, kind="move", region_code="150103")
    arrived = sync(world, "demo-inspector-hm", moment)
    assert arrived["full"] is False
    assert ids(arrived["institutions"]) == {world.places[0]}
    assert ids(arrived["problems"]) == {problem["id"], made["problems"][0]["id"]}


def test_a_chain_of_mergers_brings_the_problems_to_the_last_unit_and_takes_them_from_the_others(world: World) -> None:
    world.employ("middle", Grant("unit", None, uuid.UUID(world.places[4])))
    problem = world.open_problem(place=3)
    _, before = later(world, "school")
    changed(world, 3, kind="merge", successor_id=world.places[4], open_problems="follow")
    world.clock.go(minutes=20)
    _, moment = later(world, "middle")
    assert ids(sync(world, "middle")["problems"]) == {problem["id"]}
    assert sync(world, "school", before)["problems"] == []
    changed(world, 4, kind="merge", successor_id=world.places[0], open_problems="follow")
    assert ids(sync(world, "school", before)["problems"]) == {problem["id"]}
    assert ids(sync(world, "school", before)["institutions"]) == {world.places[3], world.places[4]}
    left = sync(world, "middle", moment)
    assert left["deleted"] == [
        {"kind": "institution", "id": world.places[3]},
        {"kind": "problem", "id": problem["id"]},
    ]


def test_a_rename_reaches_the_lines_of_the_problems(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    changed(world, 0, kind="rename", name="云杉高级中学")
    (line,) = sync(world, since=moment)["problems"]
    assert (line["id"], line["institution_name"]) == (problem["id"], "云杉高级中学")


def test_what_is_finished_after_its_institution_moved_away_is_forgotten_too(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    _, moment = later(world)
    changed(world, 0, kind="move", region_code="150103")
    world.clock.go(minutes=30)
    assert world.review(problem["id"], proof["id"], "accept", who="neighbour").status_code == 201
    gone = sync(world, since=moment)
    assert forgotten(gone, "problem") == [problem["id"]]
    assert forgotten(gone, "institution") == [world.places[0]]
