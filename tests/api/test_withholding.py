"""What is withheld from the people's congress, and that nothing gives it away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.actions import setup
from inspection.domain.actor import Grant
from inspection.domain.figures import CELLS, Counts, quarters, shown
from inspection.domain.regions import REGIONS
from inspection.domain.withholding import Cell, Tree, families, is_small, rows_of, tree_of, withheld
from tests.api.test_stats import QUARTER, rows
from tests.support.examples import examples
from tests.support.world import World, new_id


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


@settings(max_examples=examples(100), deadline=None)
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


@pytest.mark.short_drill
@settings(max_examples=examples(30), deadline=None)
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
