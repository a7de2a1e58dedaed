"""Bars as they are drawn: parts of a whole, on a scale of their own, with the numbers that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inspection.domain.figures import Row

SCALE: Final = 1000
"""Units of a bar's full length in the drawing."""

MOST: Final = 30
"""Bars of one drawing: of more rows the longest."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: what it is, where it begins and how long it is in the drawing, how much it stands for."""

    kind: str
    start: float
    length: float
    value: int


@dataclass(frozen=True, slots=True)
class Bar:
    key: str
    label: str
    segments: Sequence[Segment]


def outcome_bars(rows: Sequence[Row]) -> list[Bar]:
    """What became of what was due: closed on time, closed late, still open within its date, overdue. Rows with a part
    withheld, or of which nothing was due, are not drawn; the others are measured by the longest of them."""
    drawn = [(row, parts) for row in rows if (parts := _outcomes(row.cells)) is not None and any(parts.values())]
    known = sorted(drawn, key=lambda one: -sum(one[1].values()))[:MOST] if len(drawn) > MOST else drawn
    longest = max((sum(parts.values()) for _, parts in known), default=0)
    return [Bar(row.key, row.label, _laid(parts, longest)) for row, parts in known]


def _outcomes(cells: Mapping[str, int | None]) -> dict[str, int] | None:
    due, closed, on_time, overdue = (cells[name] for name in ("due", "closed", "closed_on_time", "overdue"))
    if due is None or closed is None or on_time is None or overdue is None:
        return None
    return {"on_time": on_time, "late": closed - on_time, "running": due - closed - overdue, "overdue": overdue}


def _laid(parts: Mapping[str, int], longest: int) -> list[Segment]:
    segments, start = [], 0.0
    for kind, value in parts.items():
        if value > 0:
            length = value / longest * SCALE
            segments.append(Segment(kind, round(start, 2), round(length, 2), value))
            start += length
    return segments
