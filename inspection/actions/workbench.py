"""The desk's first page, and what stands around every page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.doctor import SILENCE
from inspection.actions.notices import unacknowledged
from inspection.actions.problems import line_of
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.figures import NONE, RECOMMENDATIONS
from inspection.domain.permissions import acting
from inspection.domain.problem_views import ProblemView
from inspection.domain.workbench import MOST_UNREAD, MOST_VISITS, Frame, RegionWaits, VisitToIssue, Waits, Workbench
from inspection.storage import problem_list, stats
from inspection.storage import workbench as storage
from inspection.storage.workbench import Waiting

SHOWN: Final = 8


def frame(ctx: Context, actor: Actor) -> Frame:
    """One small question, on every page."""
    unread, alive_at = storage.around_for_system(ctx.session, actor.id, MOST_UNREAD)
    silent = alive_at is None or ctx.now() - alive_at > SILENCE
    return Frame(unread=unread, silent=silent, silent_since=alive_at)


def workbench(ctx: Context, actor: Actor) -> Workbench:
    """What waits in the actor's scope. Whose recommendation it is sees its three parts apart."""
    actor = acting(actor, "problem.read")
    today = ctx.today()
    tomorrow = today + timedelta(days=1)
    parts_apart = "proc_inspector" in actor.roles
    waiting = storage.waiting_by(actor, ctx.session, today, by_recommendation=parts_apart)
    region = actor.region_code
    unit = actor.holding(frozenset({"unit"}))
    elsewhere = actor.roles != {"unit"}
    return Workbench(
        region=region,
        waits=_sum(waiting),
        regions=_by_region(ctx, waiting, region) if region is not None else [],
        by_part=_by_part(waiting) if parts_apart else {},
        visits=visits_to_issue(ctx, actor) if elsewhere else [],
        overdue=_oldest(ctx, actor, "due_on", overdue=True),
        due_today=_oldest(ctx, actor, "due_on", deadline="due_today"),
        to_review=_oldest(ctx, actor, "clock_on", status=["submitted"]),
        petitions=_oldest(ctx, actor, "clock_on", petition=["extension", "objection"]) if elsewhere else [],
        upcoming=_oldest(ctx, unit, "due_on", status=["open"], due_from=tomorrow) if unit.grants else None,
        notices=unacknowledged(ctx, unit) if unit.grants else [],
    )


def visits_to_issue(ctx: Context, actor: Actor, region: str | None = None) -> list[VisitToIssue]:
    """Those first that must be issued the earliest; of one region alone, where one is named."""
    return [VisitToIssue(*row) for row in storage.to_issue(actor, ctx.session, region, MOST_VISITS)]


def next_to_review(ctx: Context, actor: Actor, after: Collection[UUID] = ()) -> ProblemView | None:
    """The proof that waits the longest, but for those that were just looked at."""
    row = storage.longest_waiting_proof(actor, ctx.session, after)
    return line_of(ctx, row) if row is not None else None


def _oldest(ctx: Context, actor: Actor, by: str, **filters: Any) -> list[ProblemView]:
    """The first of the list that the figure opens."""
    rows = problem_list.oldest_visible(actor, ctx.session, filters, ctx.today(), by, SHOWN)
    return [line_of(ctx, row) for row in rows]


def _sum(waiting: Iterable[Waiting]) -> Waits:
    return sum((_waits(one) for one in waiting), Waits())


def _waits(one: Waiting) -> Waits:
    return Waits(
        overdue=one.overdue,
        due_today=one.due_today,
        not_due=one.count - one.overdue - one.due_today if one.status == "open" else 0,
        found=one.count if one.status == "found" else 0,
        to_review=one.count if one.status == "submitted" else 0,
        petitions=one.petitions,
    )


def _by_region(ctx: Context, waiting: Iterable[Waiting], base: str) -> list[RegionWaits]:
    """Every region beneath the actor's own, one step down; those first where most is overdue."""
    width = min(len(region_prefix(base)) + 2, len(base))
    names = stats.regions_beneath_for_system(ctx.session, base)
    found = {code: Waits() for code in {name[:width].ljust(len(base), "0") for name in names}}
    for one in waiting:
        code = one.region_code[:width].ljust(len(base), "0")
        found[code] = found.get(code, Waits()) + _waits(one)
    if len(found) > 1 and found.get(base) == Waits():  # what stands to the whole and to no part of it
        del found[base]
    rows = [
        RegionWaits(code, names.get(code, code), waits, own=len(region_prefix(code)) < width)
        for code, waits in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.waits.overdue, -row.waits.due_today, row.code))


def _by_part(waiting: Iterable[Waiting]) -> dict[str, Waits]:
    parts = {letter: Waits() for letter in (*RECOMMENDATIONS, NONE)}
    for one in waiting:
        for letter in one.recommendation or NONE:
            parts[letter] += _waits(one)
    return parts
