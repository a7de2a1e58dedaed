"""Who there is, and what a reader of the contract knows of one problem: a `Life`, told by hand for `turn_model`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inspection.domain.actor import Grant
from tests.support.world import World

ELSEWHERE = ("stranger", "neighbour")


PEOPLE = {
    # account → the roles by which it may turn a problem; the first of each kind stands in the problem's own region
    "school": {"unit"},
    "stranger": {"unit"},
    "bureau": {"reviewer"},
    "colleague": {"reviewer"},  # of the same bureau, and a member of the inspecting team
    "neighbour": {"reviewer"},
    "league": {"supervisor"},
    "inspector": {"inspector"},
    "inspector2": {"inspector"},
    "procurator": {"inspector"},
    "firefighter": {"inspector"},  # a specialist
    "congress": set[str](),
    "sysadmin": set[str](),
    "secadmin": set[str](),
    "auditor": set[str](),
}


KINDS = ("school", "stranger", "bureau", "colleague", "neighbour", "league", "inspector", "congress")
"""One for each way in which a verdict can differ; the others add names, not verdicts."""


READERS = ("school", "bureau", "colleague", "league", "inspector", "procurator")


def people(world: World) -> None:
    """Those who are not of the cast."""
    world.employ("colleague", Grant("reviewer", "150102"))
    world.employ("firefighter", Grant("specialist", "150102"))


@dataclass
class Visit:
    """One inspection with its problems. `asked`: a withdrawal that waits, by its id."""

    id: str
    issued: bool = False
    withdrawn: bool = False
    asked: str | None = None
    asker: str | None = None
    lives: list[Life] = field(default_factory=list)


@dataclass
class Life:
    """`clock` is what the server said of the unit's date; whether it is right is the calendar's test, not this one."""

    id: str
    visit: Visit
    status: str
    due: date | None = None
    at_once: bool = False
    numbered: bool = False
    department: bool = False
    petition: str | None = None
    holds: bool = False
    objected: bool = False
    denied: set[date] = field(default_factory=set)
    petitions: dict[str, str] = field(default_factory=dict)
    proof: str | None = None
    photo: bytes | None = None
    whole: bool = True
    supervised: bool = False
    round: int = 1
    ended_on: date | None = None

    def holder(self) -> str | None:
        if self.status == "open":
            return "reviewer" if self.holds else "unit"
        return {"found": "issuer", "submitted": "reviewer", "transferred": "department"}.get(self.status)

    def deadline_class(self, today: date) -> str | None:
        if self.status != "open" or self.due is None:
            return None
        if self.holds or today < self.due:
            return "not_due"
        return "due_today" if today == self.due else "overdue"

    def end(self, status: str, today: date) -> None:
        self.status, self.ended_on = status, today
        self.petition, self.holds = None, False


Verdict = tuple[int, str | None]


DONE: Verdict = (201, None)


def no(code: str) -> Verdict:
    return (409, code)


def inspect(
    world: World, codes: tuple[str, ...], who: str = "inspector", fixed: str | None = None, at_once: str | None = None
) -> Visit:
    """An inspection whose team is `who`, a procurator and a colleague of the bureau."""
    colleague = {"user_id": world.person("colleague").id, "name": "同事", "organisation": "新城区教育局"}
    wrong: dict[str, Any] = {code: [] for code in codes}
    if at_once is not None:
        wrong[at_once] = [{"fact": "无人值守", "due_days": 0}]
    if fixed is not None:
        wrong[fixed] = [{"fact": "未锁", "fixed_on_the_spot": {"note": "已锁", "photos": []}}]
    made = world.inspect(wrong, who=who, participants=[colleague])
    visit = Visit(made["id"])
    for problem in made["problems"]:
        life = Life(problem["id"], visit, problem["status"], at_once=problem["status"] == "open")
        if problem["status"] == "submitted":
            life.proof = world.problem(life.id)["rounds"][-1]["id"]
        visit.lives.append(life)
    return visit
