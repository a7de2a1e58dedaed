"""The deadline pass: whoever is due to hear of a clock hears of it once, whatever was missed and however many sweep."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from inspection.actions.calendars import recompute_dates
from inspection.actions.context import Context
from inspection.actions.rectifications import lapse
from inspection.actions.turns import holder_of
from inspection.actions.verification import mission_faults
from inspection.domain import deadlines
from inspection.domain.deadlines import (
    DEPARTMENT_STAGES,
    ISSUE_STAGES,
    PETITION_STAGES,
    REVIEW_STAGES,
    UNIT_STAGES,
    Stage,
    StagePlan,
)
from inspection.domain.errors import Refused
from inspection.storage import inspections, installation, institutions, notifications, problems
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import unit

log = logging.getLogger("inspection.sweep")
BATCH: Final = 200
OPEN_STAGES: Final = {"unit": UNIT_STAGES, "reviewer": PETITION_STAGES, "department": DEPARTMENT_STAGES}
"""An open problem's stages, by whose clock runs: a petition stops the unit's until the reviewer decides it."""


@dataclass
class Swept:
    """What a pass did: stages recorded, messages sent, proofs that lapsed, what was set aside, and which problems were
    found without a holder or a date."""

    looked_at: int = 0
    stages: int = 0
    messages: int = 0
    lapsed: int = 0
    unheard: int = 0
    set_aside: list[tuple[UUID, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def sweep(ctx: Context) -> Swept:
    """One pass over every clock that has come near. Each subject has a unit of its own; one that fails is set aside
    by name and the walk goes on. Run again, by anybody, it finds nothing to do."""
    swept = Swept()
    known = installation.get_for_system(ctx.session)
    if known is not None:
        _attempt(ctx, swept, known.installation_id, partial(recompute_dates, ctx))
    today = ctx.today()
    for clock in _walk(ctx, "submitted", today - timedelta(days=1)):
        if clock.review_due_on is None:
            _each(ctx, swept, clock.id, partial(_lapse, ctx, swept, clock.id))
    for clock in _walk(ctx, "open", today + timedelta(days=deadlines.LOOK_AHEAD_DAYS)):
        _each(ctx, swept, clock.id, partial(_stages_of_problem, ctx, swept, clock, OPEN_STAGES[clock.holder]))
    for clock in _walk(ctx, "transferred", today):
        _each(ctx, swept, clock.id, partial(_stages_of_problem, ctx, swept, clock, DEPARTMENT_STAGES))
    for clock in _walk(ctx, "submitted", today):
        if clock.review_due_on is not None:
            _each(ctx, swept, clock.id, partial(_stages_of_problem, ctx, swept, clock, REVIEW_STAGES))
    waiting = sorted(_walk(ctx, "found", today), key=lambda clock: (clock.inspection_id, clock.id))
    for inspection_id, clocks in groupby(waiting, key=lambda clock: clock.inspection_id):
        _each(ctx, swept, inspection_id, partial(_stages_of_issuing, ctx, swept, list(clocks)))
    _finish(ctx, swept)
    swept.faults = list(mission_faults(ctx))
    for fault in swept.faults:
        log.error("%s", fault)
    return swept


def _finish(ctx: Context, swept: Swept) -> None:
    with unit(ctx.session):
        if swept.stages or swept.lapsed:
            ctx.record(
                None, "sweep", "installation", "1", stages=swept.stages, messages=swept.messages, lapsed=swept.lapsed
            )
        for subject_id, error in swept.set_aside:
            installation.set_aside_for_system(ctx.session, subject_id, error, ctx.now())
        installation.forgive_for_system(ctx.session, [subject_id for subject_id, _ in swept.set_aside])


@dataclass(frozen=True, slots=True)
class _Clock:
    """A problem's running clock, as read before its unit."""

    id: UUID
    inspection_id: UUID
    status: str
    holder: str
    round: int
    clock_on: date
    since_on: date
    review_due_on: date | None


def _walk(ctx: Context, status: str, until: date) -> list[_Clock]:
    """All problems of a status whose clock ends by `until`."""
    clocks: list[_Clock] = []
    after: tuple[date, UUID] | None = None
    while rows := problems.due_for_sweep_for_system(ctx.session, status, until, after, BATCH):
        clocks += [
            _Clock(
                id=row.id,
                inspection_id=row.inspection_id,
                status=row.status,
                holder=holder_of(row) or "",
                round=row.round,
                clock_on=row.clock_on,
                since_on=row.since_on,
                review_due_on=row.review_due_on,
            )
            for row in rows
        ]
        after = (rows[-1].clock_on, rows[-1].id)
        ctx.session.expunge_all()
    ctx.session.rollback()
    return clocks


def _each(ctx: Context, swept: Swept, subject_id: UUID, work: Callable[[], object]) -> None:
    swept.looked_at += 1
    _attempt(ctx, swept, subject_id, work)


def _attempt(ctx: Context, swept: Swept, subject_id: UUID, work: Callable[[], object]) -> None:
    try:
        work()
    except Refused as refused:  # somebody acted in the same moment: the next pass sees what he made of it
        log.info("passed over %s: %s", subject_id, refused.code)
    except Exception as error:
        ctx.session.rollback()
        log.exception("set aside %s", subject_id)
        swept.set_aside.append((subject_id, f"{type(error).__name__}: {error}"))


def _lapse(ctx: Context, swept: Swept, problem_id: UUID) -> None:
    with unit(ctx.session):
        problem = problems.lock_for_system(ctx.session, problem_id)
        if (
            problem is not None
            and problem.status == "submitted"
            and problem.review_due_on is None
            and problem.clock_on < ctx.today()
        ):
            lapse(ctx, problem)
            swept.lapsed += 1


def _stages_of_problem(ctx: Context, swept: Swept, seen: _Clock, stages: Sequence[Stage]) -> None:
    plan = _plan(ctx, seen.id, seen.round, seen.clock_on, seen.since_on, stages)
    if not plan.reached:
        return
    with unit(ctx.session):
        problem = problems.lock_for_system(ctx.session, seen.id)
        if problem is None or (problem.status, holder_of(problem), problem.round, problem.clock_on) != (
            seen.status,
            seen.holder,
            seen.round,
            seen.clock_on,
        ):
            return
        institution = institutions.get_for_system(ctx.session, problem.institution_id)
        params = {
            "number": problem.number,
            "institution": institution.name,
            "text": problem.text,
            "due_on": seen.clock_on.isoformat(),
            "days": (ctx.today() - seen.clock_on).days,
        }
        _say(ctx, swept, plan, problem.id, seen.round, seen.clock_on, institution, problem.id, params)
        _note_escalations(ctx, problem, plan)


def _note_escalations(ctx: Context, problem: ProblemRow, plan: StagePlan) -> None:
    """What went beyond the unit stands on the timeline, with what it proposes."""
    events = [
        ctx.event(problem.id, None, message.stage.kind, stage=message.stage.code, proposal=message.stage.proposal)
        for message in plan.messages
        if message.stage.kind.endswith("overdue") or message.stage.kind == "escalated"
    ]
    problems.add_events_for_system(ctx.session, events)


def _stages_of_issuing(ctx: Context, swept: Swept, waiting: Sequence[_Clock]) -> None:
    """The issuer's clock runs per inspection: one message for all its findings."""
    first = min(waiting, key=lambda clock: clock.clock_on)
    plan = _plan(ctx, first.inspection_id, 0, first.clock_on, first.since_on, ISSUE_STAGES)
    if not plan.reached:
        return
    with unit(ctx.session):
        inspection = inspections.find_for_system(ctx.session, first.inspection_id, locked=True)
        assert inspection is not None
        institution = institutions.get_for_system(ctx.session, inspection.institution_id)
        found = [
            row for row in problems.of_inspections_for_system(ctx.session, [inspection.id]) if row.status == "found"
        ]
        if not found:
            return
        params = {
            "inspection_id": str(inspection.id),
            "institution": institution.name,
            "count": len(found),
            "due_on": first.clock_on.isoformat(),
        }
        _say(ctx, swept, plan, inspection.id, 0, first.clock_on, institution, None, params)


def _plan(
    ctx: Context, subject_id: UUID, number: int, due_on: date, since_on: date, stages: Sequence[Stage]
) -> StagePlan:
    reached = notifications.reached_for_system(ctx.session, [subject_id])[subject_id]
    already = {stage for of_round, of_date, stage in reached if (of_round, of_date) == (number, due_on)}
    return deadlines.plan_stages(due_on, ctx.today(), stages, already, since_on)


def _say(
    ctx: Context,
    swept: Swept,
    plan: StagePlan,
    subject_id: UUID,
    number: int,
    due_on: date,
    institution: institutions.InstitutionRow,
    problem_id: UUID | None,
    params: dict[str, Any],
) -> None:
    """Record what was reached; say what is said only if its record is news."""
    news = {
        stage.code
        for stage in plan.reached
        if notifications.reach_for_system(ctx.session, subject_id, number, due_on, stage.code, ctx.now())
    }
    swept.stages += len(news)
    for message in plan.messages:
        if message.stage.code not in news:
            continue
        for role in message.roles:
            told = ctx.tell(message.stage.kind, (role,), institution.id, institution.region_code, problem_id, params)
            swept.messages += told
            swept.kinds[message.stage.kind] += told
            if told == 0:
                swept.unheard += 1
                log.warning("nobody to tell: %s for %s at %s", role, message.stage.code, institution.name)


def beat(ctx: Context, name: str, *, swept: bool = False) -> None:
    """This process is alive."""
    with unit(ctx.session):
        installation.beat_for_system(ctx.session, name, ctx.now(), swept=swept)


def sweep_temporary(ctx: Context) -> int:
    """Remove uploads that broke off more than fourteen days ago."""
    return ctx.evidence.sweep_temporary((ctx.now() - timedelta(days=14)).timestamp())
