"""What whoever issues a notice has before him: the visit's findings as they are, and the dates they would get."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.visits import visit_flags
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.notices import FindingToIssue, ToIssue, next_document_number
from inspection.storage import inspections, institutions, notices, petitions, problems
from inspection.storage.problems import ProblemRow


def get_to_issue(ctx: Context, actor: Actor, visit_id: UUID, institution_id: UUID) -> ToIssue:
    """All of the visit to this institution that was not issued nor withdrawn. Raises `not_found`, also where there is
    nothing left to issue."""
    seen = inspections.of_visit(actor, ctx.session, visit_id, institution_id)
    rows = [row for row in seen if row.notice_id is None and row.withdrawn_at is None]
    found = [
        row for row in problems.of_inspections_for_system(ctx.session, [row.id for row in rows]) if row.status != "void"
    ]
    if not found:
        raise Refused("not_found")
    institution = institutions.get_for_system(ctx.session, institution_id)
    said = petitions.reasons_for_system(ctx.session, [row.petition_id for row in found if row.petition_id])
    latest = notices.latest_number_for_system(ctx.session, institution.region_code)
    return ToIssue(
        visit_id=visit_id,
        institution_id=institution_id,
        institution_name=institution.name,
        region_code=institution.region_code,
        inspection_ids=[row.id for row in rows],
        inspected_on=sorted({row.inspected_on for row in rows}),
        incomplete=any(row.complete_at is None for row in rows),
        until=min(row.issue_due_on for row in rows),
        findings=[_finding(ctx, row, said) for row in found],
        document_number=next_document_number(latest, ctx.today().year),
        flags=visit_flags(ctx, rows),
        took_part=actor.id in inspections.took_part_for_system(ctx.session, [row.id for row in rows]),
    )


def check_visit(ctx: Context, actor: Actor, visit_id: UUID, inspection_ids: Collection[UUID]) -> None:
    """Raises `not_found` where one of these is not in scope or of another visit."""
    for inspection_id in inspection_ids:
        row = inspections.get(actor, ctx.session, inspection_id)
        if row is None or row.visit_id != visit_id:
            raise Refused("not_found")


def _finding(ctx: Context, row: ProblemRow, said: dict[UUID, str]) -> FindingToIssue:
    due: date | None = row.due_on
    if row.status == "found":
        due = deadlines.due_on(ctx.today(), row.due_days, ctx.calendar())
    objected = row.petition_kind == "objection" and row.petition_id is not None
    return FindingToIssue(
        problem_id=row.id,
        inspection_id=row.inspection_id,
        item_code=row.item_code,
        item_text=row.item_text,
        text=row.text,
        place=row.place,
        quantity=row.quantity,
        photos=row.photos,
        severity=row.severity,
        red_line=row.red_line,
        status=row.status,
        advice=row.advice,
        due_days=row.due_days,
        due_on=due,
        responsible_kind=row.responsible_kind,
        responsible_name=row.responsible_name,
        objection=said.get(row.petition_id) if objected and row.petition_id else None,
        recurrence=row.recurrence,
    )
