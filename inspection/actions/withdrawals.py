"""Withdrawing an inspection that was entered in error: by a submission that supersedes it, or with the consent of a
second person. Nothing is deleted; its problems are void from then on, with the reason, the closed ones too: nobody saw
there what was entered."""

from __future__ import annotations

from uuid import UUID, uuid5

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context, new_id
from inspection.actions.turns import make_void, turned
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.inspections import Withdrawal
from inspection.domain.petitions import PetitionDecision
from inspection.domain.problems import BY_ACTION
from inspection.domain.views import Stored, WithdrawalView
from inspection.storage import accounts, inspections, institutions, problems, withdrawals
from inspection.storage.inspections import InspectionRow
from inspection.storage.unit import once_more, unit
from inspection.storage.withdrawals import WithdrawalRow

RUNNING = frozenset({"open", "submitted", "closed", "transferred"})


def supersede(ctx: Context, actor: Actor, old_id: UUID, new_inspection_id: UUID) -> bool:
    """Whether a new submission by the same person withdraws the old one by itself: not once a notice was issued or a
    problem of it runs. Then it waits for the consent of a second person, so that nobody alone makes a danger vanish."""
    old = inspections.find_for_system(ctx.session, old_id, locked=True)
    if old is None or old.submitter_id != actor.id or old.notice_id is not None or old.withdrawn_at is not None:
        return False
    rows = problems.lock_of_inspections_for_system(ctx.session, [old.id])
    if any(row.status in RUNNING for row in rows):
        return False
    made = WithdrawalRow(
        id=new_id(),
        inspection_id=old.id,
        asked_by_id=actor.id,
        asked_at=ctx.now(),
        reason="superseded",
        superseded_by_id=new_inspection_id,
        decision="approve",
        comment=None,
        decided_by_id=None,
        decided_at=ctx.now(),
    )
    ctx.session.add(made)
    _withdraw(ctx, actor, old, made)
    return True


@once_more
def ask_withdrawal(
    ctx: Context, actor: Actor, inspection_id: UUID, withdrawal_id: UUID, incoming: Incoming[Withdrawal]
) -> Stored[WithdrawalView]:
    """Ask that an inspection be withdrawn; it takes effect with a second person's consent.

    Raises `conflict`, `not_found`, `already_withdrawn`, `withdrawal_pending`, `invalid`.
    """
    with unit(ctx.session):
        if done_before(ctx, actor, withdrawal_id, "ask_withdrawal", inspection_id, incoming):
            return Stored(_view(ctx, _found(ctx, withdrawal_id, inspection_id)), created=False)
        inspection = _inspection(ctx, actor, inspection_id)
        if inspection.withdrawn_at is not None:
            raise Refused("already_withdrawn")
        if any(row.decision is None for row in withdrawals.of_inspection_for_system(ctx.session, inspection.id)):
            raise Refused("withdrawal_pending")
        row = WithdrawalRow(
            id=withdrawal_id,
            inspection_id=inspection.id,
            asked_by_id=actor.id,
            asked_at=ctx.now(),
            reason=incoming.load().reason,
            superseded_by_id=None,
            decision=None,
            comment=None,
            decided_by_id=None,
            decided_at=None,
        )
        ctx.session.add(row)
        ctx.session.flush()
        keep(ctx, actor, withdrawal_id, "ask_withdrawal", inspection_id, incoming)
        _tell(ctx, inspection, "withdrawal_asked", ("reviewer", "supervisor"), row.reason)
        return Stored(_view(ctx, row), created=True)


def decide_withdrawal(
    ctx: Context, actor: Actor, inspection_id: UUID, withdrawal_id: UUID, incoming: Incoming[PetitionDecision]
) -> Stored[WithdrawalView]:
    """A second person agrees or does not. Raises `not_found`, `already_decided`, `second_person`, `invalid`."""
    act_id = uuid5(withdrawal_id, "decision")
    with unit(ctx.session):
        inspection = _inspection(ctx, actor, inspection_id)
        row = _found(ctx, withdrawal_id, inspection_id)
        if row.decision is not None:
            try:
                known = done_before(ctx, actor, act_id, "decide_withdrawal", withdrawal_id, incoming)
            except Refused:
                known = False
            if known:
                return Stored(_view(ctx, row), created=False)
            raise Refused("already_decided", extra={"decision": row.decision})
        if row.asked_by_id == actor.id:
            raise Refused("second_person")
        given = incoming.load()
        row.decision, row.comment = given.decision, given.comment
        row.decided_by_id, row.decided_at = actor.id, ctx.now()
        keep(ctx, actor, act_id, "decide_withdrawal", withdrawal_id, incoming)
        if given.grants:
            _withdraw(ctx, actor, inspection, row)
        return Stored(_view(ctx, row), created=True)


def _withdraw(ctx: Context, actor: Actor, inspection: InspectionRow, row: WithdrawalRow) -> None:
    inspection.withdrawn_at = ctx.now()
    for problem in problems.lock_of_inspections_for_system(ctx.session, [inspection.id]):
        if problem.status in BY_ACTION["withdraw"].sources:
            make_void(ctx, problem)
            turned(
                ctx,
                actor,
                problem,
                "withdrawn",
                withdrawal_id=str(row.id),
                reason=row.reason,
                superseded_by=str(row.superseded_by_id) if row.superseded_by_id else None,
            )
    ctx.session.flush()
    ctx.record(actor, "withdraw_inspection", "inspection", inspection.id, withdrawal=str(row.id))
    _tell(ctx, inspection, "inspection_withdrawn", ("unit", "reviewer"), row.reason)


def _tell(ctx: Context, inspection: InspectionRow, kind: str, roles: tuple[str, ...], reason: str) -> None:
    institution = institutions.get_for_system(ctx.session, inspection.institution_id)
    params = {
        "inspection_id": str(inspection.id),
        "institution": institution.name,
        "inspected_on": inspection.inspected_on.isoformat(),
        "reason": reason,
    }
    ctx.tell(kind, roles, institution.id, institution.region_code, None, params)


def _inspection(ctx: Context, actor: Actor, inspection_id: UUID) -> InspectionRow:
    rows = inspections.lock_many(actor, ctx.session, [inspection_id])
    if not rows:
        raise Refused("not_found")
    return rows[0]


def _found(ctx: Context, withdrawal_id: UUID, inspection_id: UUID) -> WithdrawalRow:
    row = withdrawals.lock_for_system(ctx.session, withdrawal_id)
    if row is None or row.inspection_id != inspection_id:
        raise Refused("not_found")
    return row


def _view(ctx: Context, row: WithdrawalRow) -> WithdrawalView:
    people = {row.asked_by_id} | ({row.decided_by_id} if row.decided_by_id else set())
    names = accounts.names_for_system(ctx.session, people)
    return WithdrawalView(
        id=row.id,
        inspection_id=row.inspection_id,
        reason=row.reason,
        asked_by=names[row.asked_by_id],
        asked_at=row.asked_at,
        state="pending" if row.decision is None else row.decision,
        comment=row.comment,
        decided_by=names[row.decided_by_id] if row.decided_by_id else None,
        decided_at=row.decided_at,
        superseded_by=row.superseded_by_id,
    )


def views_of(ctx: Context, inspection_id: UUID) -> list[WithdrawalView]:
    return [_view(ctx, row) for row in withdrawals.of_inspection_for_system(ctx.session, inspection_id)]
