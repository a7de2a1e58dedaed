"""The working-day calendar, year by year."""

from __future__ import annotations

from typing import Any

from inspection.actions import calendars
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.calendar import YearCalendar
from inspection.domain.incoming import Incoming
from inspection.schemas.calendar import YearBody, YearSchema, read_year, year_calendar


@endpoint("GET", "/calendar/<int:year>", "calendar.read", returns={200: YearSchema()}, refuses=("not_found",))
def get_year(ctx: Context, actor: Actor, year: int) -> dict[str, Any]:
    """One year: statutory rest days, workdays moved to weekends, terms, and whether it is announced."""
    del actor
    return year_calendar(year, calendars.get_year(ctx, year))


@endpoint(
    "PUT",
    "/calendar/<int:year>",
    "calendar.edit",
    body=YearBody(),
    read=read_year,
    returns={200: YearSchema()},
    refuses=("not_found", "lost_race"),
)
def put_year(ctx: Context, actor: Actor, incoming: Incoming[YearCalendar], year: int) -> Answer:
    """Replace one year; provisional dates are computed again, and their units told."""
    return Answer(year_calendar(year, calendars.set_year(ctx, actor, year, incoming).value))
