"""Planning inspections, and joint visits as one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions import assignments as actions
from inspection.actions import visits
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.assignments import Assignment, Cancellation
from inspection.domain.incoming import Incoming
from inspection.domain.views import AssignmentView, Page, VisitView
from inspection.schemas.assignments import (
    AssignmentBody,
    AssignmentSchema,
    CancellationBody,
    VisitSchema,
    read_assignment,
    read_cancellation,
)
from inspection.schemas.queries import AssignmentQuery, VisitQuery


@endpoint(
    "PUT",
    "/assignments/<uuid:assignment_id>",
    "assignment.plan",
    body=AssignmentBody(),
    read=read_assignment,
    returns={200: AssignmentSchema(), 201: AssignmentSchema()},
    refuses=("conflict", "not_found"),
)
def put_assignment(ctx: Context, actor: Actor, incoming: Incoming[Assignment], assignment_id: UUID) -> Answer:
    """Plan a visit: institution, checklist, day and inspectors."""
    stored = actions.assign(ctx, actor, assignment_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/assignments/<uuid:assignment_id>/cancellation",
    "assignment.plan",
    body=CancellationBody(),
    read=read_cancellation,
    returns={200: AssignmentSchema(), 201: AssignmentSchema()},
    refuses=("not_found", "already_decided"),
)
def put_cancellation(ctx: Context, actor: Actor, incoming: Incoming[Cancellation], assignment_id: UUID) -> Answer:
    """Cancel a planned visit; work captured for it is still taken in."""
    stored = actions.cancel(ctx, actor, assignment_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "GET",
    "/assignments",
    "assignment.read",
    query=AssignmentQuery(),
    paged=True,
    returns={200: AssignmentSchema()},
)
def list_assignments(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[AssignmentView]:
    """Assignments in scope by day; `open=true`: neither done nor cancelled."""
    filters = {
        "institution": query.get("institution"),
        "inspector": query.get("inspector"),
        "from": query.get("since"),
        "to": query.get("until"),
        "open": query.get("open") == "true",
    }
    return actions.list_assignments(ctx, actor, filters, query["after"], query["limit"])


@endpoint(
    "GET",
    "/visits/<uuid:visit_id>",
    "visit.read",
    query=VisitQuery(),
    returns={200: VisitSchema()},
    refuses=("not_found",),
)
def get_visit(ctx: Context, actor: Actor, query: dict[str, Any], visit_id: UUID) -> VisitView:
    """A joint visit: its submissions, team, conflicts between answers, and what is odd about it."""
    return visits.get_visit(ctx, actor, visit_id, query.get("institution"))
