"""Every turn in every state by everybody, over HTTP, against an oracle written by hand (`turn_model`).

The table walks each state and tries all that may not be done there (it must be refused in the right words and change
nothing) and all that may (it must do just that, once). The machine lives many lives at once in any order, with days
passing and deadline passes between. In both, `moves` has to tell everybody exactly what he may do.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inspection.actions.verification import mission_faults
from tests.journeys.turn_lives import DONE, KINDS, PEOPLE, READERS, Life, inspect, people
from tests.journeys.turn_model import ACTIONS, BY_NAME, Action, moves, verdict
from tests.support.databases import ENGINES
from tests.support.world import World, made_world, sha256

CODES = ("S-01-05", "S-08-05")


def seen(world: World, life: Life, who: str = "bureau") -> dict[str, Any]:
    return world.problem(life.id, who)


def refresh(world: World, *lives: Life) -> None:
    """The unit's date as the server gave it: dates are the calendar's matter."""
    for life in lives:
        due_on = seen(world, life)["due_on"]
        life.due = date.fromisoformat(due_on) if due_on else None


def same(world: World, life: Life, shown: dict[str, Any]) -> None:
    """A line of the list says what the model knows."""
    facts = {name: shown[name] for name in ("status", "round", "holder", "petition", "supervised", "deadline_class")}
    assert facts == {
        "status": life.status,
        "round": life.round,
        "holder": life.holder(),
        "petition": life.petition,
        "supervised": life.supervised and life.status not in ("closed", "void"),
        "deadline_class": life.deadline_class(world.today),
    }, (life, shown)
    assert shown["overdue"] == (life.deadline_class(world.today) == "overdue")
    assert (shown["number"] is not None) == life.numbered


def agree(world: World, life: Life) -> None:
    """What the server shows of a problem, and offers to everybody, is what the model knows of it."""
    same(world, life, seen(world, life))
    for who in READERS:
        told = {move["action"] for move in seen(world, life, who)["moves"]}
        assert told == moves(who, life, world.today), (who, life)


def attempt(world: World, action: Action, who: str, life: Life) -> bool:
    """Try it; whether it was done. Done, the same again changes nothing, and other bytes under its id are refused."""
    expected = verdict(action, who, life, world.today)
    answer = action.send(world, who, life)
    assert (answer.status_code, answer.json.get("code")) == expected, (action.name, who, life, answer.json)
    if expected[0] == 409:
        assert answer.json["detail"]
    if expected != DONE:
        return False
    action.then(life, world.today)
    refresh(world, *life.visit.lives)
    if action.name == "deny_extension" and life.due is not None:
        life.denied.add(life.due)
    address, body = answer.sent
    assert world.person(who).put(address, body).status_code == 200, (action.name, who)
    return True


# The table: each state by the steps that lead to it


Step = Callable[[World, Life], None]


def do(name: str, who: str) -> Step:
    def step(world: World, life: Life) -> None:
        assert attempt(world, BY_NAME[name], who, life)

    return step


def days(count: int) -> Step:
    def step(world: World, life: Life) -> None:
        world.clock.go(days=count)
        refresh(world, life)

    return step


def sweep(world: World, life: Life) -> None:
    assert world.sweep().lapsed
    life.status = "open"
    refresh(world, life)


def arrive(world: World, life: Life) -> None:
    assert life.photo is not None
    assert world.person("school").upload(life.photo, sha256(life.photo)).status_code == 201
    life.whole, life.status = True, "submitted"
    refresh(world, life)


ISSUE = do("issue", "bureau")
PROVE = do("rectify", "school")
WAITING = do("rectify, photo to follow", "school")
EXTEND = do("ask_extension", "school")
OBJECT = do("object", "school")
ACCEPT = do("accept", "bureau")
SUPERVISE = do("supervise", "league")
TO_DEPARTMENT = do("transfer_on", "bureau")
STATES: dict[str, tuple[Step, ...]] = {
    "found": (),
    "found, objected to": (OBJECT,),
    "found, its withdrawal asked": (do("ask_withdrawal", "inspector"),),
    "dropped": (do("drop", "bureau"),),
    "merged": (do("merge", "bureau"),),
    "upheld before the notice": (OBJECT, do("uphold_objection", "bureau")),
    "withdrawn": (do("ask_withdrawal", "inspector"), do("agree_to_withdraw", "league")),
    "open": (ISSUE,),
    "open, overdue": (ISSUE, days(40)),
    "open, due today": (ISSUE, days(30)),
    "open, listed": (ISSUE, SUPERVISE),
    "open, extension in time": (ISSUE, EXTEND),
    "open, extension too late": (ISSUE, days(40), EXTEND),
    "open, extension denied": (ISSUE, EXTEND, do("deny_extension", "bureau")),
    "open, extension again after a denial": (ISSUE, EXTEND, do("deny_extension", "bureau"), EXTEND),
    "open, extension approved": (ISSUE, EXTEND, do("approve_extension", "bureau")),
    "open, objected to": (ISSUE, OBJECT),
    "open, objection denied": (ISSUE, OBJECT, do("deny_objection", "bureau")),
    "returned": (ISSUE, PROVE, do("return", "bureau")),
    "lapsed": (ISSUE, WAITING, days(4), sweep),
    "submitted": (ISSUE, PROVE),
    "submitted, photo to follow": (ISSUE, WAITING),
    "submitted, whole after it had lapsed": (ISSUE, WAITING, days(4), sweep, arrive),
    "submitted, extension waiting": (ISSUE, EXTEND, PROVE),
    "submitted, objection waiting": (ISSUE, OBJECT, PROVE),
    "closed": (ISSUE, PROVE, ACCEPT),
    "closed a year ago": (ISSUE, PROVE, ACCEPT, days(365)),
    "closed more than a year ago": (ISSUE, PROVE, ACCEPT, days(366)),
    "closed, then withdrawn": (
        ISSUE,
        PROVE,
        ACCEPT,
        do("ask_withdrawal", "bureau"),
        do("agree_to_withdraw", "league"),
    ),
    "reopened": (ISSUE, PROVE, ACCEPT, do("reopen", "bureau")),
    "transferred by the notice": (do("transfer", "bureau"),),
    "transferred later": (ISSUE, TO_DEPARTMENT),
    "transferred, listed": (ISSUE, TO_DEPARTMENT, SUPERVISE),
    "settled": (ISSUE, TO_DEPARTMENT, do("settle", "bureau")),
    "settled, reopened": (ISSUE, TO_DEPARTMENT, do("settle", "bureau"), do("reopen", "bureau")),
    "handed back": (ISSUE, TO_DEPARTMENT, do("hand_back", "bureau")),
}
FIXED: dict[str, tuple[Step, ...]] = {
    "fixed on the spot": (),
    "fixed on the spot, returned": (do("return", "bureau"),),
    "fixed on the spot, closed": (ACCEPT,),
    "fixed on the spot, closed, reopened, fixed, returned": (
        ACCEPT,
        do("reopen", "bureau"),
        PROVE,
        do("return", "bureau"),
    ),
}
AT_ONCE: dict[str, tuple[Step, ...]] = {
    "at once": (),
    "at once, objected to": (OBJECT,),
    "at once, extension waiting": (EXTEND,),
    "at once, submitted": (PROVE,),
    "at once, returned": (PROVE, do("return", "bureau")),
    "at once, upheld": (OBJECT, do("uphold_objection", "bureau")),
}
ALL = {**STATES, **FIXED, **AT_ONCE}
OVER = {"withdrawn", "closed, then withdrawn"}
"""States in which nobody can do anything any more."""


def lead_to(world: World, state: str) -> Life:
    """A problem in this state, the first of two of its inspection."""
    if state in FIXED:
        visit = inspect(world, CODES[1:], fixed=CODES[0])
    elif state in AT_ONCE:
        visit = inspect(world, CODES[1:], at_once=CODES[0])
    else:
        visit = inspect(world, CODES)
    refresh(world, *visit.lives)
    life = visit.lives[0]
    for step in ALL[state]:
        step(world, life)
    return life


def walk(world: World, state: str, everybody: Collection[str], *, by_each: bool) -> tuple[int, int]:
    """All that may not be done in this state, then all that may, each to a problem of its own: how many were refused,
    and how many may be done. `by_each`: by each who may; else by one of them, another in each state, and of the others
    only what they are offered."""
    people(world)
    life = lead_to(world, state)
    agree(world, life)
    before = seen(world, life)
    legal: dict[Action, list[str]] = {}
    refused = 0
    for action in ACTIONS:
        for who in everybody:
            if verdict(action, who, life, world.today) == DONE:
                legal.setdefault(action, []).append(who)
            else:
                assert not attempt(world, action, who, life)
                refused += 1
    assert seen(world, life) == before
    turn = list(ALL).index(state)
    for action, all_who_may in legal.items():
        for who in all_who_may if by_each else [all_who_may[turn % len(all_who_may)]]:
            other = lead_to(world, state)
            assert verdict(action, who, other, world.today) == DONE
            assert attempt(world, action, who, other)
            agree(world, other)
    with world.context() as ctx:
        assert list(mission_faults(ctx)) == []
    return refused, sum(map(len, legal.values()))


@pytest.mark.parametrize(("engine", "state"), [(ENGINES[number % 2], state) for number, state in enumerate(ALL)])
def test_every_action_in_every_state_by_each_kind_of_person(world: World, state: str) -> None:
    """Each state on one of the databases; the drill has all of them on both, and with everybody."""
    refused, done = walk(world, state, KINDS, by_each=False)
    assert refused + done == len(ACTIONS) * len(KINDS)
    assert (done == 0) == (state in OVER)


@pytest.mark.drill
@pytest.mark.parametrize("state", ALL)
def test_every_action_in_every_state_by_everybody(world: World, state: str) -> None:
    refused, done = walk(world, state, PEOPLE, by_each=True)
    assert refused + done == len(ACTIONS) * len(PEOPLE)
    assert (done == 0) == (state in OVER)


# The machine: many lives in any order


class Lives(RuleBasedStateMachine):
    """Inspections are made, everybody tries everything, days pass. After each step every problem is what the model
    says, its history only grows, and nothing is lost."""

    engine: ClassVar[str] = "sqlite"
    done: ClassVar[Counter[str]] = Counter()
    lives = Bundle("lives")

    @initialize(target=lives)
    def begin(self) -> Any:
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.world = self.stack.enter_context(made_world(self.engine, folder))
        people(self.world)
        self.known: list[Life] = []
        self.histories: dict[str, list[Any]] = {}
        self.tally: Counter[str] = Counter()
        return self._new(None, None)

    def _new(self, fixed: str | None, at_once: str | None) -> Any:
        plain = tuple(code for code in CODES if code not in (fixed, at_once))
        visit = inspect(self.world, plain, fixed=fixed, at_once=at_once)
        refresh(self.world, *visit.lives)
        self.known += visit.lives
        return multiple(*visit.lives)

    @precondition(lambda self: len(self.known) < 8)
    @rule(target=lives, how=st.sampled_from(("plain", "fixed", "at once")))
    def inspect_again(self, how: str) -> Any:
        return self._new(CODES[0] if how == "fixed" else None, CODES[0] if how == "at once" else None)

    @rule(life=lives, action=st.sampled_from(ACTIONS), who=st.sampled_from(sorted(PEOPLE)))
    def anybody_tries(self, life: Life, action: Action, who: str) -> None:
        self.done[action.name] += attempt(self.world, action, who, life)
        self._look(life)

    @rule(life=lives, data=st.data())
    def somebody_does(self, life: Life, data: st.DataObject) -> None:
        """Of what may be done, something that was done least so far: or most lives would end withdrawn."""
        today = self.world.today
        legal = [(a, who) for a in ACTIONS for who in PEOPLE if verdict(a, who, life, today) == DONE]
        if not legal:
            return
        fewest = min(self.tally[action.name] for action, _ in legal)
        action, who = data.draw(st.sampled_from([one for one in legal if self.tally[one[0].name] == fewest]))
        assert attempt(self.world, action, who, life)
        self.tally[action.name] += 1
        self.done[action.name] += 1
        self._look(life)

    @rule(life=lives)
    def the_photo_arrives(self, life: Life) -> None:
        if life.photo is None or life.whole:
            return
        assert self.world.person("school").upload(life.photo, sha256(life.photo)).status_code == 201
        life.whole = True
        if life.status in ("open", "found"):  # it had lapsed: whole, it counts again
            life.status = "submitted"
        self._look(life)

    @rule(count=st.integers(1, 40), passes=st.booleans())
    def days_pass(self, count: int, passes: bool) -> None:
        self.world.clock.go(days=count)
        if not passes:
            return
        assert self.world.sweep().set_aside == []
        for life in self.known:
            if life.status == "submitted" and not life.whole:  # after three days it lapses
                life.status = seen(self.world, life)["status"]
            refresh(self.world, life)

    def _look(self, life: Life) -> None:
        """Closely at the problem that somebody touched: what each is offered, and a history that only grows."""
        agree(self.world, life)
        timeline = seen(self.world, life)["timeline"]
        earlier = self.histories.get(life.id, [])
        assert timeline[: len(earlier)] == earlier
        self.histories[life.id] = timeline

    @invariant()
    def nothing_is_lost(self) -> None:
        lines = self.world.person("bureau").get("/problems?limit=200").json["items"]
        assert len(lines) == len(self.known)
        shown = {line["id"]: line for line in lines}
        for life in self.known:
            same(self.world, life, shown[life.id])
        late = {life.id for life in self.known if life.deadline_class(self.world.today) == "overdue"}
        listed = self.world.person("bureau").get("/problems?overdue=true&limit=200").json["items"]
        assert {line["id"] for line in listed} == late
        with self.world.context() as ctx:
            assert list(mission_faults(ctx)) == []

    def teardown(self) -> None:
        self.stack.close()


def lived(engine: str, examples: int, steps: int) -> Counter[str]:
    """So many lives; how often each action was done in them."""
    done: Counter[str] = Counter()
    machine = type("Lives", (Lives,), {"engine": engine, "done": done})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            # a failing life is told as it was lived: shrinking it would live hundreds more
            phases=[Phase.generate],
        ),
    )
    return +done


@pytest.mark.short_drill
def test_lives_in_any_order(engine: str) -> None:
    assert lived(engine, examples=6, steps=25).total() >= 10  # turns were made, not only refused


@pytest.mark.drill
def test_many_lives_in_any_order(engine: str) -> None:
    assert lived(engine, examples=60, steps=50).total() >= 100
