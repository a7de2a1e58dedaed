"""Acts of the desk under ids that the client made: the same bytes again change nothing, other bytes are a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.storage import accounts, acts
from inspection.storage.acts import ActRow
from inspection.storage.db import insert_rows


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


def decided_before(ctx: Context, actor: Actor, kind: str, subject_id: UUID, incoming: Incoming[Any]) -> bool:
    """Whether this person has done this very thing to the subject, which can be done to it once. Such an act has an id
    of the server's: one derived from the subject's could be taken by anybody first."""
    known = acts.of_subject_for_system(ctx.session, kind, subject_id)
    return any((act.actor_id, act.content_sha256) == (actor.id, incoming.sha256) for act in known)


def meanwhile(ctx: Context, kind: str, subject_id: UUID) -> dict[str, Any]:
    """For whoever comes too late: when and by whom such acts were done to the subject, the latest first."""
    known = sorted(acts.of_subject_for_system(ctx.session, kind, subject_id), key=lambda act: act.at, reverse=True)
    names = accounts.names_for_system(ctx.session, {act.actor_id for act in known})
    return {
        "meanwhile": [
            {"at": ctx.clock.local(act.at).isoformat(), "by": names[act.actor_id], "event": kind} for act in known
        ]
    }


def result_of(ctx: Context, act_id: UUID) -> dict[str, Any]:
    """What an act that was done before was kept with."""
    known = acts.find_for_system(ctx.session, act_id)
    assert known is not None
    return known.result or {}


def keep(
    ctx: Context,
    actor: Actor,
    act_id: UUID,
    kind: str,
    subject_id: UUID,
    incoming: Incoming[Any],
    result: dict[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Store the act as it came in, and its entry in the log; inside the unit that does what it says. `result`: what its
    answer needs again and nothing else tells. `about`: what the log says of it beside its id."""
    insert_rows(
        ctx.session,
        ActRow,
        [
            {
                "id": act_id,
                "kind": kind,
                "subject_id": subject_id,
                "actor_id": actor.id,
                "at": ctx.now(),
                "content_sha256": incoming.sha256,
                "body": incoming.raw,
                "result": result,
            },
        ],
    )
    ctx.record(actor, kind, "desk_act", act_id, subject=str(subject_id), sha256=incoming.sha256, **(about or {}))
