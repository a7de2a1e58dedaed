"""The list of notices: whose they are, what a line says, and page by page the newest first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.institutions import change
from tests.support.world import World


def notices(world: World, who: str, query: str = "") -> list[dict[str, Any]]:
    answer = world.person(who).get(f"/notices{query}")
    assert answer.status_code == 200, answer.json
    return list(answer.json["items"])


def ids(world: World, who: str, query: str = "") -> list[str]:
    return [line["id"] for line in notices(world, who, query)]


def issued(world: World, place: int = 0, code: str = "S-01-05", who: str = "inspector", bureau: str = "bureau") -> str:
    return str(world.issue(world.inspect({code: []}, place, who)["id"], who=bureau)["id"])


def test_a_line_says_what_a_notice_is(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-02-06": [], "S-08-05": []})
    found = {problem["item_code"]: problem["id"] for problem in made["problems"]}
    dropped = {"problem_id": found["S-08-05"], "action": "drop", "reason": "核实不成立"}
    transferred = {"problem_id": found["S-02-06"], "action": "transfer", "responsible": {"kind": "department"}}
    transferred["responsible"]["name"] = "消防救援大队"  # type: ignore[index]
    notice = world.issue(made["id"], items=[dropped, transferred], document_number="教改〔2026〕7号")
    name = world.person("school").get(f"/institutions/{world.places[0]}").json["name"]
    expected = {
        "id": notice["id"],
        "document_number": "教改〔2026〕7号",
        "institution_id": world.places[0],
        "institution_name": name,
        "issued_on": "2026-11-23",
        "signer": "乌兰",
        "problems": 2,
        "acknowledged_at": None,
    }
    assert notices(world, "school") == [expected]
    world.clock.go(hours=1)
    body = {"name": "赵校长", "title": "校长"}
    assert world.person("school").put(f"/notices/{notice['id']}/acknowledgement", body).status_code == 201
    assert notices(world, "bureau") == [expected | {"acknowledged_at": "2026-11-23T11:00:00+08:00"}]
    assert change(world, 0, "rename", name="新名小学").status_code == 201
    assert notices(world, "school")[0]["institution_name"] == name  # a document is of its day


def test_each_sees_those_of_his_scope(world: World) -> None:
    school = issued(world)
    kindergarten = issued(world, 1, "K-01-01")
    for who, seen in {
        "school": [school],
        "kindergarten": [kindergarten],
        "tutoring": [],
        "stranger": [],
        "neighbour": [],
        "bureau": sorted([school, kindergarten], reverse=True),
        "inspector2": sorted([school, kindergarten], reverse=True),
        "league": sorted([school, kindergarten], reverse=True),
    }.items():
        assert ids(world, who) == seen, who
    assert ids(world, "bureau", f"?institution={world.places[1]}") == [kindergarten]
    assert ids(world, "kindergarten", f"?institution={world.places[0]}") == []
    move = {"region_code": "150103"}
    assert change(world, 0, "move", who="league", **move).status_code == 201
    assert (ids(world, "neighbour"), ids(world, "bureau"), ids(world, "school")) == ([school], [kindergarten], [school])


def test_pages_meet_each_notice_once_the_newest_first(world: World) -> None:
    """Two and two of the same moment, so that the id decides; what is issued meanwhile comes before the first page."""
    made = []
    for _ in range(2):
        made.append(sorted([issued(world), issued(world)], reverse=True))
        world.clock.go(minutes=1)
    seen, cursor = [], ""
    for _ in range(4):
        page = world.person("bureau").get(f"/notices?limit=1{cursor}").json
        seen += [line["id"] for line in page["items"]]
        issued(world)
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [*made[1], *made[0]]
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["institution=1", "limit=0", "surprise=1", "cursor=xx", "cursor=WyIyMDI2LTExLTIzIiwgIngiXQ=="]
)
def test_a_bad_query_is_told(sqlite_world: World, query: str) -> None:
    answer = sqlite_world.person("bureau").get(f"/notices?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json["code"] in ("invalid", "invalid_cursor")


def test_who_is_told_of_a_notice_can_open_it(world: World) -> None:
    notice = issued(world)
    told = world.person("school").get("/notifications").json["items"][0]
    assert (told["kind"], told["params"]["notice_id"]) == ("notice_issued", notice)
    assert world.person("school").get(f"/notices/{told['params']['notice_id']}").status_code == 200
