"""Wire shapes of resets."""

from __future__ import annotations

from inspection.domain.resets import ResetDecision, ResetRequest
from inspection.schemas.wire import Choice, Id, Moment, Text, Truth, Wire, Words, reader


class ResetBody(Wire):
    reason = Words(2000, required=True)
    second_factor = Truth()


class ResetDecisionBody(Wire):
    decision = Choice(("approve", "deny"), required=True)
    comment = Words(2000)


read_reset = reader(ResetBody(), lambda data: ResetRequest(data["reason"], bool(data.get("second_factor"))))
read_reset_decision = reader(ResetDecisionBody(), lambda data: ResetDecision(data["decision"], data.get("comment")))


class ResetSchema(Wire):
    id = Id()
    user_id = Id()
    reason = Text(2000)
    second_factor = Truth()
    state = Choice(("asked", "approve", "deny"))
    asked_by = Text(64)
    asked_at = Moment()
    decided_by = Text(64, allow_none=True)
    decided_at = Moment(allow_none=True)
    comment = Text(2000, allow_none=True)
    code = Text(32, allow_none=True)
