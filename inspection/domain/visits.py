"""A joint visit: several people, phones and authorities, each handing in their part. Nothing is merged silently:
where two answers to one item differ, both are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from checklists.engine import Flag
from checklists.model import Checklist
from inspection.domain.errors import pointer
from inspection.domain.inspections import TEAM_SIZE

BOARDING: Final = ("boarding",)
TEAM_FLAGS: Final = frozenset({"small_team", "one_authority"})


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a team; `user_id` where it is an account, `sex` where that is known."""

    user_id: UUID | None
    name: str
    organisation: str
    sex: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One submission of a visit: its answers by item as they were handed in."""

    inspection_id: UUID
    by: str
    answers: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """What one submission answered."""

    inspection_id: UUID
    by: str
    value: Any
    note: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """An item to which the submissions of a visit give different answers."""

    item_code: str
    answers: tuple[Said, ...]


def conflicts(parts: Sequence[Part]) -> list[Conflict]:
    """By item; the same value twice is no conflict, `na` beside an answer is one."""
    said: dict[str, list[Said]] = {}
    for part in parts:
        for code, answer in part.answers.items():
            said.setdefault(code, []).append(Said(part.inspection_id, part.by, answer.get("value"), answer.get("note")))
    return [
        Conflict(code, tuple(answers))
        for code, answers in sorted(said.items())
        if any(other.value != answers[0].value for other in answers[1:])
    ]


def team(members: Sequence[Member]) -> list[Member]:
    """Each person once: an account by its id, others by name and organisation."""
    accounts = {member.user_id: member for member in members if member.user_id is not None}
    by_name = {(member.name, member.organisation) for member in accounts.values()}
    others = {
        (member.name, member.organisation): member
        for member in members
        if member.user_id is None and (member.name, member.organisation) not in by_name
    }
    return [*accounts.values(), *others.values()]


def still_standing(flags: Sequence[Flag], answered_elsewhere: Collection[str], team: Sequence[Member]) -> list[Flag]:
    """The flags of a receipt, read against the whole visit: an answer that another submission gave is not missing, and
    the team is everybody who took part in any of them."""
    given = {pointer("answers", code) for code in answered_elsewhere}
    small = {"small_team"} if len(team) < TEAM_SIZE else set()
    alone = {"one_authority"} if len({member.organisation for member in team}) < TEAM_SIZE else set()
    return [
        flag
        for flag in flags
        if (flag.code != "answer_missing" or flag.pointer not in given)
        and (flag.code not in TEAM_FLAGS or flag.code in small | alone)
    ]


def team_flags(
    members: Sequence[Member], answered: Sequence[str], checklist: Checklist, recused: frozenset[UUID]
) -> list[Flag]:
    """What is odd about a whole visit's team; never a reason to refuse anything. `answered`: items that were looked
    at (not answered `na`)."""
    flags = []
    if len(members) < TEAM_SIZE:
        flags.append(Flag("small_team", None))
    if len({member.organisation for member in members}) < TEAM_SIZE:
        flags.append(Flag("one_authority", None))
    if not any(member.sex == "female" for member in members) and _boarding_done(answered, checklist):
        flags.append(Flag("no_woman_in_dormitory", None))
    if any(member.user_id in recused for member in members):
        flags.append(Flag("recused_in_team", None))
    return flags


def _boarding_done(answered: Sequence[str], checklist: Checklist) -> bool:
    items = (checklist.item(code) for code in answered)
    return any(item is not None and tuple(item.applies_when) == BOARDING for item in items)
