"""The deadline pass: everybody hears of a clock once, whatever was missed and however many sweep."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from inspection.storage.db import db
from tests.support.world import World, jpeg, sha256

WHO = ("school", "bureau", "league", "procurator")


def heard(world: World, problem_id: str | None) -> dict[str, list[str]]:
    return {who: [kind for kind, problem in world.told(who) if problem == problem_id] for who in WHO}


def test_the_stages_of_an_open_problem_day_by_day(world: World) -> None:
    problem = world.open_problem("S-01-05")  # due on Wednesday, 23 December
    days: dict[str, list[str]] = {}
    for _ in range(65):
        world.sweep()
        for who, kinds in heard(world, problem["id"]).items():
            if len(kinds) > len(days.setdefault(who, [])):
                days[who].append(f"{world.today:%m-%d} {kinds[-1]}")
        world.clock.go(days=1)
    assert days == {
        "school": [*("12-16 due_soon", "12-20 due_soon", "12-22 due_soon", "12-23 due_today", "12-24 overdue")],
        "bureau": ["12-24 overdue"],
        "league": ["12-30 escalated", "01-07 supervision_proposed"],
        "procurator": ["01-07 supervision_proposed", "01-22 recommendation_proposed"],
    }
    events = [e for e in world.problem(problem["id"])["timeline"] if e["event"] in ("overdue", "escalated")]
    assert [(e["stage"], e["proposal"]) for e in events] == [
        ("due_+1", None),
        ("due_+7", None),
        ("due_+15", "listed_supervision"),
        ("due_+30", "procuratorial_recommendation"),
    ]


def test_after_an_outage_one_message_each_and_again_nothing(world: World) -> None:
    problem = world.open_problem("S-01-05")
    world.clock.go(days=60)
    assert world.sweep().stages == 8
    told = heard(world, problem["id"])
    assert told == {
        "school": ["overdue"],
        "bureau": ["overdue"],
        "league": ["supervision_proposed"],
        "procurator": ["recommendation_proposed"],
    }
    again = world.sweep()
    assert (again.stages, again.messages) == (0, 0)
    assert heard(world, problem["id"]) == told


def test_a_new_date_starts_the_stages_anew(world: World) -> None:
    problem = world.open_problem("S-02-06")  # due on the 26th
    world.clock.go(days=5)
    world.sweep()
    proof = world.prove(problem["id"])
    world.review(problem["id"], proof["id"], "return", new_due_on="2026-12-10")
    world.clock.go(days=13)  # the day after
    world.sweep()
    assert Counter(heard(world, problem["id"])["bureau"]) == {"overdue": 2, "proof_received": 1}


def test_reviewing_and_issuing_have_clocks_too(world: World) -> None:
    found = world.inspect({"S-01-05": [], "S-08-05": []})
    problem = world.open_problem("S-02-06")
    proof = world.prove(problem["id"])
    assert proof["state"] == "complete"
    world.clock.go(days=3)  # issuing is due on the 26th
    world.sweep()
    world.clock.go(days=4)  # reviewing on the 30th
    world.sweep()
    world.clock.go(days=7)
    world.sweep()
    world.sweep()
    reviewer = heard(world, problem["id"])
    assert reviewer["bureau"] == ["proof_received", "review_due", "review_overdue"]
    assert reviewer["league"] == ["review_overdue"]
    assert reviewer["school"] == []
    issuing = heard(world, None)
    assert issuing["bureau"] == ["issue_due", "issue_overdue"]
    assert issuing["league"] == ["issue_overdue"]
    assert len(found["problems"]) == 2


def test_an_incomplete_inspection_has_its_issuing_clock_and_can_be_issued(world: World) -> None:
    made = world.inspect({"S-01-05": []}, photos={sha256(jpeg()): {}})
    assert (made["state"], made["issue_due_on"]) == ("incomplete", "2026-11-26")
    world.clock.go(days=3)
    world.sweep()
    assert world.told("bureau") == [("issue_due", None)]
    assert world.issue(made["id"])["problems"][0]["status"] == "open"


def test_a_poisoned_problem_is_set_aside_and_the_walk_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned, sound = world.open_problem("S-02-05"), world.open_problem("S-02-06")
    from inspection.domain import deadlines

    genuine = deadlines.plan_stages

    def plan(due: Any, today: Any, stages: Any, already: Any, since: Any) -> Any:
        if due == date.fromisoformat(poisoned["due_on"]):
            raise RuntimeError("poison")
        return genuine(due, today, stages, already, since)

    monkeypatch.setattr(deadlines, "plan_stages", plan)
    world.clock.go(days=10)
    swept = world.sweep()
    assert [(str(subject), error) for subject, error in swept.set_aside] == [(poisoned["id"], "RuntimeError: poison")]
    assert heard(world, sound["id"])["school"] == ["overdue"]
    assert heard(world, poisoned["id"])["school"] == []
    with world.app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM set_aside")).scalar() == 1
    monkeypatch.undo()
    assert world.sweep().set_aside == []
    assert heard(world, poisoned["id"])["school"] == ["overdue"]
    with world.app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM set_aside")).scalar() == 0


def test_dates_in_a_year_not_announced_are_marked_provisional(world: World) -> None:
    made = world.inspect({"S-08-04": [], "S-01-05": []})
    world.issue(made["id"])
    seen = {
        p["item_code"]: (p["due_on"], p["provisional"]) for p in world.person("bureau").get("/problems").json["items"]
    }
    assert seen == {"S-08-04": ("2027-01-22", True), "S-01-05": ("2026-12-23", False)}


def test_every_open_problem_is_in_exactly_one_class(world: World) -> None:
    ids = [world.open_problem("S-02-06")["id"]]
    for day, expected in ((25, "not_due"), (26, "due_today"), (27, "overdue")):
        world.clock.go_to(world.today.replace(day=day), 23)
        line = world.problem(ids[0])
        assert (line["deadline_class"], line["overdue"]) == (expected, expected == "overdue")
    late = world.person("bureau").get("/problems?overdue=true").json["items"]
    assert [p["id"] for p in late] == ids
    assert world.person("bureau").get("/problems?overdue=false").json["items"] == []
    assert world.today - timedelta(days=1) == world.today.replace(day=26)


def test_a_pass_looks_only_at_what_may_have_come_to_a_stage(world: World) -> None:
    problem = world.open_problem("S-01-05")  # due on 23 December
    assert world.sweep().looked_at == 1
    assert world.sweep().looked_at == 0
    world.clock.go_to(date(2026, 12, 15))
    assert world.sweep().looked_at == 0
    world.clock.go_to(date(2026, 12, 16))
    assert (world.sweep().looked_at, world.sweep().looked_at) == (1, 0)
    world.prove(problem["id"])
    assert (world.sweep().looked_at, world.sweep().looked_at) == (1, 0)  # whatever moves a clock makes it looked at
    world.clock.go(days=400)
    assert (world.sweep().looked_at, world.sweep().looked_at) == (1, 0)


def test_a_pass_of_many_batches_says_everything_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.actions.sweep.BATCH", 30)
    for _ in range(7):
        made = world.inspect({"S-02-06": [{"fact": f"缺 {number}"} for number in range(20)]})
        world.issue(made["id"])
    world.clock.go(days=4)
    swept = world.sweep()
    assert (swept.looked_at, swept.set_aside, swept.unheard) == (140, [], {})
    assert Counter(kind for kind, _ in world.told("bureau"))["overdue"] == 140
    assert world.sweep().messages == 0
