"""Figures: what is counted, by which definitions, and what the people's congress is not shown.

A problem counts as *found* in the period in which it was found, as *due* in that of its due date. Void and transferred
problems and those that departments answer for are counted apart: they are neither found nor due here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Final

GROUPS: Final = ("region", "kind", "item", "severity", "recommendation", "institution")
CONGRESS_GROUPS: Final = ("region", "kind")
SMALLEST_CELL: Final = 5
MONTHS_OF_QUARTERS: Final = (1, 4, 7, 10)


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


CELLS: Final = tuple(field.name for field in fields(Counts))


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


def number_row(
    key: str, label: str, numbers: Sequence[Mapping[str, float]], hidden: Collection[str], *, small_withheld: bool
) -> NumberRow:
    """Sums by item over institutions. Reports under five are never shown; with `small_withheld` (the people's
    congress) nothing is that fewer than five institutions gave."""
    staff = vetted = gave = 0
    for given in numbers:
        for all_staff, of_them in VETTING:
            if all_staff in given and of_them in given:
                staff, vetted, gave = staff + int(given[all_staff]), vetted + int(given[of_them]), gave + 1
    sums = {}
    for code in sorted({code for given in numbers for code in given} - set(hidden)):
        values = [given[code] for given in numbers if code in given]
        few = small_withheld and len(values) < SMALLEST_CELL
        rare = code in REPORT_ITEMS and 0 < sum(values) < SMALLEST_CELL
        sums[code] = Sum(None, None) if few or rare else Sum(len(values), sum(values))
    few = small_withheld and 0 < gave < SMALLEST_CELL
    institutions = None if small_withheld and 0 < len(numbers) < SMALLEST_CELL else len(numbers)
    return NumberRow(key, label, institutions, Rate(None, None) if few else Rate(vetted, staff), sums)


def added(one: Counts, other: Counts) -> Counts:
    return Counts(*(getattr(one, name) + getattr(other, name) for name in CELLS))


def cells_of(counts: Counts) -> dict[str, int | None]:
    return {name: getattr(counts, name) for name in CELLS}


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


def withheld(
    by_quarter: Sequence[Mapping[str, Counts]], total: Mapping[str, Counts]
) -> dict[str, dict[str, int | None]]:
    """The cells of `total` (key → counts of the whole period) with small ones withheld.

    In each quarter the cells under five (and not zero) are withheld, and with them one more of the column, so that
    none can be had from the sum, which another question gives. What is withheld in one quarter of a period is withheld
    in the whole of it, so that none can be had by subtracting one period from another.
    """
    shown: dict[str, dict[str, int | None]] = {key: cells_of(counts) for key, counts in total.items()}
    for name in CELLS:
        for quarter in by_quarter:
            for key in _hidden({key: getattr(quarter.get(key, Counts()), name) for key in total}):
                shown[key][name] = None
    return shown


def _hidden(column: Mapping[str, int]) -> set[str]:
    small = {key for key, value in column.items() if 0 < value < SMALLEST_CELL}
    others = [(value == 0, value, key) for key, value in column.items() if key not in small]
    return small | {min(others)[2]} if small and others else small


def grouped(found: Sequence[tuple[str, Counts]], key_of: Callable[[str], Sequence[str]]) -> dict[str, Counts]:
    """Counts by key; one row may belong to several keys (a problem may serve several recommendations)."""
    groups: dict[str, Counts] = {}
    for raw, counts in found:
        for key in key_of(raw):
            groups[key] = added(groups.get(key, Counts()), counts)
    return groups
