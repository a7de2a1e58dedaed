"""统计: by region, kind, item, recommendation, severity or institution; each number is the list behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from flask import Response

from inspection.actions import stats as actions
from inspection.actions.context import Context
from inspection.actions.institutions import regions_of
from inspection.domain import behind, figures
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.figures import CELLS, CONGRESS_GROUPS, GROUPS, Counts, NumberRow, Row
from inspection.domain.permissions import acting, may
from inspection.domain.texts import desk_texts, texts
from inspection.pages.charts import SCALE, outcome_bars
from inspection.pages.desk import Query, language, page, place, signed_in
from inspection.pages.forms import faults_by_field
from inspection.schemas.stats import StatsPageQuery

COLUMNS: Final = (
    "institutions_inspected",
    "problems_found",
    "recurrences",
    "due",
    "closed",
    "closed_on_time",
    "overdue",
    "void",
    "transferred",
    "departments",
)
Line = TypeVar("Line", Row, NumberRow)


@place("/stats", "stats.read", query=StatsPageQuery())
def stats(ctx: Context, actor: Actor, query: Query) -> Response:
    """Rows with their counts and rates; for those who see the problems, each count with its list."""
    congress, group, first, last = _asked(ctx, actor, query)
    faults: Sequence[Fault] = query.faults
    values: dict[str, Any] = {}
    if not faults:
        try:
            found = actions.get_stats(ctx, actor, group, first, last, query.get("region"))
        except Refused as refused:
            faults = refused.faults
        else:
            rows = _named(_without_empty_own(found.rows, group, found.region), group)
            links = not congress and may(signed_in(ctx), "problem.read")
            base = found.region
            total = None if congress or group == "recommendation" else _total(rows, group)
            values = {
                "rows": rows,
                "total": total,
                "withheld": found.withheld,
                "base": base,
                "links": {row.key: _links(group, row.key, base, first, last) for row in rows} if links else {},
                "total_links": _links(group, None, base, first, last) if links else {},
                "deeper": _deeper(group, rows, base, congress=congress),
                "bars": outcome_bars(rows),
                "scale": SCALE,
            }
    groups = CONGRESS_GROUPS if congress else GROUPS
    return _shown("stats.html", ctx, actor, query, faults, groups=groups, columns=COLUMNS, **values)


@place("/stats/numbers", "stats.read", query=StatsPageQuery())
def numbers(ctx: Context, actor: Actor, query: Query) -> Response:
    """Head counts that the checklists gather: vetted staff among all staff first of all."""
    _, group, first, last = _asked(ctx, actor, query)
    faults: Sequence[Fault] = query.faults
    rows: list[NumberRow] = []
    if not faults:
        try:
            rows = _named(actions.get_numbers(ctx, actor, group, first, last, query.get("region")), group)
        except Refused as refused:
            faults = refused.faults
    return _shown(
        "numbers.html",
        ctx,
        actor,
        query,
        faults,
        groups=CONGRESS_GROUPS,
        rows=rows,
        withheld=any(_is_withheld(row) for row in rows),
        items=sorted({code for row in rows for code in row.items}),
        item_texts=actions.item_texts(ctx),
    )


def _asked(ctx: Context, actor: Actor, query: Query) -> tuple[bool, str, date, date]:
    """Whether for the congress, by what, and from which day to which."""
    congress = figures.counting(actor).roles == figures.CONGRESS
    return congress, query.get("group_by") or "region", *_period(ctx.today(), query, congress=congress)


def _shown(template: str, ctx: Context, actor: Actor, query: Query, faults: Sequence[Fault], **values: Any) -> Response:
    """The page with its form as it was asked, and what is senseless in it."""
    congress, group, first, last = _asked(ctx, actor, query)
    return page(
        template,
        422 if faults else 200,
        query=query,
        wrong=faults_by_field(faults, language()),
        group=group,
        first=first,
        last=last,
        presets=_presets(ctx.today(), congress=congress),
        regions=regions_of(ctx, acting(actor, "stats.read")),
        congress=congress,
        **values,
    )


def _is_withheld(row: NumberRow) -> bool:
    """Whether something in a row of head counts is not shown."""
    return None in (row.institutions, row.vetting.denominator, *(one.total for one in row.items.values()))


def _period(today: date, query: Query, *, congress: bool) -> tuple[date, date]:
    """What was asked; else this quarter, for the congress the last one that is over."""
    presets = dict(_presets(today, congress=congress))
    first, last = presets["last_quarter" if congress else "this_quarter"]
    return query.get("first_on") or first, query.get("last_on") or last


def _presets(today: date, *, congress: bool) -> list[tuple[str, tuple[date, date]]]:
    """Periods that are asked for again and again."""
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    before = quarter - timedelta(days=1)
    last_quarter = date(before.year, (before.month - 1) // 3 * 3 + 1, 1)
    following = date(today.year + (today.month == 12), today.month % 12 + 1, 1)
    next_quarter = date(quarter.year + (quarter.month == 10), (quarter.month + 2) % 12 + 1, 1)
    year = (date(today.year, 1, 1), date(today.year, 12, 31))
    last_year = (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    whole = [("last_quarter", (last_quarter, before)), ("last_year", last_year)]
    if congress:
        return whole
    month = ("this_month", (today.replace(day=1), following - timedelta(days=1)))
    this_quarter = ("this_quarter", (quarter, next_quarter - timedelta(days=1)))
    return [month, this_quarter, ("this_year", year), *whole]


def _named(rows: Sequence[Line], group: str) -> list[Line]:
    """Kinds, severities and parts of the recommendation by their words; items with their codes."""
    words = texts(language()).get(group, {})
    none = texts(language())["recommendation"]["-"] if group == "recommendation" else None
    named = []
    for row in rows:
        label = words.get(row.key, row.label)
        if group == "item":
            label = f"{row.key} {row.label}" if row.key != figures.NONE else texts(language())["workbook"]["no_item"]
        named.append(replace(row, label=none if none and row.key == figures.NONE else label))
    return named


def _without_empty_own(rows: Sequence[Row], group: str, base: str) -> list[Row]:
    """A region's own row among those beneath it is for what lies in none of them, which is rare."""
    own = group == "region" and base.endswith("00")
    kept = [row for row in rows if not (own and row.key == base and not any(row.cells.values()))]
    note = desk_texts(language())["stats"]["own_row"]
    return [replace(row, label=row.label + note) if own and row.key == base else row for row in kept]


def _total(rows: Sequence[Row], group: str) -> Row:
    """All rows together. Institutions are the same for each item or severity, and counted once."""
    whole = sum((Counts(**{name: row.cells[name] or 0 for name in CELLS}) for row in rows), Counts())
    if group in ("item", "severity"):
        inspected = max((row.cells["institutions_inspected"] or 0 for row in rows), default=0)
        whole = replace(whole, institutions_inspected=inspected)
    return Row("", "", figures.cells_of(whole))


def _links(group: str, key: str | None, base: str, first: date, last: date) -> Mapping[str, Mapping[str, str]]:
    """Of each cell the conditions of the list behind it."""
    lists = {
        name: behind.behind(name, group, key, base, first, last) for name in COLUMNS if name != "institutions_inspected"
    }
    places = behind.inspected(group, key, base, first, last)
    return lists if places is None else {**lists, "institutions_inspected": places}


def _deeper(group: str, rows: Sequence[Row], base: str, *, congress: bool) -> dict[str, dict[str, str]]:
    """Where a region's row leads: to the regions beneath it, from a district to its institutions, which the congress
    does not see."""
    if group != "region":
        return {}
    wide = {row.key for row in rows if row.key != base and row.key.endswith("00")}
    districts = set() if congress else {row.key for row in rows if not row.key.endswith("00")}
    return {
        **{key: {"group_by": "region", "region": key} for key in wide},
        **{key: {"group_by": "institution", "region": key} for key in districts},
    }
