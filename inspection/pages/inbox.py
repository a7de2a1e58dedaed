"""消息: what one has been told, each opening the very thing it is about. Reading the list marks nothing as read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import Response, redirect, url_for

from inspection.actions import notifications as actions
from inspection.actions.context import Context
from inspection.actions.inspections import get_inspection
from inspection.actions.institutions import get_institution
from inspection.actions.notices import get_notice
from inspection.actions.plans import get_planned
from inspection.actions.problems import get_problem
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.permissions import acting, may
from inspection.domain.texts import desk_texts
from inspection.domain.views import NotificationView
from inspection.pages.desk import ROWS, Query, deed, done, here, language, page, place, signed_in
from inspection.pages.forms import Form
from inspection.schemas.queries import NothingAsked
from inspection.web import cursor_of


class Thing(NamedTuple):
    """What a message may be about: the part of it that holds the id, the page, who may go there, how it is read."""

    name: str
    endpoint: str
    permission: str
    get: Callable[[Context, Actor, UUID], Any]


PENDING: Final = "pending"
"""A message that does not say what it is about: the list of leads shows what waits."""

THINGS: Final = (
    Thing("problem_id", "problem", "problem.read", get_problem),
    Thing("notice_id", "notice", "notice.read", get_notice),
    Thing("inspection_id", "inspection", "inspection.read", get_inspection),
    Thing("assignment_id", "visit", "assignment.read", get_planned),
    Thing("institution_id", "institution", "institution.read", get_institution),
)
"""The nearest first: what names a problem is about that, and about its notice only where it names none."""


@place("/inbox", "notification.read", query=NothingAsked())
def inbox(ctx: Context, actor: Actor, query: Query) -> Response:
    """The newest first."""
    if query.faults:
        raise Refused("invalid", query.faults)
    told = actions.list_notifications(ctx, actor, query.after, ROWS)
    return page(
        "inbox.html",
        query=query,
        told=[(one, one.kind == PENDING or _thing_of(one, signed_in(ctx)) is not None) for one in told.items],
        newest=told.items[0].id if told.items and query.after is None else None,
        next=cursor_of(told.next_key),
    )


def _thing_of(told: NotificationView, actor: Actor) -> tuple[Thing, UUID] | None:
    """What it is about, if its reader's roles let him go there."""
    ids = {**told.params, "problem_id": told.problem_id}
    for thing in THINGS:
        if ids.get(thing.name) and may(actor, thing.permission):
            return thing, UUID(str(ids[thing.name]))
    return None


@deed("/inbox/<uuid:notification_id>/open", "notification.read", again=inbox)
def open_message(ctx: Context, actor: Actor, form: Form, notification_id: UUID) -> Response:
    """Marked as read, and on to the thing itself; what has left one's scope since is said to have."""
    del form
    told = actions.mark_read(ctx, actor, notification_id)
    if told.kind == PENDING and may(signed_in(ctx), "lead.read"):
        return redirect(url_for("desk.leads"), 303, Response)
    about = _thing_of(told, signed_in(ctx))
    if about is None:
        return redirect(url_for("desk.inbox"), 303, Response)
    thing, key = about
    try:
        thing.get(ctx, acting(signed_in(ctx), thing.permission), key)
    except Refused:
        return done(desk_texts(language())["inbox"]["gone"], url_for("desk.inbox"))
    return redirect(url_for(f"desk.{thing.endpoint}", **{thing.name: key}), 303, Response)


@deed("/inbox/<uuid:notification_id>/read", "notification.read", again=inbox)
def read_message(ctx: Context, actor: Actor, form: Form, notification_id: UUID) -> Response:
    """Marked as read where it stands."""
    actions.mark_read(ctx, actor, notification_id)
    return redirect(here(form.text("to"), url_for("desk.inbox")), 303, Response)


@deed("/inbox/<uuid:notification_id>/read-all", "notification.read", again=inbox)
def read_all(ctx: Context, actor: Actor, form: Form, notification_id: UUID) -> Response:
    """Everything up to the newest that stood on the page; what came since stays unread."""
    del form
    count = actions.mark_all_read(ctx, actor, notification_id)
    return done(desk_texts(language())["inbox"]["all_read"].format(count=count), url_for("desk.inbox"))
