"""Three schools, and the decisions by which institutions change."""

from __future__ import annotations

from typing import Any

from tests.support.world import World, new_id

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
