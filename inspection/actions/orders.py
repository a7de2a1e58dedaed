"""Orders of the desk about one problem: transfer, a department's reply, listed supervision, reopening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context
from inspection.actions.problems import view_of
from inspection.actions.turns import concerned, require, second_faults, set_clock, set_due, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.incoming import Incoming
from inspection.domain.orders import Reopening, Reply, Supervision, Transfer, date_faults, reply_faults, transfer_faults
from inspection.domain.problem_views import ProblemView
from inspection.domain.views import Stored
from inspection.storage import inspections, problems
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import once_more, unit

Apply = Callable[[Context, Actor, ProblemRow, Incoming[Any]], None]


@once_more
def give_order(
    ctx: Context, actor: Actor, problem_id: UUID, order_id: UUID, kind: str, incoming: Incoming[Any]
) -> Stored[ProblemView]:
    """`kind`: transfer, reply, supervision or reopening; the problem as it is after it.

    Raises `conflict`, `not_found`, `wrong_state`, `petition_pending`, `already_supervised`, `too_late_to_reopen`,
    `four_eyes` (settling what the same person found), `invalid`.
    """
    with unit(ctx.session):
        if done_before(ctx, actor, order_id, kind, problem_id, incoming):
            known = problems.lock_for_system(ctx.session, problem_id)
            assert known is not None
            return Stored(view_of(ctx, known), created=False)
        problem = problems.lock(actor, ctx.session, problem_id)
        if problem is None:
            raise Refused("not_found")
        APPLY[kind](ctx, actor, problem, incoming)
        keep(ctx, actor, order_id, kind, problem_id, incoming)
        return Stored(view_of(ctx, problem), created=True)


def _transfer(ctx: Context, actor: Actor, problem: ProblemRow, incoming: Incoming[Transfer]) -> None:
    """To a department (again), or back to the institution: each time with a date of its own."""
    given = incoming.read.value
    to_department = given is None or given.kind == "department"
    require(ctx, problem, "transfer_on" if to_department or problem.status != "transferred" else "hand_back")
    given = incoming.load()
    if problem.status == "open" and given.kind != "department":
        raise invalid(Fault("/responsible/kind", "not_transferred"))
    latest = deadlines.promised(problem.ordered_due_on, problem.extended_due_on)
    _refuse(transfer_faults(given, latest, ctx.today()))
    before = problem.responsible_name
    problem.responsible_kind = given.kind
    problem.responsible_name = given.name
    if given.kind == "department":
        move_to_department(ctx, problem, given.due_on)
        event = "transferred"
    else:
        problem.status = "open"
        problem.since_on = ctx.today()
        _give_date(ctx, problem, given.due_on)
        assert problem.due_on is not None
        # ordered anew: the days in which it was a department's are not the unit's to answer for
        problem.ordered_due_on = max(problem.ordered_due_on or problem.due_on, problem.due_on)
        event = "handed_back"
    until = str(problem.clock_on)
    turned(
        ctx,
        actor,
        problem,
        event,
        department=given.name,
        before=before,
        reason=given.reason,
        **({"due_on": until} if event == "handed_back" else {"department_due_on": until}),
    )
    tell_of(ctx, problem, event, concerned(problem), department=given.name, due_on=until, reason=given.reason)


def move_to_department(ctx: Context, problem: ProblemRow, decided: date | None, start: date | None = None) -> None:
    """The department's clock replaces the unit's, which has no date any more."""
    problem.status = "transferred"
    problem.due_on = problem.due_basis = None
    problem.since_on = ctx.today()
    if decided is not None:
        problem.clock_on = decided
        return
    problem.clock_on, basis = deadlines.computed(start or ctx.today(), problem.due_days, ctx.calendar())
    problem.due_basis = dict(basis)


def _give_date(ctx: Context, problem: ProblemRow, decided: date | None) -> None:
    """A date for the unit: the one decided, or as after a return, no earlier than what was ordered or approved."""
    if decided is not None:
        problem.due_on, problem.due_basis = decided, None
    else:
        latest = deadlines.promised(problem.ordered_due_on, problem.extended_due_on)
        set_due(problem, deadlines.handed_back_due_on(latest, ctx.today(), problem.due_days, ctx.calendar()))
    problem.ordered_due_on = problem.ordered_due_on or problem.due_on
    set_clock(problem)


def _reply(ctx: Context, actor: Actor, problem: ProblemRow, incoming: Incoming[Reply]) -> None:
    """`done` closes the problem, `in_progress` may move the department's date, `declined` leaves it to the bureau to
    transfer it on or to hand it back."""
    require(ctx, problem, "record_reply")
    given = incoming.load()
    department, found_on = problem.responsible_name, ctx.clock.date_of(problem.found_at)
    faults = reply_faults(given, department, problem.severity, found_on, ctx.today())
    took_part = inspections.took_part_for_system(ctx.session, [problem.inspection_id])
    _refuse([*faults, *second_faults(ctx, actor, problem, given.second_reviewer, took_part)])
    problem.responsible_name = given.department
    about = {
        "department": given.department,
        "outcome": given.outcome,
        "reason": given.text,
        "replied_on": given.replied_on.isoformat(),
        "method": given.method,
        "second_reviewer": str(given.second_reviewer) if given.second_reviewer else None,
    }
    if given.outcome == "done":
        if actor.id in took_part:
            raise Refused("four_eyes")
        problem.closed_on_time = given.replied_on <= problem.clock_on
        problem.status = "closed"
        problem.finished_at = ctx.now()
        problem.clock_on = ctx.today()
        turned(ctx, actor, problem, "settled", **about)
        tell_of(ctx, problem, "settled", concerned(problem), department=given.department)
        return
    if given.new_due_on is not None:
        problem.clock_on, problem.due_basis = given.new_due_on, None
        problem.since_on = ctx.today()
    turned(ctx, actor, problem, "replied", **about, department_due_on=str(problem.clock_on))


def _supervise(ctx: Context, actor: Actor, problem: ProblemRow, incoming: Incoming[Supervision]) -> None:
    """挂牌督办: listed by the league until it is closed. The unit's own date stays what it is."""
    require(ctx, problem, "supervise")
    given = incoming.load()
    _refuse(date_faults("/due_on", given.due_on, ctx.today()))
    problem.supervised_on = ctx.today()
    problem.supervision_due_on = given.due_on
    turned(ctx, actor, problem, "supervised", reason=given.reason, supervision_due_on=given.due_on.isoformat())
    tell_of(
        ctx,
        problem,
        "supervised",
        ("unit", "reviewer", "proc_inspector"),
        due_on=given.due_on.isoformat(),
        reason=given.reason,
    )


def _reopen(ctx: Context, actor: Actor, problem: ProblemRow, incoming: Incoming[Reopening]) -> None:
    """Within a year of its closing. The date that was ordered first goes on deciding whether it was on time."""
    require(ctx, problem, "reopen")
    given = incoming.load()
    _refuse(date_faults("/due_on", given.due_on, ctx.today()))
    problem.round += 1
    problem.finished_at = problem.closed_on_time = None
    problem.review_due_on = problem.rectification_id = None
    problem.supervised_on = problem.supervision_due_on = None
    problem.since_on = ctx.today()
    if problem.responsible_kind == "department" and problem.due_on is None:
        move_to_department(ctx, problem, given.due_on)
    else:
        problem.status = "open"
        _give_date(ctx, problem, given.due_on)
    until = str(problem.clock_on)
    dated = {"due_on": until} if problem.status == "open" else {"department_due_on": until}
    turned(ctx, actor, problem, "reopened", reason=given.reason, round=problem.round, **dated)
    if problem.status == "open":
        tell_of(ctx, problem, "reopened", ("unit",), due_on=until, reason=given.reason)
    else:
        tell_of(ctx, problem, "transferred", ("unit",), department=problem.responsible_name)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Refused("invalid", faults)


APPLY: Final[dict[str, Apply]] = {
    "transfer": _transfer,
    "reply": _reply,
    "supervision": _supervise,
    "reopening": _reopen,
}
