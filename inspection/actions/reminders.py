"""Reminding units of what they have to put right: a message, and nothing else changes."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.acts import done_before, keep, result_of
from inspection.actions.context import Context
from inspection.actions.turns import tell_of, turned
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.orders import Reminder
from inspection.domain.views import Stored
from inspection.storage import problems
from inspection.storage.unit import once_more, unit


@once_more
def remind(ctx: Context, actor: Actor, reminder_id: UUID, incoming: Incoming[Reminder]) -> Stored[int]:
    """Tell the unit of each open problem once; how many those were. What has been put right meanwhile is passed over.
    Raises `conflict`, `not_found` (one of them is not in scope), `invalid`."""
    with unit(ctx.session):
        if done_before(ctx, actor, reminder_id, "remind", reminder_id, incoming):
            return Stored(result_of(ctx, reminder_id)["reminded"], created=False)
        given = incoming.load()
        if not given.problem_ids:
            raise Refused("invalid", [Fault("/problem_ids", "nothing_chosen")])
        rows = problems.lock_visible(actor, ctx.session, given.problem_ids)
        if {row.id for row in rows} != set(given.problem_ids):
            raise Refused("not_found")
        waiting = [row for row in rows if row.status == "open"]
        for row in waiting:
            turned(ctx, actor, row, "reminded", text=given.text)
            until = row.due_on.isoformat() if row.due_on else None
            tell_of(ctx, row, "reminded", ("unit",), due_on=until, by=actor.organisation, words=given.text or "")
        keep(ctx, actor, reminder_id, "remind", reminder_id, incoming, {"reminded": len(waiting)})
        return Stored(len(waiting), created=True)
