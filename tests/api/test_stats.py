"""Figures: equal to a recount from the events, with their parts, and nothing small for the people's congress."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from checklists.loader import published
from checklists.model import from_document
from inspection.actions import setup
from inspection.actions.checklists import publish
from inspection.domain.actor import Grant
from inspection.domain.figures import CELLS, Counts, quarters, shown
from inspection.domain.regions import REGIONS
from inspection.domain.withholding import Cell, Tree, families, is_small, rows_of, tree_of, withheld
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.unit import unit
from tests.support.world import World, in_database, made_world, new_id

CODES = ("S-01-05", "S-08-05", "S-09-09", "S-02-06", "S-09-01", "S-01-03")
QUARTER = "from=2026-10-01&to=2026-12-31"


def rows(world: World, who: str, query: str, address: str = "/stats") -> dict[str, dict[str, Any]]:
    answer = world.person(who).get(f"{address}?{query}")
    assert answer.status_code == 200, answer.json
    return {row["key"]: row for row in answer.json["rows" if address == "/stats" else "items"]}


def pointers(world: World, who: str, query: str, address: str = "/stats") -> set[tuple[str, str]]:
    refused = world.person(who).get(f"{address}?{query}")
    assert refused.status_code == 422
    return {(fault["pointer"], fault["code"]) for fault in refused.json["errors"]}


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
            if name == "reopened" and event.get("department_due_on"):
                self.status = "transferred"
            if name == "settled":
                self.status = "closed"
            if name in ("dropped", "merged", "objection_upheld", "withdrawn"):
                self.status = "void"
        self.overdue = self.status == "open" and self.due is not None and self.due < today and not held


def recount(
    world: World, first: date, last: date, keys_of: Callable[[dict[str, Any]], Iterable[str]]
) -> dict[str, Counts]:
    """From timelines and inspections alone, as the league reads them."""
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
        own = not life.department and life.status not in ("void", "transferred")
        for row in [cells.setdefault(key, dict.fromkeys(CELLS, 0)) for key in keys_of(problem)]:
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


def counts_in(row: dict[str, Any]) -> Counts:
    return Counts(**{name: row[name] for name in CELLS})


def overdue_by_the_list(world: World) -> int:
    """Of the institutions' own problems."""
    league = world.person("league")
    listed = league.get("/problems?overdue=true&limit=200").json["items"]
    details = [league.get(f"/problems/{line['id']}").json for line in listed]
    return sum(problem["responsible_kind"] == "institution" for problem in details)


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
@example(steps=[("transfer", 3, 0), ("reply", 3, 0), ("reopen", 3, 0)], month=11)
def test_the_figures_equal_a_recount_from_the_events(
    engine: str, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], month: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("figures")
    with made_world(engine, folder) as world:
        live(world, [("inspect", 0, 0), ("inspect", 1, 0), ("issue", 0, 1), *steps])
        first, last = date(2026, month, 1), date(2027, month, 28)
        period = f"from={first}&to={last}"
        counted = rows(world, "league", f"group_by=item&{period}")
        expected = recount(world, first, last, lambda problem: [problem["item_code"]])
        assert {key: counts_in(row) for key, row in counted.items()} == expected
        for group in ("region", "kind", "severity", "institution"):
            by_group = rows(world, "league", f"group_by={group}&{period}")
            for name in CELLS[1:]:
                total = sum(row[name] for row in by_group.values())
                assert total == sum(getattr(counts, name) for counts in expected.values()), (group, name)
        served = recount(world, first, last, lambda problem: problem["recommendation"] or "-")
        by_recommendation = rows(world, "league", f"group_by=recommendation&{period}")
        assert list(by_recommendation) == ["A", "B", "C", "-"]
        for key, row in by_recommendation.items():
            nothing = Counts(institutions_inspected=row["institutions_inspected"])
            assert counts_in(row) == served.get(key, nothing), key
        late = sum(row["overdue"] for row in rows(world, "league", "group_by=region").values())
        assert late == overdue_by_the_list(world)


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


def test_a_problem_that_serves_two_recommendations_counts_in_both(world: World) -> None:
    world.inspect({"S-01-03": [], "S-09-01": [], "S-08-05": []})
    found = rows(world, "bureau", f"group_by=recommendation&{QUARTER}")
    assert {key: row["problems_found"] for key, row in found.items()} == {"A": 1, "B": 2, "C": 0, "-": 1}
    assert {row["institutions_inspected"] for row in found.values()} == {1}


def test_items_of_versions_published_later_have_their_row_and_unknown_ones_too(world: World) -> None:
    document = published()["school", 1].as_document()
    item = next(one for one in document["sections"][0]["items"] if one["code"] == "S-01-05")
    document["sections"][0]["items"].append({**item, "code": "S-01-99", "text": "新增一项"})
    with world.context() as ctx:
        publish(ctx, from_document({**document, "version": 2}))
    body = world.body(0, {"S-01-05": [], "S-01-02": []}, checklist={"code": "school", "version": 2})
    body["answers"]["S-01-99"] = body["answers"]["S-01-05"]
    made = world.person("inspector").put(f"/inspections/{new_id()}", body).json
    forgotten = next(problem["id"] for problem in made["problems"] if problem["item_code"] == "S-01-02")
    with world.context() as ctx, unit(ctx.session) as session:
        session.execute(
            text("UPDATE problem SET item_code = 'S-99-99' WHERE id = :id"), {"id": in_database(world, forgotten)}
        )
    found = rows(world, "bureau", f"group_by=item&{QUARTER}")
    assert {key: row["problems_found"] for key, row in found.items()} == dict.fromkeys(
        ("S-01-05", "S-01-99", "S-99-99"), 1
    )
    assert (found["S-01-99"]["label"], found["S-99-99"]["label"]) == ("新增一项", "S-99-99")


def test_overdue_is_what_the_list_shows_as_overdue(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": [], "S-09-09": [], "S-02-06": []})
    world.issue(made["id"])
    held = made["problems"][0]["id"]
    body = {"requested_due_on": (world.today + timedelta(days=90)).isoformat(), "reason": "x"}
    assert world.person("school").put(f"/problems/{held}/extensions/{new_id()}", body).status_code == 201
    world.clock.go(days=60)
    late = rows(world, "league", "group_by=kind")["school"]
    assert late["overdue"] == overdue_by_the_list(world) == 2  # one is held, one is a department's
    assert (late["due"], late["transferred"]) == (3, 1)


# Who counts what


def test_a_seat_in_the_congress_adds_nothing_to_another_role(world: World) -> None:
    world.inspect({"S-01-05": []})
    with world.context() as ctx, unit(ctx.session) as session:
        user = session.scalars(select(UserRow.id).where(UserRow.username == "stranger")).one()
        seat = {"role": "npc_viewer", "region_code": "150000", "institution_id": None}
        session.add(RoleRow(id=uuid.uuid4(), user_id=user, since_at=ctx.now(), ended_at=None, **seat))
    assert rows(world, "stranger", "group_by=item") == {}
    assert rows(world, "stranger", "group_by=kind")["school"]["problems_found"] == 0
    assert rows(world, "stranger", "group_by=region&region=150102")["150102"]["institutions_inspected"] == 0
    numbers = rows(world, "stranger", "group_by=kind", "/stats/numbers")
    assert [row["institutions"] for row in numbers.values()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("group_by=item&from=2026-10-01&to=2026-12-31", {("/group_by", "not_a_choice")}),
        ("group_by=institution&from=2026-10-01&to=2026-12-31", {("/group_by", "not_a_choice")}),
        ("group_by=region", {("/from", "whole_quarters")}),
        ("group_by=region&from=2026-10-02&to=2026-12-31", {("/from", "whole_quarters")}),
        ("group_by=region&from=2026-10-01&to=2026-12-30", {("/from", "whole_quarters")}),
        ("group_by=region&from=2026-10-01&to=2026-11-30", {("/from", "whole_quarters")}),
        ("group_by=region&from=2026-10-01", {("/from", "whole_quarters")}),
        ("group_by=region&from=2016-10-01&to=2026-12-31", {("/from", "too_many_quarters")}),
        (f"group_by=region&region=110000&{QUARTER}", {("/region", "unknown_region")}),
        (f"group_by=region&region=150199&{QUARTER}", {("/region", "unknown_region")}),
        (f"group_by=kind&region=150100&{QUARTER}", {("/region", "own_region_only")}),
        (
            "group_by=severity&region=110000&from=2026-11-01&to=2026-12-31",
            {("/group_by", "not_a_choice"), ("/from", "whole_quarters"), ("/region", "unknown_region")},
        ),
    ],
)
def test_the_congress_asks_for_whole_quarters_by_region_and_kind_of_its_own(
    sqlite_world: World, query: str, faults: set[tuple[str, str]]
) -> None:
    for address in ("/stats", "/stats/numbers"):
        assert pointers(sqlite_world, "congress", query, address) == faults


def test_ten_years_are_the_most_and_head_counts_come_quarter_by_quarter(sqlite_world: World) -> None:
    assert rows(sqlite_world, "congress", "group_by=region&from=2017-01-01&to=2026-12-31")
    half = "group_by=region&from=2026-07-01&to=2026-12-31"
    assert pointers(sqlite_world, "congress", half, "/stats/numbers") == {("/from", "too_many_quarters")}


def test_a_seat_for_a_district_shows_that_district(sqlite_world: World) -> None:
    sqlite_world.employ("delegate", Grant("npc_viewer", "150102"))
    for _ in range(6):
        sqlite_world.inspect({"S-01-05": []})
    for group, key in (("region", "150102"), ("kind", "school")):
        assert rows(sqlite_world, "delegate", f"group_by={group}&{QUARTER}")[key]["problems_found"] == 6
    assert pointers(sqlite_world, "delegate", f"group_by=region&region=150103&{QUARTER}") == {
        ("/region", "unknown_region")
    }


def test_a_period_that_ends_before_it_begins_is_refused(sqlite_world: World) -> None:
    for address in ("/stats", "/stats/numbers"):
        backwards = "group_by=kind&from=2026-12-31&to=2026-01-01"
        assert pointers(sqlite_world, "league", backwards, address) == {("/to", "ends_before_begin")}


# What is withheld


def determined(hidden: Sequence[Any], equations: Iterable[Mapping[Any, int]]) -> set[Any]:
    """Which of the hidden values follow from all others and the equations: by elimination, with fractions."""
    place = {cell: position for position, cell in enumerate(hidden)}
    matrix = [[Fraction(equation.get(cell, 0)) for cell in hidden] for equation in equations]
    done: list[list[Fraction]] = []
    for column in range(len(hidden)):
        pivot = next((row for row in matrix if row[column]), None)
        if pivot is None:
            continue
        matrix.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        matrix, done = (
            [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in rows] for rows in (matrix, done)
        )
        done.append(pivot)
    return {cell for cell in hidden if any(row[place[cell]] and sum(map(bool, row)) == 1 for row in done)}


def sums(relations: Iterable[Sequence[Any]]) -> list[dict[Any, int]]:
    return [{family[0]: -1, **dict.fromkeys(family[1:], 1)} for family in relations]


def test_the_elimination_finds_what_follows() -> None:
    assert determined(["a"], sums([("total", "a", "b")])) == {"a"}
    assert determined(["a", "b"], sums([("total", "a", "b")])) == set()
    assert determined(["a", "b"], sums([("total", "a", "b"), ("b", "c", "d")])) == {"a", "b"}


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    leagues = draw(st.lists(st.integers(0, 3), min_size=0, max_size=4))
    codes = [f"15{number:02}00" for number in range(1, len(leagues) + 1)]
    banners = [f"{code[:4]}{n:02}" for code, many in zip(codes, leagues, strict=True) for n in range(1, many + 1)]
    return tree_of("150000", ["150000", *codes, *banners])


def leaves(tree: Tree) -> list[Cell]:
    parents = {family[0] for family in families(tree)}
    found = {cell for family in families(tree)[1:] for cell in family if cell not in parents}
    return sorted(found) or [("region", tree.root)]


@st.composite
def tables(draw: st.DrawFn, tree: Tree) -> dict[Cell, int]:
    """A column by region and kind whose sums are right, full of nothing and of small numbers."""
    few = st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 40))
    column = {leaf: draw(few) for leaf in leaves(tree)}
    for family in reversed(families(tree)[1:]):
        column[family[0]] = sum(column[part] for part in family[1:])
    total = column["region", tree.root]
    first, second = sorted(draw(st.integers(0, total)) for _ in range(2))
    kinds = rows_of(tree, "kind", tree.root)
    return column | dict(zip(kinds, (first, second - first, total - second), strict=True))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_withheld_cell_follows_from_all_that_is_shown(data: st.DataObject) -> None:
    tree = data.draw(trees())
    column = data.draw(tables(tree))
    relations = families(tree)
    hidden = withheld([column], relations)
    assert {cell for cell, value in column.items() if is_small(value)} <= hidden
    assert all(column[cell] for cell in hidden)  # nothing is shown as nothing
    assert determined(sorted(hidden), sums(relations)) == set()
    for parent, *parts in relations:  # what a shown cell hides is no small cell either
        if parent not in hidden:
            below = {family[0]: family[1:] for family in relations}
            unknown = column[parent] - sum(column[cell] for cell in uppermost(parts, below, hidden))
            assert not is_small(unknown)


def uppermost(cells: Iterable[Cell], below: Mapping[Cell, Sequence[Cell]], hidden: Collection[Cell]) -> list[Cell]:
    """The shown cells that are not beneath another shown one."""
    found: list[Cell] = []
    for cell in cells:
        found += uppermost(below.get(cell, ()), below, hidden) if cell in hidden else [cell]
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_cell_is_had_by_subtracting_periods_or_from_the_sum(data: st.DataObject) -> None:
    tree = data.draw(trees())
    columns = data.draw(st.lists(tables(tree), min_size=1, max_size=4))
    by_quarter = [{cell: Counts(due=value) for cell, value in column.items()} for column in columns]
    cells = list(columns[0])
    periods = list(combinations(range(len(columns) + 1), 2))
    equations = [
        {(number, cell): factor for cell, factor in equation.items()}
        for number in range(len(columns))
        for equation in sums(families(tree))
    ]
    unknown = []
    for first, last in periods:
        chosen = by_quarter[first:last]
        total = {cell: Counts(due=sum(quarter[cell].due for quarter in chosen)) for cell in cells}
        answer = {cell: row["due"] for cell, row in shown(chosen, total, tree).items()}
        assert all(value in (None, total[cell].due) for cell, value in answer.items())
        assert not any(is_small(value) for value in answer.values() if value is not None)
        equations += [
            {(number, cell): 1 for number in range(first, last)} for cell, value in answer.items() if value is not None
        ]
        if last == first + 1:
            unknown += [(first, cell) for cell, value in answer.items() if value is None]
        # a figure that is no sum of its quarters' (institutions inspected) is protected by those of the same period
        whole = [cell for cell, value in answer.items() if value is None]
        assert determined(whole, sums(families(tree))) == set()
    everything = [(number, cell) for number in range(len(columns)) for cell in cells]
    assert determined(everything, equations).isdisjoint(unknown)


# The same over HTTP


class Congress:
    """Everything that the congress can ask of a quarter, put together again."""

    def __init__(self, world: World, address: str, cell: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.tree = tree_of("150000", [code for code, *_ in REGIONS])
        self.shown: dict[Cell, dict[str, Any]] = {}
        for region in ("150000", *sorted(self.tree.beneath), *(code for code, *_ in REGIONS)):
            answer = rows(world, "congress", f"group_by=region&region={region}&{QUARTER}", address)
            for row in rows_of(self.tree, "region", region):
                seen = cell(answer[row[1]])
                assert self.shown.setdefault(row, seen) == seen, "two answers differ on a cell"
        answer = rows(world, "congress", f"group_by=kind&{QUARTER}", address)
        self.shown |= {row: cell(answer[row[1]]) for row in rows_of(self.tree, "kind", "150000")}

    def hidden(self, name: str) -> set[Cell]:
        return {cell for cell, row in self.shown.items() if row[name] is None}

    def found_out(self, name: str) -> set[Cell]:
        """The root itself is in no answer: it is the sum of others, and unknown where these are."""
        hidden = [("region", "150000"), *sorted(self.hidden(name))]
        return determined(hidden, sums(families(self.tree))) - {("region", "150000")}


def findings(count: int) -> list[dict[str, Any]]:
    return [{"fact": f"第{number}处"} for number in range(count)]


def test_what_one_answer_withholds_no_other_gives_away(world: World) -> None:
    world.inspect({"S-01-05": findings(2)}, place=0)
    world.inspect({"K-01-01": findings(9)}, place=1)
    world.inspect({"S-01-05": findings(7)}, place=6, who="demo-inspector-hm")
    world.inspect({"T-01-01": findings(3)}, place=11, who="demo-inspector-yq")
    world.inspect({"S-01-05": findings(8)}, place=9, who="demo-inspector-yq")
    seen = Congress(world, "/stats", lambda row: row)
    assert seen.hidden("problems_found") == {("kind", "tutoring_centre"), ("kind", "kindergarten")}
    for name in CELLS:
        assert seen.found_out(name) == set(), name


def test_a_small_district_is_not_had_by_drilling_down_or_across(world: World) -> None:
    world.inspect({"S-01-05": findings(2)}, place=0)
    world.inspect({"S-01-05": findings(7)}, place=6, who="demo-inspector-hm")
    world.inspect({"S-01-05": findings(9)}, place=9, who="demo-inspector-yq")
    seen = Congress(world, "/stats", lambda row: row)
    assert seen.hidden("problems_found") == {("region", "150102"), ("region", "150103")}
    assert seen.shown["region", "150104"]["problems_found"] == 9
    assert seen.shown["region", "150100"]["problems_found"] == seen.shown["kind", "school"]["problems_found"] == 18
    assert seen.shown["region", "150102"]["rate"] == {"numerator": 0, "denominator": 0, "value": None}
    for name in CELLS:
        assert seen.found_out(name) == set(), name
    answer = world.person("congress").get(f"/stats?group_by=region&region=150103&{QUARTER}").json
    assert (answer["withheld"], answer["rows"][0]["problems_found"]) == (True, None)
    full = rows(world, "league", f"group_by=region&{QUARTER}")
    assert [full[code]["problems_found"] for code in ("150102", "150103", "150104")] == [2, 7, 9]


def test_a_period_withholds_what_one_of_its_quarters_withholds(world: World) -> None:
    world.inspect({"S-01-05": findings(8)})
    world.clock.go_to(date(2027, 1, 11))
    world.inspect({"S-01-05": findings(3)})

    def found(period: str) -> Any:
        return rows(world, "congress", f"group_by=region&region=150102&{period}")["150102"]

    assert found(QUARTER)["problems_found"] == 8
    assert found("from=2027-01-01&to=2027-03-31")["problems_found"] is None
    assert found("from=2026-10-01&to=2027-03-31")["problems_found"] is None
    assert rows(world, "league", "group_by=region&from=2026-10-01&to=2027-03-31")["150102"]["problems_found"] == 11


def test_an_institution_of_two_quarters_is_inspected_once(world: World) -> None:
    for day in (date(2026, 11, 23), date(2027, 1, 11)):
        world.clock.go_to(day)
        for place in range(6):
            world.inspect({}, place=place)
    for who in ("congress", "league"):
        row = rows(world, who, "group_by=region&region=150102&from=2026-10-01&to=2027-03-31")["150102"]
        assert row["institutions_inspected"] == 6


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


# Head counts


def counted(world: World, institution: str, staff: int, vetted: int, reports: int, who: str = "inspector") -> None:
    body = world.body(0, institution_id=institution)
    body["answers"] |= {"S-02-01": {"value": staff}, "S-02-02": {"value": vetted}, "S-06-02": {"value": reports}}
    assert world.person(who).put(f"/inspections/{new_id()}", body).status_code == 201


def schools(world: World, region: str, count: int) -> list[str]:
    with world.context() as ctx:
        names = [f"{region}第{number}小学" for number in range(count)]
        return [str(setup.add_institution(ctx, name, "school", region, "教育局", {})) for name in names]


def test_vetting_coverage_is_a_figure_by_region_and_never_a_name(world: World) -> None:
    counted(world, world.places[0], 100, 90, 1)
    world.clock.go(days=1)
    counted(world, world.places[0], 100, 100, 1)  # the latest of an institution counts
    counted(world, world.places[3], 50, 40, 1)
    row = rows(world, "bureau", f"group_by=region&{QUARTER}", "/stats/numbers")["150102"]
    assert row["vetting"] == {"numerator": 140, "denominator": 150, "value": 0.9333}
    assert row["items"]["S-02-01"] == {"institutions": 2, "total": 150.0}
    assert "S-06-02" not in row["items"]
    its = rows(world, "league", f"group_by=region&{QUARTER}", "/stats/numbers")["150102"]
    assert its["items"]["S-06-02"] == {"institutions": None, "total": None}  # two reports are too few to show
    theirs = rows(world, "congress", f"group_by=region&{QUARTER}", "/stats/numbers")["150100"]
    assert (theirs["institutions"], theirs["vetting"]["value"]) == (None, None)


def test_few_reports_are_not_what_is_left_of_a_sum(world: World) -> None:
    counted(world, world.places[0], 100, 90, 3)
    counted(world, world.places[6], 100, 90, 20, "demo-inspector-hm")
    counted(world, world.places[9], 100, 90, 30, "demo-inspector-yq")
    its = rows(world, "league", f"group_by=region&{QUARTER}", "/stats/numbers")
    shown = {code: its[code]["items"]["S-06-02"]["total"] for code in ("150102", "150103", "150104")}
    assert shown == {"150102": None, "150103": None, "150104": 30.0}
    assert its["150103"]["items"]["S-02-01"]["total"] == 100.0


def test_head_counts_of_few_institutions_are_not_had_from_other_answers(world: World) -> None:
    world.employ("traveller", Grant("edu_inspector", "150000"))
    for region, count in (("150102", 2), ("150103", 6), ("150104", 7), ("150200", 8)):
        for number, school in enumerate(schools(world, region, count)):
            counted(world, school, 50 + number, 40 + number, 2, "traveller")
    for place, code in ((1, "K-01-01"), (10, "K-01-01")):
        world.inspect({code: []}, place=place, who="traveller")

    def cell(row: dict[str, Any]) -> dict[str, Any]:
        return {
            "institutions": row["institutions"],
            "vetted": row["vetting"]["numerator"],
            "staff": row["vetting"]["denominator"],
        }

    seen = Congress(world, "/stats/numbers", cell)
    for name in ("institutions", "vetted", "staff"):
        assert ("region", "150102") in seen.hidden(name)
        assert ("region", "150104") not in seen.hidden(name)
        assert seen.shown["region", "150200"][name]
        assert seen.found_out(name) == set(), name
    by_region = rows(world, "congress", f"group_by=region&{QUARTER}", "/stats/numbers")
    assert [row["items"] for row in by_region.values()] == [{}] * len(by_region)
    by_kind = rows(world, "congress", f"group_by=kind&{QUARTER}", "/stats/numbers")
    assert by_kind["school"]["items"]["S-06-02"] == {"institutions": 23, "total": 46.0}
    assert not by_kind["school"]["items"].keys() & {"S-02-01", "S-02-02"}
    assert all(sum_ == {"institutions": None, "total": None} for sum_ in by_kind["kindergarten"]["items"].values())
