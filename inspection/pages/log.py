"""日志: who did what and when, the newest first, for the auditor alone. To read it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from inspection.actions.audit import list_entries
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.audit import LogFilter
from inspection.domain.errors import Fault
from inspection.pages.desk import ROWS, Query, page, place, wrong_in
from inspection.schemas.queries import LogQuery
from inspection.web import cursor_of


@place("/log", "audit.read", query=LogQuery())
def log(ctx: Context, actor: Actor, query: Query) -> Response:
    """A senseless condition shows no list, so that nobody takes it for one."""
    first, last = query.get("since"), query.get("until")
    if first is not None and last is not None and last < first:
        query = replace(query, faults=(Fault("/to", "ends_before_begin"),))
    values: dict[str, Any] = {}
    if not query.faults:
        asked = LogFilter(*(query.get(name) for name in ("q", "action", "kind", "object", "since", "until")))
        listed = list_entries(ctx, actor, asked, query.after, ROWS)
        values = {"page": listed, "next": cursor_of(listed.next_key)}
    return page("log.html", 422 if query.faults else 200, query=query, wrong=wrong_in(query), **values)
