"""Figures: equal to a recount from the events, with their parts, and nothing small for the people's congress."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from inspection.domain.figures import CELLS, SMALLEST_CELL, Counts, quarters, withheld
from tests.support.world import World, made_world, new_id

CODES = ("S-01-05", "S-08-05", "S-09-09", "S-02-06", "S-09-01")
QUARTER = "from=2026-10-01&to=2026-12-31"


def rows(world: World, who: str, query: str) -> dict[str, dict[str, Any]]:
    answer = world.person(who).get(f"/stats?{query}")
    assert answer.status_code == 200, answer.json
    return {row["key"]: row for row in answer.json["rows"]}


# The recount


class Life:
    """What the events of one problem say, told again without the system's own rules."""

    def __init__(self, problem: dict[str, Any], today: date) -> None:
        self.problem = problem
        events = problem["timeline"]
        self.found_on = date.fromisoformat(events[0]["at"][:10])
        self.due: date | None = None
        self.status, self.department = "found", problem["responsible_kind"] == "department"
        ordered: date | None = None
        extended: date | None = None
        handed_in: date | None = None
        self.on_time = held = False
        for event in events:
            name, on = event["event"], date.fromisoformat(event["at"][:10])
            dated = name in ("issued", "returned", "reopened", "handed_back", "found", "extension_approved")
            if dated and event.get("due_on"):
                self.due = date.fromisoformat(event["due_on"])
                self.status = "open" if name != "extension_approved" else self.status
                ordered = ordered or self.due
            if name in ("extension_denied", "objection_denied") and event.get("due_on"):
                self.due = date.fromisoformat(event["due_on"])
            extended = self.due if name == "extension_approved" else extended
            handed_in = on if name in ("submitted", "fixed_on_the_spot") else handed_in
            if name in ("submitted", "fixed_on_the_spot"):
                self.status = "submitted"
            if name in ("extension_asked", "objected"):
                held = bool(event["holds"])
            if name.startswith(("extension_", "objection_")) and name != "extension_asked":
                held = False
            if name == "accepted":
                assert handed_in is not None
                self.status, self.on_time = "closed", handed_in <= max(ordered or handed_in, extended or handed_in)
                if ordered is not None:
                    self.on_time = handed_in <= max(ordered, extended or ordered)
                self.due = self.due or on
            if name == "transferred":
                self.status, self.due = "transferred", None
            if name == "settled":
                self.status = "closed"
            if name in ("dropped", "merged", "objection_upheld", "withdrawn"):
                self.status = "void"
        self.overdue = self.status == "open" and self.due is not None and self.due < today and not held


def recount(world: World, first: date, last: date) -> dict[str, Counts]:
    """By item, from timelines and inspections alone, as the league reads them."""
    league = world.person("league")
    problems = [league.get(f"/problems/{line['id']}").json for line in league.get("/problems?limit=200").json["items"]]
    inspected = {
        line["institution_id"]
        for line in league.get("/inspections?limit=200").json["items"]
        if line["withdrawn_at"] is None and first <= date.fromisoformat(line["inspected_on"]) <= last
    }
    cells: dict[str, dict[str, int]] = {}
    for problem in problems:
        life = Life(problem, world.today)
        row = cells.setdefault(problem["item_code"], dict.fromkeys(CELLS, 0))
        own = not life.department and life.status not in ("void", "transferred")
        if first <= life.found_on <= last:
            row["problems_found"] += own
            row["recurrences"] += own and bool(problem["recurrence_of"])
            row["void"] += life.status == "void"
            row["transferred"] += life.status == "transferred"
            row["departments"] += life.department and life.status not in ("void", "transferred")
        if own and life.due is not None and first <= life.due <= last:
            row["due"] += 1
            row["closed"] += life.status == "closed"
            row["closed_on_time"] += life.status == "closed" and life.on_time
            row["overdue"] += life.overdue
    touched = {code: row for code, row in cells.items() if any(row.values())}
    return {code: Counts(**(row | {"institutions_inspected": len(inspected)})) for code, row in touched.items()}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "inspect",
                "issue",
                "prove",
                "accept",
                "return",
                "extend",
                "object",
                "decide",
                "transfer",
                "reply",
                "reopen",
            )
        ),
        st.integers(0, 10_000),
        st.integers(0, 9),
    ),
    min_size=8,
    max_size=30,
)


def live(world: World, steps: list[tuple[str, int, int]]) -> None:
    """Whatever the steps ask for; what the system refuses is refused."""
    bureau, school = world.person("bureau"), world.person("school")
    inspections: list[str] = []
    problems: list[str] = []
    for step, pick, days in steps:
        world.clock.go(days=days)
        target = problems[pick % len(problems)] if problems else new_id()
        if step == "inspect":
            codes = [CODES[(pick + offset) % len(CODES)] for offset in range(1 + pick % 3)]
            made = world.inspect({code: [] for code in codes})
            inspections.append(made["id"])
            problems += [problem["id"] for problem in made["problems"]]
        elif step == "issue" and inspections:
            chosen = inspections[pick % len(inspections)]
            drop = [{"problem_id": target, "action": "drop", "reason": "x"}] if days % 3 == 0 else []
            bureau.put(f"/notices/{new_id()}", world.notice_body(chosen, items=drop))
        elif step == "prove":
            body = {"description": "x", "completed_on": world.today.isoformat(), "photos": {}}
            school.put(f"/problems/{target}/rectifications/{new_id()}", body)
        elif step in ("accept", "return"):
            proof = world.problem(target).get("rounds") or [{"id": new_id()}]
            world.review(target, proof[-1]["id"], step)
        elif step == "extend":
            asked = (world.today + timedelta(days=60)).isoformat()
            school.put(f"/problems/{target}/extensions/{new_id()}", {"requested_due_on": asked, "reason": "x"})
        elif step == "object":
            school.put(f"/problems/{target}/objections/{new_id()}", {"reason": "x"})
        elif step == "decide":
            for petition in world.problem(target).get("petitions") or ():
                words = ("approve", "deny") if petition["kind"] == "extension" else ("uphold", "deny")
                decision = {"decision": words[pick % 2], "comment": "x"}
                bureau.put(f"/problems/{target}/{petition['kind']}s/{petition['id']}/decision", decision)
        elif step == "transfer":
            to = {"kind": "department", "name": "城管局"} if pick % 2 else {"kind": "institution"}
            bureau.put(f"/problems/{target}/transfers/{new_id()}", {"responsible": to, "reason": "x"})
        elif step == "reply":
            reply = {"department": "城管局", "outcome": "done", "text": "x", "replied_on": world.today.isoformat()}
            bureau.put(f"/problems/{target}/replies/{new_id()}", reply)
        elif step == "reopen":
            bureau.put(f"/problems/{target}/reopenings/{new_id()}", {"reason": "x"})


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(steps=STEPS, month=st.integers(10, 12))
def test_the_figures_equal_a_recount_from_the_events(
    engine: str, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], month: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("figures")
    with made_world(engine, folder) as world:
        live(world, [("inspect", 0, 0), ("inspect", 1, 0), ("issue", 0, 1), *steps])
        first, last = date(2026, month, 1), date(2027, month, 28)
        counted = rows(world, "league", f"group_by=item&from={first}&to={last}")
        expected = recount(world, first, last)
        assert {key: Counts(**{name: row[name] for name in CELLS}) for key, row in counted.items()} == expected
        for group in ("region", "kind", "severity", "institution"):
            by_group = rows(world, "league", f"group_by={group}&from={first}&to={last}")
            for name in CELLS[1:]:
                total = sum(row[name] for row in by_group.values())
                assert total == sum(getattr(counts, name) for counts in expected.values()), (group, name)


# What they say


def test_each_rate_has_its_parts_and_departments_are_counted_apart(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": [], "S-09-09": []})
    world.issue(made["id"])
    by_item = {problem["item_code"]: problem["id"] for problem in made["problems"]}
    proof = world.prove(by_item["S-01-05"])
    assert world.review(by_item["S-01-05"], proof["id"], "accept").status_code == 201
    (row,) = [row for row in rows(world, "bureau", f"group_by=region&{QUARTER}").values() if row["key"] == "150102"]
    assert (row["institutions_inspected"], row["problems_found"], row["transferred"]) == (1, 2, 1)
    assert row["rate"] == {"numerator": 1, "denominator": 2, "value": 0.5}
    assert row["on_time_rate"] == {"numerator": 1, "denominator": 2, "value": 0.5}
    nothing = rows(world, "bureau", "group_by=kind&from=2020-01-01&to=2020-12-31")["school"]
    assert nothing["rate"] == {"numerator": 0, "denominator": 0, "value": None}


def test_figures_follow_scope_and_drill_down(world: World) -> None:
    world.inspect({"S-01-05": []})
    assert set(rows(world, "congress", f"group_by=region&{QUARTER}")) >= {"150100", "150200", "152900"}
    league = rows(world, "league", f"group_by=region&{QUARTER}")
    assert league["150102"]["problems_found"] == 1
    assert set(rows(world, "league", f"group_by=region&region=150102&{QUARTER}")) == {"150102"}
    assert list(rows(world, "league", f"group_by=institution&region=150102&{QUARTER}")) == [world.places[0]]
    assert rows(world, "neighbour", f"group_by=kind&{QUARTER}")["school"]["problems_found"] == 0
    assert rows(world, "neighbour", f"group_by=region&region=150102&{QUARTER}")["150102"]["problems_found"] == 0
    assert rows(world, "stranger", f"group_by=kind&{QUARTER}")["school"]["problems_found"] == 0
    assert rows(world, "school", f"group_by=kind&{QUARTER}")["school"]["problems_found"] == 1


def test_a_withdrawn_inspection_counts_nowhere(world: World) -> None:
    wrong = world.inspect({"S-01-05": []}, place=3)
    world.inspect({}, supersedes=wrong["id"])
    row = rows(world, "bureau", f"group_by=region&{QUARTER}")["150102"]
    assert (row["institutions_inspected"], row["problems_found"], row["void"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("group_by=item&from=2026-10-01&to=2026-12-31", {"/group_by"}),
        ("group_by=institution&from=2026-10-01&to=2026-12-31", {"/group_by"}),
        ("group_by=region", {"/from"}),
        ("group_by=region&from=2026-10-02&to=2026-12-31", {"/from"}),
        ("group_by=region&from=2026-10-01&to=2026-12-30", {"/from"}),
        ("group_by=region&from=2026-10-01&to=2026-11-30", {"/from"}),
        ("group_by=severity&from=2026-11-01&to=2026-12-31", {"/group_by", "/from"}),
        ("group_by=region&from=2026-10-01", {"/from"}),
    ],
)
def test_the_congress_asks_for_whole_quarters_by_region_and_kind(
    sqlite_world: World, query: str, pointers: set[str]
) -> None:
    for address in ("/stats", "/stats/numbers"):
        refused = sqlite_world.person("congress").get(f"{address}?{query}")
        assert (refused.status_code, {fault["pointer"] for fault in refused.json["errors"]}) == (422, pointers)


def test_a_period_that_ends_before_it_begins_is_refused(sqlite_world: World) -> None:
    refused = sqlite_world.person("league").get("/stats?group_by=kind&from=2026-12-31&to=2026-01-01")
    assert [fault["code"] for fault in refused.json["errors"]] == ["ends_before_begin"]


def test_small_cells_are_withheld_from_the_congress_and_from_nobody_else(world: World) -> None:
    for _ in range(6):
        world.inspect({"S-01-05": []})
    world.inspect({"K-01-01": []}, place=1)
    seen = rows(world, "congress", f"group_by=kind&{QUARTER}")
    assert (seen["school"]["problems_found"], seen["kindergarten"]["problems_found"]) == (None, None)
    assert seen["tutoring_centre"]["problems_found"] == 0
    answer = world.person("congress").get(f"/stats?group_by=kind&{QUARTER}").json
    assert answer["withheld"] is True
    full = rows(world, "league", f"group_by=kind&{QUARTER}")
    assert (full["school"]["problems_found"], full["kindergarten"]["problems_found"]) == (6, 1)


QUARTERS = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30).map(lambda n: Counts(due=n)), min_size=3),
    min_size=1,
    max_size=4,
)


@given(QUARTERS)
def test_no_small_cell_is_had_by_subtracting_periods_or_from_the_sum(by_quarter: list[dict[str, Counts]]) -> None:
    keys = sorted({key for quarter in by_quarter for key in quarter})

    def due(quarter: dict[str, Counts], key: str) -> int:
        return quarter.get(key, Counts()).due

    def shown(several: list[dict[str, Counts]]) -> dict[str, int | None]:
        total = {key: Counts(due=sum(due(quarter, key) for quarter in several)) for key in keys}
        return {key: cells["due"] for key, cells in withheld(several, total).items()}

    whole = shown(by_quarter)
    for position, quarter in enumerate(by_quarter):
        alone, others = shown([quarter]), by_quarter[:position] + by_quarter[position + 1 :]
        rest = shown(others) if others else dict.fromkeys(keys, 0)
        for key in keys:
            small = 0 < due(quarter, key) < SMALLEST_CELL
            assert not (small and alone[key] is not None)
            assert not (small and whole[key] is not None and rest[key] is not None)
        hidden = [key for key in keys if alone[key] is None]
        assert len(hidden) != 1 or len(keys) == 1


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2026, 1, 1), date(2026, 3, 31), 1),
        (date(2026, 10, 1), date(2027, 3, 31), 2),
        (date(2024, 1, 1), date(2026, 12, 31), 12),
        (date(2026, 2, 1), date(2026, 4, 30), None),
        (date(2026, 1, 1), date(2026, 3, 30), None),
        (date(2026, 4, 1), date(2026, 3, 31), None),
    ],
)
def test_whole_quarters(first: date, last: date, count: int | None) -> None:
    found = quarters(first, last)
    assert (None if found is None else len(found)) == count


def test_vetting_coverage_is_a_figure_by_region_and_never_a_name(world: World) -> None:
    def counted(place: int, staff: int, vetted: int, reports: int) -> None:
        body = world.body(place)
        body["answers"] |= {
            "S-02-01": {"value": staff},
            "S-02-02": {"value": vetted},
            "S-06-02": {"value": reports},
        }
        assert world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 201

    counted(0, 100, 90, 1)
    world.clock.go(days=1)
    counted(0, 100, 100, 1)  # the latest of an institution counts
    counted(3, 50, 40, 1)
    (row,) = [
        row
        for row in world.person("bureau").get(f"/stats/numbers?group_by=region&{QUARTER}").json["items"]
        if row["key"] == "150102"
    ]
    assert row["vetting"] == {"numerator": 140, "denominator": 150, "value": 0.9333}
    assert row["items"]["S-02-01"] == {"institutions": 2, "total": 150.0}
    assert "S-06-02" not in row["items"]
    league = world.person("league").get(f"/stats/numbers?group_by=region&{QUARTER}").json["items"]
    (its,) = [row for row in league if row["key"] == "150102"]
    assert its["items"]["S-06-02"] == {"institutions": None, "total": None}  # two reports are too few to show
    congress = world.person("congress").get(f"/stats/numbers?group_by=region&{QUARTER}").json["items"]
    (theirs,) = [row for row in congress if row["key"] == "150100"]
    assert (theirs["institutions"], theirs["vetting"]["value"]) == (None, None)
