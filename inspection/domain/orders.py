"""What the desk orders about one problem beside notice and review: it goes to a department (移交), the department's
reply is recorded (回复), a league lists it (挂牌督办), a closed one is opened again (重新打开)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from inspection.domain.errors import Fault
from inspection.domain.rectifications import closing_faults


@dataclass(frozen=True, slots=True)
class Transfer:
    """To whom the problem belongs: a department by name, or the institution again."""

    kind: str
    name: str | None
    reason: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the department answered, recorded by the bureau on its behalf. `outcome`: done, in_progress, declined.
    `method` and `second_reviewer` say how the bureau saw that it is done."""

    department: str
    outcome: str
    text: str
    replied_on: date
    new_due_on: date | None
    method: str
    second_reviewer: UUID | None


@dataclass(frozen=True, slots=True)
class Supervision:
    """挂牌督办: why it is listed, and the date that the league sets."""

    reason: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Reopening:
    """Why a closed problem is not settled after all; `due_on` None: the problem's own days, at most a return's."""

    reason: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """The body of `PUT /reminders/{uuid}`: what units are reminded of, and a word with it."""

    problem_ids: tuple[UUID, ...]
    text: str | None


def transfer_faults(transfer: Transfer, promised: date | None, today: date) -> list[Fault]:
    """`promised` is the latest date that was ordered of the unit, or granted to it: handed back, it has no less."""
    faults = []
    if transfer.kind == "department" and not transfer.name:
        faults.append(Fault("/responsible/name", "required"))
    if transfer.kind == "institution" and transfer.due_on and promised and transfer.due_on < promised:
        faults.append(Fault("/due_on", "due_before_promised", {"due_on": promised.isoformat()}))
    return faults + date_faults("/due_on", transfer.due_on, today)


def reply_faults(reply: Reply, department: str | None, severity: str, found_on: date, today: date) -> list[Fault]:
    """A reply is that of the `department` which has the problem (None: the notice named none), and dated between the
    finding and today."""
    faults = [Fault("/replied_on", "date_in_future")] if reply.replied_on > today else []
    if department is not None and reply.department != department:
        faults.append(Fault("/department", "other_department", {"department": department}))
    if reply.outcome == "done":
        faults += closing_faults(severity, reply.method, reply.second_reviewer)
    if reply.replied_on < found_on:
        faults.append(Fault("/replied_on", "date_before_inspection", {"inspected": found_on.isoformat()}))
    if reply.outcome != "in_progress" and reply.new_due_on is not None:
        faults.append(Fault("/new_due_on", "not_expected"))
    return faults + date_faults("/new_due_on", reply.new_due_on, today)


def date_faults(at: str, day: date | None, today: date) -> list[Fault]:
    """A date that is set is today or later."""
    return [Fault(at, "date_in_past")] if day is not None and day < today else []
