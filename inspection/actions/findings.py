"""Findings become problems: rows, first events, proofs of what was fixed on the spot, and who is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from checklists.model import Checklist
from inspection.actions.context import Context, new_id
from inspection.actions.proofs import store_proof
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.inspections import Finding
from inspection.domain.problems import Found, found_by, holder
from inspection.domain.views import ProblemLine
from inspection.storage import notifications, problems
from inspection.storage.institutions import InstitutionRow

AT_ONCE_STAGE = "due_0"


def add_problems(
    ctx: Context,
    actor: Actor,
    inspection_id: UUID,
    institution: InstitutionRow,
    *,
    rules_found: Sequence[Finding],
    checklist: Checklist,
    inspected_on: date,
) -> list[ProblemLine]:
    """Inside the unit that stores the inspection; the problems in the order of their findings."""
    found = found_by(rules_found, checklist, deadlines.DEFAULT_DUE_DAYS)
    codes = {one.finding.item_code for one in found if one.finding.item_code is not None}
    before = problems.closed_for_system(ctx.session, institution.id, sorted(codes))
    rows = [_row(ctx, inspection_id, institution, one, before.get(one.finding.item_code or "", [])) for one in found]
    problems.insert_for_system(ctx.session, rows)
    problems.add_events_for_system(
        ctx.session,
        [
            ctx.event(
                row["id"],
                actor,
                "found",
                inspection_id=str(inspection_id),
                status=row["status"],
                due_on=str(row["due_on"]) if row["due_on"] else None,
                holder=holder("open" if row["due_on"] else "found"),
                department=one.department,
            )
            for row, one in zip(rows, found, strict=True)
        ],
    )
    for row, one in zip(rows, found, strict=True):
        if one.finding.fixed is not None:
            _fixed_on_the_spot(ctx, actor, row, one, inspected_on)
        if one.at_once:
            _tell_at_once(ctx, institution, row)
    return [
        ProblemLine(row["id"], None, row["item_code"], row["severity"], row["status"], row["due_on"]) for row in rows
    ]


def _row(
    ctx: Context, inspection_id: UUID, institution: InstitutionRow, one: Found, earlier: Sequence[UUID]
) -> dict[str, Any]:
    today, calendar = ctx.today(), ctx.calendar()
    issue_due_on = deadlines.issue_due_on(today, calendar)
    due_on = today if one.at_once else None
    finding = one.finding
    return {
        "id": new_id(),
        "inspection_id": inspection_id,
        "institution_id": institution.id,
        "region_code": institution.region_code,
        "pointer": finding.pointer,
        "item_code": finding.item_code,
        "item_text": one.item_text,
        "text": finding.fact,
        "place": finding.place,
        "quantity": finding.quantity,
        "photos": list(finding.photos),
        "severity": one.severity,
        "red_line": one.red_line,
        "recommendation": list(one.recommendation),
        "basis": [{"law": law, "article": article, "status": status} for law, article, status in one.basis],
        "advice": one.advice,
        "photo_rule": one.photo_rule,
        "responsible_kind": one.responsible_kind,
        "responsible_name": one.responsible_name,
        "due_days": one.due_days,
        "at_once": one.at_once,
        "status": one.status,
        "round": 1,
        "due_on": due_on,
        "ordered_due_on": due_on,
        "extended_due_on": None,
        "due_basis": None,
        "issue_due_on": issue_due_on,
        "review_due_on": None,
        "clock_on": due_on or issue_due_on,
        "since_on": today,
        "stage_on": problems.LOOK_NOW,
        "number": None,
        "notice_id": None,
        "rectification_id": None,
        "petition_id": None,
        "petition_kind": None,
        "petition_due_on": None,
        "objected": False,
        "merged_into_id": None,
        "recurrence": len(earlier),
        "recurrence_of": [str(problem_id) for problem_id in earlier],
        "supervised_on": None,
        "supervision_due_on": None,
        "found_at": ctx.now(),
        "finished_at": None,
        "closed_on_time": None,
        "version": 1,
    }


def _tell_at_once(ctx: Context, institution: InstitutionRow, row: dict[str, Any]) -> None:
    """Unit and bureau hear of it now; the day's reminder is thereby given."""
    kind = "danger" if row["red_line"] == "R2" else "due_today"
    params = {
        "number": None,
        "institution": institution.name,
        "text": row["text"],
        "unmet": row["text"] == row["item_text"],
        "due_on": str(row["due_on"]),
    }
    ctx.tell(kind, ("unit", "reviewer"), institution.id, institution.region_code, row["id"], params)
    fact = {"subject_id": row["id"], "round": 1, "due_on": row["due_on"], "stage": AT_ONCE_STAGE, "at": ctx.now()}
    notifications.reach_for_system(ctx.session, [fact])


def _fixed_on_the_spot(ctx: Context, actor: Actor, row: dict[str, Any], one: Found, inspected_on: date) -> None:
    """What was fixed while the inspectors stood there is the proof of round 1, with the inspector as its witness."""
    fixed = one.finding.fixed
    assert fixed is not None
    problem = problems.lock_for_system(ctx.session, row["id"])
    assert problem is not None
    store_proof(
        ctx,
        actor,
        problem,
        new_id(),
        description=fixed.note,
        completed_on=inspected_on,
        photos=fixed.photos,
        body=orjson.dumps({"note": fixed.note, "photos": list(fixed.photos)}),
        on_the_spot=True,
    )
