"""Issuing notices, reading them, and acknowledging their receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from inspection.actions import notice_documents
from inspection.actions import notices as actions
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.notices import Acknowledgement, Issue
from inspection.domain.problem_views import NoticeLine, NoticeView
from inspection.domain.views import Page
from inspection.downloads import DOCX, document
from inspection.schemas.problems import (
    AcknowledgementBody,
    NoticeBody,
    NoticeLineSchema,
    NoticeSchema,
    read_acknowledgement,
    read_notice,
)
from inspection.schemas.queries import NoticeQuery, yes_or_no


@endpoint(
    "PUT",
    "/notices/<uuid:notice_id>",
    "notice.issue",
    body=NoticeBody(),
    read=read_notice,
    returns={200: NoticeSchema(), 201: NoticeSchema()},
    refuses=(
        "conflict",
        "not_found",
        "already_issued",
        "document_number_taken",
        "four_eyes",
        "wrong_state",
    ),
)
def put_notice(ctx: Context, actor: Actor, incoming: Incoming[Issue], notice_id: UUID) -> Answer:
    """Issue a notice: findings become problems with numbers and deadlines."""
    stored = actions.issue_notice(ctx, actor, notice_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint("GET", "/notices", "notice.read", query=NoticeQuery(), paged=True, returns={200: NoticeLineSchema()})
def list_notices(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[NoticeLine]:
    """Notices in scope, the newest first."""
    acknowledged = yes_or_no(query.get("acknowledged"))
    return actions.list_notices(
        ctx, actor, query.get("institution"), query["after"], query["limit"], acknowledged=acknowledged
    )


@endpoint("GET", "/notices/<uuid:notice_id>", "notice.read", returns={200: NoticeSchema()}, refuses=("not_found",))
def get_notice(ctx: Context, actor: Actor, notice_id: UUID) -> NoticeView:
    """A notice as it was issued."""
    return actions.get_notice(ctx, actor, notice_id)


@endpoint("GET", "/notices/<uuid:notice_id>.docx", "notice.read", returns={200: (DOCX,)}, refuses=("not_found",))
def get_document(ctx: Context, actor: Actor, notice_id: UUID) -> Response:
    """The very bytes that were served."""
    return document(notice_documents.get_document(ctx, actor, notice_id), f"notice-{notice_id}.docx")


@endpoint(
    "PUT",
    "/notices/<uuid:notice_id>/acknowledgement",
    "notice.acknowledge",
    body=AcknowledgementBody(),
    read=read_acknowledgement,
    returns={200: NoticeSchema(), 201: NoticeSchema()},
    refuses=("conflict", "not_found"),
)
def put_acknowledgement(ctx: Context, actor: Actor, incoming: Incoming[Acknowledgement], notice_id: UUID) -> Answer:
    """Acknowledge the receipt of a notice, once."""
    stored = actions.acknowledge_notice(ctx, actor, notice_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)
