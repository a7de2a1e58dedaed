"""What a unit hands in as proof, what a reviewer decides on it, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from inspection.domain.errors import Fault


@dataclass(frozen=True, slots=True)
class Proof:
    """The body of `PUT /problems/{id}/rectifications/{uuid}`; `photos` keeps the wire's objects by hash."""

    description: str
    completed_on: date
    photos: Mapping[str, Mapping[str, Any]]


METHODS: Final = ("desk", "on_site")


@dataclass(frozen=True, slots=True)
class Decision:
    """The body of `PUT /problems/{id}/reviews/{uuid}`."""

    rectification_id: UUID
    decision: str
    comment: str
    method: str
    new_due_on: date | None
    second_reviewer: UUID | None
    photos: tuple[str, ...]


def photo_faults(photos: Sequence[str], photo_rule: str) -> list[Fault]:
    """A proof needs a photo where the item's rule says `required` and takes none where it says `forbidden`."""
    if photo_rule == "required" and not photos:
        return [Fault("/photos", "photo_required")]
    if photo_rule == "forbidden":
        return [Fault(f"/photos/{photo}", "photo_forbidden") for photo in photos]
    return []


def closing_faults(severity: str, method: str, second_reviewer: UUID | None) -> list[Fault]:
    """A critical problem closes on site, by two, whoever put it right. (Who the second may be is another matter.)"""
    faults = []
    if severity == "critical" and method != "on_site":
        faults.append(Fault("/method", "needs_on_site"))
    if severity == "critical" and second_reviewer is None:
        faults.append(Fault("/second_reviewer", "needs_second_reviewer"))
    return faults


def review_faults(decision: Decision, *, severity: str, photo_rule: str, returns_to: str, today: date) -> list[Fault]:
    """Faults that the decision itself shows; whether the second reviewer may be one is a matter of who he is.
    `returns_to`: the state of the problem once the proof is returned; a finding has no date of the unit's."""
    faults = []
    if decision.decision == "return":
        if not decision.comment.strip():
            faults.append(Fault("/comment", "comment_required"))
        if decision.new_due_on is not None and decision.new_due_on < today:
            faults.append(Fault("/new_due_on", "date_in_past"))
        if decision.new_due_on is not None and returns_to == "found":
            faults.append(Fault("/new_due_on", "not_expected"))
    else:
        if decision.new_due_on is not None:
            faults.append(Fault("/new_due_on", "not_expected"))
        faults += closing_faults(severity, decision.method, decision.second_reviewer)
    if photo_rule == "forbidden":
        faults += [Fault(f"/photos/{index}", "photo_forbidden") for index in range(len(decision.photos))]
    return faults
