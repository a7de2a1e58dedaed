"""问题清单: what is counted, listed and exported under any conditions is the same."""

from __future__ import annotations

from tests.support.desk import Clerk
from tests.support.world import World


def test_reminding(world: World) -> None:
    problem = world.open_problem()
    opened = Clerk(world, "bureau").open("/problems?status=open")
    done = opened.send("remind", problem=problem["id"], text="请抓紧")
    assert done.status == 200
    assert "已提醒 1 个" in done.text
    assert ("reminded", problem["id"]) in world.told("school")
