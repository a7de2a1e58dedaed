"""Wire shape of what a phone needs offline."""

from __future__ import annotations

import re
from typing import Any, Final

from marshmallow import fields

from inspection.domain.sync import Reached
from inspection.domain.views import SyncView
from inspection.schemas.accounts import ChecklistSchema
from inspection.schemas.assignments import AssignmentSchema
from inspection.schemas.audit import ChainSchema
from inspection.schemas.calendar import YearSchema, year_calendar
from inspection.schemas.institutions import InstitutionSchema
from inspection.schemas.problems import ProblemSchema
from inspection.schemas.queries import Digits
from inspection.schemas.wire import Choice, Id, ListOf, MapOf, Moment, Part, Text, Truth, Whole, Wire

REACHED: Final = re.compile(r"([^~]+)~([0-9]{1,18})~([0-9]{1,18})")


class Since(fields.String):
    """The `next` of an earlier answer as it was given, or a plain moment."""

    default_error_messages = Moment.default_error_messages

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        known = REACHED.fullmatch(value) if isinstance(value, str) else None
        if known is None:
            return Reached(Moment().deserialize(value, attr, data, **options))
        moment, revision, entry = known.groups()
        return Reached(Moment().deserialize(moment, attr, data, **options), int(revision), int(entry))


class SyncQuery(Wire):
    """`log`: the number of the entry of the audit log whose seal the phone keeps; without it only the head is told."""

    since = Since()
    log = Digits(0, 999_999_999)


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
    next = Text(100)
    log = Part(ChainSchema)


def sync_body(view: SyncView) -> dict[str, Any]:
    """The calendar as its years are written elsewhere."""
    data = {name: getattr(view, name) for name in SyncSchema().fields}
    return data | {"calendar": [year_calendar(year, known) for year, known in view.calendar]}
