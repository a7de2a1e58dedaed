"""Figures."""

from __future__ import annotations

from typing import Any

from inspection.actions import stats as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.domain.figures import NumberRow
from inspection.schemas.stats import NumberRowSchema, StatsQuery, StatsSchema, stats_body


@endpoint("GET", "/stats", "stats.read", query=StatsQuery(), returns={200: StatsSchema()})
def get_stats(ctx: Context, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """Inspected, found, due, closed, on time, overdue by group, each rate with its parts; for the people's congress
    at most forty whole quarters, by region of its own or by kind in all of it, small cells withheld."""
    stats = actions.get_stats(
        ctx, actor, query["group_by"], query.get("first_on"), query.get("last_on"), query.get("region")
    )
    return stats_body(stats)


@endpoint("GET", "/stats/numbers", "stats.read", query=StatsQuery(), listed=True, returns={200: NumberRowSchema()})
def get_numbers(ctx: Context, actor: Actor, query: dict[str, Any]) -> list[NumberRow]:
    """Head counts that the checklists gather, by region or kind: vetted staff among all staff, and others; for the
    people's congress one whole quarter, what few institutions gave withheld, and items by kind alone."""
    return actions.get_numbers(
        ctx, actor, query["group_by"], query.get("first_on"), query.get("last_on"), query.get("region")
    )
