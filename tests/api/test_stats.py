"""Figures: what they say, and who may ask for which."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from checklists.loader import published
from checklists.model import from_document
from inspection.actions.checklists import publish
from inspection.domain.actor import Grant
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.unit import unit
from tests.support.world import World, in_database, new_id

QUARTER = "from=2026-10-01&to=2026-12-31"


def rows(world: World, who: str, query: str, address: str = "/stats") -> dict[str, dict[str, Any]]:
    answer = world.person(who).get(f"{address}?{query}")
    assert answer.status_code == 200, answer.json
    return {row["key"]: row for row in answer.json["rows" if address == "/stats" else "items"]}


def pointers(world: World, who: str, query: str, address: str = "/stats") -> set[tuple[str, str]]:
    refused = world.person(who).get(f"{address}?{query}")
    assert refused.status_code == 422
    return {(fault["pointer"], fault["code"]) for fault in refused.json["errors"]}


def overdue_by_the_list(world: World) -> int:
    """Of the institutions' own problems."""
    league = world.person("league")
    listed = league.get("/problems?overdue=true&limit=200").json["items"]
    details = [league.get(f"/problems/{line['id']}").json for line in listed]
    return sum(problem["responsible_kind"] == "institution" for problem in details)


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


@pytest.mark.parametrize(
    ("group", "key", "chinese", "english"),
    [
        ("kind", "kindergarten", "幼儿园", "kindergarten"),
        ("severity", "critical", "重大", "critical"),
    ],
)
def test_rows_are_named_in_the_readers_language(
    sqlite_world: World, group: str, key: str, chinese: str, english: str
) -> None:
    for language, name in (("zh-CN", chinese), ("en", english)):
        answer = sqlite_world.person("league").get(f"/stats?group_by={group}", headers={"Accept-Language": language})
        assert {row["key"]: row["label"] for row in answer.json["rows"]}[key] == name
