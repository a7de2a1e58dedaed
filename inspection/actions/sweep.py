"""The deadline pass: whoever is due to hear of a clock hears of it once, whatever was missed and however many sweep."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from inspection.actions.calendars import recompute_dates
from inspection.actions.context import Context
from inspection.actions.rectifications import lapse
from inspection.domain import deadlines
from inspection.domain.clock import FixedClock
from inspection.domain.deadlines import (
    DEPARTMENT_STAGES,
    ISSUE_STAGES,
    PETITION_STAGES,
    REVIEW_STAGES,
    SUPERVISION_STAGES,
    UNIT_STAGES,
    Stage,
    StagePlan,
)
from inspection.domain.errors import Refused
from inspection.storage import clocks, inspections, installation, institutions, notifications, problems
from inspection.storage.clocks import NEVER, Span
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import unit

log = logging.getLogger("inspection.sweep")
STAGES: Final = {"open": UNIT_STAGES, "submitted": REVIEW_STAGES, "transferred": DEPARTMENT_STAGES}
BATCH: Final = 500
"""Problems in one unit: few enough that whoever writes beside the pass does not feel it."""


@dataclass
class Swept:
    """What a pass did: what it looked at, stages recorded, messages sent, proofs that lapsed, what was set aside, and
    how many messages nobody is there to read (by role and region)."""

    looked_at: int = 0
    stages: int = 0
    messages: int = 0
    lapsed: int = 0
    unheard: Counter[str] = field(default_factory=Counter)
    set_aside: list[tuple[UUID, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, part: Swept) -> None:
        """What a unit did, once it is committed."""
        self.looked_at += part.looked_at
        self.stages += part.stages
        self.messages += part.messages
        self.lapsed += part.lapsed
        self.unheard += part.unheard
        self.kinds += part.kinds


def sweep(ctx: Context) -> Swept:
    """One pass over every clock of which a stage may have come. A batch is a unit; where one fails, each of its
    subjects gets a unit of its own, and what fails then is set aside by name and the walk goes on. Run again, by
    anybody, it finds nothing to do."""
    swept = Swept()
    known = installation.get_for_system(ctx.session)
    if known is not None:
        _attempt(ctx, swept, known.installation_id, partial(_new_dates, ctx))
    for status in ("submitted", "open", "transferred"):
        for span in _spans(ctx, status):
            _together(ctx, swept, span, clocks.ids_for_system, _stages_of_problems)
    for span in _spans(ctx, "found"):
        _together(ctx, swept, span, clocks.inspections_for_system, _stages_of_issuing)
    for whom, count in sorted(swept.unheard.items()):
        log.warning("messages for nobody", extra={"count": count, "whom": whom})
    with unit(ctx.session):
        if swept.stages or swept.lapsed:
            ctx.record(
                None, "sweep", "installation", "1", stages=swept.stages, messages=swept.messages, lapsed=swept.lapsed
            )
        for subject_id, error in swept.set_aside:
            installation.set_aside_for_system(ctx.session, subject_id, error, ctx.now())
        installation.forgive_for_system(ctx.session, [subject_id for subject_id, _ in swept.set_aside])
    return swept


def _new_dates(ctx: Context) -> Swept:
    recompute_dates(ctx)
    return Swept()


def _spans(ctx: Context, status: str) -> Iterator[Span]:
    """What is to be looked at, a batch at a time; what was set aside is not met twice."""
    span: Span | None = None
    while span := clocks.next_span_for_system(ctx.session, status, ctx.today(), span, BATCH):
        ctx.session.rollback()
        yield span


Work = Callable[[Context, Span | UUID], Swept]


def _together(ctx: Context, swept: Swept, span: Span, subjects_of: Callable[..., Sequence[UUID]], work: Work) -> None:
    try:
        swept.add(work(ctx, span))
    except Exception:  # one of them; each alone says which
        ctx.session.rollback()
        for subject_id in subjects_of(ctx.session, span):
            _attempt(ctx, swept, subject_id, partial(work, ctx, subject_id))


def _attempt(ctx: Context, swept: Swept, subject_id: UUID, work: Callable[[], Swept]) -> None:
    try:
        swept.add(work())
    except Refused as refused:  # somebody acted in the same moment: the next pass sees what he made of it
        log.info("passed over", extra={"subject": subject_id, "code": refused.code})
    except Exception as error:
        ctx.session.rollback()
        log.exception("set aside", extra={"subject": subject_id})
        swept.set_aside.append((subject_id, f"{type(error).__name__}: {error}"))


def _stages_of_problems(ctx: Context, which: Span | UUID) -> Swept:
    swept, said = Swept(), _Said(ctx)
    today = ctx.today()
    with unit(ctx.session):
        rows = clocks.lock_clocks_for_system(ctx.session, which)
        already = notifications.reached_for_system(ctx.session, [row.id for row in rows])
        swept.looked_at += len(rows)
        looks: dict[UUID, date] = {}
        for row in rows:
            next_on: list[date | None] = []
            if row.status == "submitted" and row.review_due_on is None:
                if row.clock_on < today:
                    _lapse(ctx, row.id)  # open again, it is met among the open ones
                    swept.lapsed += 1
                    continue
                next_on.append(row.clock_on + timedelta(days=1))
            for stages, due_on, since_on in _clocks_of(row):
                reached = frozenset(
                    stage for number, on, stage in already[row.id] if (number, on) == (row.round, due_on)
                )
                plan = deadlines.plan_stages(due_on, today, stages, reached, since_on)
                params = {
                    "number": row.number,
                    "institution": row.institution,
                    "text": row.text,
                    "unmet": row.unmet,
                    "due_on": due_on.isoformat(),
                    "days": (today - due_on).days,
                }
                said.say(plan, row.id, row.round, due_on, row.institution_id, row.id, params)
                next_on.append(plan.next_on)
            looks[row.id] = min((day for day in next_on if day is not None), default=NEVER)
        said.write(swept, {row.institution_id: row.region_code for row in rows})
        clocks.look_on_for_system(ctx.session, looks)
    return swept


def _lapse(ctx: Context, problem_id: UUID) -> None:
    problem = problems.lock_for_system(ctx.session, problem_id)
    assert problem is not None
    lapse(ctx, problem)


def _clocks_of(row: Any) -> Iterator[tuple[tuple[Stage, ...], date, date]]:
    """(stages, date, since when) by whose clock runs: a petition stops the unit's until the reviewer decides it. A
    proof that waits for its photos has no stages. `row` has the columns of `clocks.CLOCKS`."""
    if row.status == "open" and row.petition_due_on is not None:
        yield PETITION_STAGES, row.clock_on, row.since_on
    elif row.status in STAGES and not (row.status == "submitted" and row.review_due_on is None):
        yield STAGES[row.status], row.clock_on, row.since_on
    if row.supervised_on is not None and row.status in STAGES:
        yield SUPERVISION_STAGES, row.supervision_due_on, row.supervised_on


def _stages_of_issuing(ctx: Context, which: Span | UUID) -> Swept:
    """The issuer's clock runs per inspection: one message for all its findings."""
    swept, said = Swept(), _Said(ctx)
    with unit(ctx.session):
        inspection_ids = clocks.inspections_for_system(ctx.session, which) if isinstance(which, Span) else [which]
        swept.looked_at += len(inspection_ids)
        held = inspections.lock_many_for_system(ctx.session, inspection_ids)
        already = notifications.reached_for_system(ctx.session, inspection_ids)
        places = institutions.places_for_system(ctx.session, {row.institution_id for row in held})
        waiting: dict[UUID, list[ProblemRow]] = {}
        for row in problems.of_inspections_for_system(ctx.session, inspection_ids):
            if row.status == "found":
                waiting.setdefault(row.inspection_id, []).append(row)
        looks: dict[UUID, date] = {}
        for inspection in held:
            found = waiting.get(inspection.id)
            if found is None:
                continue
            first = min(found, key=lambda row: row.clock_on)
            reached = frozenset(
                code for number, on, code in already[inspection.id] if (number, on) == (0, first.clock_on)
            )
            plan = deadlines.plan_stages(first.clock_on, ctx.today(), ISSUE_STAGES, reached, first.since_on)
            params = {
                "inspection_id": str(inspection.id),
                "institution": places[inspection.institution_id][0],
                "count": len(found),
                "due_on": first.clock_on.isoformat(),
            }
            said.say(plan, inspection.id, 0, first.clock_on, inspection.institution_id, None, params)
            looks |= {row.id: plan.next_on or NEVER for row in found}
        said.write(swept, {place: region for place, (_, region) in places.items()})
        clocks.look_on_for_system(ctx.session, looks)
    return swept


class _Said:
    """What one unit records and says, written in one go. Its subjects are locked, so what is not on record yet is
    news; what is said together is said in one moment."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx.at(FixedClock(ctx.clock.zone, ctx.now()))
        self._reached: dict[tuple[Stage, ...], list[UUID]] = {}
        self._facts: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._messages: list[tuple[str, str, UUID, UUID | None, dict[str, Any]]] = []

    def say(
        self,
        plan: StagePlan,
        subject_id: UUID,
        number: int,
        due_on: date,
        institution_id: UUID,
        problem_id: UUID | None,
        params: dict[str, Any],
    ) -> None:
        if problem_id is not None and plan.reached:
            self._reached.setdefault(plan.reached, []).append(problem_id)
        elif plan.reached:
            fact = {"subject_id": subject_id, "round": number, "due_on": due_on, "at": self._ctx.now()}
            self._facts += [{**fact, "stage": stage.code} for stage in plan.reached]
        for message in plan.messages:
            stage = message.stage
            self._messages += [(stage.kind, role, institution_id, problem_id, params) for role in message.roles]
            if problem_id is not None and stage.escalates:
                # what went beyond the unit stands on the timeline, with what it proposes
                about = {"stage": stage.code, "proposal": stage.proposal}
                self._events.append(self._ctx.event(problem_id, None, stage.event, **about))

    def write(self, swept: Swept, regions: Mapping[UUID, str]) -> None:
        """`regions`: the region of today of every institution of which something is said."""
        session = self._ctx.session
        swept.stages += notifications.reach_for_system(session, self._facts)
        for stages, problem_ids in self._reached.items():
            codes = [stage.code for stage in stages]
            supervision = stages[0] in SUPERVISION_STAGES
            swept.stages += clocks.reach_for_system(
                session, codes, problem_ids, self._ctx.now(), supervision=supervision
            )
        problems.add_events_for_system(session, self._events)
        about = {place: regions[place] for _, _, place, _, _ in self._messages}
        roles = {role for _, role, _, _, _ in self._messages}
        people = notifications.recipients_of_many_for_system(session, roles, about) if about else {}
        rows = []
        for kind, role, place, problem_id, params in self._messages:
            told = people[place].get(role, ())
            swept.messages += len(told)
            swept.kinds[kind] += len(told)
            if not told:
                swept.unheard[f"{role} in {regions[place]}"] += 1
            rows += [self._ctx.message(kind, user_id, problem_id, params) for user_id in told]
        notifications.add_for_system(session, rows)


def passed_over(ctx: Context) -> Iterator[str]:
    """Unfinished problems whose next stage lies before the day on which a pass would look at them: a line for each."""
    after: UUID | None = None
    while rows := clocks.asleep_for_system(ctx.session, ctx.today(), after, BATCH):
        subjects = [row.id for row in rows] + [row.inspection_id for row in rows]
        already = notifications.reached_for_system(ctx.session, subjects)
        for row in rows:
            due = min(_to_come(row, already), default=NEVER)
            if due < row.stage_on:
                yield f"problem {row.number or row.id}: its stage of {due} would be passed over until {row.stage_on}"
        after = rows[-1].id


def _to_come(row: Any, already: Mapping[UUID, set[tuple[int, date, str]]]) -> Iterator[date]:
    """The days of all stages that are not on record."""
    if row.status == "submitted" and row.review_due_on is None:
        yield row.clock_on + timedelta(days=1)
    issuing = [(ISSUE_STAGES, row.clock_on, row.inspection_id, 0)] if row.status == "found" else []
    for stages, due_on, subject, number in [*issuing, *((s, on, row.id, row.round) for s, on, _ in _clocks_of(row))]:
        for stage in stages:
            if (number, due_on, stage.code) not in already[subject]:
                yield due_on + timedelta(days=stage.days)


def beat(ctx: Context, name: str, *, swept: bool = False) -> None:
    """This process is alive."""
    with unit(ctx.session):
        installation.beat_for_system(ctx.session, name, ctx.now(), swept=swept)


def sweep_temporary(ctx: Context) -> int:
    """Remove uploads that broke off more than fourteen days ago."""
    return ctx.evidence.sweep_temporary((ctx.now() - timedelta(days=14)).timestamp())
