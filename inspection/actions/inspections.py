"""Reading the inspections that were handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from checklists.engine import Flag
from inspection.actions.context import Context
from inspection.actions.paging import cut, moment, position
from inspection.actions.visits import team_of
from inspection.actions.withdrawals import views_of
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.views import FlagView, InspectionView, Page, ProblemLine, Receipt
from inspection.domain.visits import TEAM_FLAGS, Member, still_standing
from inspection.storage import audit, evidence, inspections, institutions, problems
from inspection.storage.inspections import InspectionRow

RECEIVED: Final = ("submit_inspection", "complete_inspection")
"""What is done to an inspection before its receipt stands; the last of them made it whole."""


def get_inspection(ctx: Context, actor: Actor, inspection_id: UUID) -> InspectionView:
    """With the submission itself, except for the unit, which sees its problems and not the joint team's notes."""
    row = inspections.get(actor, ctx.session, inspection_id)
    if row is None:
        raise Refused("not_found")
    own = institutions.own_of(actor, ctx.session)
    return view(ctx, row, own, with_submission=row.institution_id not in own)


def get_receipt(ctx: Context, actor: Actor, inspection_id: UUID) -> Receipt:
    """回执; raises `no_receipt` while a photo is missing."""
    view = get_inspection(ctx, actor, inspection_id)
    if view.receipt is None:
        raise Refused("no_receipt", extra={"missing_photos": list(view.missing_photos)})
    return view.receipt


def list_inspections(
    ctx: Context,
    actor: Actor,
    filters: Mapping[str, Any],
    after: tuple[str, ...] | None,
    limit: int,
) -> Page[InspectionView]:
    """In the order of receipt. `filters`: institution, since, region, inspected_from, inspected_to."""
    rows = inspections.list_visible(actor, ctx.session, filters, position(after, moment, UUID), limit + 1)
    own = institutions.own_of(actor, ctx.session)
    return cut(
        rows,
        limit,
        lambda row: (row.received_at.isoformat(), str(row.id)),
        lambda row: view(ctx, row, own, listed=True),
    )


def view(
    ctx: Context,
    row: InspectionRow,
    own: Collection[UUID] = (),
    *,
    lines: Sequence[ProblemLine] | None = None,
    photos: Sequence[str] | None = None,
    with_submission: bool = False,
    listed: bool = False,
) -> InspectionView:
    """For who answers for the institutions `own`, without the joint team's notes on them."""
    missing = evidence.missing_for_system(ctx.session, row.id) if row.complete_at is None else []
    receipt = None
    if row.complete_at is not None and row.receipt_code is not None:
        receipt = Receipt(
            code=row.receipt_code,
            received_at=row.received_at,
            completed_at=row.complete_at,
            content_sha256=row.content_sha256,
            photos=evidence.named_for_system(ctx.session, row.id) if photos is None else photos,
            log=None if listed else audit.entry_about_for_system(ctx.session, RECEIVED, row.id),
        )
    if lines is None:
        lines = [
            ProblemLine(p.id, p.number, p.item_code, p.severity, p.status, p.due_on)
            for p in problems.of_inspections_for_system(ctx.session, [row.id])
        ]
    return InspectionView(
        id=row.id,
        institution_id=row.institution_id,
        visit_id=row.visit_id,
        mode=row.mode,
        checklist_code=row.checklist_code,
        checklist_version=row.checklist_version,
        inspected_on=row.inspected_on,
        started_at=row.started_at,
        finished_at=row.finished_at,
        received_at=row.received_at,
        content_sha256=row.content_sha256,
        state="incomplete" if row.complete_at is None else "complete",
        missing_photos=missing,
        receipt=receipt,
        issue_due_on=row.issue_due_on,
        notice_id=row.notice_id,
        supersedes=row.supersedes_id,
        withdrawn_at=row.withdrawn_at,
        problems=lines,
        flags=[] if row.institution_id in own else _flags(ctx, row),
        withdrawals=views_of(ctx, row.id) if with_submission else (),
        submission=orjson.loads(row.body) if with_submission else None,
    )


def _flags(ctx: Context, row: InspectionRow) -> list[FlagView]:
    """Those that stand once the whole visit is looked at; it is asked for only where one of them depends on it."""
    flags = [Flag(flag["code"], flag["pointer"]) for flag in row.flags]
    elsewhere: set[str] = set()
    team: list[Member] = []
    if any(flag.code == "answer_missing" for flag in flags):
        elsewhere = inspections.answered_elsewhere_for_system(ctx.session, row)
    if any(flag.code in TEAM_FLAGS for flag in flags):
        team = team_of(ctx, inspections.of_visit_for_system(ctx.session, row))
    return [FlagView(flag.code, flag.pointer) for flag in still_standing(flags, elsewhere, team)]
