"""通知书: every notice as it was issued, whether its unit has acknowledged it, and what has become of its problems."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for

from inspection.actions import notice_documents
from inspection.actions import notices as actions
from inspection.actions.context import Context
from inspection.actions.institutions import name_of
from inspection.actions.problems import states_of
from inspection.documents.notice_text import composed
from inspection.domain.actor import Actor
from inspection.domain.permissions import acting
from inspection.domain.texts import desk_texts
from inspection.downloads import document
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.problems import read_acknowledgement
from inspection.schemas.queries import NoticeQuery, yes_or_no
from inspection.web import cursor_of


@place("/notices", "notice.read", query=NoticeQuery())
def notices(ctx: Context, actor: Actor, query: Query) -> Response:
    """The newest first; of one institution, or those alone that nobody has acknowledged, where the address says so."""
    values: dict[str, Any] = {}
    if not query.faults:
        acknowledged = yes_or_no(query.get("acknowledged"))
        listed = actions.list_notices(
            ctx, actor, query.get("institution"), query.after, ROWS, acknowledged=acknowledged
        )
        values = {
            "listed": listed,
            "next": cursor_of(listed.next_key),
            "institution": name_of(ctx, actor, query.get("institution")),
        }
    return page("notices.html", 422 if query.faults else 200, query=query, wrong=wrong_in(query), **values)


@place("/notices/<uuid:notice_id>", "notice.read")
def notice(ctx: Context, actor: Actor, notice_id: UUID) -> Response:
    """Word for word as it was issued, and how its problems stand now."""
    known = actions.get_notice(ctx, actor, notice_id)
    return page(
        "notice.html",
        notice=known,
        text=composed(notice_documents.get_notice_document(ctx, actor, notice_id)),
        now=states_of(ctx, acting(actor, "problem.read"), [line.problem_id for line in known.problems]),
    )


@place("/notices/<uuid:notice_id>.docx", "notice.read")
def notice_document(ctx: Context, actor: Actor, notice_id: UUID) -> Response:
    """The very bytes that were served."""
    return document(notice_documents.get_document(ctx, actor, notice_id), f"notice-{notice_id}.docx")


@deed("/notices/<uuid:notice_id>/acknowledgement", "notice.acknowledge", again=notice)
def acknowledge(ctx: Context, actor: Actor, form: Form, notice_id: UUID) -> Response:
    """签收."""
    actions.acknowledge_notice(ctx, actor, notice_id, incoming(form.body("name", "title"), read_acknowledgement))
    return done(desk_texts(language())["notices"]["acknowledged"], url_for("desk.notice", notice_id=notice_id))
