"""日志: who did what and when, the newest first, for the auditor alone. To read it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import Response, send_file

from inspection.actions.audit import export_entries, list_entries
from inspection.actions.context import Context
from inspection.documents import log_list, workbook
from inspection.domain.actor import Actor
from inspection.domain.audit import LogFilter
from inspection.domain.errors import Fault, Refused
from inspection.domain.texts import desk_texts
from inspection.downloads import XLSX
from inspection.pages.desk import ROWS, Query, language, page, place, wrong_in
from inspection.schemas.queries import LogQuery
from inspection.web import cursor_of

CONDITIONS: Final = {"q": "q", "action": "what", "kind": "of_kind", "object": "object", "from": "from", "to": "to"}
"""What each condition is called."""
OF_CODES: Final = ("action", "kind")
OF_LEADS: Final = (
    *("lead", "report_lead", "read_lead", "step_lead", "erase_lead", "rotate_lead_key", "propose_lead_transfer"),
)
"""What is done to leads stands in a log of its own, so that nobody is asked to look for it here."""


@place("/log", "audit.read", query=LogQuery())
def log(ctx: Context, actor: Actor, query: Query) -> Response:
    """A senseless condition shows no list, so that nobody takes it for one."""
    first, last = query.get("since"), query.get("until")
    if first is not None and last is not None and last < first:
        query = replace(query, faults=(Fault("/to", "ends_before_begin"),))
    values: dict[str, Any] = {}
    if not query.faults:
        listed = list_entries(ctx, actor, _filter(query), query.after, ROWS)
        values = {"page": listed, "next": cursor_of(listed.next_key)}
    export = query.link().replace("/log", "/log.xlsx", 1)
    texts = desk_texts(language())["log"]
    offered = {
        "actions": {code: text for code, text in texts["action"].items() if code not in OF_LEADS},
        "kinds": {code: text for code, text in texts["kind"].items() if code not in OF_LEADS},
    }
    status = 422 if query.faults else 200
    return page("log.html", status, query=query, wrong=wrong_in(query), export=export, **offered, **values)


@place("/log.xlsx", "audit.read", query=LogQuery(), name="export_log")
def export_log(ctx: Context, actor: Actor, query: Query) -> Response:
    """Exactly what is shown under the same conditions, as what one account has read, as a workbook."""
    if query.faults:
        raise Refused("invalid", query.faults)
    texts = desk_texts(language())["log"]
    mark = desk_texts(language())["mark"]
    told = [
        texts[CONDITIONS[name]] + mark["colon"] + (texts[name].get(value, value) if name in OF_CODES else value)
        for name, value in query.given.items()
    ]
    conditions = mark["semicolon"].join(told)
    rows = (log_list.row(one, texts, ctx.clock) for one in export_entries(ctx, actor, _filter(query)))
    made = workbook.write(log_list.head(texts, conditions, ctx.clock.local(ctx.now())), rows)
    name = f"{texts['title']} {ctx.today().isoformat()}.xlsx"
    response: Response = send_file(made, mimetype=XLSX, as_attachment=True, download_name=name)
    return response


def _filter(query: Query) -> LogFilter:
    return LogFilter(*(query.get(name) for name in ("q", "action", "kind", "object", "since", "until")))
