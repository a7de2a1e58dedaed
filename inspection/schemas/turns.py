"""Wire shapes of what a unit asks and what the desk orders about one problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspection.domain.orders import Reminder, Reopening, Reply, Supervision, Transfer
from inspection.domain.petitions import Petition, PetitionDecision
from inspection.domain.rectifications import METHODS
from inspection.schemas.inspections import Responsible
from inspection.schemas.problems import PetitionSchema, ProblemSchema
from inspection.schemas.wire import Choice, Day, Id, ListOf, Part, Whole, Wire, Words, reader


class ExtensionBody(Wire):
    requested_due_on = Day(required=True)
    reason = Words(4000, required=True)


read_extension = reader(ExtensionBody(), lambda data: Petition(data["reason"], data["requested_due_on"]))


class ObjectionBody(Wire):
    reason = Words(4000, required=True)


read_objection = reader(ObjectionBody(), lambda data: Petition(data["reason"]))


class ExtensionDecisionBody(Wire):
    decision = Choice(("approve", "deny"), required=True)
    comment = Words(4000, required=True)


read_extension_decision = reader(
    ExtensionDecisionBody(), lambda data: PetitionDecision(data["decision"], data["comment"])
)


class ObjectionDecisionBody(Wire):
    decision = Choice(("uphold", "deny"), required=True)
    comment = Words(4000, required=True)


read_objection_decision = reader(
    ObjectionDecisionBody(), lambda data: PetitionDecision(data["decision"], data["comment"])
)


class PetitionAnswerSchema(Wire):
    petition = Part(PetitionSchema)
    problem = Part(ProblemSchema)


class TransferBody(Wire):
    responsible = Part(Responsible, required=True)
    reason = Words(4000, required=True)
    due_on = Day(allow_none=True)


def _department(responsible: Mapping[str, Any]) -> str | None:
    """The name of a department; the institution needs none."""
    return None if responsible.get("kind") == "institution" else (responsible.get("name") or "").strip() or None


read_transfer = reader(
    TransferBody(),
    lambda data: Transfer(
        data["responsible"].get("kind", "department"),
        _department(data["responsible"]),
        data.get("reason", ""),
        data.get("due_on"),
    ),
)


class ReplyBody(Wire):
    department = Words(128, required=True)
    outcome = Choice(("done", "in_progress", "declined"), required=True)
    text = Words(4000, required=True)
    replied_on = Day(required=True)
    new_due_on = Day(allow_none=True)
    method = Choice(METHODS)
    second_reviewer = Id(allow_none=True)


read_reply = reader(
    ReplyBody(),
    lambda data: Reply(
        department=data["department"],
        outcome=data["outcome"],
        text=data["text"],
        replied_on=data["replied_on"],
        new_due_on=data.get("new_due_on"),
        method=data.get("method", "desk"),
        second_reviewer=data.get("second_reviewer"),
    ),
)


class SupervisionBody(Wire):
    reason = Words(4000, required=True)
    due_on = Day(required=True)


read_supervision = reader(SupervisionBody(), lambda data: Supervision(data["reason"], data["due_on"]))


class ReopeningBody(Wire):
    reason = Words(4000, required=True)
    due_on = Day(allow_none=True)


read_reopening = reader(ReopeningBody(), lambda data: Reopening(data["reason"], data.get("due_on")))


class ReminderBody(Wire):
    problem_ids = ListOf(Id(), most=200, required=True)
    text = Words(200, allow_none=True)


read_reminder = reader(ReminderBody(), lambda data: Reminder(tuple(data["problem_ids"]), data.get("text")))


class ReminderSchema(Wire):
    """How many of them are open, so that their units were reminded."""

    reminded = Whole(0, 200)
