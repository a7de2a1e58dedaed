"""The working-day calendar: read, edited year by year, and the dates that have to be computed again by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.turns import set_clock, set_due, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.calendar import Calendar, YearCalendar, year_faults
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.views import Stored
from inspection.storage import calendar, inspections, installation, problems
from inspection.storage.calendar import calendar_for_system
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import unit

BATCH: Final = 200
FIRST_YEAR, LAST_YEAR = 2000, 2099


def get_year(ctx: Context, year: int) -> YearCalendar:
    """What is known of one year; raises `not_found` for a year beyond all calendars."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused("not_found")
    return calendar.year_for_system(ctx.session, year)


def set_year(ctx: Context, actor: Actor | None, year: int, incoming: Incoming[YearCalendar]) -> Stored[YearCalendar]:
    """Replace what is known of one year. Given as it is already, nothing changes. Dates that were provisional are
    computed again at once. Raises `not_found`, `lost_race` (another revision than the one read), `invalid`."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused("not_found")
    with unit(ctx.session):
        given = incoming.load()
        faults = year_faults(year, given)
        if faults:
            raise Refused("invalid", faults)
        row = installation.lock_for_system(ctx.session)
        given = replace(
            given,
            rest_days=tuple(sorted(given.rest_days)),
            work_days=tuple(sorted(given.work_days)),
            terms=tuple(sorted(given.terms)),
        )
        before = calendar.year_for_system(ctx.session, year)
        if before != replace(given, revision=before.revision):
            if given.revision != row.calendar_revision:
                raise Refused("lost_race", extra={"revision": row.calendar_revision})
            calendar.replace_year_for_system(ctx.session, year, given)
            ctx.record(actor, "set_calendar_year", "calendar", year, sha256=incoming.sha256)
    recompute_dates(ctx)
    return Stored(calendar.year_for_system(ctx.session, year), created=False)


def recompute_dates(ctx: Context) -> int:
    """Compute again what was computed by an older calendar; how many dates moved. The unit's date moves only where it
    was provisional, and never into the past; the clocks of issuing, reviewing and deciding follow the calendar as long
    as they run. A batch is a unit; broken off, the next pass begins again and finds the rest."""
    row = installation.get_for_system(ctx.session)
    revision = row.calendar_revision if row is not None else 0
    if row is None or row.recomputed_revision == revision:
        return 0
    newest = calendar_for_system(ctx.session)
    moved = 0
    after: UUID | None = None
    while True:
        with unit(ctx.session):
            rows = problems.lock_unfinished_for_system(ctx.session, after, BATCH)
            moved += sum(_recompute(ctx, problem, newest) for problem in rows)
            if not rows:
                installation.recomputed_for_system(ctx.session, revision)
                if moved:
                    ctx.record(None, "recompute_dates", "calendar", revision, moved=moved)
                return moved
            after = rows[-1].id


def _recompute(ctx: Context, row: ProblemRow, newest: Calendar) -> bool:
    if row.status == "open" and row.due_on is None:
        return False  # `verify` names it; the others' dates do not wait for it
    moved = _recompute_due(ctx, row, newest)
    today, before = ctx.today(), row.clock_on
    if before < today:
        return moved
    if row.status == "found":
        received_on = ctx.clock.date_of(row.found_at)
        row.issue_due_on = deadlines.issue_due_on(received_on, newest)
        inspections.move_issue_date_for_system(ctx.session, row.inspection_id, row.issue_due_on)
    elif row.status == "submitted" and row.review_due_on is not None:
        row.review_due_on = deadlines.review_due_on(row.since_on, newest)
    elif row.status == "open" and row.petition_due_on is not None:
        row.petition_due_on = deadlines.petition_due_on(row.since_on, newest)
    if row.status != "transferred":
        set_clock(row)
    ctx.session.flush()
    return moved


def _recompute_due(ctx: Context, row: ProblemRow, newest: Calendar) -> bool:
    """The unit's (or the department's) date, where it was provisional; whether it moved."""
    basis = row.due_basis
    if basis is None or not basis.get("provisional"):
        return False
    old = row.clock_on if row.status == "transferred" else row.due_on
    due, again = deadlines.recomputed(basis, newest)
    if old is None or (due == old and again["provisional"]):
        return False
    due = deadlines.after_decision(due, ctx.today(), newest) if due != old else due
    if row.status == "transferred":
        row.clock_on, row.due_basis = due, dict(again)
    else:
        if row.ordered_due_on == old:
            row.ordered_due_on = due
        set_due(row, (due, again))
        set_clock(row)
    event = "recomputed" if due != old else "date_confirmed"
    turned(ctx, None, row, event, old_due_on=old.isoformat(), due_on=due.isoformat())
    if due != old:
        tell_of(ctx, row, "recomputed", ("unit", "reviewer"), old_due_on=old.isoformat(), due_on=due.isoformat())
    return due != old
