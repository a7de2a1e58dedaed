"""Figures for everybody who may count: by region, kind, item, severity, recommendation or institution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import orjson

from checklists.loader import published
from inspection.actions.context import Context
from inspection.domain import figures
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.errors import Fault, Refused
from inspection.domain.figures import Counts, NumberRow, Row, Stats
from inspection.domain.inspections import SEVERITIES
from inspection.domain.institutions import KINDS
from inspection.storage import stats
from inspection.storage.stats import Asked

RECOMMENDATIONS = ("A", "B", "C")


def get_stats(
    ctx: Context, actor: Actor, group: str, first_on: date | None, last_on: date | None, region: str | None
) -> Stats:
    """Rows by group with the period's counts and rates. The people's congress gets whole quarters, by region and kind
    alone, with small cells withheld. Raises `invalid`."""
    base = region or _own_region(actor)
    asked = _asked(ctx, first_on, last_on, base)
    quarters = _quarters_for_congress(actor, group, first_on, last_on)
    keys = _keys(ctx, actor, group, base)
    total = _counts(ctx, actor, group, asked, base, keys)
    if quarters is None:
        shown: Mapping[str, Mapping[str, int | None]] = {key: figures.cells_of(c) for key, c in total.items()}
    else:
        by_quarter = [
            _counts(ctx, actor, group, _asked(ctx, first, last, base), base, keys) for first, last in quarters
        ]
        shown = figures.withheld(by_quarter, total)
    return Stats(
        group_by=group,
        region=base,
        first_on=first_on,
        last_on=last_on,
        as_of=ctx.now(),
        rows=[Row(key, keys[key], shown[key]) for key in keys if key in shown],
        withheld=any(value is None for cells in shown.values() for value in cells.values()),
    )


def get_numbers(
    ctx: Context, actor: Actor, group: str, first_on: date | None, last_on: date | None, region: str | None
) -> list[NumberRow]:
    """The head counts that the checklists gather, summed over each institution's latest: vetted staff among all staff
    first of all. Counts of mandatory reports only for the procuratorate, supervisors and the congress, and none under
    five. Raises `invalid`."""
    base = region or _own_region(actor)
    quarters = _quarters_for_congress(actor, group, first_on, last_on)
    if group not in figures.CONGRESS_GROUPS:
        raise Refused("invalid", [Fault("/group_by", "not_a_choice", {"choices": list(figures.CONGRESS_GROUPS)})])
    keys = _keys(ctx, actor, group, base)
    key_of = _key_of(group, base)
    hidden = set() if actor.roles & figures.SEES_REPORTS else figures.REPORT_ITEMS
    rows: dict[str, list[dict[str, float]]] = {key: [] for key in keys}
    for _, code, kind, numbers in stats.numbers_of(actor, ctx.session, _asked(ctx, first_on, last_on, base)):
        for key in key_of(code if group == "region" else kind):
            rows[key].append(numbers)
    return [
        figures.number_row(key, keys[key], numbers, hidden, small_withheld=quarters is not None)
        for key, numbers in rows.items()
    ]


def _own_region(actor: Actor) -> str:
    codes = sorted((grant.region_code for grant in actor.grants if grant.region_code), key=_width)
    return codes[0] if codes else "150000"


def _width(code: str) -> int:
    return len(region_prefix(code))


def _asked(ctx: Context, first_on: date | None, last_on: date | None, region: str) -> Asked:
    return Asked(
        first_on=first_on,
        last_on=last_on,
        first_at=_start(ctx, first_on) if first_on else None,
        end_at=_start(ctx, last_on + timedelta(days=1)) if last_on else None,
        today=ctx.today(),
        region=region,
    )


def _start(ctx: Context, day: date) -> datetime:
    return datetime.combine(day, time(0), ctx.clock.zone).astimezone(UTC)


def _quarters_for_congress(
    actor: Actor, group: str, first_on: date | None, last_on: date | None
) -> list[tuple[date, date]] | None:
    """None for those who see the problems themselves; else the quarters asked for, or `invalid`."""
    if actor.roles != {"npc_viewer"}:
        if first_on is not None and last_on is not None and last_on < first_on:
            raise Refused("invalid", [Fault("/to", "ends_before_begin")])
        return None
    faults = []
    if group not in figures.CONGRESS_GROUPS:
        faults.append(Fault("/group_by", "not_a_choice", {"choices": list(figures.CONGRESS_GROUPS)}))
    whole = figures.quarters(first_on, last_on) if first_on is not None and last_on is not None else None
    if whole is None:
        faults.append(Fault("/from", "whole_quarters"))
    if faults or whole is None:
        raise Refused("invalid", faults)
    return whole


def _counts(
    ctx: Context, actor: Actor, group: str, asked: Asked, base: str, keys: Mapping[str, str]
) -> dict[str, Counts]:
    raw = stats.counts_by(actor, ctx.session, group, asked)
    counted = figures.grouped(raw, _key_of(group, base))
    if group not in ("institution", "region", "kind"):
        inspected = stats.count_inspected(actor, ctx.session, asked)
        counted = {key: replace(counts, institutions_inspected=inspected) for key, counts in counted.items()}
    if group in ("item", "institution"):
        return {key: counted[key] for key in keys if key in counted}
    return {key: counted.get(key, Counts()) for key in keys}


def _key_of(group: str, base: str) -> Callable[[str], Sequence[str]]:
    if group == "region":
        width = min(len(region_prefix(base)) + 2, 6)
        return lambda code: (code[:width].ljust(6, "0"),)
    if group == "recommendation":
        return lambda text: orjson.loads(text) or ("-",)
    return lambda raw: ("-" if raw == "None" else raw,)


def _keys(ctx: Context, actor: Actor, group: str, base: str) -> dict[str, str]:
    """Every group that can have a row, with its name, in the order of the rows."""
    if group == "region":
        beneath = stats.regions_beneath_for_system(ctx.session, base)
        width = min(len(region_prefix(base)) + 2, 6)
        wanted = {code[:width].ljust(6, "0") for code in beneath}
        return {code: name for code, name in beneath.items() if code in wanted}
    if group == "kind":
        return {kind: kind for kind in KINDS}
    if group == "severity":
        return {severity: severity for severity in SEVERITIES}
    if group == "recommendation":
        return {letter: letter for letter in (*RECOMMENDATIONS, "-")}
    if group == "item":
        items = {item.code: item.text for checklist in published().values() for item in checklist.items()}
        return dict(sorted(items.items())) | {"-": "-"}
    return stats.institution_names(actor, ctx.session, base)
