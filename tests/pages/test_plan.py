"""计划: what was not done on top, a visit planned and called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk, Opened
from tests.support.visits import plan, to_do
from tests.support.world import World, new_id


def form_for(world: World, number: int = 0, who: str = "bureau") -> Opened:
    return Clerk(world, who).open(f"/plan/new?institution={world.places[number]}")


def tasks(world: World) -> list[dict[str, Any]]:
    return list(world.person("bureau").get("/assignments").json["items"])


def test_a_visit_is_planned_from_the_name_on(world: World) -> None:
    bureau = Clerk(world, "bureau")
    page = bureau.open("/plan").clerk.open("/plan/new")
    assert page.status == 200
    found = bureau.open("/plan/new?q=云杉")
    link = next(link for link in found.links if world.places[0] in link and link.startswith("/plan/new"))
    assert "没有找到名称含" in bureau.open("/plan/new?q=没有的").text
    chosen = bureau.open(link)
    one, two = (world.person(name).id for name in ("inspector", "procurator"))
    day = (world.today + timedelta(days=2)).isoformat()
    for _ in range(2):
        done = chosen.send(
            "plan", planned_on=day, user=[one, two], note="请带测距仪", **{f"sections__{two}": ["S-02", "S-06"]}
        )
        assert done.status == 200
    assert "已安排" in done.text
    (task,) = tasks(world)
    sections = {person["user_id"]: person["sections"] for person in task["inspectors"]}
    assert (sections, task["note"], task["planned_on"]) == ({one: None, two: ["S-02", "S-06"]}, "请带测距仪", day)
    assert to_do(world, "inspector") == [task["id"]]
    listed = bureau.open("/plan")
    for text in ("云杉第一中学", "苏和", "S-02、S-06", "中小学校督导检查表", "待检查"):
        assert text in listed.text, text


def test_faults_stand_where_they_are_and_every_word_stays(world: World) -> None:
    one, two = (world.person(name).id for name in ("inspector", "inspector2"))
    recused = world.person("bureau").put(
        f"/institutions/{world.places[0]}/recusals/{new_id()}", {"user_id": two, "reason": "亲属任职"}
    )
    assert recused.status_code == 201
    page = form_for(world)
    assert "应当回避" in page.text
    refused = page.send(
        "plan", planned_on="2026-11-25", user=[one, two], note="写了很久", **{f"sections__{one}": ["S-03"]}
    )
    assert refused.status == 422
    assert "此人对该单位应当回避" in refused.text
    assert 'id="f-inspectors.1.user_id"' in refused.html
    assert 'href="#f-inspectors.1.user_id"' in refused.html
    form = refused.form("plan")
    assert sorted(form.fields.getlist("user")) == sorted([one, two])
    assert form.fields["note"] == "写了很久"
    assert form.fields.getlist(f"sections.{one}") == ["S-03"]
    empty = page.send("plan")
    assert empty.status == 422
    assert empty.text.count("必须填写") >= 2
    odd = page.send("plan", planned_on="2026-11-25", user=[one], **{f"sections__{one}": ["K-01"]})
    assert "检查表中没有 K-01" in odd.text
    stranger = page.send("plan", planned_on="2026-11-25", user=[world.person("bureau").id])
    assert "不是本辖区的检查人员" in stranger.text
    assert tasks(world) == []


def test_what_was_not_done_stands_on_top(world: World) -> None:
    for day in ("2026-11-25", "2026-11-24", "2026-12-20"):
        assert plan(world, "inspector", planned_on=day).status_code == 201
    done = plan(world, "inspector2", planned_on="2026-11-24").json
    world.inspect({}, 0, who="inspector2", assignment_id=done["id"])
    gone = plan(world, "inspector", planned_on="2026-11-24", institution_id=world.places[3]).json
    world.person("bureau").put(f"/assignments/{gone['id']}/cancellation", {"reason": "停课"})
    world.clock.go(days=5)
    page = Clerk(world, "bureau").open("/plan")
    assert "没有完成的（2）" in page.text
    late = page.text.index("应于 4 天前检查")
    assert late < page.text.index("应于 3 天前检查") < page.text.index("2026年12月20日")
    assert page.text.count("已完成") == 1  # as a choice of the filter alone
    finished = page.clerk.open("/plan?state=done")
    assert "没有完成的" not in finished.text
    assert done["id"] in finished.html
    called_off = page.clerk.open("/plan?state=cancelled&q=青松")
    assert gone["id"] in called_off.html
    assert page.clerk.open("/plan?q=青松").html.count("/plan/0") == 0
    between = page.clerk.open("/plan?from=2026-11-24&to=2026-11-24")
    assert between.text.count("云杉第一中学") == 2
    senseless = page.clerk.open("/plan?from=never&state=late")
    assert senseless.status == 422
    assert "云杉第一中学" not in senseless.text
    assert 'value="never"' in senseless.html


def test_pages_of_the_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.plan.ROWS", 2)
    made = [plan(world, "inspector", planned_on=f"2026-12-0{day}").json["id"] for day in (1, 2, 3)]
    page = Clerk(world, "bureau").open("/plan")
    following = page.clerk.open(next(link for link in page.links if "cursor=" in link))
    assert [one in page.html for one in made] == [True, True, False]
    assert [one in following.html for one in made] == [False, False, True]


def test_a_visit_is_called_off_once(world: World) -> None:
    task = plan(world, "inspector").json
    page = Clerk(world, "bureau").open(f"/plan/{task['id']}")
    late = Clerk(world, "bureau").open(f"/plan/{task['id']}")
    empty = page.send("cancel")
    assert empty.status == 422
    for _ in range(2):
        done = page.send("cancel", reason="学校停课")
        assert done.status == 200
    assert "已取消：学校停课" in done.text
    assert not done.has_form("cancel")
    assert to_do(world, "inspector") == []
    stale = late.send("cancel", reason="写了很久")
    assert stale.status == 409
    assert "写了很久" in stale.text


def test_who_may_plan_and_who_may_look(world: World) -> None:
    task = plan(world, "inspector").json
    for who, status in (("inspector", 200), ("league", 200), ("neighbour", 200), ("school", 403), ("congress", 403)):
        assert Clerk(world, who).open("/plan").status == status, who
    for who, status in (("inspector", 200), ("league", 200), ("neighbour", 404), ("school", 403)):
        page = Clerk(world, who).open(f"/plan/{task['id']}")
        assert page.status == status, who
        assert not page.has_form("cancel")
    for who, status in (("inspector", 403), ("league", 403), ("neighbour", 404), ("school", 403)):
        assert form_for(world, who=who).status == status, who
    assert Clerk(world, "bureau").open("/plan/new?institution=nonsense").status == 422
    assert Clerk(world, "bureau", "en").open("/plan").status == 200


def test_how_often_the_database_is_asked(world: World) -> None:
    for number in range(4):
        plan(world, "inspector", planned_on=f"2026-11-2{number + 3}")
    plan(world, "procurator", institution_id=world.places[3])
    task = tasks(world)[0]
    world.clock.go(days=2)
    paths = (f"/plan?institution={world.places[0]}", f"/plan/{task['id']}", "/plan/new?q=学")
    for path in (*paths, f"/plan/new?institution={world.places[0]}"):
        clerk = Clerk(world, "bureau")
        with counted(world) as seen:
            assert clerk.open(path).status == 200
        assert len(seen) <= MOST, (path, len(seen), "\n".join(seen))
