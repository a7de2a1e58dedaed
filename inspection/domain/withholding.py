"""What is not shown to somebody who may know figures but no case: small cells, and whatever they could be had from.

What is withheld is decided over everything that can be asked for, never over one answer: what one answer withholds
another one, of the region above or beneath or by kind, must not give away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeVar

from inspection.domain.actor import region_prefix
from inspection.domain.institutions import KINDS

SMALLEST_CELL: Final = 5

Cell = tuple[str, str]
"""What a figure is of: `("region", code)`, a whole region; `("own", code)`, what lies in a region that has others
beneath it and in none of these; `("kind", kind)`, a kind in the whole of the tree."""

Family = tuple[Cell, ...]
"""A cell and after it all its parts, whose figures add up to its own."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A region and all beneath it: `beneath` has each region that has others directly beneath it."""

    root: str
    beneath: Mapping[str, Sequence[str]]


def tree_of(root: str, regions: Iterable[str]) -> Tree:
    beneath: dict[str, list[str]] = {}
    for code in sorted(regions):
        if code != root:
            beneath.setdefault(_over(code, len(region_prefix(code)) - 2), []).append(code)
    return Tree(root, beneath)


def _over(code: str, width: int) -> str:
    return code[:width].ljust(len(code), "0")


def rows_of(tree: Tree, group: str, region: str) -> list[Cell]:
    """The rows of an answer."""
    if group == "kind":
        return [("kind", kind) for kind in KINDS]
    if region not in tree.beneath:
        return [("region", region)]
    return [("own", region), *(("region", code) for code in tree.beneath[region])]


def families(tree: Tree) -> list[Family]:
    """All sums among what can be asked for, whatever is asked."""
    kinds: Family = (("region", tree.root), *rows_of(tree, "kind", tree.root))
    return [kinds, *((("region", code), *rows_of(tree, "region", code)) for code in tree.beneath)]


def _cells_over(tree: Tree, code: str, kind: str) -> Iterator[Cell]:
    """The cells to which an institution in this region, of this kind, belongs."""
    yield "kind", kind
    if code in tree.beneath:
        yield "own", code
    for width in range(len(region_prefix(tree.root)), len(region_prefix(code)) + 1, 2):
        yield "region", _over(code, width)


class Addable(Protocol):
    def __add__(self, other: Self, /) -> Self: ...


Sums = TypeVar("Sums", bound=Addable)


def spread(tree: Tree, counted: Iterable[tuple[tuple[str, str], Sums]], nothing: Sums) -> dict[Cell, Sums]:
    """Every cell with its sum of what was counted by region and kind."""
    cells = {cell: nothing for family in families(tree) for cell in family}
    for (code, kind), counts in counted:
        for cell in _cells_over(tree, code, kind):
            cells[cell] = cells[cell] + counts
    return cells


Measure = Mapping[Cell, float]


def is_small(value: float) -> bool:
    return 0 < value < SMALLEST_CELL


def withheld(measures: Sequence[Measure], relations: Sequence[Family]) -> set[Cell]:
    """The cells of one column that are not shown: the small ones, and others until none can be had from the rest.

    `measures` are the column's values and what else must not be small where it is shown (how many institutions a total
    is of). Of no family exactly one cell is hidden, or it would be the difference of the others. Nor may what a shown
    cell hides beneath it be small when taken together, since that is the difference of shown cells.

    That is enough. No cell is a part in two families, so cells and families hang together without a circle. Change a
    hidden cell by one: each family that it belongs to has another hidden cell that can make up for it, and each further
    family of that one again, never coming back to the same family. So there is a second table with the same shown
    cells and all sums right, in which that cell is another.
    """
    hidden = {cell for measure in measures for cell, value in measure.items() if is_small(value)}
    parts = {family[0]: family[1:] for family in relations}
    while True:
        wanted = (_one_more(family, parts, hidden, measures) for family in relations)
        cell = next((cell for cell in wanted if cell is not None), None)
        if cell is None:
            return hidden
        hidden.add(cell)


def _one_more(
    family: Family, parts: Mapping[Cell, Sequence[Cell]], hidden: set[Cell], measures: Sequence[Measure]
) -> Cell | None:
    """What is to be hidden for the sake of a family: the smallest part that is more than nothing. None: it is safe."""
    parent, *beneath = family
    if len(hidden.intersection(family)) != 1:
        if parent in hidden:
            return None
        beneath = list(_unfolded(beneath, parts, hidden))
        together = (sum(measure[cell] for cell in beneath if cell in hidden) for measure in measures)
        if not any(is_small(value) for value in together):
            return None
    candidates = [cell for cell in beneath if cell not in hidden]
    return min(
        candidates,
        key=lambda cell: (not any(measure[cell] for measure in measures), measures[0][cell], cell),
        default=parent,
    )


def _unfolded(cells: Iterable[Cell], parts: Mapping[Cell, Sequence[Cell]], hidden: set[Cell]) -> Iterator[Cell]:
    """The cells, each hidden one that has parts replaced by these."""
    for cell in cells:
        if cell in hidden and cell in parts:
            yield from _unfolded(parts[cell], parts, hidden)
        else:
            yield cell
