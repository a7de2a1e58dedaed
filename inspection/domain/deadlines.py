"""Every clock of the system as plain functions on dates: due dates, stages, and who is told at which.

A deadline is a date and lasts to its end. Overdue is computed here and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from inspection.domain.calendar import Calendar

DEFAULT_DUE_DAYS: Final = 15
RETURN_DAYS: Final = 7
REVIEW_WORKDAYS: Final = 5
ISSUE_WORKDAYS: Final = 3
PROOF_COMPLETION_DAYS: Final = 3
PETITION_WORKDAYS: Final = 5

DeadlineClass = Literal["not_due", "due_today", "overdue"]


def due_on(start: date, days: int, calendar: Calendar) -> date:
    """`days` civil days after `start`, which is not counted; a last day on a rest day moves to the next working
    day (民法典 201, 203). Zero days mean the day itself and are never moved: danger does not wait for Monday."""
    return start if days == 0 else calendar.next_workday(start + timedelta(days=days))


Basis = Mapping[str, Any]
"""How a date was computed: `from` and `floor` (ISO dates; no earlier than the latter), `days`, and whether the
calendar of the year on which it fell was `provisional` then. A date that a person decided has none."""


def computed(start: date, days: int, calendar: Calendar, floor: date | None = None) -> tuple[date, Basis]:
    """`due_on` of a start and days, no earlier than the floor, with the basis by which it can be computed again."""
    due = due_on(start, days, calendar)
    if floor is not None:
        due = max(due, floor)
    return due, {
        "from": start.isoformat(),
        "days": days,
        "floor": floor.isoformat() if floor else None,
        "provisional": calendar.is_provisional(due),
    }


def recomputed(basis: Basis, calendar: Calendar) -> tuple[date, Basis]:
    """The same date by the calendar as it is now."""
    floor = date.fromisoformat(basis["floor"]) if basis["floor"] else None
    return computed(date.fromisoformat(basis["from"]), basis["days"], calendar, floor)


def is_provisional(basis: Basis | None) -> bool:
    """Whether a date computed on this basis fell in a year that was not announced, and may move once it is."""
    return basis is not None and bool(basis["provisional"])


def notice_start(issued_on: date, served_on: date) -> date:
    """Deadlines of a notice run from the later of its issue and its service."""
    return max(issued_on, served_on)


def next_due_on(old: date, today: date, days: int, calendar: Calendar) -> tuple[date, Basis]:
    """After a return, or handed back by a department: the later of the old date, which is told already, and a few
    days from today."""
    return computed(today, min(days, RETURN_DAYS), calendar, old)


def promised(ordered: date | None, extended: date | None) -> date | None:
    """The latest date that was ordered of the unit, or that it was granted."""
    return max((day for day in (ordered, extended) if day is not None), default=None)


def handed_back_due_on(latest: date | None, today: date, days: int, calendar: Calendar) -> tuple[date, Basis]:
    """Handed back to the unit, or reopened: as after a return, no earlier than what was `promised`."""
    return next_due_on(max(latest or today, today), today, days, calendar)


def moved(old: date, due: date, today: date, calendar: Calendar) -> date:
    """Where a date goes that another calendar computes to be `due`. One that is still to come never lands in the past;
    one that has passed moves to the right day, but never to an earlier one, and what is overdue by it stays so."""
    return after_decision(due, today, calendar) if old >= today else max(old, due)


def review_due_on(whole_on: date, calendar: Calendar) -> date:
    """Until when a proof is to be reviewed that was whole on this day."""
    return calendar.add_workdays(whole_on, REVIEW_WORKDAYS)


def issue_due_on(received_on: date, calendar: Calendar) -> date:
    """Until when the notice on an inspection received on this day is to be issued."""
    return calendar.add_workdays(received_on, ISSUE_WORKDAYS)


def petition_due_on(asked_on: date, calendar: Calendar) -> date:
    """Until when a petition that holds the unit's clock is to be decided."""
    return calendar.add_workdays(asked_on, PETITION_WORKDAYS)


def after_decision(day: date, today: date, calendar: Calendar) -> date:
    """The date that stands once a petition is decided: this one, or the next working day if it has passed."""
    return day if day >= today else calendar.next_workday(today + timedelta(days=1))


def asked_in_time(asked_on: date, due: date, denied_dates: Collection[date]) -> bool:
    """An extension asked by its date holds overdue off until it is decided. Once denied, the date is decided: asking
    again for the same one (`denied_dates` are those that stood after a denial) holds nothing off."""
    return asked_on <= due and due not in denied_dates


def proof_completion_due_on(submitted_on: date) -> date:
    """The last day on which the photos of a proof may still arrive."""
    return submitted_on + timedelta(days=PROOF_COMPLETION_DAYS)


def classify(due: date, today: date, *, held: bool = False) -> DeadlineClass:
    """Every open problem is in exactly one of the three; one whose clock a petition holds is not due."""
    if held:
        return "not_due"
    if today > due:
        return "overdue"
    return "due_today" if today == due else "not_due"


def was_on_time(received_on: date, ordered_due_on: date | None, extended_due_on: date | None = None) -> bool:
    """By the date that was ordered or by an approved extension of it; what was fixed before any date was ordered is
    on time. A return's date does not count."""
    if ordered_due_on is None:
        return True
    return received_on <= max(ordered_due_on, extended_due_on or ordered_due_on)


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A point on a clock: `days` from its date, the kind of message, and the roles that get it. There is one of each.
    `proposal` is what the stage puts before its readers (挂牌督办, 检察建议)."""

    code: str
    days: int
    kind: str
    roles: tuple[str, ...]
    proposal: str | None = None

    @property
    def escalates(self) -> bool:
        """Whether it goes beyond who holds the clock, and so stands on the timeline."""
        return self.days > 0

    @property
    def event(self) -> str:
        return "escalated" if self.proposal else self.kind


UNIT_STAGES: Final = (
    Stage("due_-7", -7, "due_soon", ("unit",)),
    Stage("due_-3", -3, "due_soon", ("unit",)),
    Stage("due_-1", -1, "due_soon", ("unit",)),
    Stage("due_0", 0, "due_today", ("unit",)),
    Stage("due_+1", 1, "overdue", ("unit", "reviewer")),
    Stage("due_+7", 7, "escalated", ("supervisor",)),
    Stage("due_+15", 15, "supervision_proposed", ("supervisor", "proc_inspector"), "listed_supervision"),
    Stage("due_+30", 30, "recommendation_proposed", ("proc_inspector",), "procuratorial_recommendation"),
)
REVIEW_STAGES: Final = (
    Stage("review_0", 0, "review_due", ("reviewer",)),
    Stage("review_+1", 1, "review_overdue", ("reviewer",)),
    Stage("review_+7", 7, "review_overdue", ("supervisor",)),
)
ISSUE_STAGES: Final = (
    Stage("issue_0", 0, "issue_due", ("reviewer",)),
    Stage("issue_+1", 1, "issue_overdue", ("reviewer",)),
    Stage("issue_+7", 7, "issue_overdue", ("supervisor",)),
)
PETITION_STAGES: Final = (
    Stage("petition_0", 0, "decision_due", ("reviewer",)),
    Stage("petition_+1", 1, "decision_overdue", ("reviewer",)),
    Stage("petition_+7", 7, "decision_overdue", ("supervisor",)),
)
SUPERVISION_STAGES: Final = (
    Stage("supervision_0", 0, "supervision_due", ("unit", "supervisor")),
    Stage("supervision_+1", 1, "supervision_overdue", ("unit", "reviewer", "supervisor", "proc_inspector")),
)
"""挂牌督办 has a date of its own beside whoever's clock runs."""
DEPARTMENT_STAGES: Final = (
    Stage("department_0", 0, "department_due", ("reviewer",)),
    Stage("department_+1", 1, "department_overdue", ("reviewer",)),
    Stage("department_+7", 7, "department_overdue", ("supervisor",)),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One stage's message to those of its roles whom no later stage addresses in the same walk."""

    stage: Stage
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """`reached` are all stages to be recorded now, `messages` what is said of them; `next_on` is the day of the first
    stage to come, None after the last."""

    reached: tuple[Stage, ...]
    messages: tuple[Message, ...]
    next_on: date | None


@lru_cache(4096)
def plan_stages(due: date, today: date, stages: tuple[Stage, ...], already: frozenset[str], since: date) -> StagePlan:
    """What a walk on `today` has to record and to say of one clock.

    `already` are codes recorded before; `since` is when the clock began. After an outage every stage that has passed
    is recorded, but each role hears of the latest one alone. A reminder whose day lies before the clock began is
    recorded in silence: there was nothing yet to be reminded of.
    """
    gone, begun = (today - due).days, (since - due).days
    reached = [stage for stage in stages if stage.days <= gone and stage.code not in already]
    latest: dict[str, Stage] = {}
    for stage in reached:
        if stage.days < 0 and stage.days < begun:
            continue
        for role in stage.roles:
            latest[role] = stage
    messages = [
        Message(stage, tuple(role for role in stage.roles if latest[role] is stage))
        for stage in dict.fromkeys(latest.values())
    ]
    to_come = min((stage.days for stage in stages if stage.days > gone and stage.code not in already), default=None)
    next_on = None if to_come is None else due + timedelta(days=to_come)
    return StagePlan(tuple(reached), tuple(messages), next_on)
