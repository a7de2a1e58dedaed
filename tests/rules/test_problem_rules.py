"""The state table of a problem, who may make which turn, and what problems a submission makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.loader import published
from checklists.model import Checklist, Item
from inspection.domain.inspections import Finding
from inspection.domain.problems import (
    BY_ACTION,
    FINISHED,
    STATUSES,
    TURNS,
    UNFINISHED,
    Facts,
    Found,
    found_by,
    holder,
    may_second,
    moves,
    number,
    refusal,
    runs_at_once,
    state_after_return,
)

SCHOOL: Checklist = published()["school", 1]
UNTIL = date(2026, 11, 23)
ISSUER = frozenset({"notice.issue", "problem.review"})
UNIT = frozenset({"problem.rectify"})
PERMISSIONS = sorted({turn.permission for turn in TURNS if turn.permission is not None})
LEFT_BY = {"void": {"take_up_again"}, "closed": {"reopen", "withdraw"}}

# The table


@pytest.mark.parametrize(
    ("action", "sources", "target"),
    [
        ("issue", {"found"}, "open"),
        ("drop", {"found"}, "void"),
        ("merge", {"found"}, "void"),
        ("transfer", {"found"}, "transferred"),
        ("rectify", {"open"}, "submitted"),
        ("proof_incomplete", {"submitted"}, "open"),
        ("accept", {"submitted"}, "closed"),
        ("return", {"submitted"}, "open"),
        ("ask_extension", {"open"}, None),
        ("decide_extension", {"open", "submitted"}, None),
        ("object", {"found", "open"}, None),
        ("uphold_objection", {"found", "open", "submitted"}, "void"),
        ("deny_objection", {"found", "open", "submitted"}, None),
        ("transfer_on", {"open", "transferred"}, "transferred"),
        ("hand_back", {"transferred"}, "open"),
        ("record_reply", {"transferred"}, None),
        ("settle", {"transferred"}, "closed"),
        ("supervise", {"open", "submitted", "transferred"}, None),
        ("reopen", {"closed"}, "open"),
        ("proof_whole", {"found", "open"}, "submitted"),
        ("withdraw", {"found", "open", "submitted", "transferred", "closed"}, "void"),
        ("take_up_again", {"void"}, "open"),
        ("end", {"found", "open", "submitted", "transferred"}, "void"),
    ],
)
def test_a_turn_follows_exactly_its_states(action: str, sources: set[str], target: str | None) -> None:
    assert {s for s in STATUSES if refusal(action, Facts(s, UNTIL), UNTIL) != "wrong_state"} == sources
    assert BY_ACTION[action].target == target


def test_every_state_is_finished_or_unfinished() -> None:
    assert set(STATUSES) == UNFINISHED | FINISHED
    assert not UNFINISHED & FINISHED


def test_the_table_names_each_action_once_and_only_known_states() -> None:
    assert len(BY_ACTION) == len(TURNS)
    for turn in TURNS:
        assert turn.sources <= set(STATUSES)
        assert turn.target is None or turn.target in STATUSES


def test_every_state_is_reached_from_found_and_the_last_ones_are_never_left() -> None:
    reached = {"found"}
    for _ in STATUSES:
        reached |= {turn.target for turn in TURNS if turn.target is not None and turn.sources & reached}
    assert reached == set(STATUSES)
    for status in FINISHED:
        assert {turn.action for turn in TURNS if status in turn.sources} == LEFT_BY[status]


# Moves


def actions(status: str, permissions: frozenset[str], *, took_part: bool = False, **facts: Any) -> list[str]:
    made = moves(Facts(status, UNTIL, **facts), permissions, UNTIL, took_part=took_part)
    return [move.action for move in made]


@pytest.mark.parametrize(
    ("status", "permissions", "took_part", "expected"),
    [
        ("found", ISSUER, False, ["issue", "drop", "merge", "transfer"]),
        ("found", ISSUER, True, []),
        ("found", UNIT, False, []),
        ("open", UNIT, False, ["rectify"]),
        ("open", ISSUER, False, []),
        ("submitted", UNIT, False, []),
        ("submitted", ISSUER, False, ["accept", "return"]),
        ("submitted", ISSUER, True, ["return"]),
        ("closed", ISSUER | UNIT, False, []),
        ("void", ISSUER | UNIT, False, []),
        ("transferred", ISSUER | UNIT, False, []),
        ("submitted", frozenset(), False, []),
    ],
)
def test_moves_of_an_actor(status: str, permissions: frozenset[str], took_part: bool, expected: list[str]) -> None:
    assert actions(status, permissions, took_part=took_part) == expected


def test_a_move_tells_until_when_it_is_not_late() -> None:
    (move,) = moves(Facts("open", UNTIL), UNIT, UNTIL, took_part=False)
    assert move.until == UNTIL


def test_what_else_stands_against_a_turn() -> None:
    everything = frozenset(PERMISSIONS)
    pending = actions("open", everything, petition="extension")
    assert "decide_extension" in pending
    assert not {"ask_extension", "object", "uphold_objection", "transfer_on"} & set(pending)
    assert {"uphold_objection", "deny_objection"} <= set(actions("found", everything, petition="objection"))
    assert "object" not in actions("open", everything, objected=True)
    waiting = actions("submitted", everything, petition="extension")
    assert not {"accept", "return"} & set(waiting)
    assert "accept" not in actions("submitted", everything, whole=False)
    assert "return" in actions("submitted", everything, whole=False)
    assert "supervise" not in actions("open", everything, supervised=True)


@pytest.mark.parametrize(("days", "expected"), [(0, None), (365, None), (366, "too_late_to_reopen")])
def test_a_closed_problem_is_opened_again_within_a_year(days: int, expected: str | None) -> None:
    assert refusal("reopen", Facts("closed", UNTIL), UNTIL + timedelta(days=days)) == expected


def test_while_a_petition_holds_the_clock_the_units_move_keeps_its_own_date() -> None:
    facts = Facts("open", UNTIL, due_on=date(2026, 12, 1), petition="objection", decide_on=UNTIL)
    (move,) = moves(facts, UNIT, UNTIL, took_part=False)
    assert (move.action, move.until) == ("rectify", date(2026, 12, 1))


@given(st.sampled_from(STATUSES), st.frozensets(st.sampled_from(PERMISSIONS)), st.booleans())
def test_moves_are_allowed_and_permitted(status: str, permissions: frozenset[str], took_part: bool) -> None:
    for action in actions(status, permissions, took_part=took_part):
        turn = BY_ACTION[action]
        assert refusal(action, Facts(status, UNTIL), UNTIL) is None
        assert turn.permission in permissions


@given(st.sampled_from(STATUSES), st.frozensets(st.sampled_from(PERMISSIONS)))
def test_having_taken_part_never_allows_more(status: str, permissions: frozenset[str]) -> None:
    assert set(actions(status, permissions, took_part=True)) <= set(actions(status, permissions))


def test_the_systems_own_turn_is_nobodys_move() -> None:
    assert BY_ACTION["proof_incomplete"].permission is None
    assert "proof_incomplete" not in actions("submitted", frozenset(PERMISSIONS))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("found", "issuer"),
        ("open", "unit"),
        ("submitted", "reviewer"),
        ("closed", None),
        ("void", None),
        ("transferred", "department"),
    ],
)
def test_whose_clock_runs(status: str, expected: str | None) -> None:
    assert holder(status) == expected


def test_a_petition_that_holds_the_clock_is_the_reviewers_to_decide() -> None:
    assert holder("open", held=True) == "reviewer"


def test_every_unfinished_problem_has_a_holder_and_no_finished_one() -> None:
    assert all((holder(status) is None) is (status in FINISHED) for status in STATUSES)


@pytest.mark.parametrize(
    ("numbered", "at_once", "expected"),
    [
        ("150102-2026-0042-03", False, "open"),
        ("150102-2026-0042-03", True, "open"),
        (None, True, "open"),
        (None, False, "found"),
    ],
)
def test_state_after_a_return(numbered: str | None, at_once: bool, expected: str) -> None:
    assert state_after_return(numbered, at_once=at_once) == expected


@pytest.mark.parametrize(
    ("red_line", "days", "expected"), [("R2", 15, True), ("R2", 0, True), (None, 0, True), (None, 1, False)]
)
def test_danger_and_zero_days_run_without_a_notice(red_line: str | None, days: int, expected: bool) -> None:
    assert runs_at_once(red_line, days) is expected


# What a submission makes


def an_item(**wanted: Any) -> Item:
    """The first item of the school's checklist with these values."""
    return next(
        item
        for item in SCHOOL.items()
        if item.red_line != "R1" and all(getattr(item, name) == value for name, value in wanted.items())
    )


def made(item_code: str | None, default_days: int = 15, **data: Any) -> Found:
    finding = Finding.of({"fact": "门锁已坏", **data}, item_code, "/answers/x")
    (found,) = found_by([finding], SCHOOL, default_days)
    assert found.finding is finding
    return found


FIXED: Mapping[str, Any] = {"note": "已更换", "photos": ["a" * 64]}


def test_a_finding_inherits_what_its_item_says() -> None:
    item = an_item(severity="serious", red_line=None, responsible="institution")
    found = made(item.code)
    assert (found.item_text, found.severity, found.photo_rule) == (item.text, "serious", item.photo)
    assert found.due_days == (15 if item.due_days is None else item.due_days)
    assert (found.recommendation, found.advice) == (item.recommendation, item.advice)
    assert found.basis == tuple((basis.law, basis.article, basis.status) for basis in item.legal_basis)
    assert (found.status, found.at_once, found.red_line) == ("found", False, None)


def test_what_the_inspector_says_wins_over_the_item() -> None:
    item = an_item(severity="serious", red_line=None)
    responsible = {"kind": "department", "name": "住建局"}
    found = made(item.code, severity="critical", due_days=3, responsible=responsible)
    assert (found.severity, found.due_days) == ("critical", 3)
    assert (found.responsible_kind, found.responsible_name) == ("department", "住建局")


def test_a_finding_on_no_list_has_defaults() -> None:
    found = made(None, default_days=11)
    assert (found.item_text, found.severity, found.due_days, found.photo_rule) == ("", "general", 11, "optional")
    assert (found.responsible_kind, found.basis, found.recommendation) == ("institution", (), ())
    assert (found.status, found.at_once) == ("found", False)


def test_a_finding_of_an_item_that_is_not_on_the_list_has_defaults_too() -> None:
    assert made("S-99-99").item_text == ""


def test_an_item_that_only_informs_makes_a_general_problem() -> None:
    assert made(an_item(severity=None).code).severity == "general"


def test_zero_days_of_the_finding_are_not_taken_for_absent() -> None:
    found = made(an_item(red_line=None, severity="general").code, due_days=0)
    assert (found.due_days, found.at_once, found.status) == (0, True, "open")


def test_r2_is_open_whatever_days_are_given() -> None:
    found = made(an_item(red_line="R2").code, due_days=15)
    assert (found.red_line, found.at_once, found.status) == ("R2", True, "open")


@pytest.mark.parametrize("item_code", [None, an_item(red_line="R2").code, an_item(red_line=None).code])
def test_what_was_fixed_on_the_spot_is_submitted(item_code: str | None) -> None:
    found = made(item_code, fixed_on_the_spot=FIXED)
    assert found.status == "submitted"
    assert found.at_once is (found.red_line == "R2")


def test_findings_become_problems_in_their_order() -> None:
    findings = [Finding.of({"fact": text}, None, "/other_findings/0") for text in ("一", "二", "三")]
    assert [found.finding.fact for found in found_by(findings, SCHOOL, 15)] == ["一", "二", "三"]
    assert found_by([], SCHOOL, 15) == []


# Numbers and second persons


@pytest.mark.parametrize(
    ("seq", "row", "expected"),
    [
        (42, 3, "150102-2026-0042-03"),
        (1, 1, "150102-2026-0001-01"),
        (12345, 100, "150102-2026-12345-100"),
    ],
)
def test_a_number_is_district_year_notice_and_row(seq: int, row: int, expected: str) -> None:
    assert number("150102", 2026, seq, row) == expected


@given(*[st.tuples(st.integers(1, 20000), st.integers(1, 200))] * 2)
def test_two_rows_never_share_a_number(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (number("150102", 2026, *one) == number("150102", 2026, *other)) is (one == other)


def test_the_second_person_is_neither_the_reviewer_nor_of_the_inspection() -> None:
    inspector, reviewer, stranger = UUID(int=1), UUID(int=2), UUID(int=3)
    took_part = frozenset({inspector})
    assert may_second(stranger, took_part, reviewer)
    assert not may_second(reviewer, took_part, reviewer)
    assert not may_second(inspector, took_part, reviewer)
