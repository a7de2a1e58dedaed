"""The working-day calendar: read, edited year by year, and the dates that have to be computed again by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.turns import set_clock, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.calendar import Calendar, YearCalendar, year_faults
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.problems import FINISHED
from inspection.domain.views import Stored
from inspection.storage import accounts, audit, calendar, inspections, installation, problems
from inspection.storage.calendar import calendar_for_system
from inspection.storage.inspections import InspectionRow
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
        row = installation.lock_for_system(ctx.session)
        given = incoming.load()
        faults = year_faults(year, given)
        if faults:
            raise Refused("invalid", faults)
        given = replace(
            given,
            rest_days=tuple(sorted(given.rest_days)),
            work_days=tuple(sorted(given.work_days)),
            terms=tuple(sorted(given.terms)),
        )
        before = calendar.year_for_system(ctx.session, year)
        if before != replace(given, revision=before.revision):
            if given.revision != row.calendar_revision:
                raise Refused("lost_race", extra={"revision": row.calendar_revision, **_meanwhile(ctx)})
            calendar.replace_year_for_system(ctx.session, year, given)
            ctx.record(actor, "set_calendar_year", "calendar", year, sha256=incoming.sha256)
    recompute_dates(ctx)
    return Stored(calendar.year_for_system(ctx.session, year), created=False)


def _meanwhile(ctx: Context) -> dict[str, Any]:
    """For whoever comes too late: when and by whom a year was changed last."""
    last = audit.last_for_system(ctx.session, "set_calendar_year")
    if last is None:
        return {}
    names = accounts.names_for_system(ctx.session, {last.actor_id} if last.actor_id is not None else ())
    by = names[last.actor_id] if last.actor_id is not None else None
    return {"meanwhile": [{"at": ctx.clock.local(last.at).isoformat(), "by": by, "event": last.action}]}


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
            batch = problems.unfinished_after_for_system(ctx.session, after, BATCH)
            if not batch:
                installation.recomputed_for_system(ctx.session, revision)
                ctx.record(None, "recompute_dates", "calendar", revision, moved=moved)
                return moved
            # a notice and a withdrawal lock the inspection first, then its problems
            held = inspections.lock_many_for_system(ctx.session, {inspection_id for _, inspection_id in batch})
            rows = problems.lock_many_for_system(ctx.session, [problem_id for problem_id, _ in batch])
            of_inspection = {inspection.id: inspection for inspection in held}
            part = sum(_recompute(ctx, row, of_inspection[row.inspection_id], newest) for row in rows)
            ctx.record(None, "recompute_batch", "calendar", revision, moved=part)
            moved, after = moved + part, batch[-1][0]


def _recompute(ctx: Context, row: ProblemRow, inspection: InspectionRow, newest: Calendar) -> bool:
    """Whether the unit's date, or a department's, moved."""
    if row.status in FINISHED or (row.status == "open" and row.due_on is None):
        return False  # ended meanwhile; or broken, which `verify` names: the others' dates do not wait for it
    moved = _recompute_due(ctx, row, newest)
    today, before = ctx.today(), row.clock_on
    if before < today:
        return moved
    if row.status == "found":
        row.issue_due_on = deadlines.issue_due_on(ctx.clock.date_of(row.found_at), newest)
        inspection.issue_due_on = row.issue_due_on
    elif row.status == "submitted" and row.review_due_on is not None:
        row.review_due_on = deadlines.review_due_on(row.since_on, newest)
    elif row.status == "open" and row.petition_due_on is not None:
        row.petition_due_on = deadlines.petition_due_on(row.since_on, newest)
    set_clock(row)
    if row.clock_on != before and row.status != "transferred":
        turned(ctx, None, row, "clock_moved", old_until=before.isoformat(), until=row.clock_on.isoformat())
    return moved


def _recompute_due(ctx: Context, row: ProblemRow, newest: Calendar) -> bool:
    """The unit's (or the department's) date, where it was provisional or is so again; whether it moved."""
    basis = row.due_basis
    theirs = row.status == "transferred"
    old = row.clock_on if theirs else row.due_on
    if basis is None or old is None:
        return False
    plain, again = deadlines.recomputed(basis, newest)
    if not deadlines.is_provisional(basis):
        if newest.is_provisional(old):  # announced, and taken back
            row.due_basis = dict(again)
        return False
    due = deadlines.moved(old, plain, ctx.today(), newest)
    if due == old and deadlines.is_provisional(again):
        return False
    row.due_basis = dict(again)
    if theirs:
        row.clock_on = due
    else:
        if row.ordered_due_on == old:
            row.ordered_due_on = due
        row.due_on = due
        set_clock(row)
    event = "recomputed" if due != old else "date_confirmed"
    dates = {"department_due_on" if theirs else "due_on": due.isoformat(), "old_due_on": old.isoformat()}
    turned(ctx, None, row, event, **dates)
    if due != old:
        who = ("reviewer",) if theirs else ("unit", "reviewer")
        tell_of(ctx, row, "recomputed", who, old_due_on=old.isoformat(), due_on=due.isoformat())
    return due != old
