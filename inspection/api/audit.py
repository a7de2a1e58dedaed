"""The audit log as whoever keeps a head of it checks it: seals and leaves, nothing of what they say."""

from __future__ import annotations

from typing import Any

from inspection.actions import audit as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.schemas.audit import ChainQuery, ChainSchema


@endpoint("GET", "/audit/chain", "sync.read", query=ChainQuery(), returns={200: ChainSchema()})
def get_chain(ctx: Context, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """The chain in which stands what oneself does: the leaves after an entry, and the head that they lead to."""
    return ChainSchema().dump(actions.chain_after(ctx, actor, query.get("after")))
