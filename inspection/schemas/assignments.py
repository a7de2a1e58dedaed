"""Wire shapes of assignments and joint visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspection.domain.assignments import Assigned, Assignment, Cancellation
from inspection.schemas.inspections import FlagSchema
from inspection.schemas.wire import (
    Anything,
    Choice,
    Day,
    Id,
    ListOf,
    Moment,
    Part,
    Text,
    Truth,
    Whole,
    Wire,
    reader,
)


class AssignedBody(Wire):
    user_id = Id(required=True)
    sections = ListOf(Text(16), most=100, allow_none=True)


class AssignmentChecklist(Wire):
    code = Text(32, required=True)
    version = Whole(1, 1_000_000, allow_none=True)


class AssignmentBody(Wire):
    institution_id = Id(required=True)
    checklist = Part(AssignmentChecklist, required=True)
    planned_on = Day(required=True)
    inspectors = ListOf(Part(AssignedBody), most=50, required=True)
    note = Text(2000, allow_none=True)


def _assignment(data: Mapping[str, Any]) -> Assignment:
    checklist = data["checklist"]
    return Assignment(
        institution_id=data["institution_id"],
        checklist_code=checklist.get("code", ""),
        checklist_version=checklist.get("version"),
        planned_on=data["planned_on"],
        inspectors=tuple(
            Assigned(one["user_id"], tuple(one["sections"]) if one.get("sections") is not None else None)
            for one in data.get("inspectors") or ()
            if "user_id" in one
        ),
        note=data.get("note"),
    )


read_assignment = reader(AssignmentBody(), _assignment)


class CancellationBody(Wire):
    reason = Text(2000, required=True)


read_cancellation = reader(CancellationBody(), lambda data: Cancellation(data["reason"]))


class AssignedSchema(Wire):
    user_id = Id()
    name = Text(64)
    organisation = Text(128)
    sections = ListOf(Text(16), most=100, allow_none=True)


class AssignmentSchema(Wire):
    id = Id()
    institution_id = Id()
    checklist_code = Text(32)
    checklist_version = Whole(1, 1_000_000)
    planned_on = Day()
    visit_id = Id()
    note = Text(2000, allow_none=True)
    inspectors = ListOf(Part(AssignedSchema), most=50)
    state = Choice(("planned", "done", "cancelled"))
    inspection_id = Id(allow_none=True)
    cancel_reason = Text(2000, allow_none=True)


class VisitPartSchema(Wire):
    id = Id()
    by = Text(64)
    received_at = Moment()
    checklist_code = Text(32)
    sections = ListOf(Text(16), most=100, allow_none=True)
    answered = Whole(0, 10_000)
    notice_id = Id(allow_none=True)
    withdrawn = Truth()


class MemberSchema(Wire):
    user_id = Id(allow_none=True)
    name = Text(64)
    organisation = Text(128)
    sex = Text(8, allow_none=True)


class SaidSchema(Wire):
    inspection_id = Id()
    by = Text(64)
    value = Anything()
    note = Text(4000, allow_none=True)


class ConflictSchema(Wire):
    item_code = Text(32)
    answers = ListOf(Part(SaidSchema), most=100)


class VisitSchema(Wire):
    visit_id = Id()
    institution_id = Id()
    inspections = ListOf(Part(VisitPartSchema), most=100)
    team = ListOf(Part(MemberSchema), most=500)
    conflicts = ListOf(Part(ConflictSchema), most=500)
    flags = ListOf(Part(FlagSchema), most=100)
