"""What one has been told."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.views import NotificationView, Page
from inspection.storage import notifications
from inspection.storage.audit import APART
from inspection.storage.notifications import NotificationRow
from inspection.storage.unit import unit


def list_notifications(ctx: Context, actor: Actor, after: tuple[str, ...] | None, limit: int) -> Page[NotificationView]:
    """One's own, the newest first."""
    rows = notifications.list_own(actor, ctx.session, position(after, UUID), limit + 1)
    return cut(rows, limit, lambda row: (str(row.id),), _view)


def mark_read(ctx: Context, actor: Actor, notification_id: UUID) -> NotificationView:
    """Again is harmless: the first reading stays. Raises `not_found`."""
    with unit(ctx.session):
        row = notifications.get_own(actor, ctx.session, notification_id)
        if row is None:
            raise Refused("not_found")
        if row.read_at is None:
            row.read_at = ctx.now()
            kind = APART if row.kind == notifications.PENDING else "notification"
            ctx.record(actor, "read_notification", kind, notification_id)
        return _view(row)


def mark_all_read(ctx: Context, actor: Actor, newest: UUID) -> int:
    """One's own that are not newer than this one of them; how many were unread. Raises `not_found`."""
    with unit(ctx.session):
        if notifications.get_own(actor, ctx.session, newest) is None:
            raise Refused("not_found")
        marked = 0
        for pending in (False, True):
            count = notifications.mark_read_until(actor, ctx.session, newest, ctx.now(), pending=pending)
            if count:
                ctx.record(actor, "read_notification", APART if pending else "notification", newest, count=count)
            marked += count
        return marked


def _view(row: NotificationRow) -> NotificationView:
    return NotificationView(
        id=row.id,
        kind=row.kind,
        problem_id=row.problem_id,
        params=row.params,
        created_at=row.created_at,
        read_at=row.read_at,
    )
