"""The documents of notices: frozen bytes after issuing, a watermarked draft before."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.documents import NoticeDocument, NoticeRow
from inspection.domain.errors import Refused
from inspection.domain.notices import ORDERING
from inspection.domain.permissions import acting, may
from inspection.storage import inspections, institutions, notices, problems
from inspection.storage.problems import ProblemRow


def frozen_row(row: ProblemRow, action: str) -> dict[str, Any]:
    """What a notice says of one problem, as it will be kept."""
    return {
        "problem_id": str(row.id),
        "number": row.number if action in ORDERING else None,
        "action": action,
        "text": row.text,
        "unmet": row.unmet,
        "place": row.place,
        "severity": row.severity,
        "basis": row.basis,
        "advice": row.advice,
        "responsible": row.responsible_name,
        "status": row.status,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "provisional": deadlines.is_provisional(row.due_basis),
    }


def as_document(frozen: dict[str, Any], document_number: str | None, issued_on: date | None) -> NoticeDocument:
    """What was frozen, as the document that is rendered; without a number it is a draft."""
    service = frozen.get("service") or {}
    return NoticeDocument(
        number=document_number,
        institution_name=frozen["institution_name"],
        department=frozen["department"],
        region_name=frozen["region_name"],
        inspected_on=tuple(date.fromisoformat(day) for day in frozen["inspected_on"]),
        issued_on=issued_on,
        signer=frozen["signer"],
        opinion=frozen["opinion"],
        service_method=service.get("method"),
        service_on=date.fromisoformat(service["on"]) if service.get("on") else None,
        rows=tuple(_row(row) for row in frozen["rows"] if row["action"] == "keep"),
        transferred=tuple(_row(row) for row in frozen["rows"] if row["action"] == "transfer"),
        draft=document_number is None,
    )


def _row(row: dict[str, Any]) -> NoticeRow:
    return NoticeRow(
        number=row["number"],
        fact=row["text"],
        unmet=row.get("unmet", False),  # notices of before say nothing of it
        place=row["place"],
        severity=row["severity"],
        basis=tuple((b["law"], b["article"], b["status"]) for b in row["basis"]),
        due_on=date.fromisoformat(row["due_on"]) if row["due_on"] else None,
        provisional=row["provisional"],
        requirement=row["advice"],
        responsible=row["responsible"],
        running=row["status"] != "found",
    )


def get_document(ctx: Context, actor: Actor, notice_id: UUID) -> bytes:
    """The frozen bytes."""
    row = notices.get(actor, ctx.session, notice_id, with_document=True)
    if row is None:
        raise Refused("not_found")
    return row.document


def get_notice_document(ctx: Context, actor: Actor, notice_id: UUID) -> NoticeDocument:
    """What the frozen document says. Raises `not_found`."""
    row = notices.get(actor, ctx.session, notice_id)
    if row is None:
        raise Refused("not_found")
    return as_document(row.frozen, row.document_number, row.issued_on)


def get_inspection_document(ctx: Context, actor: Actor, inspection_id: UUID) -> bytes:
    """The frozen notice of an inspection; before it is issued, a watermarked draft of the whole visit
    for those who may issue it."""
    inspection = inspections.get(actor, ctx.session, inspection_id)
    if inspection is None:
        raise Refused("not_found")
    if inspection.notice_id is not None:
        return get_document(ctx, actor, inspection.notice_id)
    issuer = acting(actor, "notice.issue")
    if not may(actor, "notice.issue") or inspections.get(issuer, ctx.session, inspection_id) is None:
        raise Refused("not_found")
    institution = institutions.get_for_system(ctx.session, inspection.institution_id)
    of_visit = [row for row in inspections.of_visit_for_system(ctx.session, inspection) if row.notice_id is None]
    start = ctx.today()
    rows = []
    for problem in problems.of_inspections_for_system(ctx.session, [row.id for row in of_visit]):
        if problem.status == "void":
            continue
        theirs = problem.responsible_kind == "department" and problem.status == "found"
        row = frozen_row(problem, "transfer" if theirs else "keep")
        if problem.status == "found" and not theirs:
            due_on = deadlines.due_on(start, problem.due_days, ctx.calendar())
            row |= {"due_on": due_on.isoformat(), "provisional": ctx.calendar().is_provisional(due_on)}
        rows.append(row)
    frozen = {
        "inspected_on": sorted({row.inspected_on.isoformat() for row in of_visit}),
        "institution_name": institution.name,
        "region_name": "".join(institutions.region_names_upward_for_system(ctx.session, institution.region_code)),
        "department": actor.organisation,
        "signer": None,
        "opinion": None,
        "rows": rows,
    }
    return ctx.render_notice(as_document(frozen, None, None))
