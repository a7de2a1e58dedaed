"""What the workbook of the problem list says: its head, its columns, and one row for each problem."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from inspection.documents.workbook import Head
from inspection.domain.problem_views import ExportedProblem
from inspection.domain.regions import REGIONS
from inspection.domain.texts import word

COLUMNS: Final = (
    ("number", 22),
    ("institution", 26),
    ("region_code", 10),
    ("item_code", 10),
    ("text", 48),
    ("place", 18),
    ("severity", 8),
    ("status", 10),
    ("round", 6),
    ("due_on", 12),
    ("deadline_class", 10),
    ("holder", 10),
    ("responsible", 18),
    ("found_on", 12),
    ("finished_on", 12),
    ("closed_on_time", 10),
    ("supervised_on", 12),
)
DATES: Final = ("due_on", "found_on", "finished_on", "supervised_on")
WORDS: Final = ("severity", "status", "deadline_class", "holder")
FILTERS: Final = (
    "status",
    "severity",
    "institution",
    "region",
    "due_before",
    "overdue",
    "item",
    "petition",
    "supervised",
    "deadline",
    "kind",
    "recommendation",
    "responsible",
    "own_region",
    "found_from",
    "found_to",
    "due_from",
    "due_to",
    "on_time",
    "recurrent",
    "q",
)
SECTIONS: Final = {
    "status": "status",
    "severity": "severity",
    "kind": "kind",
    "deadline": "deadline_class",
    "petition": "petition",
    "recommendation": "recommendation",
    "responsible": "responsible",
}
"""Filters whose values are words, and where those stand."""


def head(query: Mapping[str, Any], institution: str | None, moment: datetime, language: str) -> Head:
    """The filters and the moment stand in the workbook, so that a printed page says what it is. `institution` is the
    name of the one that was asked for, None where the asker does not see it."""

    def say(code: str) -> str:
        return word("workbook", code, language)

    asked = {name: _asked(name, query[name], language) for name in FILTERS if query.get(name) is not None}
    if institution is not None:
        asked["institution"] = institution
    given = say("between_filters").join(f"{say('filter_' + name)} {value}" for name, value in asked.items())
    names = [name for name, _ in COLUMNS]
    return Head(
        title=say("title"),
        lines=(
            say("filters") + (given or say("no_filter")),
            say("moment") + moment.strftime("%Y-%m-%d %H:%M:%S %z"),
        ),
        headings=tuple(say(name) for name in names),
        widths=tuple(width for _, width in COLUMNS),
        dates=tuple(names.index(name) for name in DATES),
        truncated=say("truncated"),
    )


def _asked(name: str, value: Any, language: str) -> str:
    """A filter in words. Lists come as the address has them, with commas."""
    if name in SECTIONS:
        words = [word(SECTIONS[name], code, language) for code in value.split(",")]
        return word("workbook", "between_words", language).join(words)
    if value in ("true", "false"):
        return word("workbook", "yes" if value == "true" else "no", language)
    if name in ("region", "own_region"):
        return _region(value, language)
    return str(value)


def _region(code: str, language: str) -> str:
    """With its name where it has one."""
    for known, chinese, english in REGIONS:
        if known == code:
            return f"{english if language == 'en' else chinese} {code}"
    return code


def row(problem: ExportedProblem, language: str) -> list[Any]:
    """In the order of the columns; states in words."""
    values: list[Any] = []
    for name, _ in COLUMNS:
        value = getattr(problem, name)
        if name in WORDS and value is not None:
            value = word(name, value, language)
        elif isinstance(value, bool):
            value = word("workbook", "yes" if value else "no", language)
        values.append(value)
    return values
