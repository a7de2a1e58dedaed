"""Figures are equal to a recount from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from inspection.domain.figures import CELLS, Counts
from tests.api.test_stats import overdue_by_the_list, rows
from tests.support.examples import examples
from tests.support.world import World, made_world, new_id

CODES = ("S-01-05", "S-08-05", "S-09-09", "S-02-06", "S-09-01", "S-01-03")


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
    max_examples=examples(6),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
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
