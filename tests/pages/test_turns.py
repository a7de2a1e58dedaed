"""问题 and 审核: every turn at the desk, its consequence told before, its words kept where it is refused."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from inspection.domain.actor import Grant
from tests.support.desk import Clerk, Opened
from tests.support.world import World, jpeg, sha256


def at(world: World, who: str, problem: dict[str, Any]) -> Opened:
    return Clerk(world, who).open(f"/problems/{problem['id']}")


def test_a_unit_hands_in_a_proof_with_photos_and_the_bureau_accepts_it(world: World) -> None:
    problem = world.open_problem()
    page = at(world, "school", problem)
    photos = [jpeg(), jpeg()]
    files = {"photos": [(io.BytesIO(data), f"{n}.jpg") for n, data in enumerate(photos)]}
    done = page.send("rectify", files, description="已培训全体教职工")
    assert done.status == 200
    now = world.problem(problem["id"])
    assert now["status"] == "submitted"
    assert set(now["rounds"][0]["photos"]) == {sha256(data) for data in photos}
    queue = Clerk(world, "bureau").open("/review")
    assert "已培训全体教职工" in queue.text
    assert "销号后一年内" in queue.text
    ended = queue.send("accept", comment="已核")
    assert "没有等待审核" in ended.text or "其余的都已审完" in ended.text
    assert world.problem(problem["id"])["status"] == "closed"


def test_photos_stay_where_the_words_are_wrong(world: World) -> None:
    problem = world.open_problem()
    photo = jpeg()
    page = at(world, "school", problem)
    refused = page.send(
        "rectify", {"photos": [(io.BytesIO(photo), "a.jpg")]}, description="", completed_on="2026-11-23"
    )
    assert refused.status == 422
    assert refused.form("rectify").fields.getlist("kept") == [sha256(photo)]
    done = refused.send("rectify", {}, description="已整改")
    assert done.status == 200
    assert world.problem(problem["id"])["rounds"][0]["photos"] == [sha256(photo)]


def test_what_is_no_photo_is_refused_and_the_words_stay(world: World) -> None:
    page = at(world, "school", world.open_problem())
    refused = page.send("rectify", {"photos": [(io.BytesIO(b"MZ not a photo"), "a.exe")]}, description="写了很久")
    assert refused.status == 415
    assert refused.form("rectify").fields["description"] == "写了很久"


def test_a_return_states_its_date_and_takes_a_reason(world: World) -> None:
    problem = world.open_problem()
    world.prove(problem["id"])
    page = Clerk(world, "bureau").open("/review")
    assert "进入第 2 轮" in page.text
    refused = page.send("return", comment="")
    assert refused.status == 422
    assert "退回须写明理由" in refused.text
    new = (world.today + timedelta(days=45)).isoformat()
    done = refused.send("return", comment="照片不清", new_due_on=new)
    assert done.status == 200
    now = world.problem(problem["id"])
    assert (now["status"], now["round"], now["due_on"]) == ("open", 2, new)
    assert "照片不清" in at(world, "school", problem).text


def test_only_who_may_second_is_offered(world: World) -> None:
    """Over the problem's region, not the reviewer himself, and nobody of the inspection."""
    world.employ("stranger2", Grant("edu_inspector", "150103"))
    world.prove(world.open_problem()["id"])
    offered = Clerk(world, "bureau").open("/review").form("accept").choices["second_reviewer"]
    assert set(offered) == {"", *(world.person(who).id for who in ("inspector2", "procurator", "league"))}


def test_the_queue_is_the_oldest_first_and_what_is_put_off_comes_last(world: World) -> None:
    first, second = world.open_problem("S-01-05"), world.open_problem("S-02-03")
    for problem in (first, second):
        world.prove(problem["id"])
    page = Clerk(world, "bureau").open("/review")
    assert first["id"] in page.path
    later = page.clerk.open(next(link for link in page.links if link.startswith("/review?after=")))
    assert second["id"] in later.path
    end = later.send("return", comment="不行")
    assert "只剩您刚才放下的" in end.text


def test_a_stale_form_says_who_decided_first_and_keeps_the_words(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    page = at(world, "bureau", problem)
    assert world.review(problem["id"], proof["id"], "accept").status_code == 201
    stale = page.send("return", comment="写了很久的理由")
    assert stale.status == 409
    assert "写了很久的理由" in stale.html
    assert "乌兰" in stale.text
    assert world.problem(problem["id"])["status"] == "closed"


def test_a_double_click_does_nothing_twice(world: World) -> None:
    problem = world.open_problem()
    page = at(world, "school", problem)
    later = (world.today + timedelta(days=60)).isoformat()
    for _ in range(2):
        assert page.send("extension", requested_due_on=later, reason="材料未到").status == 200
    assert len(world.problem(problem["id"])["petitions"]) == 1


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_an_extension_is_decided(world: World, decision: str) -> None:
    problem = world.open_problem()
    later = (world.today + timedelta(days=60)).isoformat()
    at(world, "school", problem).send("extension", requested_due_on=later, reason="材料未到")
    page = at(world, "bureau", problem)
    assert "材料未到" in page.text
    refused = page.send("decide_extension", decision=decision, comment="")
    assert refused.status == 422
    assert refused.send("decide_extension", comment="情况属实").status == 200
    assert world.problem(problem["id"])["petitions"][0]["state"] == decision


@pytest.mark.parametrize(("decision", "status"), [("uphold", "void"), ("deny", "open")])
def test_an_objection_is_decided(world: World, decision: str, status: str) -> None:
    problem = world.open_problem()
    at(world, "school", problem).send("objection", reason="与事实不符")
    at(world, "bureau", problem).send("decide_objection", decision=decision, comment="已核实")
    assert world.problem(problem["id"])["status"] == status


def test_transfer_reply_and_handing_back(world: World) -> None:
    problem = world.open_problem()
    at(world, "bureau", problem).send("transfer", responsible__name="新城区住建局", reason="权属在该局")
    assert world.problem(problem["id"])["status"] == "transferred"
    at(world, "bureau", problem).send("reply", outcome="declined", text="不属我局")
    at(world, "bureau", problem).send("transfer", responsible__kind="institution", reason="由学校整改")
    assert world.problem(problem["id"])["status"] == "open"


def test_a_department_that_is_done_settles_it(world: World) -> None:
    problem = world.open_problem()
    at(world, "bureau", problem).send("transfer", responsible__name="新城区住建局", reason="权属在该局")
    done = at(world, "bureau", problem).send("reply", outcome="done", text="已修好", method="desk")
    assert done.status == 200
    assert world.problem(problem["id"])["status"] == "closed"
    again = at(world, "bureau", problem).send("reopen", reason="又坏了")
    assert again.status == 200
    assert world.problem(problem["id"])["round"] == 2


def test_a_league_lists_a_problem_for_supervision(world: World) -> None:
    problem = world.open_problem()
    due = (world.today + timedelta(days=5)).isoformat()
    done = at(world, "league", problem).send("supervise", reason="长期未改", due_on=due)
    assert done.status == 200
    assert "挂牌督办" in at(world, "school", problem).text
    assert Clerk(world, "league").open("/problems?supervised=true").text.count("共 1 个") == 1


def test_nobody_finds_a_form_that_is_not_his(world: World) -> None:
    problem = world.open_problem()
    world.prove(problem["id"])
    for who in ("school", "inspector", "procurator", "league"):
        page = at(world, who, problem)
        assert not page.has_form("accept"), who
        forged = page.clerk.post(
            f"/problems/{problem['id']}/accept", {"csrf_token": page.forms[0].fields["csrf_token"]}
        )
        assert forged.status == 403, who
    for who in ("neighbour", "stranger"):
        assert at(world, who, problem).status == 404
    assert at(world, "congress", problem).status == 403


def test_a_critical_problem_closes_on_site_by_two(world: World) -> None:
    problem = world.open_problem("S-02-03")
    assert problem["severity"] == "critical"
    world.prove(problem["id"])
    page = at(world, "bureau", problem)
    refused = page.send("accept", comment="")
    assert refused.status == 422
    assert "第二名复查人" in refused.text
    second = world.person("inspector2").id
    assert refused.send("accept", method="on_site", second_reviewer=second).status == 200
    assert world.problem(problem["id"])["status"] == "closed"


def test_an_original_is_fetched_with_its_purpose(world: World) -> None:
    problem = world.open_problem()
    photo = jpeg()
    at(world, "school", problem).send("rectify", {"photos": [(io.BytesIO(photo), "a.jpg")]}, description="已整改")
    page = Clerk(world, "bureau").open(f"/photos/{sha256(photo)}")
    assert page.send("original", purpose="").status == 422
    assert page.send("original", purpose="核对拍摄时间").response.data == photo
    assert Clerk(world, "stranger").open(f"/photos/{sha256(photo)}/thumbnail").status == 404
    assert Clerk(world, "school").open(f"/photos/{sha256(photo)}/thumbnail").response.content_type == "image/jpeg"
