"""Figures: what is counted, by which definitions, and what the people's congress is not shown.

A problem counts as *found* in the period in which it was found, as *due* in that of its due date. Void and transferred
problems and those that departments answer for are counted apart: they are neither found nor due here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Final, TypeVar, get_args

from checklists.model import Part
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault
from inspection.domain.permissions import IN_SCOPE
from inspection.domain.withholding import Cell, Tree, families, withheld

RECOMMENDATIONS: Final[tuple[str, ...]] = get_args(Part)
NONE: Final = "-"
"""The row of problems without an item of the checklist, or of none of the recommendations."""

GROUPS: Final = ("region", "kind", "item", "severity", "recommendation", "institution")
CONGRESS: Final = frozenset({"npc_viewer"})
CONGRESS_GROUPS: Final = ("region", "kind")
MONTHS_OF_QUARTERS: Final = (1, 4, 7, 10)
MOST_QUARTERS: Final = 40


@dataclass(frozen=True, slots=True)
class Counts:
    """The cells of one row. `institutions_inspected`: with at least one inspection in the period that stands.
    `recurrences`: of those found, how many the institution had had before, closed. `overdue`: of those due, open and
    late today."""

    institutions_inspected: int = 0
    problems_found: int = 0
    recurrences: int = 0
    due: int = 0
    closed: int = 0
    closed_on_time: int = 0
    overdue: int = 0
    void: int = 0
    transferred: int = 0
    departments: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in CELLS))


CELLS: Final = tuple(one.name for one in fields(Counts))


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it is a share of; `value` None where there is nothing to divide by, or a part is withheld."""

    numerator: int | None
    denominator: int | None

    @property
    def value(self) -> float | None:
        if self.numerator is None or not self.denominator:
            return None
        return round(self.numerator / self.denominator, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the figures; a cell that is None is withheld."""

    key: str
    label: str
    cells: Mapping[str, int | None]

    @property
    def rate(self) -> Rate:
        """整改率: closed ÷ due in the period."""
        return Rate(self.cells["closed"], self.cells["due"])

    @property
    def on_time_rate(self) -> Rate:
        return Rate(self.cells["closed_on_time"], self.cells["due"])


@dataclass(frozen=True, slots=True)
class Stats:
    """The answer of `GET /stats`; `withheld`: some cells are not shown because they are small."""

    group_by: str
    region: str
    first_on: date | None
    last_on: date | None
    as_of: datetime
    rows: Sequence[Row]
    withheld: bool


def cells_of(counts: Counts) -> dict[str, int | None]:
    return {name: getattr(counts, name) for name in CELLS}


Key = TypeVar("Key")


def grouped(counted: Iterable[tuple[Key, Counts]], keys_of: Callable[[Key], Collection[str]]) -> dict[str, Counts]:
    """Counts by key; one row may belong to several keys (a problem may serve several recommendations)."""
    groups: dict[str, Counts] = {}
    for raw, counts in counted:
        for key in keys_of(raw):
            groups[key] = groups.get(key, Counts()) + counts
    return groups


# Who counts what


def counting(actor: Actor) -> Actor:
    """The actor with the roles by which he counts. Whoever sees institutions themselves counts those and no others:
    a seat in the congress beside it adds nothing, and only who holds that alone counts a region that he cannot see."""
    seeing = actor.holding(IN_SCOPE)
    return seeing if seeing.grants else actor.holding(CONGRESS)


def quarters(first: date, last: date) -> list[tuple[date, date]] | None:
    """The whole quarters of a period, or None where it is not made of whole quarters."""
    if first.day != 1 or first.month not in MONTHS_OF_QUARTERS or last < first:
        return None
    found = []
    begin = first
    while begin <= last:
        year, month = (begin.year + 1, 1) if begin.month == MONTHS_OF_QUARTERS[-1] else (begin.year, begin.month + 3)
        following = date(year, month, 1)
        found.append((begin, following - timedelta(days=1)))
        begin = following
    return found if found[-1][1] == last else None


def congress_faults(
    group: str, whole: Sequence[tuple[date, date]] | None, most: int, region: str, tree: Tree | None
) -> list[Fault]:
    """What the people's congress cannot ask: it gets whole quarters (`whole`, None where they are not; `most` at a
    time), any region of its own (`tree`, None where the region asked for lies elsewhere), kinds of that alone."""
    faults = []
    if group not in CONGRESS_GROUPS:
        faults.append(Fault("/group_by", "not_a_choice", {"choices": list(CONGRESS_GROUPS)}))
    if whole is None:
        faults.append(Fault("/from", "whole_quarters"))
    elif len(whole) > most:
        faults.append(Fault("/from", "too_many_quarters", {"most": most}))
    if tree is None:
        faults.append(Fault("/region", "unknown_region"))
    elif group == "kind" and region != tree.root:
        faults.append(Fault("/region", "own_region_only", {"region": tree.root}))
    return faults


def shown(
    by_quarter: Sequence[Mapping[Cell, Counts]], total: Mapping[Cell, Counts], tree: Tree
) -> dict[Cell, dict[str, int | None]]:
    """The cells of a period with those withheld that are withheld in any of its quarters: what is shown of a period is
    then no more than the sum of what is shown of its quarters, and none is had by subtracting one period from another.
    """
    relations = families(tree)
    cells = {cell: cells_of(counts) for cell, counts in total.items()}
    for name in CELLS:
        for quarter in by_quarter:
            column = {cell: getattr(counts, name) for cell, counts in quarter.items()}
            for cell in withheld([column], relations):
                cells[cell][name] = None
    return cells


# Head counts

VETTING: Final = (("S-02-01", "S-02-02"), ("K-02-01", "K-02-02"), ("T-02-01", "T-02-02"))
"""Items that count all staff and the vetted among them, by checklist."""

REPORT_ITEMS: Final = frozenset({"S-06-02", "K-05-03", "T-05-02"})
"""Counts of mandatory reports: a small number of them can point at a case."""

SEES_REPORTS: Final = frozenset({"proc_inspector", "supervisor", "npc_viewer"})


@dataclass(frozen=True, slots=True)
class Sum:
    """A number summed over the institutions that gave it."""

    institutions: int | None
    total: float | None


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One line of what the checklists count. `vetting`: vetted staff among all staff, where both were given."""

    key: str
    label: str
    institutions: int | None
    vetting: Rate
    items: Mapping[str, Sum]


@dataclass(frozen=True, slots=True)
class Tally:
    """What institutions gave together. `vetting` of them gave both their `staff` and the `vetted` among it; `givers`
    and `totals` are by item."""

    institutions: int = 0
    vetting: int = 0
    staff: int = 0
    vetted: int = 0
    givers: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.institutions + other.institutions,
            self.vetting + other.vetting,
            self.staff + other.staff,
            self.vetted + other.vetted,
            {code: self.givers.get(code, 0) + other.givers.get(code, 0) for code in {**self.givers, **other.givers}},
            {code: self.totals.get(code, 0) + other.totals.get(code, 0) for code in {**self.totals, **other.totals}},
        )


def tally(given: Mapping[str, float]) -> Tally:
    """The numbers of one institution."""
    pairs = [(given[staff], given[vetted]) for staff, vetted in VETTING if staff in given and vetted in given]
    return Tally(
        institutions=1,
        vetting=len(pairs),
        staff=sum(int(staff) for staff, _ in pairs),
        vetted=sum(int(vetted) for _, vetted in pairs),
        givers=dict.fromkeys(given, 1),
        totals=given,
    )


def number_rows(
    tallies: Mapping[Cell, Tally], tree: Tree, rows: Sequence[Cell], labels: Mapping[str, str], roles: Collection[str]
) -> list[NumberRow]:
    """The rows of head counts for somebody with these roles. Mandatory reports are for few roles, and none under five
    is shown. The congress is shown nothing that fewer than five institutions gave, and items by kind alone: each
    belongs to one kind, so by region they would be kinds of a region. Its vetting stands for the items behind it."""
    congress = CONGRESS.issuperset(roles)
    by_kind = rows[0][0] == "kind"
    codes = {code for row in rows for code in tallies[row].givers}
    if congress:
        codes = codes.difference(*VETTING) if by_kind else set()
    if SEES_REPORTS.isdisjoint(roles):
        codes -= REPORT_ITEMS
    few: set[Cell] = set()
    unvetted: set[Cell] = set()
    if congress:
        few = withheld([{cell: one.institutions for cell, one in tallies.items()}], families(tree))
        parts = ("vetted", "staff", "vetting")
        unvetted = withheld([{c: getattr(one, part) for c, one in tallies.items()} for part in parts], families(tree))
    hidden = {code: _hidden_of_item(code, tallies, rows, tree, congress) for code in sorted(codes)}
    return [
        NumberRow(
            key=row[1],
            label=labels[row[1]],
            institutions=None if row in few else tallies[row].institutions,
            vetting=Rate(None, None) if row in unvetted else Rate(tallies[row].vetted, tallies[row].staff),
            items={
                code: Sum(None, None) if row in cells else Sum(tallies[row].givers[code], tallies[row].totals[code])
                for code, cells in hidden.items()
                if row in cells or code in tallies[row].givers
            },
        )
        for row in rows
    ]


def _hidden_of_item(
    code: str, tallies: Mapping[Cell, Tally], rows: Sequence[Cell], tree: Tree, congress: bool
) -> set[Cell]:
    totals = {cell: one.totals.get(code, 0) for cell, one in tallies.items()}
    if congress:
        givers = {row: tallies[row].givers.get(code, 0) for row in rows}
        return withheld([{row: totals[row] for row in rows}, givers], ())
    return withheld([totals], families(tree)) if code in REPORT_ITEMS else set()
