"""Figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import request

from inspection.actions import stats as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.domain.figures import NumberRow, Row
from inspection.domain.texts import language_of, texts
from inspection.schemas.stats import NumberRowSchema, StatsQuery, StatsSchema, stats_body

Line = TypeVar("Line", Row, NumberRow)


@endpoint("GET", "/stats", "stats.read", query=StatsQuery(), returns={200: StatsSchema()})
def get_stats(ctx: Context, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """Inspected, found, due, closed, on time, overdue by group, each rate with its parts; for the people's congress
    at most forty whole quarters, by region of its own or by kind in all of it, small cells withheld."""
    stats = actions.get_stats(
        ctx, actor, query["group_by"], query.get("first_on"), query.get("last_on"), query.get("region")
    )
    return stats_body(replace(stats, rows=_named(stats.rows, stats.group_by)))


@endpoint("GET", "/stats/numbers", "stats.read", query=StatsQuery(), listed=True, returns={200: NumberRowSchema()})
def get_numbers(ctx: Context, actor: Actor, query: dict[str, Any]) -> list[NumberRow]:
    """Head counts that the checklists gather, by region or kind: vetted staff among all staff, and others; for the
    people's congress one whole quarter, what few institutions gave withheld, and items by kind alone."""
    rows = actions.get_numbers(
        ctx, actor, query["group_by"], query.get("first_on"), query.get("last_on"), query.get("region")
    )
    return _named(rows, query["group_by"])


def _named(rows: Sequence[Line], group: str) -> list[Line]:
    """Kinds and severities by their words; the others have their names already."""
    words = texts(language_of(request.headers.get("Accept-Language", ""))).get(group, {})
    return [replace(row, label=words.get(row.key, row.label)) for row in rows]
