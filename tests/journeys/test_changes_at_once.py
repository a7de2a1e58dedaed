"""Institutions that change at the same moment as another, or as what is asked and decided of their problems."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, text

from inspection.actions.verification import mission_faults
from inspection.storage.db import db
from tests.support.institutions import A, B, C, change, faults, institution, last, merge, open_problem
from tests.support.world import World, jpeg, new_id, sha256


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
