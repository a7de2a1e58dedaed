"""What every turn of a problem has in common: whether it may follow, whose clock runs after it, and its event."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.domain.actor import INSPECTORS, Actor
from inspection.domain.deadlines import Basis
from inspection.domain.errors import Fault, Refused
from inspection.domain.problems import Facts, holder, may_second, refusal
from inspection.storage import accounts, institutions, petitions, problems
from inspection.storage.problems import ProblemRow

MEANWHILE = 5
SECOND_REVIEWERS = INSPECTORS | {"reviewer", "supervisor"}


def facts_of(row: ProblemRow, decide_on: date | None = None) -> Facts:
    """What the state table asks of a problem; `decide_on` only where it is shown."""
    return Facts(
        status=row.status,
        clock_on=row.clock_on,
        due_on=row.due_on,
        petition=row.petition_kind,
        decide_on=decide_on,
        objected=row.objected,
        supervised=row.supervised_on is not None,
        whole=row.status != "submitted" or row.review_due_on is not None,
    )


def holder_of(row: ProblemRow) -> str | None:
    return holder(row.status, held=row.petition_due_on is not None)


def second_faults(
    ctx: Context, actor: Actor, row: ProblemRow, second: UUID | None, took_part: frozenset[UUID]
) -> list[Fault]:
    """Who seconds a close-out stands over the region, and is neither who decides nor one of those that took part."""
    if second is None:
        return []
    region = institutions.get_for_system(ctx.session, row.institution_id).region_code
    known = accounts.holds_over_for_system(ctx.session, second, SECOND_REVIEWERS, region)
    fit = known and may_second(second, took_part, actor.id)
    return [] if fit else [Fault("/second_reviewer", "second_reviewer_not_fit")]


def require(ctx: Context, row: ProblemRow, action: str) -> None:
    """Raises the state table's refusal, with what has happened to the problem meanwhile and by whom."""
    code = refusal(action, facts_of(row), ctx.today())
    if code is not None:
        raise overtaken(ctx, row, code)


def overtaken(ctx: Context, row: ProblemRow, code: str = "wrong_state", **more: Any) -> Refused:
    """A 409 that says what has happened to the problem meanwhile."""
    latest = problems.last_events_for_system(ctx.session, row.id, MEANWHILE)
    meanwhile = [
        {"at": ctx.clock.local(event.at).isoformat(), "by": event.actor_name, "event": event.event} for event in latest
    ]
    about = {"problem_id": str(row.id), "problem_status": row.status, "round": row.round, "meanwhile": meanwhile}
    return Refused(code, extra=about | more)


def set_clock(row: ProblemRow, *, completion_on: date | None = None) -> None:
    """`clock_on` becomes the date of whoever holds the problem now; `completion_on` is that of a proof which is not
    whole. What is finished or with a department keeps the date that its turn gave."""
    if row.status == "found":
        row.clock_on = row.issue_due_on
    elif row.status == "open":
        until = row.petition_due_on or row.due_on
        assert until is not None  # an open problem always has a date
        row.clock_on = until
    elif row.status == "submitted":
        row.clock_on = row.review_due_on or completion_on or row.clock_on


def set_due(row: ProblemRow, made: tuple[date, Basis | None]) -> None:
    """The unit's date and how it was computed."""
    due, basis = made
    row.due_on, row.due_basis = due, dict(basis) if basis is not None else None


def turned(ctx: Context, actor: Actor | None, row: ProblemRow, event: str, **detail: Any) -> None:
    """Write the problem as it is after a turn, and the turn on its timeline."""
    ctx.session.flush()
    problems.add_events_for_system(ctx.session, [ctx.event(row.id, actor, event, holder=holder_of(row), **detail)])


def settle_petition(ctx: Context, row: ProblemRow) -> None:
    """Whatever was asked and not decided is pointless after this turn."""
    if row.petition_id is None:
        return
    petition = petitions.lock_for_system(ctx.session, row.petition_id)
    assert petition is not None
    petition.decision = "settled"
    petition.decided_at = ctx.now()
    clear_petition(row)


def clear_petition(row: ProblemRow) -> None:
    row.petition_id = row.petition_kind = row.petition_due_on = None


def make_void(ctx: Context, row: ProblemRow) -> None:
    """Ended without being rectified; the event that says why is the caller's."""
    settle_petition(ctx, row)
    row.status = "void"
    row.finished_at = ctx.now()
    row.clock_on = ctx.today()


def concerned(row: ProblemRow) -> tuple[str, ...]:
    """Who hears of a turn that the unit hears of: the league as well, of what it has listed."""
    return ("unit", "supervisor") if row.supervised_on is not None else ("unit",)


def tell_of(ctx: Context, row: ProblemRow, kind: str, roles: tuple[str, ...], **params: Any) -> None:
    """Tell everybody who holds one of the roles about a problem."""
    institution = institutions.get_for_system(ctx.session, row.institution_id)
    about = {"number": row.number, "institution": institution.name, "text": row.text, "unmet": row.unmet, **params}
    ctx.tell(kind, roles, institution.id, institution.region_code, row.id, about)
