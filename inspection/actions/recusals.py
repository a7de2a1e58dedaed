"""Who must not inspect an institution (回避): said by himself or by the bureau, and ended in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inspection.actions.acts import decided_before, done_before, keep, meanwhile
from inspection.actions.context import Context, new_id
from inspection.domain.actor import INSPECTORS, Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.incoming import Incoming
from inspection.domain.permissions import acting
from inspection.domain.recusals import Recusal, RecusalEnd, RecusalView
from inspection.domain.views import Stored
from inspection.storage import accounts, assignments, institutions, notifications
from inspection.storage.assignments import RecusalRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.unit import once_more, unit


@once_more
def recuse(
    ctx: Context, actor: Actor, institution_id: UUID, recusal_id: UUID, incoming: Incoming[Recusal]
) -> Stored[RecusalView]:
    """Somebody must not inspect an institution: he says so himself, or the bureau does. Where he is planned to, the
    bureau is told. Raises `conflict`, `not_found`, `not_allowed` (an inspector speaks for himself alone), `invalid`."""
    with unit(ctx.session):
        if done_before(ctx, actor, recusal_id, "recuse", institution_id, incoming):
            return Stored(_one(ctx, recusal_id), created=False)
        institution = institutions.get(actor, ctx.session, institution_id)
        if institution is None:
            raise Refused("not_found")
        given = incoming.load()
        if given.user_id != actor.id and not speaks_for_all(ctx, actor, institution_id):
            raise Refused("not_allowed")
        if not accounts.holds_over_for_system(ctx.session, given.user_id, INSPECTORS, institution.region_code):
            raise invalid(Fault("/user_id", "not_an_inspector_here"))
        ctx.session.add(
            RecusalRow(
                id=recusal_id,
                user_id=given.user_id,
                institution_id=institution_id,
                reason=given.reason,
                declared_by_id=actor.id,
                declared_at=ctx.now(),
                ended_by_id=None,
                ended_at=None,
                end_reason=None,
            )
        )
        ctx.session.flush()
        keep(ctx, actor, recusal_id, "recuse", institution_id, incoming)
        _ask_to_plan_anew(ctx, institution, given.user_id)
        return Stored(_one(ctx, recusal_id), created=True)


def speaks_for_all(ctx: Context, actor: Actor, institution_id: UUID) -> bool:
    """Whether he is of this institution's bureau: who reviews elsewhere and inspects here speaks here for himself."""
    return institutions.get(acting(actor, "institution.recuse_others"), ctx.session, institution_id) is not None


def _ask_to_plan_anew(ctx: Context, institution: InstitutionRow, user_id: UUID) -> None:
    days = assignments.planned_days_for_system(ctx.session, institution.id, user_id)
    if days:
        name = accounts.names_for_system(ctx.session, {user_id})[user_id]
        planned_on = ", ".join(day.isoformat() for day in days)
        about = {
            "institution_id": str(institution.id),
            "name": name,
            "institution": institution.name,
            "planned_on": planned_on,
        }
        bureau = notifications.recipients_for_system(
            ctx.session, ("reviewer",), institution.id, institution.region_code
        )
        ctx.tell_people("recused_while_planned", bureau, None, about)


def end_recusal(
    ctx: Context, actor: Actor, institution_id: UUID, recusal_id: UUID, incoming: Incoming[RecusalEnd]
) -> Stored[RecusalView]:
    """It stands no longer; what it was is kept. Raises `not_found`, `not_allowed` (an inspector speaks for himself
    alone), `already_decided` (somebody ended it before), `invalid`."""
    with unit(ctx.session):
        institution = institutions.get(actor, ctx.session, institution_id)
        row = assignments.find_recusal_for_system(ctx.session, recusal_id, locked=True)
        if institution is None or row is None or row.institution_id != institution.id:
            raise Refused("not_found")
        if row.user_id != actor.id and not speaks_for_all(ctx, actor, institution_id):
            raise Refused("not_allowed")
        if row.ended_at is not None:
            if not decided_before(ctx, actor, "end_recusal", recusal_id, incoming):
                raise Refused("already_decided", extra=meanwhile(ctx, "end_recusal", recusal_id))
            return Stored(_one(ctx, recusal_id), created=False)
        row.end_reason = incoming.load().reason
        row.ended_at = ctx.now()
        row.ended_by_id = actor.id
        ctx.session.flush()
        keep(ctx, actor, new_id(), "end_recusal", recusal_id, incoming)
        return Stored(_one(ctx, recusal_id), created=True)


def list_recusals(ctx: Context, actor: Actor, institution_id: UUID) -> list[RecusalView]:
    """All of an institution, the ended ones among them, the oldest first. Raises `not_found`."""
    if institutions.get(actor, ctx.session, institution_id) is None:
        raise Refused("not_found")
    return _views(ctx, assignments.recusals_of_for_system(ctx.session, institution_id))


def _one(ctx: Context, recusal_id: UUID) -> RecusalView:
    row = assignments.find_recusal_for_system(ctx.session, recusal_id)
    assert row is not None
    return _views(ctx, [row])[0]


def _views(ctx: Context, rows: Sequence[RecusalRow]) -> list[RecusalView]:
    people = {row.user_id for row in rows} | {row.declared_by_id for row in rows}
    names = accounts.names_for_system(ctx.session, people | {row.ended_by_id for row in rows if row.ended_by_id})
    return [
        RecusalView(
            id=row.id,
            user_id=row.user_id,
            name=names[row.user_id],
            reason=row.reason,
            declared_by=names[row.declared_by_id],
            declared_at=row.declared_at,
            ended_by=names[row.ended_by_id] if row.ended_by_id else None,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
        )
        for row in rows
    ]
