"""`verify` finds what was tampered with in the turns of a problem: what waits, and what was decided."""

from __future__ import annotations

import pytest

from tests.actions.test_verification import change, faults
from tests.journeys import test_petitions, test_withdrawals
from tests.support.world import World

SPOILED = {"sqlite": "x'7b7d'", "postgresql": r"'\x7b7d'::bytea"}


@pytest.fixture
def waiting(world: World) -> World:
    """One problem whose proof waits for its review, another whose unit has asked for more time."""
    world.prove(world.open_problem()["id"])
    assert test_petitions.ask(world, world.open_problem("S-08-05")["id"]).status_code == 201
    assert faults(world) == []
    return world


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE problem SET clock_on = '2027-01-01' WHERE status = 'submitted'", "two dates"),
        ("UPDATE problem SET review_due_on = NULL WHERE status = 'submitted'", "no date (submitted)"),
        ("UPDATE rectification SET outcome = 'returned'", "submitted without a proof"),
        ("UPDATE petition SET decision = 'settled'", "waits for the decision of a petition that is not pending"),
        ("UPDATE problem SET clock_on = due_on WHERE petition_id IS NOT NULL", "two dates"),
    ],
)
def test_who_waits_for_what_does_not_wait_is_a_fault(waiting: World, statement: str, expected: str) -> None:
    change(waiting, statement)
    (found,) = faults(waiting)
    assert expected in found


@pytest.mark.parametrize(
    ("kind", "decision"), [("extensions", "approve"), ("extensions", "deny"), ("objections", "deny")]
)
def test_changed_bytes_of_the_decision_of_a_petition_are_a_fault(world: World, kind: str, decision: str) -> None:
    problem_id = world.open_problem()["id"]
    asked = test_petitions.ask(world, problem_id, kind).json["petition"]["id"]
    assert test_petitions.decide(world, problem_id, kind, asked, decision).status_code == 201
    assert faults(world) == []
    change(world, f"UPDATE petition SET decision_body = {SPOILED[world.engine]} WHERE decision_body IS NOT NULL")
    assert faults(world) == [f"decision {asked}: its bytes have changed"]


def test_changed_bytes_of_a_petition_are_a_fault(waiting: World) -> None:
    change(waiting, f"UPDATE petition SET body = {SPOILED[waiting.engine]}")
    (found,) = faults(waiting)
    assert found.startswith("petition")
    assert found.endswith("its bytes have changed")


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_changed_bytes_of_the_decision_of_a_withdrawal_are_a_fault(world: World, decision: str) -> None:
    address = test_withdrawals.ask(world, world.inspect({"S-01-05": []})["id"])
    said = {"decision": decision, "comment": "已核"}
    assert world.person("league").put(address, said).status_code == 201
    assert faults(world) == []
    change(world, f"UPDATE withdrawal SET decision_body = {SPOILED[world.engine]} WHERE decision_body IS NOT NULL")
    assert faults(world) == [f"decision {address.split('/')[4]}: its bytes have changed"]


@pytest.mark.parametrize("table", ["petition", "withdrawal"])
def test_a_decision_without_its_digest_is_a_fault(world: World, table: str) -> None:
    problem = world.open_problem()
    asked = test_petitions.ask(world, problem["id"]).json["petition"]["id"]
    assert test_petitions.decide(world, problem["id"], "extensions", asked, "deny").status_code == 201
    test_withdrawals.withdraw(world, problem["inspection_id"])
    change(world, f"UPDATE {table} SET decision_sha256 = NULL")
    (found,) = faults(world)
    assert found.startswith("decision")
