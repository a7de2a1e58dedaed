"""问题清单: every condition stands in the address; what is counted, shown and exported is the same."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for

from inspection.actions import problems as actions
from inspection.actions.context import Context
from inspection.actions.institutions import name_of, regions_of
from inspection.actions.reminders import remind as remind_units
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.texts import desk_texts
from inspection.downloads import list_of_problems
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.queries import ProblemQuery, filters_of
from inspection.schemas.turns import read_reminder
from inspection.web import cursor_of

PLAIN: Final = frozenset({"status", "severity", "q", "deadline", "region", "petition", "institution"})
"""Conditions that are always in sight; with any other the rest is unfolded."""


@place("/problems", "problem.read", query=ProblemQuery())
def problems(ctx: Context, actor: Actor, query: Query) -> Response:
    """In the order in which they were found. A senseless condition shows no list, so that nobody takes it for one."""
    values: dict[str, Any] = {}
    if not query.faults:
        filters = filters_of(query.values)
        listed = actions.list_problems(ctx, actor, filters, query.after, ROWS)
        values = {
            "page": listed,
            "next": cursor_of(listed.next_key),
            "total": actions.count_problems(ctx, actor, filters),
            "institution": name_of(ctx, actor, query.get("institution")),
        }
    return page(
        "problems.html",
        422 if query.faults else 200,
        query=query,
        wrong=wrong_in(query),
        most=actions.MOST_COUNTED,
        unfolded=not query.given.keys() <= PLAIN,
        regions=regions_of(ctx, actor),
        export=query.link().replace("/problems", "/problems.xlsx", 1),
        **values,
    )


@place("/problems.xlsx", "problem.read", query=ProblemQuery(), name="export")
def export_problems(ctx: Context, actor: Actor, query: Query) -> Response:
    """Exactly what is shown under the same conditions, as a workbook that says which they were."""
    if query.faults:
        raise Refused("invalid", query.faults)
    name = f"{desk_texts(language())['problems']['title']} {ctx.today().isoformat()}.xlsx"
    return list_of_problems(ctx, actor, query.values, language(), name)


@deed("/problems/remind", "problem.remind", again=problems)
def remind(ctx: Context, actor: Actor, form: Form) -> Response:
    """Each unit of the marked problems is told once."""
    body = form.body("text", problem_ids=form.many("problem"))
    count = remind_units(ctx, actor, form.act, incoming(body, read_reminder)).value
    text = desk_texts(language())["problems"]["reminded"].format(count=count)
    return done(text, url_for("desk.problems") + "?" + request.query_string.decode())
