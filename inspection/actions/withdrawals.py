"""Withdrawing an inspection that was entered in error: by a submission that supersedes it, or with the consent of a
second person. Nothing is deleted; its problems are void from then on, with the reason, the closed ones too: nobody saw
there what was entered."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context, new_id
from inspection.actions.orders import move_to_department
from inspection.actions.turns import make_void, set_clock, set_due, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.inspections import Withdrawal
from inspection.domain.petitions import PetitionDecision
from inspection.domain.problems import BY_ACTION
from inspection.domain.views import Stored, WithdrawalView
from inspection.storage import accounts, assignments, inspections, institutions, problems, withdrawals
from inspection.storage.inspections import InspectionRow
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import once_more, unit
from inspection.storage.withdrawals import WithdrawalRow

SUPERSEDED = "superseded"
"""The reason of a withdrawal that a later submission brings with it; its words stand in the texts."""

RUNNING = frozenset({"open", "submitted", "closed", "transferred"})


def supersede(ctx: Context, actor: Actor, old_id: UUID, new_inspection_id: UUID) -> str | None:
    """A new submission by the same person withdraws the old one by itself: not once a notice was issued or a problem of
    it runs. Then it asks for the consent of a second person, so that nobody alone makes a danger vanish. The code of
    a flag where it did not withdraw it."""
    old = inspections.find_for_system(ctx.session, old_id, locked=True)
    if old is None or old.withdrawn_at is not None:
        return "supersedes_nothing"
    if old.submitter_id != actor.id and inspections.get(actor, ctx.session, old_id) is None:
        return "supersedes_nothing"  # somebody else's, out of sight
    rows = problems.lock_of_inspections_for_system(ctx.session, [old.id])
    alone = old.submitter_id == actor.id and old.notice_id is None and not any(row.status in RUNNING for row in rows)
    pending = _pending(ctx, old)
    if pending and not alone:
        return "supersedes_pending"
    made = WithdrawalRow(
        id=new_id(),
        inspection_id=old.id,
        asked_by_id=actor.id,
        asked_at=ctx.now(),
        reason=SUPERSEDED,
        superseded_by_id=new_inspection_id,
        decision="approve" if alone else None,
        comment=None,
        decided_by_id=None,
        decided_at=ctx.now() if alone else None,
        decision_sha256=None,
        decision_body=None,
    )
    ctx.session.add(made)
    ctx.session.flush()
    if alone:
        _withdraw(ctx, actor, old, made)
    else:
        _tell(ctx, old, "withdrawal_asked", ("reviewer", "supervisor"), made.reason)
    return None if alone else "supersedes_pending"


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
        waiting = _pending(ctx, inspection)
        if inspection.withdrawn_at is not None or waiting:
            code = "withdrawal_pending" if inspection.withdrawn_at is None else "already_withdrawn"
            raise withdrawn_meanwhile(ctx, inspection, code)
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
            decision_sha256=None,
            decision_body=None,
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
    with unit(ctx.session):
        inspection = _inspection(ctx, actor, inspection_id)
        row = _found(ctx, withdrawal_id, inspection_id)
        if row.decision is not None:
            if row.decided_by_id == actor.id and row.decision_sha256 == incoming.sha256:
                return Stored(_view(ctx, row), created=False)
            raise withdrawn_meanwhile(ctx, inspection, "already_decided")
        if row.asked_by_id == actor.id:
            raise Refused("second_person")
        given = incoming.load()
        row.decision, row.comment = given.decision, given.comment
        row.decided_by_id, row.decided_at = actor.id, ctx.now()
        row.decision_sha256, row.decision_body = incoming.sha256, incoming.raw
        ctx.record(actor, "decide_withdrawal", "withdrawal", row.id, decision=given.decision, sha256=incoming.sha256)
        if given.grants:
            _withdraw(ctx, actor, inspection, row)
        kind = "withdrawal_agreed" if given.grants else "withdrawal_denied"
        ctx.tell_people(kind, [row.asked_by_id], None, _about(ctx, inspection, given.comment))
        return Stored(_view(ctx, row), created=True)


def _pending(ctx: Context, inspection: InspectionRow) -> list[WithdrawalRow]:
    return [row for row in withdrawals.of_inspection_for_system(ctx.session, inspection.id) if row.decision is None]


def withdrawn_meanwhile(ctx: Context, inspection: InspectionRow, code: str) -> Refused:
    """A 409 that says who asked for the withdrawal, and who decided it how."""
    latest = withdrawals.of_inspection_for_system(ctx.session, inspection.id)[-1]
    view = _view(ctx, latest)
    return Refused(
        code,
        extra={
            "withdrawal": {
                "id": str(view.id),
                "state": view.state,
                "asked_by": view.asked_by,
                "decided_by": view.decided_by,
                "decided_at": ctx.clock.local(view.decided_at).isoformat() if view.decided_at else None,
                "comment": view.comment,
            }
        },
    )


def _withdraw(ctx: Context, actor: Actor, inspection: InspectionRow, row: WithdrawalRow) -> None:
    inspection.withdrawn_at = ctx.now()
    for other in _pending(ctx, inspection):
        other.decision, other.decided_at = "settled", ctx.now()
    listed = False
    for problem in problems.lock_of_inspections_for_system(ctx.session, [inspection.id]):
        if problem.status not in BY_ACTION["withdraw"].sources:
            continue
        listed = listed or problem.supervised_on is not None
        _take_up_merged(ctx, actor, inspection, problem)
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
    assignments.undo_done_for_system(ctx.session, [inspection.id], ctx.now())
    ctx.record(actor, "withdraw_inspection", "inspection", inspection.id, withdrawal=str(row.id))
    roles = ("unit", "reviewer", *(("supervisor",) if listed else ()))
    _tell(ctx, inspection, "inspection_withdrawn", roles, row.reason)
    others = {inspection.submitter_id} - {actor.id, row.asked_by_id}
    ctx.tell_people("inspection_withdrawn", sorted(others), None, _about(ctx, inspection, row.reason))


def _take_up_merged(ctx: Context, actor: Actor, withdrawn: InspectionRow, target: ProblemRow) -> None:
    """What another inspection found, and the notice merged into a problem that is withdrawn now, stands by itself
    again: the first takes over number, notice and clock, further ones only notice and clock."""
    for merged_id in problems.merged_into_for_system(ctx.session, target.id):
        row = problems.lock_for_system(ctx.session, merged_id)
        if row is None or row.inspection_id == withdrawn.id or row.status not in BY_ACTION["take_up_again"].sources:
            continue
        row.merged_into_id = row.finished_at = None
        row.notice_id, row.round, row.since_on = target.notice_id, target.round, ctx.today()
        number, target.number = target.number, None
        ctx.session.flush()  # the number is free before it is taken
        row.number = number
        if target.status == "transferred":
            row.responsible_kind, row.responsible_name = target.responsible_kind, target.responsible_name
            move_to_department(ctx, row, target.clock_on)
            dated = {"department_due_on": row.clock_on.isoformat()}
        else:
            row.status = "open"
            if row.responsible_kind == "department":  # what runs is for the institution to make safe, as ever
                row.responsible_kind, row.responsible_name = "institution", None
            old = target.due_on or ctx.today()
            set_due(row, deadlines.next_due_on(old, ctx.today(), row.due_days, ctx.calendar()))
            row.ordered_due_on = row.due_on
            set_clock(row)
            dated = {"due_on": row.clock_on.isoformat()}
        turned(ctx, actor, row, "taken_up_again", before=str(target.id), **dated)
        tell_of(ctx, row, "taken_up_again", ("unit",), due_on=row.clock_on.isoformat())


def _about(ctx: Context, inspection: InspectionRow, reason: str) -> dict[str, str]:
    return {
        "inspection_id": str(inspection.id),
        "institution": institutions.get_for_system(ctx.session, inspection.institution_id).name,
        "inspected_on": inspection.inspected_on.isoformat(),
        "reason": reason,
    }


def _tell(ctx: Context, inspection: InspectionRow, kind: str, roles: tuple[str, ...], reason: str) -> None:
    institution = institutions.get_for_system(ctx.session, inspection.institution_id)
    ctx.tell(kind, roles, institution.id, institution.region_code, None, _about(ctx, inspection, reason))


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
    return _named(row, names[row.asked_by_id], names[row.decided_by_id] if row.decided_by_id else None)


def _named(row: WithdrawalRow, asked_by: str, decided_by: str | None) -> WithdrawalView:
    return WithdrawalView(
        id=row.id,
        inspection_id=row.inspection_id,
        reason=row.reason,
        asked_by_id=row.asked_by_id,
        asked_by=asked_by,
        asked_at=row.asked_at,
        state="pending" if row.decision is None else row.decision,
        comment=row.comment,
        decided_by=decided_by,
        decided_at=row.decided_at,
        superseded_by=row.superseded_by_id,
    )


def views_of(ctx: Context, inspection_id: UUID) -> list[WithdrawalView]:
    return [_named(*found) for found in withdrawals.named_for_system(ctx.session, inspection_id)]
