"""Wire shapes of inspections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields, post_dump

from checklists.engine import KNOWN_FLAGS, NA_REASONS, NUMBER_ATTRIBUTES
from inspection.domain.inspections import SEVERITIES, Submission, Withdrawal
from inspection.domain.petitions import PetitionDecision
from inspection.schemas.wire import (
    Anything,
    Choice,
    Day,
    Id,
    ListOf,
    MapOf,
    Moment,
    Number,
    Part,
    Sha256,
    Text,
    Truth,
    Whole,
    Wire,
    reader,
)

MODES: Final = ("joint", "cross", "lookback", "unannounced")
IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")
PHOTO_LIMIT: Final = 25 * 1024 * 1024


def photo_hashes(most: int = 50, **options: Any) -> fields.Field[Any]:
    return ListOf(Sha256(), most=most, **options)


class Responsible(Wire):
    kind = Choice(("institution", "department"), required=True)
    name = Text(128, allow_none=True)


class FixedOnTheSpot(Wire):
    note = Text(4000, required=True)
    photos = photo_hashes()


class FindingBody(Wire):
    fact = Text(4000, required=True)
    place = Text(500, allow_none=True)
    quantity = Whole(0, 1_000_000, allow_none=True)
    photos = photo_hashes()
    severity = Choice(SEVERITIES, allow_none=True)
    severity_reason = Text(2000, allow_none=True)
    due_days = Whole(0, 3650, allow_none=True)
    responsible = Part(Responsible, allow_none=True)
    fixed_on_the_spot = Part(FixedOnTheSpot, allow_none=True)


class AnswerBody(Wire):
    value = Anything(
        required=True,
        allow_none=True,
        metadata={
            "description": "By the item's type: yes or no, a number, a date, a choice, a text; or na with a reason"
        },
    )
    note = Text(4000, allow_none=True)
    reason = Choice(NA_REASONS, allow_none=True)
    photos = photo_hashes()
    findings = ListOf(Part(FindingBody), most=100)


class ChecklistReference(Wire):
    code = Text(32, required=True)
    version = Whole(1, 1_000_000, required=True)


class Location(Wire):
    lat = Number(-90, 90, required=True)
    lng = Number(-180, 180, required=True)
    accuracy_m = Number(0, 10_000_000, allow_none=True)


class PhotoEntry(Wire):
    """What the phone says of a photo: claims beside the evidence."""

    bytes = Whole(0, PHOTO_LIMIT, allow_none=True)
    type = Choice(IMAGE_TYPES, allow_none=True)
    captured_at = Moment(allow_none=True)
    source = Choice(("camera", "gallery"), allow_none=True)
    location = Part(Location, allow_none=True)
    camera_sha256 = Sha256(allow_none=True)
    derived_from = Sha256(allow_none=True)


class Recheck(Wire):
    problem_id = Id(required=True)
    fixed = Truth(required=True)
    note = Text(4000, allow_none=True)
    photos = photo_hashes()


class R2Call(Wire):
    agency = Text(128, required=True)
    called_at = Moment(required=True)


class Participant(Wire):
    user_id = Id(allow_none=True)
    name = Text(64, required=True)
    organisation = Text(128, required=True)


class Refusal(Wire):
    reason = Text(2000, required=True)
    witness = Text(64, allow_none=True)


class Signature(Wire):
    role = Choice(("inspector", "institution"), required=True)
    name = Text(64, required=True)
    photo = Sha256(allow_none=True)
    refused = Part(Refusal, allow_none=True)


Attributes = Wire.from_dict(
    {
        **{name: Truth(allow_none=True) for name in sorted(KNOWN_FLAGS)},
        **{name: Whole(0, 1_000_000, allow_none=True) for name in sorted(NUMBER_ATTRIBUTES)},
    },
    name="Attributes",
)


class InspectionBody(Wire):
    institution_id = Id(required=True)
    assignment_id = Id(allow_none=True)
    visit_id = Id(required=True)
    mode = Choice(MODES, required=True)
    supersedes = Id(allow_none=True)
    checklist = Part(ChecklistReference, required=True)
    sections = ListOf(Text(16), most=100, allow_none=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True)
    location = Part(Location, allow_none=True)
    attributes = Part(Attributes)
    answers = MapOf(Text(32), Part(AnswerBody), most=500, required=True)
    other_findings = ListOf(Part(FindingBody), most=200)
    rechecks = ListOf(Part(Recheck), most=200)
    r2_calls = ListOf(Part(R2Call), most=50)
    photos = MapOf(Sha256(), Part(PhotoEntry), most=500)
    participants = ListOf(Part(Participant), most=50)
    signatures = ListOf(Part(Signature), most=50)


def make_submission(data: Mapping[str, Any]) -> Submission:
    """From what the schema loaded; KeyError where institution, checklist or time cannot be known."""
    sections = data.get("sections")
    return Submission(
        institution_id=data["institution_id"],
        assignment_id=data.get("assignment_id"),
        visit_id=data.get("visit_id", data["institution_id"]),
        mode=data.get("mode", MODES[0]),
        supersedes=data.get("supersedes"),
        checklist_code=data["checklist"]["code"],
        checklist_version=data["checklist"]["version"],
        sections=None if sections is None else tuple(sections),
        started_at=data.get("started_at", data["finished_at"]),
        finished_at=data["finished_at"],
        location=data.get("location"),
        attributes=data.get("attributes"),
        answers={code: answer for code, answer in (data.get("answers") or {}).items() if "value" in answer},
        other_findings=[f for f in data.get("other_findings") or () if "fact" in f],
        rechecks=[r for r in data.get("rechecks") or () if "problem_id" in r and "fixed" in r],
        r2_calls=data.get("r2_calls") or [],
        photos=data.get("photos") or {},
        participants=data.get("participants") or [],
        signatures=data.get("signatures") or [],
    )


read_inspection = reader(InspectionBody(), make_submission)


class LogSchema(Wire):
    """An entry of the audit log: its chain, its number there, and its seal over all before it."""

    chain = Text(16)
    number = Whole(1, 2**53)
    seal = Sha256()


class ReceiptSchema(Wire):
    code = Text(16)
    received_at = Moment()
    completed_at = Moment()
    content_sha256 = Sha256()
    photos = ListOf(Sha256(), most=1000)
    log = Part(LogSchema, allow_none=True)


class FlagSchema(Wire):
    """`pointer` only where the flag speaks of a place."""

    code = Text(64)
    pointer = Text(512)

    @post_dump
    def _without_nothing(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {key: value for key, value in data.items() if value is not None}


class ProblemLineSchema(Wire):
    id = Id()
    number = Text(40, allow_none=True)
    item_code = Text(32, allow_none=True)
    severity = Choice(SEVERITIES)
    status = Text(16)
    due_on = Day(allow_none=True)


class WithdrawalBody(Wire):
    reason = Text(4000, required=True)


read_withdrawal = reader(WithdrawalBody(), lambda data: Withdrawal(data["reason"]))


class WithdrawalDecisionBody(Wire):
    decision = Choice(("approve", "deny"), required=True)
    comment = Text(4000, required=True)


read_withdrawal_decision = reader(
    WithdrawalDecisionBody(), lambda data: PetitionDecision(data["decision"], data["comment"])
)


class WithdrawalSchema(Wire):
    id = Id()
    inspection_id = Id()
    reason = Text(4000)
    asked_by = Text(64)
    asked_at = Moment()
    state = Choice(("pending", "approve", "deny", "settled"))
    comment = Text(4000, allow_none=True)
    decided_by = Text(64, allow_none=True)
    decided_at = Moment(allow_none=True)
    superseded_by = Id(allow_none=True)


class InspectionSchema(Wire):
    id = Id()
    institution_id = Id()
    visit_id = Id()
    mode = Choice(MODES)
    checklist_code = Text(32)
    checklist_version = Whole(1, 1_000_000)
    inspected_on = Day()
    started_at = Moment()
    finished_at = Moment()
    received_at = Moment()
    content_sha256 = Sha256()
    state = Choice(("incomplete", "complete"))
    missing_photos = ListOf(Sha256(), most=1000)
    receipt = Part(ReceiptSchema, allow_none=True)
    issue_due_on = Day()
    notice_id = Id(allow_none=True)
    supersedes = Id(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    problems = ListOf(Part(ProblemLineSchema), most=10_000)
    flags = ListOf(Part(FlagSchema), most=10_000)


class InspectionDetailSchema(InspectionSchema):
    withdrawals = ListOf(Part(WithdrawalSchema), most=1000)
    submission = Anything(allow_none=True, metadata={"description": "The submission as received; null for the unit"})
