"""The life of a lead as plain data, and what its words may give away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest

from inspection.domain.leads import (
    CATEGORIES,
    KINDS,
    STATES,
    TURNS,
    Lead,
    LeadStep,
    identifying,
    lead_faults,
    may_follow,
    next_steps,
    step_faults,
)

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HINTS = json.loads(Path(__file__).with_name("lead_hints.json").read_text(encoding="utf-8"))

IN_ORDER = {
    ("created", "police_called"),
    ("called", "handed_over"),
    ("handed_over", "followed"),
    ("followed", "followed"),
    ("followed", "transferred"),
}
AT_ANY_TIME = {"note", "held"}


@pytest.mark.parametrize(("state", "kind"), list(product(STATES, KINDS)))
def test_a_step_follows_its_state_and_no_other(state: str, kind: str) -> None:
    alive = state != "transferred"
    allowed = (state, kind) in IN_ORDER or (kind in AT_ANY_TIME and alive)
    assert may_follow(kind, state, held=False) is allowed


@pytest.mark.parametrize("state", STATES)
def test_a_legal_hold_keeps_everything_and_is_lifted_once(state: str) -> None:
    alive = state != "transferred"
    assert not may_follow("transferred", state, held=True)
    assert not may_follow("held", state, held=True)
    assert may_follow("released", state, held=True) is alive
    assert not may_follow("released", state, held=False)


def test_a_lead_begins_where_the_call_to_the_police_stands() -> None:
    def made(**said: object) -> Lead:
        given = {"police_called_at": None, "police_receipt": None, **said}
        return Lead(uuid4(), NOW, "宿舍楼", CATEGORIES[0], "no", text="", **given)  # type: ignore[arg-type]

    assert made().state == "created"
    assert made(police_called_at=NOW).state == "called"
    assert [fault.pointer for fault in lead_faults(made(police_receipt="110-1"))] == ["/police_called_at"]
    assert not lead_faults(made(police_called_at=NOW, police_receipt="110-1"))


def test_who_reported_it_says_no_more_after_the_hand_over() -> None:
    assert [turn.kind for turn in next_steps("created", held=False, by_creator=True)] == ["police_called", "note"]
    assert [turn.kind for turn in next_steps("called", held=False, by_creator=True)] == ["handed_over", "note"]
    for state in ("handed_over", "followed", "transferred"):
        assert next_steps(state, held=False, by_creator=True) == []


def test_nothing_follows_the_transfer() -> None:
    assert next_steps("transferred", held=False, by_creator=False) == []


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.kind)
def test_a_step_says_what_its_kind_asks_for_and_nothing_else(turn: object) -> None:
    kind, says = turn.kind, turn.says  # type: ignore[attr-defined]
    assert not step_faults(LeadStep(kind, NOW, dict.fromkeys(says, "x")), NOW)
    missing = step_faults(LeadStep(kind, NOW, {}), NOW)
    assert [(fault.pointer, fault.code) for fault in missing] == [(f"/{name}", "required") for name in says]
    foreign = step_faults(LeadStep(kind, NOW, {**dict.fromkeys(says, "x"), "child": "x"}), NOW)
    assert [(fault.pointer, fault.code) for fault in foreign] == [("/child", "unknown_key")]


@pytest.mark.parametrize(("minutes", "future"), [(-60, False), (5, False), (6, True), (60 * 24 * 40, True)])
def test_what_was_done_was_not_done_after_now(minutes: int, future: bool) -> None:
    step = LeadStep("note", NOW + timedelta(minutes=minutes), {"text": "x"})
    assert [fault.code for fault in step_faults(step, NOW)] == ["moment_in_future"] * future


@pytest.mark.parametrize(("text", "codes"), [(one["text"], one["codes"]) for one in HINTS])
def test_what_points_to_one_child_is_seen(text: str, codes: list[str]) -> None:
    assert identifying(text) == codes


def test_the_nine_situations_are_nine() -> None:
    assert len(set(CATEGORIES)) == 9
