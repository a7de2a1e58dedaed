"""What one has been told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from inspection.actions import notifications as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.domain.texts import language_of, notification_text
from inspection.domain.views import NotificationView, Page
from inspection.schemas.accounts import NotificationSchema


@endpoint("GET", "/notifications", "notification.read", paged=True, returns={200: NotificationSchema()})
def list_notifications(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """One's own notifications, the newest first."""
    page = actions.list_notifications(ctx, actor, query["after"], query["limit"])
    return Page([_told(one) for one in page.items], page.next_key)


@endpoint(
    "PUT",
    "/notifications/<uuid:notification_id>/read",
    "notification.read",
    returns={200: NotificationSchema()},
    refuses=("not_found",),
)
def put_read(ctx: Context, actor: Actor, notification_id: UUID) -> dict[str, Any]:
    """Mark a notification as read; the first reading stays."""
    return _told(actions.mark_read(ctx, actor, notification_id))


def _told(one: NotificationView) -> dict[str, Any]:
    language = language_of(request.headers.get("Accept-Language", ""))
    return {
        "id": one.id,
        "kind": one.kind,
        "problem_id": one.problem_id,
        "params": one.params,
        "created_at": one.created_at,
        "read_at": one.read_at,
        "text": notification_text(one.kind, language, one.params),
    }
