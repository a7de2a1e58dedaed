"""Which stages the deadline pass says again, which it says beside others, and which stand on the timeline."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.test_calendar import put, year
from tests.api.test_sweep import heard
from tests.journeys.test_petitions import events
from tests.journeys.test_turns import order
from tests.support.world import World


def said(world: World, kind: str, who: str = "bureau") -> list[str]:
    """The texts of one kind that somebody was told, the oldest first."""
    items = world.person(who).get("/notifications?limit=200").json["items"]
    return [item["text"] for item in reversed(items) if item["kind"] == kind]


@pytest.mark.parametrize("state", ["submitted", "transferred"])
def test_listed_supervision_has_its_clock_whoever_holds_the_problem(world: World, state: str) -> None:
    problem_id = world.open_problem()["id"]
    listed = order(world, problem_id, "supervisions", who="league", reason="x", due_on="2026-11-30")
    assert listed.status_code == 201
    if state == "submitted":
        world.prove(problem_id)
    else:
        order(world, problem_id, "transfers", responsible={"kind": "department", "name": "局"}, reason="x")
    assert world.problem(problem_id)["status"] == state
    world.clock.go_to(date(2026, 11, 30))
    world.sweep()
    for who in ("school", "league"):
        assert ("supervision_due", problem_id) in world.told(who)
    world.clock.go(days=1)
    world.sweep()
    for who in ("school", "bureau", "league", "procurator"):
        assert ("supervision_overdue", problem_id) in world.told(who)
    assert "supervision_overdue" in events(world.problem(problem_id))


def test_the_issuing_clock_counts_what_waits_for_the_notice_alone(world: World) -> None:
    made = world.inspect({"S-09-01": [], "S-01-05": []})  # the danger runs already
    assert {problem["status"] for problem in made["problems"]} == {"open", "found"}
    for _ in range(3):
        world.sweep()
        assert said(world, "issue_due") == said(world, "issue_overdue") == []
        world.clock.go(days=1)
    world.sweep()
    (text,) = said(world, "issue_due")
    assert "2026-11-26" in text
    assert "1 个问题" in text


def test_the_issuing_stages_come_again_when_their_date_has_moved(world: World) -> None:
    world.inspect({"S-01-05": []})
    world.clock.go_to(date(2026, 11, 26))
    world.sweep()
    known = year(world, 2026)
    assert put(world, known | {"rest_days": [*known["rest_days"], "2026-11-26"]}, 2026).status_code == 200
    world.clock.go(days=1)
    world.sweep()
    first, again = said(world, "issue_due")
    assert ("2026-11-26" in first, "2026-11-27" in again) == (True, True)


def test_the_stages_of_a_date_come_again_in_a_new_round(world: World) -> None:
    problem = world.open_problem()  # due on 23 December
    world.clock.go_to(date(2026, 12, 16))
    world.sweep()
    proof = world.prove(problem["id"])
    assert world.review(problem["id"], proof["id"], "return").status_code == 201
    returned = world.problem(problem["id"])
    assert (returned["due_on"], returned["round"]) == (problem["due_on"], 2)
    world.sweep()
    assert heard(world, problem["id"])["school"] == ["due_soon", "returned", "due_soon"]


def test_reminders_of_the_one_who_holds_a_problem_do_not_stand_on_its_timeline(world: World) -> None:
    problem = world.open_problem()
    before: list[Any] = events(world.problem(problem["id"]))
    for day in (16, 20, 22, 23):
        world.clock.go_to(date(2026, 12, day))
        world.sweep()
    assert heard(world, problem["id"])["school"] == ["due_soon", "due_soon", "due_soon", "due_today"]
    assert events(world.problem(problem["id"])) == before
    world.clock.go(days=1)
    world.sweep()
    assert events(world.problem(problem["id"])) == [*before, "overdue"]
