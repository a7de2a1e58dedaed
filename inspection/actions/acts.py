"""Acts of the desk under ids that the client made: the same bytes again change nothing, other bytes are a conflict."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.storage import acts
from inspection.storage.acts import ActRow


def done_before(ctx: Context, actor: Actor, act_id: UUID, kind: str, subject_id: UUID, incoming: Incoming[Any]) -> bool:
    """Whether this very act was done. Raises `conflict` where the id was used for anything else."""
    known = acts.find_for_system(ctx.session, act_id)
    if known is None:
        return False
    if (known.actor_id, known.kind, known.subject_id, known.content_sha256) != (
        actor.id,
        kind,
        subject_id,
        incoming.sha256,
    ):
        raise Refused("conflict")
    return True


def keep(ctx: Context, actor: Actor, act_id: UUID, kind: str, subject_id: UUID, incoming: Incoming[Any]) -> None:
    """Store the act as it came in, and its entry in the log; inside the unit that does what it says."""
    ctx.session.execute(
        insert(ActRow.__table__),  # type: ignore[arg-type]
        {
            "id": act_id,
            "kind": kind,
            "subject_id": subject_id,
            "actor_id": actor.id,
            "at": ctx.now(),
            "content_sha256": incoming.sha256,
            "body": incoming.raw,
        },
    )
    ctx.record(actor, kind, "desk_act", act_id, subject=str(subject_id), sha256=incoming.sha256)
