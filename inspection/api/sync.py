"""What a phone needs offline."""

from __future__ import annotations

from typing import Any

from flask import Response

from inspection.actions import sync as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.schemas.sync import SyncQuery, SyncSchema, sync_body
from inspection.web import compressed, json_response


@endpoint("GET", "/sync", "sync.read", query=SyncQuery(), returns={200: SyncSchema()})
def sync(ctx: Context, actor: Actor, query: dict[str, Any]) -> Response:
    """Assignments, institutions, checklists, calendar and unfinished problems; with `since` what changed after it."""
    shown = SyncSchema().dump(sync_body(actions.sync(ctx, actor, query.get("since"), query.get("log"))))
    return compressed(json_response(shown))
