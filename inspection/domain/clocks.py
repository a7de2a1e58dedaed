"""Who held a problem for how long, and how late it is against each of its dates: from the events of its life alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

DATED_BY: Final = {
    "found": "danger",
    "issued": "notice",
    "recomputed": "notice",
    "extension_approved": "extension",
    "returned": "return",
    "reopened": "reopening",
    "handed_back": "hand_back",
}
"""Events that set the unit's date, and on what ground."""

HANDED_IN: Final = frozenset({"submitted", "fixed_on_the_spot"})


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
    """Against each date that ever stood. It ends with the receipt of the proof that was accepted; a petition that was
    denied or a reopening changes no date that came before."""
    ended: date | None = None
    handed_in: date | None = None
    dates: list[tuple[str, date]] = []
    for happened in events:
        if happened.event in HANDED_IN:
            handed_in = happened.on
        elif happened.event in ("accepted", "settled"):
            ended = handed_in if happened.event == "accepted" and handed_in else happened.on
        elif happened.event == "reopened":
            ended = None
        elif happened.event in ("dropped", "merged", "objection_upheld", "withdrawn", "transferred"):
            ended = happened.on
        due_on = happened.detail.get("due_on")
        if due_on and happened.event in DATED_BY:
            dates.append((DATED_BY[happened.event], date.fromisoformat(due_on)))
    until = ended or today
    return [Late(basis, due_on, max(0, (until - due_on).days)) for basis, due_on in dates]
