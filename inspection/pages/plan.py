"""计划: what is to come and what was not done, by day; a visit is planned, and called off with its reason."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from inspection.actions import assignments
from inspection.actions import plans as actions
from inspection.actions.checklists import versions_of
from inspection.actions.context import Context
from inspection.actions.institutions import list_institutions, name_of
from inspection.domain.actor import Actor
from inspection.domain.permissions import acting
from inspection.domain.texts import desk_texts
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.assignments import read_assignment, read_cancellation
from inspection.schemas.queries import NewVisitQuery, PlanQuery
from inspection.web import cursor_of

MOST_FOUND: Final = 20


@place("/plan", "assignment.read", query=PlanQuery())
def plan(ctx: Context, actor: Actor, query: Query) -> Response:
    """What was not done on top, then today and what is to come; or what is asked for. A senseless condition shows no
    list."""
    values: dict[str, Any] = {}
    if not query.faults:
        asked = {"from": query.get("since"), "to": query.get("until")}
        filters = asked | {name: query.get(name) for name in ("institution", "q", "state")}
        made = actions.plan(ctx, actor, filters, query.after, ROWS)
        tasks = [one.task for one in (*made.undone, *made.page.items)]
        values = {
            "plan": made,
            "next": cursor_of(made.page.next_key),
            "checklists": versions_of(ctx, {(one.checklist_code, one.checklist_version) for one in tasks}),
            "institution": name_of(ctx, actor, query.get("institution")),
        }
    return page("plan.html", 422 if query.faults else 200, query=query, wrong=wrong_in(query), **values)


@place("/plan/<uuid:assignment_id>", "assignment.read")
def visit(ctx: Context, actor: Actor, assignment_id: UUID) -> Response:
    """One of the plan."""
    one = actions.get_planned(ctx, actor, assignment_id)
    key = (one.task.checklist_code, one.task.checklist_version)
    return page("visit.html", one=one, a=one.task, checklist=versions_of(ctx, {key}).get(key))


@place("/plan/new", "assignment.plan", query=NewVisitQuery())
def visit_form(ctx: Context, actor: Actor, query: Query) -> Response:
    """First the institution is looked for, then the rest is filled in."""
    institution_id = query.get("institution")
    values: dict[str, Any] = {}
    if institution_id is not None:
        values = {"choices": actions.get_choices(ctx, actor, institution_id)}
    elif query.get("q"):
        reading = acting(actor, "institution.read")
        found = list_institutions(
            ctx, reading, text=query.get("q"), kind=None, region=None, after=None, limit=MOST_FOUND
        )
        values = {"found": found.items, "more": found.next_key is not None}
    return page("visit_form.html", 422 if query.faults else 200, query=query, wrong=wrong_in(query), **values)


@deed("/plan/new", "assignment.plan", again=visit_form)
def plan_visit(ctx: Context, actor: Actor, form: Form) -> Response:
    """Everybody who is sent is told."""
    inspectors = [_sent(form, user_id) for user_id in form.many("user")]
    checklist = {"code": form.text("checklist")} if form.text("checklist") else {}
    body = form.body("institution_id", "planned_on", "note", checklist=checklist, inspectors=inspectors)
    made = assignments.assign(ctx, actor, form.act, incoming(body, read_assignment)).value
    return _led("planned", made.id)


def _sent(form: Form, user_id: str) -> dict[str, Any]:
    """One of the team; who has no section marked has all of them."""
    sections = form.many(f"sections.{user_id}")
    return {"user_id": user_id, "sections": sections} if sections else {"user_id": user_id}


@deed("/plan/<uuid:assignment_id>/cancel", "assignment.plan", again=visit)
def cancel_visit(ctx: Context, actor: Actor, form: Form, assignment_id: UUID) -> Response:
    """Called off, with the reason."""
    assignments.cancel(ctx, actor, assignment_id, incoming(form.body("reason"), read_cancellation))
    return _led("cancelled", assignment_id)


def _led(text: str, assignment_id: UUID) -> Response:
    said = desk_texts(language())["plan"]["done"][text]
    return done(said, url_for("desk.visit", assignment_id=assignment_id))
