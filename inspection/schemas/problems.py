"""Wire shapes of problems, proofs, reviews and notices."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from inspection.domain import notices
from inspection.domain.inspections import SEVERITIES
from inspection.domain.notices import Acknowledgement, Issue, Service
from inspection.domain.problem_views import ProblemDetail
from inspection.domain.problems import STATUSES
from inspection.domain.rectifications import METHODS, Decision, Proof
from inspection.schemas.inspections import (
    IMAGE_TYPES,
    FlagSchema,
    PhotoEntry,
    ReceiptSchema,
    Responsible,
    photo_hashes,
)
from inspection.schemas.wire import (
    ZONE,
    Anything,
    Choice,
    Day,
    Id,
    ListOf,
    MapOf,
    Moment,
    Part,
    Sha256,
    Text,
    Truth,
    Whole,
    Wire,
    Words,
    reader,
)


class ProofPhotoEntry(PhotoEntry):
    type = Choice((*IMAGE_TYPES, "application/pdf"), allow_none=True)


class ProofBody(Wire):
    description = Text(8000, required=True)
    completed_on = Day(required=True)
    photos = MapOf(Sha256(), Part(ProofPhotoEntry), most=100)


read_proof = reader(
    ProofBody(), lambda data: Proof(data["description"], data["completed_on"], data.get("photos") or {})
)


class ReviewBody(Wire):
    rectification_id = Id(required=True)
    decision = Choice(("accept", "return"), required=True)
    comment = Text(4000, least=0, load_default="", allow_none=True)
    new_due_on = Day(allow_none=True)
    method = Choice(METHODS, required=True)
    second_reviewer = Id(allow_none=True)
    photos = photo_hashes()


read_review = reader(
    ReviewBody(),
    lambda data: Decision(
        rectification_id=data["rectification_id"],
        decision=data["decision"],
        comment=data.get("comment") or "",
        method=data.get("method", "desk"),
        new_due_on=data.get("new_due_on"),
        second_reviewer=data.get("second_reviewer"),
        photos=tuple(data.get("photos") or ()),
    ),
)


class DecisionBody(Wire):
    problem_id = Id(required=True)
    action = Choice(("keep", "drop", "merge", "transfer"), required=True)
    into = Id(allow_none=True)
    reason = Text(2000, allow_none=True)
    fact = Text(4000, allow_none=True)
    place = Text(500, allow_none=True)
    severity = Choice(SEVERITIES, allow_none=True)
    responsible = Part(Responsible, allow_none=True)
    due_on = Day(allow_none=True)


class ServiceBody(Wire):
    method = Choice(("on_site", "in_app", "paper", "post"), required=True)
    on = Day(required=True)
    photo = Sha256(allow_none=True)


class NoticeBody(Wire):
    inspection_ids = ListOf(Id(), most=50, required=True)
    document_number = Words(128, required=True)
    issued_on = Day(required=True)
    signer = Words(64, required=True)
    opinion = Text(8000, allow_none=True)
    items = ListOf(Part(DecisionBody), most=1000)
    service = Part(ServiceBody, required=True)


def make_issue(data: Mapping[str, Any]) -> Issue:
    service = data["service"]
    return Issue(
        inspection_ids=tuple(data["inspection_ids"]),
        document_number=data.get("document_number", ""),
        issued_on=data["issued_on"],
        signer=data.get("signer", ""),
        opinion=data.get("opinion"),
        items=tuple(_decision(item) for item in data.get("items") or () if "problem_id" in item),
        service=Service(service.get("method", "on_site"), service["on"], service.get("photo")),
    )


def _decision(item: Mapping[str, Any]) -> notices.Decision:
    responsible = item.get("responsible") or {}
    return notices.Decision(
        problem_id=item["problem_id"],
        action=item.get("action", "keep"),
        into=item.get("into"),
        reason=(item.get("reason") or "").strip() or None,
        fact=item.get("fact"),
        place=item.get("place"),
        severity=item.get("severity"),
        responsible_kind=responsible.get("kind"),
        responsible_name=(responsible.get("name") or "").strip() or None,
        due_on=item.get("due_on"),
    )


read_notice = reader(NoticeBody(), make_issue)


class AcknowledgementBody(Wire):
    name = Words(64, required=True)
    title = Words(64, required=True)


read_acknowledgement = reader(AcknowledgementBody(), lambda data: Acknowledgement(data["name"], data["title"]))


class ProblemSchema(Wire):
    plain = True

    id = Id()
    inspection_id = Id()
    notice_id = Id(allow_none=True)
    number = Text(40, allow_none=True)
    item_code = Text(32, allow_none=True)
    photo_rule = Text(16)
    institution_id = Id()
    institution_name = Text(128)
    region_code = Text(6)
    text = Text(4000)
    place = Text(500, allow_none=True)
    severity = Choice(SEVERITIES)
    red_line = Text(4, allow_none=True)
    status = Choice(STATUSES)
    round = Whole(1, 10_000)
    due_on = Day(allow_none=True)
    overdue = Truth()
    deadline_class = Choice(("not_due", "due_today", "overdue"), allow_none=True)
    provisional = Truth()
    holder = Text(16, allow_none=True)
    clock_on = Day()
    petition = Text(16, allow_none=True)
    supervised = Truth()


class PetitionSchema(Wire):
    id = Id()
    kind = Choice(("extension", "objection"))
    reason = Text(4000)
    requested_due_on = Day(allow_none=True)
    old_due_on = Day(allow_none=True)
    holds = Truth()
    asked_by = Text(64)
    asked_at = Moment()
    state = Choice(("pending", "approve", "uphold", "deny", "settled"))
    comment = Text(4000, allow_none=True)
    decided_by = Text(64, allow_none=True)
    decided_at = Moment(allow_none=True)
    after_due_on = Day(allow_none=True)


class MoveSchema(Wire):
    action = Text(32)
    until = Day(allow_none=True)


class ReviewSchema(Wire):
    id = Id()
    decision = Text(8)
    comment = Text(4000, least=0)
    method = Text(8)
    reviewer = Text(64)
    second_reviewer = Text(64, allow_none=True)
    new_due_on = Day(allow_none=True)
    photos = photo_hashes()
    decided_at = Moment()


class RectificationSchema(Wire):
    id = Id()
    problem_id = Id()
    round = Whole(1, 10_000)
    description = Text(8000)
    completed_on = Day()
    photos = photo_hashes(1000)
    on_the_spot = Truth()
    received_at = Moment()
    content_sha256 = Sha256()
    state = Choice(("incomplete", "complete"))
    missing_photos = photo_hashes(1000)
    receipt = Part(ReceiptSchema, allow_none=True)
    outcome = Text(16, allow_none=True)
    problem_status = Choice(STATUSES)
    flags = ListOf(Part(FlagSchema), most=100)


class RoundSchema(RectificationSchema):
    reviews = ListOf(Part(ReviewSchema), most=1000)


class LateSchema(Wire):
    basis = Text(16)
    due_on = Day()
    days = Whole(0, 100_000)


class ClocksSchema(Wire):
    holder = Text(16, allow_none=True)
    until = Day(allow_none=True)
    issue_due_on = Day()
    ordered_due_on = Day(allow_none=True)
    extended_due_on = Day(allow_none=True)
    due_on = Day(allow_none=True)
    review_due_on = Day(allow_none=True)
    petition_due_on = Day(allow_none=True)
    supervision_due_on = Day(allow_none=True)
    held_days = MapOf(Text(16), Whole(0, 100_000), most=10)
    late = ListOf(Part(LateSchema), most=1000)


class ProblemDetailSchema(ProblemSchema):
    plain = False

    item_text = Text(4000, least=0)
    quantity = Whole(0, 1_000_000, allow_none=True)
    photos = photo_hashes(1000)
    basis = ListOf(Anything(), most=100)
    advice = Text(8000, least=0)
    recommendation = ListOf(Text(4), most=10)
    responsible_kind = Text(16)
    responsible_name = Text(128, allow_none=True)
    due_days = Whole(0, 3650)
    closed_on_time = Truth(allow_none=True)
    clocks = Part(ClocksSchema)
    recurrence_of = ListOf(Id(), most=10_000)
    merged = ListOf(Id(), most=10_000)
    merged_into = Id(allow_none=True)
    petitions = ListOf(Part(PetitionSchema), most=1000)
    rounds = ListOf(Part(RoundSchema), most=1000)
    timeline = ListOf(Anything(metadata={"description": "at, by, event, and what belongs to the event"}), most=100_000)
    moves = ListOf(Part(MoveSchema), most=20)


class ReviewAnswerSchema(Wire):
    id = Id()
    rectification_id = Id()
    decision = Text(8)
    problem = Part(ProblemSchema)


class NoticeRowSchema(Wire):
    problem_id = Id()
    number = Text(40, allow_none=True)
    action = Text(16)
    text = Text(4000)
    place = Text(500, allow_none=True)
    severity = Choice(SEVERITIES)
    status = Choice(STATUSES)
    due_on = Day(allow_none=True)
    provisional = Truth()


class NoticeFlagSchema(Wire):
    """What is odd about a problem or about the visit behind the notice."""

    code = Text(64)
    problem_id = Id()
    visit_id = Id()
    item_code = Text(32)


class AcknowledgementSchema(Wire):
    name = Text(64)
    title = Text(64)
    acknowledged_at = Moment()


class NoticeLineSchema(Wire):
    id = Id()
    document_number = Text(128)
    institution_id = Id()
    institution_name = Text(128)
    issued_on = Day()
    signer = Text(64)
    problems = Whole(0, 10_000)
    acknowledged_at = Moment(allow_none=True)


class NoticeSchema(Wire):
    id = Id()
    document_number = Text(128)
    institution_id = Id()
    inspection_ids = ListOf(Id(), most=50)
    issued_on = Day()
    issued_at = Moment()
    signer = Text(64)
    opinion = Text(8000, allow_none=True)
    service = Anything()
    content_sha256 = Sha256()
    document_sha256 = Sha256()
    problems = ListOf(Part(NoticeRowSchema), most=10_000)
    flags = ListOf(Part(NoticeFlagSchema), most=10_000)
    acknowledgement = Part(AcknowledgementSchema, allow_none=True)


def problem_detail(detail: ProblemDetail) -> dict[str, Any]:
    """One flat object: the list's line and everything else; an event's details stand beside its who and when."""
    data = {field.name: getattr(detail, field.name) for field in dataclasses.fields(detail) if field.name != "summary"}
    data |= {field.name: getattr(detail.summary, field.name) for field in dataclasses.fields(detail.summary)}
    data["timeline"] = [
        {**event.detail, "at": event.at.astimezone(ZONE.get()).isoformat(), "by": event.by, "event": event.event}
        for event in detail.timeline
    ]
    return data
