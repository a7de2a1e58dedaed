"""Many at once on a real server: the very same act is done once and answered to all, contrary ones are decided by the
first, and nobody is told that the server is at a loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.databases import ENGINES
from tests.support.server import Server, serving_on
from tests.support.world import World, jpeg, made_world, new_id, sha256

AT_ONCE = 6


@pytest.fixture(scope="module", params=ENGINES)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Server]]:
    """A world and a server of two processes on its database, for all that happens here one after another."""
    folder = tmp_path_factory.mktemp("served")
    with made_world(request.param, folder) as world:
        url = world.app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False)
        with serving_on(url, folder) as server:
            yield world, server


def at_once(server: Server, calls: list[tuple[str, str, dict[str, Any]]]) -> list[tuple[int, str | None]]:
    """All of them in the same moment, each over a connection of its own: (status, code) in their order."""
    callers = [server.caller(who) for who, _, _ in calls]
    for caller in callers:
        caller.get("/me")  # the connection stands
    with ThreadPoolExecutor(len(calls)) as pool:
        sent = [
            pool.submit(caller.put, address, body) for caller, (_, address, body) in zip(callers, calls, strict=True)
        ]
        answers = [one.result() for one in sent]
    return [(answer.status_code, answer.json().get("code")) for answer in answers]


def notice(world: World) -> tuple[str, str, dict[str, Any]]:
    made = world.inspect({"S-01-05": []})
    return "bureau", f"/notices/{new_id()}", world.notice_body(made["id"])


def petition(world: World) -> tuple[str, str, dict[str, Any]]:
    problem = world.open_problem()
    return "school", f"/problems/{problem['id']}/objections/{new_id()}", {"reason": "x"}


def decision(world: World) -> tuple[str, str, dict[str, Any]]:
    _, address, body = petition(world)
    assert world.person("school").put(address, body).status_code == 201
    return "bureau", f"{address}/decision", {"decision": "uphold", "comment": "x"}


def proof(world: World) -> tuple[str, str, dict[str, Any]]:
    problem = world.open_problem()
    body = {"description": "x", "completed_on": world.today.isoformat(), "photos": {}}
    return "school", f"/problems/{problem['id']}/rectifications/{new_id()}", body


def review(world: World) -> tuple[str, str, dict[str, Any]]:
    problem = world.open_problem()
    handed_in = world.prove(problem["id"])
    body = {"rectification_id": handed_in["id"], "decision": "accept", "comment": "x", "method": "desk"}
    return "bureau", f"/problems/{problem['id']}/reviews/{new_id()}", body


def supervision(world: World) -> tuple[str, str, dict[str, Any]]:
    problem = world.open_problem()
    return "league", f"/problems/{problem['id']}/supervisions/{new_id()}", {"reason": "x", "due_on": "2099-01-01"}


def transfer(world: World) -> tuple[str, str, dict[str, Any]]:
    problem = world.open_problem()
    body = {"responsible": {"kind": "department", "name": "局"}, "reason": "x"}
    return "bureau", f"/problems/{problem['id']}/transfers/{new_id()}", body


def withdrawal(world: World) -> tuple[str, str, dict[str, Any]]:
    made = world.inspect({"S-01-05": []})
    return "inspector", f"/inspections/{made['id']}/withdrawals/{new_id()}", {"reason": "x"}


Act = Callable[[World], tuple[str, str, dict[str, Any]]]
ACTS: tuple[Act, ...] = (notice, petition, decision, proof, review, supervision, transfer, withdrawal)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_the_same_act_at_once_is_done_once_and_answered_to_all(served: tuple[World, Server], act: Act) -> None:
    world, server = served
    for _ in range(2):
        answers = Counter(at_once(server, [act(world)] * AT_ONCE))
        assert answers == {(201, None): 1, (200, None): AT_ONCE - 1}


def test_contrary_decisions_at_once_are_decided_by_the_first(served: tuple[World, Server]) -> None:
    world, server = served
    for _ in range(4):
        who, address, body = decision(world)
        answers = at_once(server, [(who, address, body | {"decision": word}) for word in ("uphold", "deny") * 2])
        assert sorted(status for status, _ in answers) == [200, 201, 409, 409]
        assert {code for status, code in answers if status == 409} == {"already_decided"}


def test_a_calendar_and_notices_at_once_wait_for_each_other(served: tuple[World, Server]) -> None:
    """One locks inspections and then problems; so has to do the other."""
    world, server = served
    known = world.person("sysadmin").get("/calendar/2027").json
    del known["year"]
    for day in range(4, 8):
        known |= {"revision": world.person("sysadmin").get("/calendar/2027").json["revision"]}
        known["rest_days"] = [*known["rest_days"], f"2027-03-0{day}"]
        calls = [notice(world) for _ in range(5)]
        answers = at_once(server, [("sysadmin", "/calendar/2027", dict(known)), *calls])
        assert [status for status, _ in answers] == [200, *[201] * 5]


def test_a_late_photo_and_the_lapse_of_its_proof_at_once_leave_no_proof_that_counts_nowhere(
    served: tuple[World, Server],
) -> None:
    world, server = served
    for _ in range(5):
        photo = jpeg()
        problem = world.open_problem()
        world.prove(problem["id"], [sha256(photo)])
        world.clock.go(days=4)
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(server.caller("school").upload, sha256(photo), photo)
            world.sweep()
            assert sent.result().status_code == 201
        seen = world.problem(problem["id"])
        assert (seen["status"], seen["rounds"][0]["state"]) == ("submitted", "complete"), seen["timeline"]
