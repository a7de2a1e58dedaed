"""The desk's promise: under any conditions the count, the list and the workbook are the same problems, and every figure
is the list behind it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from inspection.actions.context import Context
from inspection.actions.institutions import list_institutions
from inspection.actions.problems import count_problems, export_problems, list_problems
from inspection.actions.sessions import authenticate
from inspection.actions.stats import get_stats
from inspection.domain.actor import Actor, Grant
from inspection.domain.behind import behind, inspected
from inspection.domain.figures import GROUPS
from inspection.domain.permissions import acting
from inspection.domain.problems import STATUSES
from inspection.domain.views import Page
from inspection.schemas.queries import InstitutionQuery, ProblemQuery, filters_of
from tests.support.desk import Clerk, Opened
from tests.support.examples import examples
from tests.support.institutions import change, merge
from tests.support.world import World, made_world, new_id

CODES = {0: ("S-01-05", "S-02-03", "S-03-01", "S-08-02"), 1: ("K-01-01", "K-01-04"), 6: ("S-01-05", "S-09-01")}
WHO = {0: ("inspector", "bureau", "school"), 1: ("inspector", "bureau", "kindergarten")}


@contextmanager
def years_of_problems(engine: str, folder: Path) -> Iterator[World]:
    """In every state, of several places, days and kinds."""
    with made_world(engine, folder) as world:
        for turn in range(3):
            for place in (0, 1, 3):
                codes = CODES.get(place, CODES[0])
                wrong = {code: [{"fact": f"{code} {turn}"}] for code in codes[: 2 + turn]}
                made = world.inspect(wrong, place)
                notice = world.issue(made["id"], items=_decisions(made, turn))
                if place in WHO:
                    _live(world, notice, turn, WHO[place][2])
                world.clock.go(days=9)
        world.inspect({"S-01-05": [], "S-05-01": []}, 0)
        world.inspect({"S-09-01": [{"fact": "安全出口锁闭"}]}, 4)
        _elsewhere_and_in_error(world)
        world.clock.go(days=25)
        yield world


def _elsewhere_and_in_error(world: World) -> None:
    """Of another district, on no list, withdrawn; of institutions that were merged, moved, closed since."""
    world.inspect({"S-01-05": [], "S-09-01": []}, 6, "demo-inspector-hm")
    world.issue(world.inspect({"S-03-01": []}, 6, "demo-inspector-hm")["id"], who="neighbour")
    world.issue(world.inspect({}, 3, other_findings=[{"fact": "围墙外有深坑", "severity": "serious"}])["id"])
    world.issue(world.inspect({"T-01-01": [], "T-04-01": []}, 5)["id"])
    made = world.inspect({"T-01-01": []}, 2)
    address = f"/inspections/{made['id']}/withdrawals/{new_id()}"
    assert world.person("inspector").put(address, {"reason": "误选机构"}).status_code == 201
    agreed = {"decision": "approve", "comment": "属实"}
    assert world.person("league").put(f"{address}/decision", agreed).status_code == 201
    assert merge(world, 3, 0).status_code == 201
    assert change(world, 4, "move", who="league", region_code="150103").status_code == 201
    world.employ("city", Grant("reviewer", "150100"))
    assert change(world, 5, "move", who="league", region_code="150100").status_code == 201
    world.employ("two-hats", Grant("reviewer", "150102"), Grant("npc_viewer", "150000"))
    schools = (world.places[0], world.places[6])
    world.employ("two-schools", *(Grant("unit", institution_id=UUID(place)) for place in schools))
    world.employ("far-and-wide", Grant("edu_inspector", "150104"), Grant("proc_inspector", "150102"))


def _decisions(made: Mapping[str, object], turn: int) -> list[dict[str, object]]:
    ids = [line["id"] for line in made["problems"]]  # type: ignore[attr-defined]
    if turn == 1:
        return [{"problem_id": ids[-1], "action": "drop", "reason": "不属实"}]
    if turn == 2:
        return [{"problem_id": ids[-1], "action": "transfer", "responsible": {"kind": "department", "name": "住建局"}}]
    return []


def _live(world: World, notice: Mapping[str, object], turn: int, unit: str) -> None:
    lines = [line for line in notice["problems"] if line["action"] == "keep"]  # type: ignore[attr-defined]
    for number, line in enumerate(lines):
        problem = line["problem_id"]
        if number == 0:
            proof = world.prove(problem, who=unit)
            if turn != 2 and line["severity"] != "critical":
                decision = "accept" if turn == 0 else "return"
                assert world.review(problem, proof["id"], decision).status_code == 201
        elif number == 1 and turn == 1:
            later = (world.today + timedelta(days=90)).isoformat()
            world.person(unit).put(
                f"/problems/{problem}/extensions/{new_id()}", {"requested_due_on": later, "reason": "材料未到"}
            )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def years(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with years_of_problems(request.param, tmp_path_factory.mktemp("counts")) as world:
        yield world


def total(page: Opened) -> int:
    found = re.search(r"共 (\d+) 个", page.text)
    assert found is not None, page.text
    return int(found[1])


def listed(page: Opened) -> set[str]:
    """Of this page and those that follow."""
    found: set[str] = set()
    while True:
        found |= {
            link.removeprefix("/problems/") for link in page.links if re.fullmatch(r"/problems/[0-9a-f-]{36}", link)
        }
        following = next((link for link in page.links if "cursor=" in link), None)
        if following is None:
            return found
        page = page.clerk.open(following)


def exported(clerk: Clerk, conditions: str) -> int:
    data = clerk.open(f"/problems.xlsx?{conditions}").response.data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    head = next(number for number, row in enumerate(rows) if row[:2] == ["编号", "单位"])
    return len([row for row in rows[head + 1 :] if any(cell != "" for cell in row)])


def every_page(take: Callable[[tuple[str, ...] | None], Page[Any]]) -> list[Any]:
    """All ids of a list that is taken page by page."""
    found: list[Any] = []
    after: tuple[str, ...] | None = None
    while True:
        taken = take(after)
        found += [one.id for one in taken.items]
        after = taken.next_key
        if after is None:
            return found


DAYS = st.sampled_from(["2026-11-23", "2026-12-01", "2026-12-24", "2027-01-05", "2027-02-01"])
SOME = {
    "status": st.lists(st.sampled_from(STATUSES), min_size=1, max_size=4, unique=True).map(",".join),
    "severity": st.sampled_from(["general", "serious,critical", "critical"]),
    "region": st.sampled_from(["150000", "150100", "150102", "150103"]),
    "own_region": st.sampled_from(["150102", "150100"]),
    "kind": st.sampled_from(["school", "kindergarten", "school,kindergarten"]),
    "recommendation": st.sampled_from(["A", "B,C", "-", "A,-"]),
    "responsible": st.sampled_from(["institution", "department"]),
    "overdue": st.sampled_from(["true", "false"]),
    "deadline": st.sampled_from(["not_due", "due_today", "overdue"]),
    "on_time": st.sampled_from(["true", "false"]),
    "petition": st.sampled_from(["extension", "objection", "extension,objection"]),
    "recurrent": st.just("true"),
    "supervised": st.just("true"),
    "item": st.sampled_from(["S-01-05", "K-01-01", "-"]),
    "q": st.sampled_from(["云杉", "150102-2026", "没有"]),
    "due_before": DAYS,
    "due_from": DAYS,
    "due_to": DAYS,
    "found_from": DAYS,
    "found_to": DAYS,
}
CONDITIONS = st.lists(st.sampled_from(sorted(SOME)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: SOME[name] for name in names})
)


@pytest.mark.short_drill
@settings(max_examples=examples(20))
@given(conditions=CONDITIONS, who=st.sampled_from(["bureau", "league", "school", "procurator"]))
def test_the_count_the_list_and_the_workbook_are_the_same(years: World, conditions: dict[str, str], who: str) -> None:
    clerk, asked = Clerk(years, who), urlencode(conditions)
    page = clerk.open(f"/problems?{asked}")
    assert page.status == 200
    count = 0 if "没有符合条件的问题" in page.text else total(page)
    assert len(listed(page)) == count == exported(clerk, asked)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("who", "region"), [("league", ""), ("bureau", "150102")])
def test_every_figure_is_the_list_behind_it(years: World, group: str, who: str, region: str) -> None:
    clerk = Clerk(years, who)
    page = clerk.open(f"/stats?group_by={group}&from=2026-11-01&to=2027-01-31&region={region}")
    assert page.status == 200
    cells = re.findall(r'<a(?: class="overdue")? href="(/(?:problems|institutions)\?[^"]+)">(\d+)</a>', page.html)
    assert cells or "没有数字" in page.text
    asked = {address.replace("&amp;", "&"): int(number) for address, number in cells}
    for address, number in asked.items():
        behind = clerk.open(address)
        if address.startswith("/problems"):
            assert total(behind) == number, (address, number)
        else:
            names = {link for link in behind.links if re.fullmatch(r"/institutions/[0-9a-f-]{36}", link)}
            assert len(names) == number, (address, number)


PERIODS = (
    (date(2026, 11, 1), date(2027, 3, 31)),
    (date(2026, 11, 24), date(2026, 12, 20)),
    (date(2026, 12, 1), date(2026, 12, 31)),
    (date(2027, 1, 5), date(2027, 1, 5)),
)
EVERYBODY = (
    "bureau",
    "league",
    "neighbour",
    "procurator",
    "school",
    "stranger",
    "two-hats",
    "two-schools",
    "far-and-wide",
)
"""Some of the cast, and three who hold several roles at once."""


@pytest.mark.short_drill
@settings(max_examples=examples(10))
@given(
    who=st.sampled_from(EVERYBODY),
    group=st.sampled_from(GROUPS),
    region=st.sampled_from([None, "150000", "150100", "150102", "150103"]),
    period=st.sampled_from(PERIODS),
    data=st.data(),
)
def test_every_cell_of_every_grouping_is_its_list(
    years: World, who: str, group: str, region: str | None, period: tuple[date, date], data: st.DataObject
) -> None:
    """Also the cells that say nothing: counted, page by page, and as rows of the workbook."""
    with years.context() as ctx:
        actor = authenticate(ctx, f"token-{who}")
        found = get_stats(ctx, acting(actor, "stats.read"), group, *period, region)
        reading = acting(actor, "problem.read")
        full = []
        for row in found.rows:
            for cell, number in row.cells.items():
                if cell == "institutions_inspected":
                    inspected_is_its_list(ctx, actor, group, row.key, found.region, period, number)
                    continue
                asked = behind(cell, group, row.key, found.region, *period)
                filters = filters_of(ProblemQuery().load(dict(asked)))
                listed = every_page(lambda after, f=filters: list_problems(ctx, reading, f, after, 3))
                assert len(listed) == len(set(listed)) == number, (asked, number)
                assert count_problems(ctx, reading, filters) == number, asked
                assert len(list(export_problems(ctx, reading, filters))) == number, asked
                if number:
                    full.append((asked, number))
    if full:
        conditions, number = data.draw(st.sampled_from(full))
        assert exported(Clerk(years, who), urlencode(conditions)) == number


def inspected_is_its_list(
    ctx: Context, actor: Actor, group: str, key: str, base: str, period: tuple[date, date], number: int | None
) -> None:
    asked = inspected(group, key, base, *period)
    if asked is None:
        return
    query = InstitutionQuery().load(dict(asked))
    days = {name: query[name] for name in ("inspected_from", "inspected_to")}
    listed = every_page(
        lambda after: list_institutions(
            ctx,
            acting(actor, "institution.read"),
            text=None,
            kind=query.get("kind"),
            region=query["region"],
            **days,
            after=after,
            limit=3,
        )
    )
    assert len(listed) == len(set(listed)) == number, (asked, number)


def test_every_figure_of_the_first_page_is_the_list_behind_it(years: World) -> None:
    for who in (*EVERYBODY, "inspector", "city"):
        page = Clerk(years, who).open("/")
        cells = re.findall(r'<a class="[^"]*" href="(/problems\?[^"]+)">(\d+)</a>', page.html)
        cells += re.findall(r'<a class="figure[^"]*" href="(/problems\?[^"]+)"><b>(\d+)</b>', page.html)
        assert cells, who
        for address, number in cells:
            behind = page.clerk.open(address.replace("&amp;", "&"))
            if int(number):
                assert total(behind) == int(number), (who, address)
            else:
                assert "没有符合条件的问题" in behind.text, (who, address)


def test_the_congress_sees_figures_and_no_way_to_what_is_behind(years: World) -> None:
    clerk = Clerk(years, "congress")
    page = clerk.open("/stats?from=2026-10-01&to=2026-12-31")
    assert page.status == 200
    assert "/problems" not in page.html
    assert "/institutions" not in page.html
    assert "云杉" not in page.text
    wrong = clerk.open("/stats?from=2026-11-01&to=2026-12-31&group_by=item")
    assert wrong.status == 422
    assert "须为整季度" in wrong.text
    assert clerk.open("/stats/numbers?from=2026-10-01&to=2026-12-31").status == 200


def test_senseless_conditions_show_no_figures(years: World) -> None:
    for asked in ("from=never", "from=2026-12-01&to=2026-11-01", "region=99", "group_by=colour"):
        page = Clerk(years, "bureau").open(f"/stats?{asked}")
        assert page.status == 422, asked
        assert "合计" not in page.text
    for asked in ("due_before=never", "status=gone", "region=x", "institution=7", "cursor=x", "nonsense=1"):
        page = Clerk(years, "bureau").open(f"/problems?{asked}")
        assert page.status == 422, asked
        assert "共" not in page.text.split("问题清单")[1][:40]
