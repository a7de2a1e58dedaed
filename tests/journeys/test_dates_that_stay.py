"""A date that a person gave stays whatever the calendar becomes, and the dates that were promised go on counting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from inspection.domain.calendar import Calendar
from inspection.domain.deadlines import moved
from tests.api.test_calendar import provisional, put, year
from tests.journeys.test_petitions import ask, close, decide, events
from tests.journeys.test_turns import order
from tests.journeys.test_withdrawals import merged, withdraw
from tests.support.world import World

TO: dict[str, Any] = {"responsible": {"kind": "department", "name": "局"}, "reason": "x"}
BACK: dict[str, Any] = {"responsible": {"kind": "institution"}, "reason": "x"}
GIVEN = "2027-03-01"
"""A Monday."""


def rest(world: World, *days: str, number: int = 2027) -> None:
    """The year is announced, with these days of rest."""
    known = year(world, number)
    answer = put(world, known | {"announced": True, "rest_days": [*known["rest_days"], *days]}, number)
    assert answer.status_code == 200, answer.json


def approve(world: World, problem_id: str, until: str = GIVEN) -> None:
    petition = ask(world, problem_id, requested_due_on=until).json["petition"]["id"]
    assert decide(world, problem_id, "extensions", petition, "approve").status_code == 201


def done(answer: Any) -> None:
    assert answer.status_code == 201, answer.json


# What a person decided


def transferred(world: World, problem_id: str) -> None:
    done(order(world, problem_id, "transfers", **TO, due_on=GIVEN))


def replied(world: World, problem_id: str) -> None:
    done(order(world, problem_id, "transfers", **TO))
    reply = {"department": "局", "text": "x", "replied_on": world.today.isoformat(), "outcome": "in_progress"}
    done(order(world, problem_id, "replies", **reply, new_due_on=GIVEN))


def handed_back(world: World, problem_id: str) -> None:
    done(order(world, problem_id, "transfers", **TO))
    done(order(world, problem_id, "transfers", **BACK, due_on=GIVEN))


def reopened(world: World, problem_id: str) -> None:
    close(world, problem_id)
    done(order(world, problem_id, "reopenings", reason="x", due_on=GIVEN))


@pytest.mark.parametrize("decide_date", [transferred, replied, handed_back, reopened, approve])
def test_a_date_that_a_person_gave_stays_when_its_year_is_announced(
    world: World, decide_date: Callable[[World, str], None]
) -> None:
    problem_id = provisional(world)
    decide_date(world, problem_id)
    before = world.problem(problem_id)
    assert (before["clock_on"], before["provisional"]) == (GIVEN, False)
    rest(world, "2027-01-22")
    after = world.problem(problem_id)
    assert (after["clock_on"], after["due_on"]) == (before["clock_on"], before["due_on"])
    assert events(after) == events(before)


def test_a_date_ordered_before_a_return_stays_when_the_returns_own_date_moves(world: World) -> None:
    problem = world.open_problem()  # due on 23 December
    world.clock.go_to(date(2026, 12, 28))
    proof = world.prove(problem["id"])
    done(world.review(problem["id"], proof["id"], "return"))
    returned = world.problem(problem["id"])
    assert (returned["due_on"], returned["provisional"]) == ("2027-01-04", True)
    rest(world, "2027-01-04")
    seen = world.problem(problem["id"])
    assert (seen["due_on"], seen["clocks"]["ordered_due_on"]) == ("2027-01-05", "2026-12-23")


# What the calendar moves


def test_a_clock_that_ends_today_moves_when_today_becomes_a_day_of_rest(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    world.clock.go_to(date(2026, 11, 26))
    rest(world, "2026-11-26", number=2026)
    assert world.person("bureau").get(f"/inspections/{made['id']}").json["issue_due_on"] == "2026-11-27"
    assert world.problem(made["problems"][0]["id"])["clock_on"] == "2026-11-27"


def test_a_year_edited_without_being_announced_says_nothing_of_dates_that_stand(world: World) -> None:
    problem_id = provisional(world)
    before = events(world.problem(problem_id))
    known = year(world)
    assert put(world, known | {"rest_days": [*known["rest_days"], "2027-06-10"]}).status_code == 200
    seen = world.problem(problem_id)
    assert (seen["due_on"], seen["provisional"], events(seen)) == ("2027-01-22", True, before)


def test_a_petition_is_decided_so_many_working_days_after_it_was_asked_by_any_calendar(world: World) -> None:
    problem = world.open_problem()
    world.clock.go_to(date(2026, 12, 8))
    assert ask(world, problem["id"]).json["problem"]["clock_on"] == "2026-12-15"
    rest(world, "2026-12-10", number=2026)
    assert world.problem(problem["id"])["clock_on"] == "2026-12-16"


def test_a_date_of_today_that_lies_in_the_past_by_another_calendar_goes_to_the_next_working_day() -> None:
    today = date(2026, 3, 3)
    calendar = Calendar(rest_days=frozenset(), work_days=frozenset(), announced_years=frozenset({2026}))
    assert moved(today, date(2026, 2, 27), today, calendar) == date(2026, 3, 4)


# What was promised


def test_fixed_on_the_spot_and_opened_again_the_new_date_is_the_one_ordered(world: World) -> None:
    fixed = [{"fact": "未锁", "fixed_on_the_spot": {"note": "已锁", "photos": []}}]
    made = world.inspect({"S-01-05": fixed})
    problem_id = made["problems"][0]["id"]
    proof = world.problem(problem_id)["rounds"][0]["id"]
    done(world.review(problem_id, proof, "accept"))
    assert world.problem(problem_id)["closed_on_time"] is True
    done(order(world, problem_id, "reopenings", reason="x", due_on="2026-12-01"))
    assert world.problem(problem_id)["clocks"]["ordered_due_on"] == "2026-12-01"
    world.clock.go_to(date(2026, 12, 2))
    assert close(world, problem_id)["closed_on_time"] is False


def test_taken_up_again_a_finding_is_late_by_its_new_date(world: World) -> None:
    first, second, _ = merged(world)
    withdraw(world, second["id"])
    again = world.problem(first["problems"][0]["id"])
    assert again["clocks"]["ordered_due_on"] == again["due_on"]
    world.clock.go_to(date.fromisoformat(again["due_on"]))
    world.clock.go(days=1)
    assert close(world, again["id"])["closed_on_time"] is False


def test_handed_back_without_a_date_a_problem_has_no_less_than_its_extension(world: World) -> None:
    problem = world.open_problem()
    approve(world, problem["id"], "2027-01-29")
    done(order(world, problem["id"], "transfers", **TO))
    back = order(world, problem["id"], "transfers", **BACK).json
    assert (problem["due_on"], back["due_on"]) == ("2026-12-23", "2027-01-29")


# Reminders


def reminded(world: World, problem_id: str) -> list[str]:
    return [kind for kind, problem in world.told("school") if problem == problem_id and kind.startswith("due_")]


@pytest.mark.parametrize("turn", ["handed back", "reopened", "extended"])
def test_reminders_from_before_a_new_date_was_given_are_silent(world: World, turn: str) -> None:
    """The new date is Monday, 28 December, four days ahead: a week before it there was nothing to be reminded of."""
    problem_id = world.open_problem()["id"]
    if turn == "extended":
        world.clock.go_to(date(2026, 12, 15))
        petition = ask(world, problem_id, requested_due_on="2026-12-28").json["petition"]["id"]
        world.clock.go_to(date(2026, 12, 24))
        done(decide(world, problem_id, "extensions", petition, "approve"))
    elif turn == "handed back":
        done(order(world, problem_id, "transfers", **TO))
        world.clock.go_to(date(2026, 12, 24))
        done(order(world, problem_id, "transfers", **BACK, due_on="2026-12-28"))
    else:
        close(world, problem_id)
        world.clock.go_to(date(2026, 12, 24))
        done(order(world, problem_id, "reopenings", reason="x", due_on="2026-12-28"))
    assert world.problem(problem_id)["due_on"] == "2026-12-28"
    world.sweep()
    assert reminded(world, problem_id) == []
    world.clock.go(days=1)
    world.sweep()
    assert reminded(world, problem_id) == ["due_soon"]


def test_an_extension_that_held_nothing_off_silences_no_reminder(world: World) -> None:
    problem_id = world.open_problem()["id"]  # due on 23 December
    first = ask(world, problem_id).json["petition"]["id"]
    done(decide(world, problem_id, "extensions", first, "deny"))
    world.clock.go_to(date(2026, 12, 14))
    again = ask(world, problem_id).json["petition"]
    assert not again["holds"]
    world.clock.go_to(date(2026, 12, 17))
    done(decide(world, problem_id, "extensions", again["id"], "deny"))
    world.sweep()  # the first since the 16th
    assert reminded(world, problem_id) == ["due_soon"]


def test_reminders_from_before_a_late_extension_stay_silent(world: World) -> None:
    problem_id = world.open_problem()["id"]  # due on 23 December
    world.clock.go_to(date(2026, 12, 24))
    late = ask(world, problem_id, requested_due_on="2026-12-28").json["petition"]
    assert not late["holds"]
    done(decide(world, problem_id, "extensions", late["id"], "approve"))
    world.sweep()
    assert reminded(world, problem_id) == []
