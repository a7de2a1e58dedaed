"""Every date worked out by hand, through the whole system, on hosts in three time zones and on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from tests.journeys.date_cases import CLASSES, COUNT, DUE, ISSUE, RETURN, REVIEW
from tests.support.databases import ENGINES
from tests.support.world import World, new_id

ZONES = ("UTC", "Asia/Shanghai", "America/New_York")
HOSTS = [
    pytest.param((zone, engine), marks=[] if (number + turn) % 2 == 0 else pytest.mark.short_drill)
    for number, zone in enumerate(ZONES)
    for turn, engine in enumerate(ENGINES)
]
"""Each zone on one of the databases, and the rest of them in the short drill."""


@pytest.fixture(params=HOSTS, ids="-".join)
def host(request: pytest.FixtureRequest) -> tuple[str, str]:
    zone, engine = request.param
    return zone, engine


@pytest.fixture
def engine(host: tuple[str, str]) -> str:
    return host[1]


@pytest.fixture
def host_zone(host: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("TZ", "PGTZ"):
        monkeypatch.setenv(name, host[0])
    time.tzset()
    yield host[0]
    monkeypatch.undo()
    time.tzset()


def found(world: World, days: dict[int, str] | list[int]) -> dict[int, str]:
    """One inspection with a finding for each number of days: days → problem."""
    made = world.inspect({"S-08-05": [{"fact": f"{count} 日", "due_days": count} for count in days]})
    return dict(zip(days, (problem["id"] for problem in made["problems"]), strict=True))


def open_problem(world: World, due_on: str) -> str:
    made = world.inspect({"S-01-05": []})
    problem_id: str = made["problems"][0]["id"]
    world.issue(made["id"], items=[{"problem_id": problem_id, "action": "keep", "due_on": due_on}])
    return problem_id


def listed(world: World) -> dict[str, Any]:
    items = world.person("bureau").get("/problems?limit=200").json["items"]
    return {item["id"]: item for item in items}


def test_there_are_enough_cases() -> None:
    assert COUNT >= 150


def test_due_dates_of_notices(host_zone: str, world: World) -> None:
    for day, cases in DUE.items():
        world.clock.go_to(date.fromisoformat(day))
        problems = found(world, cases)
        inspection_id = world.problem(next(iter(problems.values())))["inspection_id"]
        world.issue(inspection_id)
        seen = listed(world)
        assert {count: seen[problem]["due_on"] for count, problem in problems.items()} == cases, (host_zone, day)
        for count, problem in problems.items():
            assert seen[problem]["provisional"] == (count > 0 and cases[count] >= "2027"), (host_zone, day, count)


def test_clocks_of_issuing_reviewing_and_deciding(host_zone: str, world: World) -> None:
    for day, expected in ISSUE.items():
        world.clock.go_to(date.fromisoformat(day), hour=23)
        assert world.inspect({"S-01-05": []})["issue_due_on"] == expected, (host_zone, day)
    for day, expected in REVIEW.items():
        world.clock.go_to(date.fromisoformat(day), hour=0)
        proved, objected = open_problem(world, "2027-12-31"), open_problem(world, "2027-12-31")
        world.prove(proved)
        assert world.problem(proved)["clocks"]["review_due_on"] == expected, (host_zone, day)
        world.person("school").put(f"/problems/{objected}/objections/{new_id()}", {"reason": "x"})
        assert world.problem(objected)["clocks"]["petition_due_on"] == expected, (host_zone, day)


def test_dates_of_returns(host_zone: str, world: World) -> None:
    for issued_on, old, returned_on, expected in RETURN:
        world.clock.go_to(date.fromisoformat(issued_on))
        problem_id = open_problem(world, old)
        world.clock.go_to(date.fromisoformat(returned_on))
        proof = world.prove(problem_id)
        assert world.review(problem_id, proof["id"], "return").status_code == 201
        assert world.problem(problem_id)["due_on"] == expected, (host_zone, issued_on, old, returned_on)


def test_a_deadline_lasts_to_the_end_of_its_day_in_shanghai(host_zone: str, world: World) -> None:
    problems = {due_on: open_problem(world, due_on) for due_on in dict.fromkeys(case[0] for case in CLASSES)}
    for due_on, moment, expected in CLASSES:
        world.clock.set(datetime.fromisoformat(moment))
        seen = listed(world)[problems[due_on]]
        assert (seen["deadline_class"], seen["overdue"]) == (expected, expected == "overdue"), (host_zone, moment)
        late = world.person("bureau").get("/problems?overdue=true&limit=200").json["items"]
        assert (problems[due_on] in {item["id"] for item in late}) == (expected == "overdue"), (host_zone, moment)
