"""Planning inspections: assign, cancel, see what was not done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from inspection.actions.acts import decided_before, done_before, keep, meanwhile
from inspection.actions.context import Context, new_id
from inspection.actions.paging import cut, position
from inspection.domain.actor import INSPECTORS, Actor
from inspection.domain.assignments import Assignment, Cancellation, assignment_faults
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.views import AssignedView, AssignmentView, Page, Stored
from inspection.storage import accounts, assignments, checklists, institutions
from inspection.storage.assignments import AssignedRow, AssignmentRow
from inspection.storage.unit import once_more, unit


@once_more
def assign(ctx: Context, actor: Actor, assignment_id: UUID, incoming: Incoming[Assignment]) -> Stored[AssignmentView]:
    """Plan one visit: its institution, checklist, day and inspectors, each with all sections or his own. Everybody
    assigned is told. Raises `conflict`, `not_found`, `invalid` (nobody who is recused or no inspector there)."""
    with unit(ctx.session):
        if done_before(ctx, actor, assignment_id, "assign", assignment_id, incoming):
            return Stored(_one(ctx, assignment_id), created=False)
        read = incoming.read
        given = read.value
        if given is None:
            raise Refused("invalid", read.faults)
        institution = institutions.get(actor, ctx.session, given.institution_id)
        if institution is None:
            raise Refused("not_found")
        checklist = checklists.find_for_system(ctx.session, given.checklist_code, given.checklist_version)
        people = {one.user_id for one in given.inspectors}
        inspectors = {
            person
            for person in people
            if accounts.holds_over_for_system(ctx.session, person, INSPECTORS, institution.region_code)
        }
        recused = assignments.recused_for_system(ctx.session, institution.id, people)
        faults = [*read.faults, *assignment_faults(given, checklist, institution.kind, inspectors, recused)]
        if institution.closed_on is not None and institution.closed_on <= given.planned_on:
            faults.append(Fault("/institution_id", "institution_closed"))
        if faults or checklist is None:
            raise Refused("invalid", faults)
        ctx.session.add(
            AssignmentRow(
                id=assignment_id,
                institution_id=institution.id,
                checklist_code=checklist.code,
                checklist_version=checklist.version,
                planned_on=given.planned_on,
                note=given.note,
                visit_id=new_id(),
                created_by_id=actor.id,
                created_at=ctx.now(),
                changed_at=ctx.now(),
                cancelled_at=None,
                cancel_reason=None,
                inspection_id=None,
            )
        )
        ctx.session.flush()
        for one in given.inspectors:
            sections = list(one.sections) if one.sections is not None else None
            ctx.session.add(
                AssignedRow(assignment_id=assignment_id, user_id=one.user_id, sections=sections, inspection_id=None)
            )
        ctx.session.flush()
        keep(ctx, actor, assignment_id, "assign", assignment_id, incoming)
        _tell(ctx, "assigned", assignment_id)
        return Stored(_one(ctx, assignment_id), created=True)


def cancel(ctx: Context, actor: Actor, assignment_id: UUID, incoming: Incoming[Cancellation]) -> Stored[AssignmentView]:
    """It is taken from the phones at their next contact; what was captured for it meanwhile is still taken in.
    Raises `not_found`, `already_decided` (done or cancelled already), `invalid`."""
    with unit(ctx.session):
        row = assignments.lock(actor, ctx.session, assignment_id)
        if row is None:
            raise Refused("not_found")
        if row.cancelled_at is not None and decided_before(ctx, actor, "cancel_assignment", assignment_id, incoming):
            return Stored(_one(ctx, assignment_id), created=False)
        if row.cancelled_at is not None or row.inspection_id is not None:
            known = {"state": _state(row), **meanwhile(ctx, "cancel_assignment", assignment_id)}
            raise Refused("already_decided", extra=known)
        call_off(ctx, row, incoming.load().reason)
        keep(ctx, actor, new_id(), "cancel_assignment", assignment_id, incoming)
        return Stored(_one(ctx, assignment_id), created=True)


def call_off(ctx: Context, row: AssignmentRow, reason: str) -> None:
    """Cancelled, and its inspectors told."""
    row.cancel_reason = reason
    row.cancelled_at = row.changed_at = ctx.now()
    ctx.session.flush()
    _tell(ctx, "assignment_cancelled", row.id)


def list_assignments(
    ctx: Context, actor: Actor, filters: Mapping[str, Any], after: tuple[str, ...] | None, limit: int
) -> Page[AssignmentView]:
    """Assignments in scope by day. `filters`: institution, inspector, from, to, open."""
    rows = assignments.list_visible(actor, ctx.session, filters, position(after, date.fromisoformat, UUID), limit + 1)
    shown = {view.id: view for view in views(ctx, rows)}
    return cut(rows, limit, lambda row: (row.planned_on.isoformat(), str(row.id)), lambda row: shown[row.id])


def views(ctx: Context, rows: Sequence[AssignmentRow]) -> list[AssignmentView]:
    team = assignments.team_of_for_system(ctx.session, [row.id for row in rows])
    users = accounts.users_for_system(ctx.session, {one.user_id for one in team})
    people = {user.id: user for user in users}
    return [
        AssignmentView(
            id=row.id,
            institution_id=row.institution_id,
            checklist_code=row.checklist_code,
            checklist_version=row.checklist_version,
            planned_on=row.planned_on,
            visit_id=row.visit_id,
            note=row.note,
            inspectors=[
                AssignedView(one.user_id, people[one.user_id].name, people[one.user_id].organisation, one.sections)
                for one in team
                if one.assignment_id == row.id
            ],
            state=_state(row),
            inspection_id=row.inspection_id,
            cancel_reason=row.cancel_reason,
        )
        for row in rows
    ]


def _state(row: AssignmentRow) -> str:
    if row.cancelled_at is not None:
        return "cancelled"
    return "done" if row.inspection_id is not None else "planned"


def _one(ctx: Context, assignment_id: UUID) -> AssignmentView:
    row = assignments.find_for_system(ctx.session, assignment_id)
    assert row is not None
    return views(ctx, [row])[0]


def _tell(ctx: Context, kind: str, assignment_id: UUID) -> None:
    row = assignments.find_for_system(ctx.session, assignment_id)
    assert row is not None
    institution = institutions.get_for_system(ctx.session, row.institution_id)
    params = {
        "assignment_id": str(row.id),
        "institution": institution.name,
        "planned_on": row.planned_on.isoformat(),
        "reason": row.cancel_reason,
    }
    people = [one.user_id for one in assignments.team_of_for_system(ctx.session, [assignment_id])]
    ctx.tell_people(kind, people, None, params)
