"""统计: by what and when, one step down after the other, drawn and in numbers; the congress sees no case."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.domain.actor import Grant
from inspection.domain.figures import CELLS, Counts, Row, cells_of
from inspection.domain.texts import fault_text, word
from inspection.pages.charts import MOST as MOST_BARS
from inspection.pages.charts import SCALE, outcome_bars
from inspection.pages.stats import _presets
from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk, Opened
from tests.support.world import World

YEAR = "from=2026-01-01&to=2027-12-31"
QUARTER = "from=2026-10-01&to=2026-12-31"


def tables(page: Opened) -> list[list[str]]:
    """The cells of each row of a page's tables, as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def row_of(page: Opened, label: str) -> list[str]:
    return next(row for row in tables(page) if row[0] == label)


def some(world: World) -> None:
    """One closed on time, one running, one overdue, one of a department; nothing of the neighbour."""
    made = world.inspect({"S-01-05": [], "S-02-03": [], "S-03-01": [], "S-09-09": []})
    notice = world.issue(made["id"])
    closed = next(one for one in notice["problems"] if one["severity"] != "critical")["problem_id"]
    proof = world.prove(closed)
    assert world.review(closed, proof["id"], "accept").status_code == 201
    world.clock.go(days=40)


# What the page says


def test_step_by_step_from_the_region_to_the_institution(world: World) -> None:
    some(world)
    league = Clerk(world, "league")
    page = league.open(f"/stats?{YEAR}")
    down = next(link for link in page.links if "region=150102" in link and "group_by=institution" in link)
    assert "from=2026-01-01" in down
    institutions = league.open(down)
    assert row_of(institutions, "云杉第一中学")[2] == row_of(page, "新城区")[2]
    assert f"/institutions/{world.places[0]}" in institutions.links
    world.employ("everywhere", Grant("supervisor", "150000"))
    top = Clerk(world, "everywhere").open(f"/stats?{YEAR}&region=150000")
    city = next(link for link in top.links if link.startswith("/stats?") and "region=150100" in link)
    assert "group_by=region" in city
    assert row_of(top, "呼和浩特市")[2] == row_of(page, "新城区")[2]
    assert any("region=150102" in link for link in top.clerk.open(city).links)


def test_the_lead_figures_have_their_denominators(world: World) -> None:
    some(world)
    page = Clerk(world, "bureau").open(f"/stats?{YEAR}")
    row = row_of(page, "新城区")
    due, closed = int(row[4]), int(row[5])
    assert closed == 1
    assert f"{closed} ÷ {due}" in page.text
    lead = page.html.partition('<ul class="figures">')[2].partition("</ul>")[0]
    for label in ("检查机构", "发现问题", "到期应改", "销号", "逾期", "整改率", "按期整改率"):
        assert label in lead, label
    assert f"{100 * closed / due:.1f}%" in lead


@pytest.mark.parametrize(
    ("group", "label"),
    [
        ("kind", "中小学校"),
        ("severity", "一般"),
        ("recommendation", word("recommendation", "-", "zh_CN")),
        ("item", "S-01-05 "),
        ("item", word("workbook", "no_item", "zh_CN")),
        ("institution", "云杉第一中学"),
    ],
)
def test_rows_are_named_in_words(world: World, group: str, label: str) -> None:
    some(world)
    world.inspect({}, 3, other_findings=[{"fact": "围墙外有深坑", "severity": "serious"}])
    page = Clerk(world, "bureau").open(f"/stats?group_by={group}&{YEAR}")
    labels = [row[0] for row in tables(page)]
    assert any(one.startswith(label) for one in labels), labels
    assert not {"school", "general", "A", "-"} & set(labels)
    english = Clerk(world, "bureau", "en").open(f"/stats?group_by={group}&{YEAR}")
    assert english.status == 200


def test_where_nothing_is_there_is_no_figure_and_no_fault(world: World) -> None:
    page = Clerk(world, "bureau").open("/stats?group_by=item&from=2020-01-01&to=2020-12-31")
    assert page.status == 200
    assert "这个时段没有数字" in page.text
    assert "—" in Clerk(world, "bureau").open("/stats?group_by=kind&from=2020-01-01&to=2020-12-31").text


def test_what_was_typed_stays_with_its_fault(world: World) -> None:
    page = Clerk(world, "bureau").open("/stats?from=2026-12-01&to=2026-11-01&group_by=kind")
    assert page.status == 422
    form = next(form for form in page.forms if "group_by" in form.fields)
    assert (form.fields["from"], form.fields["to"], form.fields["group_by"]) == ("2026-12-01", "2026-11-01", "kind")
    assert fault_text("ends_before_begin", "zh_CN", {}) in page.text
    mended = page.send(form, to="2026-12-31")
    assert mended.status == 200


def test_who_may_not_count(world: World) -> None:
    for who in ("sysadmin", "secadmin", "auditor"):
        assert Clerk(world, who).open("/stats").status == 403
        assert Clerk(world, who).open("/stats/numbers").status == 403
    assert Clerk(world, None).open("/stats").status == 401


def test_out_of_scope_is_nothing(world: World) -> None:
    some(world)
    assert set(row_of(Clerk(world, "neighbour").open(f"/stats?region=150102&{YEAR}"), "新城区")[1:11]) == {"0"}


# The people's congress


def test_the_congress_sees_whole_quarters_and_goes_no_further_down_than_districts(world: World) -> None:
    some(world)
    clerk = Clerk(world, "congress")
    page = clerk.open("/stats")
    assert page.status == 200
    form = next(form for form in page.forms if "group_by" in form.fields)
    assert form.choices["group_by"] == ["region", "kind"]
    city = clerk.open(f"/stats?{QUARTER}&region=150100")
    for opened in (page, city):
        for link in opened.links:
            if link.startswith("/stats"):
                assert clerk.open(link).status == 200, link
            assert not link.startswith(("/problems", "/institutions", "/inspections", "/notices"))
    assert "新城区" in city.text


def test_small_cells_are_withheld_and_said_to_be(world: World) -> None:
    some(world)
    page = Clerk(world, "congress").open(f"/stats?{QUARTER}&region=150100")
    assert row_of(page, "新城区")[2] == "＊"
    assert "“＊”为不显示的数字" in page.text
    assert "云杉" not in page.text
    assert '<rect class="part on_time" x=' not in page.html


def test_what_the_congress_cannot_ask_is_said_at_the_form(world: World) -> None:
    page = Clerk(world, "congress").open("/stats?from=2026-11-01&to=2026-12-31")
    assert page.status == 422
    assert "须为整季度" in page.text
    assert 'id="f-from"' in page.html
    assert tables(page) == []


# Periods, bars, head counts


def test_the_presets_are_whole_periods() -> None:
    for today in (date(2026, 1, 1), date(2026, 3, 31), date(2026, 11, 23), date(2026, 12, 31), date(2028, 2, 29)):
        found = dict(_presets(today, congress=False))
        for name in ("this_month", "this_quarter", "this_year"):
            assert found[name][0] <= today <= found[name][1], (name, today)
        assert found["last_quarter"][1] < found["this_quarter"][0]
        assert (found["this_quarter"][0] - found["last_quarter"][1]).days == 1
        assert {name for name, _ in _presets(today, congress=True)} == {"last_quarter", "last_year"}
    assert dict(_presets(date(2027, 1, 15), congress=False))["last_quarter"] == (date(2026, 10, 1), date(2026, 12, 31))


OUTCOMES = st.tuples(*(st.integers(0, 10_000) for _ in range(4)))


def row(key: int, on_time: int, late: int, running: int, overdue: int) -> Row:
    counts = Counts(
        due=on_time + late + running + overdue, closed=on_time + late, closed_on_time=on_time, overdue=overdue
    )
    return Row(str(key), f"第{key}行", cells_of(counts))


@given(st.lists(OUTCOMES, max_size=50))
def test_bars_stand_for_their_numbers(outcomes: list[tuple[int, int, int, int]]) -> None:
    """To scale, one part after the other, with the longest as long as the drawing; none is invented."""
    rows = [row(number, *parts) for number, parts in enumerate(outcomes)]
    bars = outcome_bars(rows)
    due = {one.key: one.cells["due"] or 0 for one in rows if one.cells["due"]}
    assert len(bars) == min(len(due), MOST_BARS)
    longest = max(due.values(), default=0)
    for bar in bars:
        assert sum(part.value for part in bar.segments) == due[bar.key]
        end = 0.0
        for part in bar.segments:
            assert part.value > 0
            assert abs(part.start - end) < 0.02
            assert abs(part.length - part.value / longest * SCALE) < 0.01
            end = part.start + part.length
        assert end <= SCALE + 0.02
    if due:
        assert max(sum(part.value for part in bar.segments) for bar in bars) == longest


def test_what_is_withheld_is_not_drawn() -> None:
    whole = row(1, 3, 0, 0, 2)
    for cell in ("due", "closed", "closed_on_time", "overdue"):
        assert outcome_bars([Row("x", "x", {**whole.cells, cell: None}), whole]) == outcome_bars([whole])
    assert set(CELLS) == set(whole.cells)


def test_each_drawing_says_its_numbers(world: World) -> None:
    some(world)
    page = Clerk(world, "bureau").open(f"/stats?group_by=institution&{YEAR}")
    label = re.search(r'<svg class="bar"[^>]*aria-label="([^"]+)"', page.html)
    assert label is not None
    assert label[1].startswith("云杉第一中学：按期销号 1")
    assert " style=" not in page.html


def test_head_counts(world: World) -> None:
    world.inspect({})
    page = Clerk(world, "bureau").open(f"/stats/numbers?group_by=kind&{YEAR}")
    assert page.status == 200
    assert row_of(page, "中小学校")[1] == "1"
    assert "÷" in row_of(page, "中小学校")[2]
    assert Clerk(world, "bureau").open("/stats/numbers?group_by=item").status == 422
    few = Clerk(world, "congress").open(f"/stats/numbers?{QUARTER}&group_by=kind")
    assert row_of(few, "中小学校")[1] == "＊"
    assert "“＊”为不显示的数字" in few.text
    assert "is withheld" in Clerk(world, "congress", "en").open(f"/stats/numbers?{QUARTER}&group_by=kind").text
    assert "＊" not in page.text


def test_how_often_the_database_is_asked(world: World) -> None:
    some(world)
    for who in ("bureau", "league", "school", "congress"):
        groups = (
            ("region", "kind") if who == "congress" else ("region", "kind", "item", "recommendation", "institution")
        )
        for path in (*(f"/stats?group_by={group}&{QUARTER}" for group in groups), f"/stats/numbers?{QUARTER}"):
            clerk = Clerk(world, who)
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))
