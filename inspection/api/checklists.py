"""Reading checklists."""

from __future__ import annotations

from typing import Any

from inspection.actions import checklists as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.schemas.accounts import ChecklistHeadSchema, ChecklistSchema
from inspection.schemas.queries import ChecklistQuery


@endpoint("GET", "/checklists", "checklist.read", listed=True, returns={200: ChecklistHeadSchema()})
def list_checklists(ctx: Context, actor: Actor) -> list[dict[str, Any]]:
    """The newest version of each checklist, without its sections."""
    return actions.list_checklists(ctx, actor)


@endpoint(
    "GET",
    "/checklists/<code>",
    "checklist.read",
    query=ChecklistQuery(),
    returns={200: ChecklistSchema()},
    refuses=("not_found",),
)
def get_checklist(ctx: Context, actor: Actor, query: dict[str, Any], code: str) -> dict[str, Any]:
    """A checklist with its hash; items of red line R1 only for inspectors."""
    return actions.get_checklist(ctx, actor, code, query.get("version"))
