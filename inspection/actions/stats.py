"""Figures for everybody who may count: by region, kind, item, severity, recommendation or institution."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from inspection.actions.context import Context
from inspection.domain import figures
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.errors import Fault, Refused
from inspection.domain.figures import (
    CONGRESS,
    CONGRESS_GROUPS,
    NONE,
    RECOMMENDATIONS,
    Counts,
    NumberRow,
    Row,
    Stats,
    Tally,
)
from inspection.domain.inspections import SEVERITIES
from inspection.domain.institutions import KINDS
from inspection.domain.withholding import Tree, rows_of, spread, tree_of
from inspection.storage import stats
from inspection.storage.stats import Asked

EVERYWHERE: Final = "150000"


def get_stats(
    ctx: Context, actor: Actor, group: str, first_on: date | None, last_on: date | None, region: str | None
) -> Stats:
    """Rows by group with the period's counts and rates. The people's congress gets whole quarters, by region and kind
    alone, with small cells withheld. Raises `invalid`."""
    actor = figures.counting(actor)
    if actor.roles == CONGRESS:
        question = _asked_by_congress(ctx, actor, group, first_on, last_on, region, figures.MOST_QUARTERS)
        base, rows = question.region, _rows_for_congress(ctx, actor, group, question)
    else:
        base = region or _own_region(actor)
        rows = _rows(ctx, actor, group, _asked(ctx, first_on, last_on, base), base)
    return Stats(
        group_by=group,
        region=base,
        first_on=first_on,
        last_on=last_on,
        as_of=ctx.now(),
        rows=rows,
        withheld=any(value is None for row in rows for value in row.cells.values()),
    )


def get_numbers(
    ctx: Context, actor: Actor, group: str, first_on: date | None, last_on: date | None, region: str | None
) -> list[NumberRow]:
    """The head counts that the checklists gather, summed over each institution's latest: vetted staff among all staff
    first of all. Counts of mandatory reports only for the procuratorate, supervisors and the congress, and none under
    five. Raises `invalid`."""
    actor = figures.counting(actor)
    if actor.roles == CONGRESS:
        # an institution's later number replaces its earlier one: of two quarters together, less one of them, the
        # numbers of the few would be left that gave theirs in the other alone
        question = _asked_by_congress(ctx, actor, group, first_on, last_on, region, 1)
        base, tree, names = question.region, question.tree, question.names
    else:
        if group not in CONGRESS_GROUPS:
            raise Refused("invalid", [Fault("/group_by", "not_a_choice", {"choices": list(CONGRESS_GROUPS)})])
        base = region or _own_region(actor)
        names = stats.regions_beneath_for_system(ctx.session, base)
        tree = tree_of(base, names)
    asked = _asked(ctx, first_on, last_on, tree.root)
    by_place: dict[tuple[str, str], Tally] = {}
    for place, numbers in stats.numbers_of(actor, ctx.session, asked):
        by_place[place] = by_place.get(place, Tally()) + figures.tally(numbers)
    cells = spread(tree, by_place.items(), Tally())
    labels = {**names, **dict(zip(KINDS, KINDS, strict=True))}
    rows = [row for row in rows_of(tree, group, base) if row[1] in labels]
    return figures.number_rows(cells, tree, rows, labels, actor.roles) if rows else []


def item_texts(ctx: Context) -> dict[str, str]:
    """Every item of every published checklist with its text."""
    return stats.item_texts_for_system(ctx.session)


def _own_region(actor: Actor) -> str:
    codes = sorted((grant.region_code for grant in actor.grants if grant.region_code), key=_width)
    return codes[0] if codes else EVERYWHERE


def _width(code: str) -> int:
    return len(region_prefix(code))


def _asked(ctx: Context, first_on: date | None, last_on: date | None, region: str) -> Asked:
    """The question for the database. Raises `invalid`."""
    if first_on is not None and last_on is not None and last_on < first_on:
        raise Refused("invalid", [Fault("/to", "ends_before_begin")])
    return Asked(
        first_on=first_on,
        last_on=last_on,
        first_at=ctx.clock.start_of(first_on) if first_on else None,
        end_at=ctx.clock.start_of(last_on + timedelta(days=1)) if last_on else None,
        today=ctx.today(),
        region=region,
    )


# The people's congress


@dataclass(frozen=True, slots=True)
class Question:
    """What a member of the people's congress asks: the tree of his region, with the names in it, over which is decided
    what is withheld, and the region and quarters that he wants to see."""

    tree: Tree
    names: Mapping[str, str]
    region: str
    quarters: Sequence[tuple[date, date]]


def _asked_by_congress(
    ctx: Context,
    actor: Actor,
    group: str,
    first_on: date | None,
    last_on: date | None,
    region: str | None,
    most: int,
) -> Question:
    """Raises `invalid`."""
    own = sorted({grant.region_code for grant in actor.grants if grant.region_code}, key=lambda c: (_width(c), c))
    wanted = region or (own[0] if own else EVERYWHERE)
    root = next((code for code in own if wanted.startswith(region_prefix(code))), None)
    names = stats.regions_beneath_for_system(ctx.session, root) if root else {}
    tree = tree_of(root, names) if root and wanted in names else None
    whole = figures.quarters(first_on, last_on) if first_on is not None and last_on is not None else None
    faults = figures.congress_faults(group, whole, most, wanted, tree)
    if faults or tree is None or whole is None:
        raise Refused("invalid", faults)
    return Question(tree, names, wanted, whole)


def _rows_for_congress(ctx: Context, actor: Actor, group: str, question: Question) -> list[Row]:
    tree = question.tree
    asked = [_asked(ctx, first, last, tree.root) for first, last in question.quarters]
    by_quarter = [spread(tree, stats.counts_by(actor, ctx.session, "place", one), Counts()) for one in asked]
    total = by_quarter[0]
    for quarter in by_quarter[1:]:
        total = {cell: counts + quarter[cell] for cell, counts in total.items()}
    if len(asked) > 1:  # an institution that was inspected in two quarters is one
        period = _asked(ctx, question.quarters[0][0], question.quarters[-1][1], tree.root)
        inspected = spread(tree, stats.inspected_by(actor, ctx.session, "place", period), 0)
        total = {cell: replace(counts, institutions_inspected=inspected[cell]) for cell, counts in total.items()}
    shown = figures.shown(by_quarter, total, tree)
    labels = {**question.names, **dict(zip(KINDS, KINDS, strict=True))}
    return [Row(row[1], labels[row[1]], shown[row]) for row in rows_of(tree, group, question.region)]


# Those who see the problems themselves


def _rows(ctx: Context, actor: Actor, group: str, asked: Asked, base: str) -> list[Row]:
    counted = figures.grouped(stats.counts_by(actor, ctx.session, group, asked), _keys_of(group, base))
    labels = _labels(ctx, actor, group, base, counted)
    everywhere = Counts()
    if group in stats.FACTS:  # an inspection is of all items at once: each row is measured by all institutions
        everywhere = Counts(institutions_inspected=stats.count_inspected(actor, ctx.session, asked))
    return [Row(key, label, figures.cells_of(counted.get(key, Counts()) + everywhere)) for key, label in labels.items()]


def _keys_of(group: str, base: str) -> Callable[[tuple[Any, ...]], Collection[str]]:
    """The rows to which a group of the database belongs: a league that of one of its banners, a problem that serves
    several recommendations each of theirs."""
    if group == "region":
        width = min(_width(base) + 2, len(base))
        return lambda raw: (raw[0][:width].ljust(len(base), "0"),)
    if group == "recommendation":
        return lambda raw: set(raw[0]) or {NONE}
    return lambda raw: (NONE if raw[0] is None else str(raw[0]),)


def _labels(ctx: Context, actor: Actor, group: str, base: str, counted: Collection[str]) -> dict[str, str]:
    """The rows with their names, in their order: every group there is, of items and institutions those counted."""
    if group == "region":
        beneath = stats.regions_beneath_for_system(ctx.session, base)
        keys_of = _keys_of(group, base)
        wanted = {key for code in beneath for key in keys_of((code,))}
        return {code: name for code, name in beneath.items() if code in wanted}
    if group == "kind":
        return dict(zip(KINDS, KINDS, strict=True))
    if group == "severity":
        return dict(zip(SEVERITIES, SEVERITIES, strict=True))
    if group == "recommendation":
        return {letter: letter for letter in (*RECOMMENDATIONS, NONE)}
    if group == "item":
        texts = stats.item_texts_for_system(ctx.session)
        return {code: texts.get(code, code) for code in sorted(counted, key=lambda code: (code == NONE, code))}
    names = stats.institution_names(actor, ctx.session, base)
    return {key: name for key, name in names.items() if key in counted}
