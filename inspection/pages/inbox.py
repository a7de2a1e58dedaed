"""消息: what one has been told, each opening the very thing it is about. Reading the list marks nothing as read."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, url_for

from inspection.actions import notifications as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.permissions import may
from inspection.domain.texts import desk_texts
from inspection.domain.views import NotificationView
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, signed_in
from inspection.pages.forms import Form
from inspection.schemas.queries import NothingAsked
from inspection.web import cursor_of


@place("/inbox", "notification.read", query=NothingAsked())
def inbox(ctx: Context, actor: Actor, query: Query) -> Response:
    """The newest first."""
    told = actions.list_notifications(ctx, actor, query.after, ROWS)
    return page(
        "inbox.html",
        query=query,
        told=[(one, item_of(one, signed_in(ctx))) for one in told.items],
        newest=told.items[0].id if told.items and query.after is None else None,
        next=cursor_of(told.next_key),
    )


def item_of(told: NotificationView, actor: Actor) -> str | None:
    """Where the thing is that it is about, if its reader may go there."""
    if told.problem_id is not None and may(actor, "problem.read"):
        return url_for("desk.problem", problem_id=told.problem_id)
    for name, endpoint, permission in (
        ("notice_id", "notice", "notice.read"),
        ("inspection_id", "inspection", "inspection.read"),
        ("institution_id", "institution", "institution.read"),
    ):
        if told.params.get(name) and may(actor, permission):
            return url_for(f"desk.{endpoint}", **{name: told.params[name]})
    if told.kind.startswith(("assign", "visit_left", "recused_while")) and may(actor, "assignment.read"):
        return url_for("desk.plan")
    if told.kind.startswith("issue_") and may(actor, "notice.issue"):
        return url_for("desk.issuing")
    return None


@deed("/inbox/<uuid:notification_id>/open", "notification.read", again=inbox)
def open_message(ctx: Context, actor: Actor, form: Form, notification_id: UUID) -> Response:
    """Marked as read, and on to the thing itself."""
    del form
    told = actions.mark_read(ctx, actor, notification_id)
    return redirect(item_of(told, signed_in(ctx)) or url_for("desk.inbox"), 303, Response)


@deed("/inbox/<uuid:notification_id>/read", "notification.read", again=inbox)
def read_all(ctx: Context, actor: Actor, form: Form, notification_id: UUID) -> Response:
    """Everything up to the newest that stood on the page; what came since stays unread."""
    del form
    count = actions.mark_all_read(ctx, actor, notification_id)
    return done(desk_texts(language())["inbox"]["all_read"].format(count=count), url_for("desk.inbox"))
