"""Handing in inspections and reading them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from inspection.actions import inspections as actions
from inspection.actions import notice_documents, submission, withdrawals
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.inspections import Submission, Withdrawal
from inspection.domain.petitions import PetitionDecision
from inspection.domain.views import InspectionView, Page, Receipt
from inspection.downloads import DOCX, document
from inspection.schemas.inspections import (
    InspectionBody,
    InspectionDetailSchema,
    InspectionSchema,
    ReceiptSchema,
    WithdrawalBody,
    WithdrawalDecisionBody,
    WithdrawalSchema,
    read_inspection,
    read_withdrawal,
    read_withdrawal_decision,
)
from inspection.schemas.queries import InspectionQuery


@endpoint(
    "PUT",
    "/inspections/<uuid:inspection_id>",
    "inspection.submit",
    body=InspectionBody(),
    read=read_inspection,
    returns={200: InspectionSchema(), 201: InspectionSchema()},
    refuses=("conflict", "not_found"),
)
def put_inspection(ctx: Context, actor: Actor, incoming: Incoming[Submission], inspection_id: UUID) -> Answer:
    """Hand in an inspection; the same bytes again are answered with it as it is now."""
    stored = submission.submit_inspection(ctx, actor, inspection_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "GET",
    "/inspections",
    "inspection.read",
    query=InspectionQuery(),
    paged=True,
    returns={200: InspectionSchema()},
)
def list_inspections(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[InspectionView]:
    """Inspections in scope, in the order of receipt."""
    return actions.list_inspections(ctx, actor, query, query["after"], query["limit"])


@endpoint(
    "GET",
    "/inspections/<uuid:inspection_id>",
    "inspection.read",
    returns={200: InspectionDetailSchema()},
    refuses=("not_found",),
)
def get_inspection(ctx: Context, actor: Actor, inspection_id: UUID) -> InspectionView:
    """One inspection with its state and missing photos."""
    return actions.get_inspection(ctx, actor, inspection_id)


@endpoint(
    "GET",
    "/inspections/<uuid:inspection_id>/receipt",
    "inspection.receipt",
    returns={200: ReceiptSchema()},
    refuses=("not_found", "no_receipt"),
)
def get_receipt(ctx: Context, actor: Actor, inspection_id: UUID) -> Receipt:
    """The receipt, once every photo named is stored."""
    return actions.get_receipt(ctx, actor, inspection_id)


@endpoint(
    "PUT",
    "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>",
    "inspection.ask_withdrawal",
    body=WithdrawalBody(),
    read=read_withdrawal,
    returns={200: WithdrawalSchema(), 201: WithdrawalSchema()},
    refuses=("conflict", "not_found", "already_withdrawn", "withdrawal_pending"),
)
def put_withdrawal(
    ctx: Context, actor: Actor, incoming: Incoming[Withdrawal], inspection_id: UUID, withdrawal_id: UUID
) -> Answer:
    """Ask that an inspection entered in error be withdrawn; a second person has to agree."""
    stored = withdrawals.ask_withdrawal(ctx, actor, inspection_id, withdrawal_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision",
    "inspection.decide_withdrawal",
    body=WithdrawalDecisionBody(),
    read=read_withdrawal_decision,
    returns={200: WithdrawalSchema(), 201: WithdrawalSchema()},
    refuses=("not_found", "already_decided", "second_person"),
)
def put_withdrawal_decision(
    ctx: Context, actor: Actor, incoming: Incoming[PetitionDecision], inspection_id: UUID, withdrawal_id: UUID
) -> Answer:
    """Agree to a withdrawal as the second person, or do not."""
    stored = withdrawals.decide_withdrawal(ctx, actor, inspection_id, withdrawal_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "GET",
    "/inspections/<uuid:inspection_id>/notice.docx",
    "notice.read",
    returns={200: (DOCX,)},
    refuses=("not_found",),
)
def get_notice_document(ctx: Context, actor: Actor, inspection_id: UUID) -> Response:
    """The frozen notice of an inspection; before it is issued, a watermarked draft for the department."""
    return document(notice_documents.get_inspection_document(ctx, actor, inspection_id), f"notice-{inspection_id}.docx")
