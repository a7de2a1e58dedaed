"""Wire shape of what a phone needs offline."""

from __future__ import annotations

from typing import Any

from inspection.domain.views import SyncView
from inspection.schemas.accounts import ChecklistSchema
from inspection.schemas.assignments import AssignmentSchema
from inspection.schemas.calendar import YearSchema, year_calendar
from inspection.schemas.institutions import InstitutionSchema
from inspection.schemas.problems import ProblemSchema
from inspection.schemas.wire import Choice, Id, ListOf, MapOf, Moment, Part, Text, Truth, Whole, Wire


class SyncQuery(Wire):
    since = Moment()


class TombstoneSchema(Wire):
    kind = Choice(("assignment", "institution", "problem"))
    id = Id()


class SyncSchema(Wire):
    full = Truth()
    assignments = ListOf(Part(AssignmentSchema), most=10_000)
    institutions = ListOf(Part(InstitutionSchema), most=100_000)
    checklists = ListOf(Part(ChecklistSchema), most=100)
    calendar = ListOf(Part(YearSchema), most=10)
    problems = ListOf(Part(ProblemSchema), most=1_000_000)
    deleted = ListOf(Part(TombstoneSchema), most=1_000_000)
    limits = MapOf(Text(32), Whole(0, 2**31 - 1), most=20)
    server_time = Moment()
    installation_id = Id()
    next = Text(40)


def sync_body(view: SyncView) -> dict[str, Any]:
    """The calendar as its years are written elsewhere."""
    data = {name: getattr(view, name) for name in SyncSchema().fields}
    return data | {"calendar": [year_calendar(year, known) for year, known in view.calendar]}
