"""Inspections as the desk shows them: the list by day, and one as it was sent with its visit, problems and receipt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson

from checklists.engine import Flag
from checklists.model import Checklist
from inspection.actions.checklists import copy_for
from inspection.actions.context import Context
from inspection.actions.inspections import RECEIVED
from inspection.actions.paging import cut, moment, position
from inspection.actions.problems import line_of
from inspection.actions.visits import flags_by, team_from
from inspection.actions.withdrawals import views_of
from inspection.domain import visits as rules
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.inspection_views import InspectionLine, InspectionRecord, VisitSeen
from inspection.domain.views import FlagView, Page, Receipt, VisitPartView
from inspection.domain.visits import Part
from inspection.storage import audit, checklists, inspection_lines, institutions
from inspection.storage.accounts import UserRow
from inspection.storage.inspections import InspectionRow


def list_newest(
    ctx: Context, actor: Actor, filters: Mapping[str, Any], after: tuple[str, ...] | None, limit: int
) -> Page[InspectionLine]:
    """Those first that were received last. `filters` as in `inspections.list_inspections`."""
    rows = inspection_lines.list_newest(actor, ctx.session, filters, position(after, moment, UUID), limit + 1)
    own = institutions.own_of(actor, ctx.session)
    return cut(rows, limit, lambda row: (row.received_at.isoformat(), str(row.id)), lambda row: line(own, row))


def line(own: Collection[UUID], row: Sequence[Any]) -> InspectionLine:
    """From the columns of `inspection_lines.LINE`. Who answers for an institution (`own`) sees its problems and its
    receipt, not the joint team's notes."""
    made = InspectionLine(*row)
    return replace(made, by=None) if made.institution_id in own else made


def get_record(ctx: Context, actor: Actor, inspection_id: UUID) -> InspectionRecord:
    """Raises `not_found`."""
    rows = inspection_lines.with_its_visit(actor, ctx.session, inspection_id)
    if not rows:
        raise Refused("not_found")
    row, submitter, institution_name, notice_number = next(found for found in rows if found[0].id == inspection_id)
    submission = orjson.loads(row.body)
    photos = inspection_lines.photos_for_system(ctx.session, row.id)
    rechecked = {UUID(one["problem_id"]) for one in submission.get("rechecks") or ()}
    seen = [line_of(ctx, one) for one in inspection_lines.problems_with(actor, ctx.session, row.id, rechecked)]
    withheld = row.institution_id in institutions.own_of(actor, ctx.session)
    found = checklists.versions_for_system(ctx.session, [(row.checklist_code, row.checklist_version)])
    checklist = found[0] if found else None
    visit, flags = (None, []) if withheld else _visit(ctx, row, [(one, by) for one, by, _, _ in rows], checklist)
    return InspectionRecord(
        id=row.id,
        institution_id=row.institution_id,
        institution_name=institution_name,
        by=None if withheld else submitter.name,
        organisation=None if withheld else submitter.organisation,
        mode=row.mode,
        inspected_on=row.inspected_on,
        started_at=row.started_at,
        finished_at=row.finished_at,
        received_at=row.received_at,
        clock_offset_s=row.clock_offset_s,
        client_version=row.client_version,
        checklist=copy_for(actor, checklist) if checklist is not None else None,
        content_sha256=row.content_sha256,
        missing=[sha256 for sha256, arrived in photos.items() if not arrived],
        receipt=_receipt(ctx, row, sorted(photos)),
        issue_due_on=row.issue_due_on,
        notice_id=row.notice_id,
        notice_number=notice_number,
        supersedes=row.supersedes_id,
        withdrawn_at=row.withdrawn_at,
        problems=[one for one in seen if one.inspection_id == row.id],
        flags=flags,
        submission=None if withheld else submission,
        rechecked={str(one.id): one for one in seen if one.id in rechecked},
        visit=visit,
        withdrawals=() if withheld else views_of(ctx, row.id),
    )


def _receipt(ctx: Context, row: InspectionRow, photos: Sequence[str]) -> Receipt | None:
    if row.complete_at is None or row.receipt_code is None:
        return None
    log = audit.entry_about_for_system(ctx.session, RECEIVED, row.id)
    return Receipt(row.receipt_code, row.received_at, row.complete_at, row.content_sha256, photos, log)


def _visit(
    ctx: Context, row: InspectionRow, rows: Sequence[tuple[InspectionRow, UserRow]], checklist: Checklist | None
) -> tuple[VisitSeen, list[FlagView]]:
    """The visit, and the inspection's own flags read against it."""
    bodies = {one.id: orjson.loads(one.body) for one, _ in rows}
    standing = [(one, by) for one, by in rows if one.withdrawn_at is None or one.id == row.id]
    parts = [Part(one.id, by.name, bodies[one.id]["answers"]) for one, by in standing]
    named = inspection_lines.participants_for_system(ctx.session, [one.id for one, _ in standing])
    known = {by.id: by for _, by in standing} | {user.id: user for _, user in named if user is not None}
    team = team_from([one for one, _ in standing], [person for person, _ in named], known)
    elsewhere = {code for part in parts if part.inspection_id != row.id for code in part.answers}
    own = [Flag(flag["code"], flag["pointer"]) for flag in row.flags]
    visit = VisitSeen(
        parts=[
            VisitPartView(
                id=one.id,
                by=by.name,
                received_at=one.received_at,
                checklist_code=one.checklist_code,
                sections=bodies[one.id].get("sections"),
                answered=len(one.answered),
                notice_id=one.notice_id,
                withdrawn=one.withdrawn_at is not None,
            )
            for one, by in rows
            if one.id != row.id
        ],
        team=team,
        conflicts=rules.conflicts(parts),
        flags=_views(flags_by(ctx, [one for one, _ in standing], parts, team, checklist)) if checklist else [],
    )
    return visit, _views(rules.still_standing(own, elsewhere, team))


def _views(flags: Sequence[Flag]) -> list[FlagView]:
    return [FlagView(flag.code, flag.pointer) for flag in flags]
