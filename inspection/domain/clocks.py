"""Who held a problem for how long, and how late it is against each of its dates: from the events of its life alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

DATED_BY: Final = {
    "found": "danger",
    "issued": "notice",
    "taken_up_again": "notice",
    "proof_incomplete": "notice",
    "extension_approved": "extension",
    "extension_denied": "denial",
    "objection_denied": "denial",
    "returned": "return",
    "reopened": "reopening",
    "handed_back": "hand_back",
}
"""Events that set the unit's date, and on what ground."""

HANDED_IN: Final = frozenset({"submitted", "fixed_on_the_spot", "proof_whole"})
RUNS_ON: Final = frozenset({"proof_incomplete", "returned", "reopened", "handed_back", "taken_up_again"})
ENDED: Final = frozenset({"dropped", "merged", "objection_upheld", "withdrawn", "ended"})


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a timeline on its civil day. Its detail names the `holder` where the turn may have changed it."""

    on: date
    event: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Late:
    """How many days after this date the problem was (or still is not) rectified; `basis` is who set the date."""

    basis: str
    due_on: date
    days: int


def held_days(events: Sequence[Happened], today: date) -> dict[str, int]:
    """Days for which each holder (issuer, unit, reviewer, department) had it, the day of taking over not counted."""
    days: dict[str, int] = {}
    holder: str | None = None
    since = today
    for happened in events:
        if "holder" not in happened.detail:
            continue
        if holder is not None:
            days[holder] = days.get(holder, 0) + (happened.on - since).days
        holder, since = happened.detail["holder"], happened.on
    if holder is not None:
        days[holder] = days.get(holder, 0) + (today - since).days
    return days


def late_days(events: Sequence[Happened], today: date) -> list[Late]:
    """Against each date that ever stood. The unit's days stop with the proof that it hands in and run on where that is
    returned or was never whole; a proof that lapsed and became whole counts from its record. With a transfer the dates
    that stood are behind the unit: a department's days are never its own."""
    dates: list[_Date] = []
    stopped: date | None = None
    handed_in: date | None = None
    for happened in events:
        if happened.event in HANDED_IN:
            handed_in = handed_in if happened.event == "proof_whole" else happened.on
            stopped = handed_in
        elif happened.event in RUNS_ON:
            stopped = None
        elif happened.event in ENDED:
            stopped = stopped or happened.on
        elif happened.event == "transferred":
            stopped = stopped or happened.on
            dates = [one if one.until else replace(one, until=stopped) for one in dates]
        due_on, old = _day(happened, "due_on"), _day(happened, "old_due_on")
        if due_on is None or due_on == old:
            continue
        if happened.event == "recomputed":  # the date was always this one, only the calendar was not known
            dates = [replace(one, due_on=due_on) if one.due_on == old else one for one in dates]
        elif happened.event in DATED_BY:
            dates.append(_Date(DATED_BY[happened.event], due_on))
    until = stopped or today
    return [Late(one.basis, one.due_on, max(0, ((one.until or until) - one.due_on).days)) for one in dates]


def _day(happened: Happened, name: str) -> date | None:
    given = happened.detail.get(name)
    return date.fromisoformat(given) if given else None


@dataclass(frozen=True, slots=True)
class _Date:
    basis: str
    due_on: date
    until: date | None = None
