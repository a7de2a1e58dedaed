"""The desk's plan: what is to come, what was not done, and what a new visit can be made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from inspection.actions.assignments import views
from inspection.actions.checklists import copy_for
from inspection.actions.context import Context
from inspection.actions.institutions import view as institution_view
from inspection.actions.paging import cut, position
from inspection.actions.people import inspectors_over
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.plans import Plan, PlannedVisit, VisitChoices
from inspection.storage import assignments, checklists, institutions
from inspection.storage.assignments import AssignmentRow

MOST_UNDONE: Final = 100


def plan(ctx: Context, actor: Actor, filters: Mapping[str, Any], after: tuple[str, ...] | None, limit: int) -> Plan:
    """By day, from today on unless another day or state is asked for. `filters`: institution, q, from, to, state. What
    was not done stands apart at the beginning of the plan to come."""
    coming = filters.get("from") is None and filters.get("state") in (None, "planned")
    undone: Sequence[AssignmentRow] = []
    if coming and after is None:
        before = {**filters, "state": "planned", "to": _earlier(filters.get("to"), ctx.today() - timedelta(days=1))}
        undone = assignments.list_visible(actor, ctx.session, before, None, MOST_UNDONE + 1)
    wanted = {**filters, "from": ctx.today()} if coming else filters
    key = position(after, date.fromisoformat, UUID)
    rows = assignments.list_visible(actor, ctx.session, wanted, key, limit + 1)
    seen = {one.task.id: one for one in _visits(ctx, [*undone[:MOST_UNDONE], *rows])}
    return Plan(
        undone=[seen[row.id] for row in undone[:MOST_UNDONE]],
        more_undone=len(undone) > MOST_UNDONE,
        page=cut(rows, limit, lambda row: (row.planned_on.isoformat(), str(row.id)), lambda row: seen[row.id]),
    )


def _earlier(one: date | None, other: date) -> date:
    return other if one is None else min(one, other)


def _visits(ctx: Context, rows: Sequence[AssignmentRow]) -> list[PlannedVisit]:
    names = institutions.names_for_system(ctx.session, {row.institution_id for row in rows})
    return [PlannedVisit(task, names[task.institution_id]) for task in views(ctx, rows)]


def get_planned(ctx: Context, actor: Actor, assignment_id: UUID) -> PlannedVisit:
    """Raises `not_found`."""
    row = assignments.get(actor, ctx.session, assignment_id)
    if row is None:
        raise Refused("not_found")
    return _visits(ctx, [row])[0]


def get_choices(ctx: Context, actor: Actor, institution_id: UUID) -> VisitChoices:
    """What a visit can be made of. Raises `not_found`."""
    row = institutions.get(actor, ctx.session, institution_id)
    if row is None:
        raise Refused("not_found")
    people = inspectors_over(ctx, row.region_code)
    recused = assignments.recused_for_system(ctx.session, row.id, {one.id for one in people})
    return VisitChoices(
        institution=institution_view(row, institutions.region_names_for_system(ctx.session)),
        checklists=[
            copy_for(actor, checklist)
            for checklist in checklists.list_for_system(ctx.session)
            if row.kind in checklist.kinds
        ],
        people=people,
        recused=frozenset(recused),
    )
