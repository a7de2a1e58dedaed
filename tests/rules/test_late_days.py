"""How late a problem is against each of its dates, by the events of its life."""

from __future__ import annotations

from datetime import date

import pytest

from inspection.domain.clocks import Happened, Late, late_days

TODAY = date(2027, 1, 31)
DUE = "2026-12-23"
ISSUED = ("11-23", "issued", {"due_on": DUE})

Told = tuple[str, str, dict[str, str]]


def happened(events: list[Told]) -> list[Happened]:
    """Days are given as month-day: those of November and December of 2026, the others of 2027."""
    return [Happened(day(on), event, detail) for on, event, detail in events]


def day(on: str) -> date:
    return date.fromisoformat(f"{2026 if on >= '11' else 2027}-{on}")


def late(*events: Told) -> list[tuple[str, int]]:
    return [(one.basis, one.days) for one in late_days(happened(list(events)), TODAY)]


def test_an_open_problem_is_late_until_today() -> None:
    assert late_days(happened([ISSUED]), TODAY) == [Late("notice", date(2026, 12, 23), 39)]


def test_days_stop_on_the_day_of_the_proof_even_if_it_becomes_whole_later() -> None:
    proof: list[Told] = [("12-20", "submitted", {}), ("12-28", "proof_whole", {})]
    assert late(ISSUED, *proof) == [("notice", 0)]


def test_a_proof_that_lapsed_and_became_whole_counts_from_its_record() -> None:
    assert late(
        ISSUED,
        ("12-20", "submitted", {}),
        ("12-24", "proof_incomplete", {"due_on": DUE, "old_due_on": DUE}),
        ("12-28", "proof_whole", {}),
    ) == [("notice", 0)]


@pytest.mark.parametrize("ending", ["withdrawn", "objection_upheld", "ended"])
def test_what_ends_a_problem_after_its_proof_makes_it_no_later(ending: str) -> None:
    assert late(ISSUED, ("12-20", "submitted", {}), ("12-30", ending, {})) == [("notice", 0)]
    assert late(ISSUED, ("12-30", ending, {})) == [("notice", 7)]


@pytest.mark.parametrize("again", ["returned", "proof_incomplete"])
def test_days_run_on_where_a_proof_did_not_hold(again: str) -> None:
    assert late(ISSUED, ("12-20", "submitted", {}), ("12-25", again, {})) == [("notice", 39)]


def test_dates_from_before_a_transfer_stay_behind_the_unit_at_the_next_one() -> None:
    assert late(
        ISSUED,
        ("12-30", "transferred", {}),
        ("01-04", "handed_back", {"due_on": "2027-01-11"}),
        ("01-14", "transferred", {}),
        ("01-20", "handed_back", {"due_on": "2027-01-27"}),
    ) == [("notice", 7), ("hand_back", 3), ("hand_back", 4)]


def test_a_date_that_the_calendar_moves_is_that_one_alone() -> None:
    events: list[Told] = [
        ISSUED,
        ("12-28", "returned", {"due_on": "2027-01-04", "old_due_on": DUE}),
        ("12-29", "recomputed", {"due_on": "2027-01-05", "old_due_on": "2027-01-04"}),
    ]
    assert late_days(happened(events), TODAY) == [
        Late("notice", date(2026, 12, 23), 39),
        Late("return", date(2027, 1, 5), 26),
    ]


def test_taken_up_again_a_merged_finding_runs_by_its_new_date() -> None:
    assert late(
        ("11-23", "found", {}),
        ("11-25", "merged", {}),
        ("12-01", "taken_up_again", {"due_on": "2027-01-21"}),
    ) == [("notice", 10)]


@pytest.mark.parametrize(
    ("event", "basis"),
    [
        ("found", "danger"),
        ("issued", "notice"),
        ("taken_up_again", "notice"),
        ("proof_incomplete", "notice"),
        ("extension_approved", "extension"),
        ("extension_denied", "denial"),
        ("objection_denied", "denial"),
        ("returned", "return"),
        ("reopened", "reopening"),
        ("handed_back", "hand_back"),
    ],
)
def test_each_date_says_on_what_ground_it_was_set(event: str, basis: str) -> None:
    assert late(("12-20", event, {"due_on": "2027-01-30"})) == [(basis, 1)]
    assert late(ISSUED, ("12-20", event, {"due_on": DUE, "old_due_on": DUE})) == [("notice", 39)]
