"""通知书: read as it was issued, found by whose it is and whether it is acknowledged, acknowledged once."""

from __future__ import annotations

import io
import re

import pytest
from docx import Document

from inspection.documents.notice_text import HEADINGS
from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk, Opened
from tests.support.world import World


def test_a_notice_reads_as_it_was_issued_and_is_acknowledged_once(world: World) -> None:
    made = world.inspect({"S-01-05": [{"fact": "门卫室无人值守"}]})
    notice = world.issue(made["id"], document_number="新教安改〔2026〕9号", opinion="请举一反三")
    page = Clerk(world, "school").open("/notices")
    shown = page.clerk.open(next(link for link in page.links if notice["id"] in link))
    for text in ("责令限期整改通知书", "门卫室无人值守", "请举一反三", "150102-2026-0001-01", "等待单位签收"):
        assert text in shown.text
    refused = shown.send("acknowledge", title="")
    assert refused.status == 422
    for _ in range(2):
        assert "签收" in refused.send("acknowledge", title="校长").text
    assert not Clerk(world, "school").open(shown.path).has_form("acknowledge")
    assert "何建平（校长）" in Clerk(world, "bureau").open(shown.path).text


def test_the_document_is_the_very_one(world: World) -> None:
    notice = world.issue(world.inspect({"S-01-05": []})["id"])
    path = f"/notices/{notice['id']}.docx"
    served = world.person("bureau").get(path).data
    assert Clerk(world, "bureau").open(path).response.data == served
    assert Clerk(world, "neighbour").open(path).status == 404
    assert Clerk(world, "neighbour").open(f"/notices/{notice['id']}").status == 404
    assert Clerk(world, "congress").open("/notices").status == 403
    assert Clerk(world, "neighbour").open("/notices").text.count("云杉第一中学") == 0


def listed(page: Opened) -> list[str]:
    """The notices of a page in their order."""
    return [link.removeprefix("/notices/") for link in page.links if re.fullmatch(r"/notices/[0-9a-f-]{36}", link)]


def test_the_list_under_its_filters(world: World) -> None:
    school = world.issue(world.inspect({"S-01-05": []})["id"])["id"]
    kindergarten = world.issue(world.inspect({"K-01-01": []}, 1)["id"])["id"]
    world.clock.go(hours=1)
    later = world.issue(world.inspect({"S-02-03": []})["id"])["id"]
    said = {"name": "何建平", "title": "校长"}
    assert world.person("school").put(f"/notices/{school}/acknowledgement", said).status_code == 201
    bureau = Clerk(world, "bureau")
    first, *rest = listed(bureau.open("/notices"))
    assert (first, set(rest)) == (later, {school, kindergarten})
    assert listed(bureau.open("/notices?acknowledged=true")) == [school]
    assert listed(bureau.open("/notices?acknowledged=false")) == [later, kindergarten]
    both = bureau.open(f"/notices?acknowledged=false&institution={world.places[0]}")
    assert listed(both) == [later]
    assert "只看：云杉第一中学" in both.text
    wider = next(link for link in both.links if link == "/notices?acknowledged=false")
    assert listed(bureau.open(wider)) == [later, kindergarten]
    nothing = bureau.open(f"/notices?acknowledged=true&institution={world.places[1]}")
    assert "没有符合条件的通知书" in nothing.text
    told = world.person("bureau").get("/notices?acknowledged=false").json["items"]
    assert [one["id"] for one in told] == [later, kindergarten]
    assert listed(Clerk(world, "neighbour").open("/notices")) == []


def test_pages_of_the_list_keep_the_filter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.notices.ROWS", 2)
    made = []
    for _ in range(3):
        made.append(world.issue(world.inspect({"S-01-05": []})["id"])["id"])
        world.clock.go(minutes=1)
    world.person("school").put(f"/notices/{made.pop(1)}/acknowledgement", {"name": "何建平", "title": "校长"})
    made.append(world.issue(world.inspect({"S-02-03": []})["id"])["id"])
    page = Clerk(world, "bureau").open("/notices?acknowledged=false")
    following = page.clerk.open(next(link for link in page.links if "cursor=" in link))
    assert [*listed(page), *listed(following)] == made[::-1]


@pytest.mark.parametrize("asked", ["acknowledged=perhaps", "institution=7", "nonsense=1"])
def test_a_senseless_filter_shows_no_list(sqlite_world: World, asked: str) -> None:
    sqlite_world.issue(sqlite_world.inspect({"S-01-05": []})["id"])
    page = Clerk(sqlite_world, "bureau").open(f"/notices?{asked}")
    assert page.status == 422
    assert listed(page) == []
    assert "条件有误" in page.text


def test_the_page_says_what_the_document_says(world: World) -> None:
    """Word for word, in the document's order."""
    made = world.inspect({"S-01-05": [{"fact": "门卫室无人值守", "place": "南门"}], "S-02-06": [], "S-08-05": []})
    found = {problem["item_code"]: problem["id"] for problem in made["problems"]}
    items = [
        {"problem_id": found["S-08-05"], "action": "drop", "reason": "核实不成立"},
        {
            "problem_id": found["S-02-06"],
            "action": "transfer",
            "responsible": {"kind": "department", "name": "消防救援大队"},
        },
    ]
    notice = world.issue(made["id"], items=items, opinion="请举一反三\n并报告")
    clerk = Clerk(world, "bureau")
    page = clerk.open(f"/notices/{notice['id']}")
    document = Document(io.BytesIO(clerk.open(f"/notices/{notice['id']}.docx").response.data))
    shown = re.sub(r"\s", "", page.text)
    for paragraph in document.paragraphs:
        assert re.sub(r"\s", "", paragraph.text) in shown, paragraph.text
    (table,) = document.tables
    assert [cell.text for cell in table.rows[0].cells] == list(HEADINGS)
    for row in table.rows:
        assert re.sub(r"\s", "", "".join(cell.text for cell in row.cells)) in shown
    assert "消防救援大队" in page.text


def test_how_its_problems_stand_now(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-02-03": []})
    notice = world.issue(made["id"])
    problem = notice["problems"][0]["problem_id"]
    proof = world.prove(problem)
    assert world.review(problem, proof["id"], "accept").status_code == 201
    page = Clerk(world, "league").open(f"/notices/{notice['id']}")
    now = page.text.partition("现在的情况")[2]
    assert "已销号" in now
    assert "整改中" in now
    assert {f"/problems/{line['problem_id']}" for line in notice["problems"]} <= set(page.links)
    assert f"/notices/{notice['id']}.docx" in page.links
    assert not page.has_form("acknowledge")
    assert "Download the Word file" in Clerk(world, "league", "en").open(page.path).text


def test_who_acknowledges_second_is_told_and_loses_no_word(world: World) -> None:
    notice = world.issue(world.inspect({"S-01-05": []})["id"])
    page = Clerk(world, "school").open(f"/notices/{notice['id']}")
    said = {"name": "别人", "title": "副校长"}
    assert world.person("school").put(f"/notices/{notice['id']}/acknowledgement", said).status_code == 201
    late = page.send("acknowledge", title="校长")
    assert late.status == 409
    assert "校长" in late.text
    assert "别人（副校长）" in late.text
    assert not late.has_form("acknowledge")
    token = page.form("acknowledge").fields["csrf_token"]
    assert Clerk(world, "bureau").post(f"/notices/{notice['id']}/acknowledgement", {"csrf_token": token}).status == 403
    stranger = Clerk(world, "stranger")
    fields = {"csrf_token": stranger.open("/inbox").forms[0].fields["csrf_token"], "name": "x", "title": "y"}
    assert stranger.post(f"/notices/{notice['id']}/acknowledgement", fields).status == 404


def test_a_stale_form_keeps_what_was_typed(world: World) -> None:
    notice = world.issue(world.inspect({"S-01-05": []})["id"])
    clerk = Clerk(world, "school")
    page = clerk.open(f"/notices/{notice['id']}")
    with clerk.client.session_transaction() as kept:
        kept.pop("csrf_token")
    stale = page.send("acknowledge", title="安全副校长")
    assert stale.status == 409
    assert stale.form("acknowledge").fields["title"] == "安全副校长"
    assert world.person("school").get(f"/notices/{notice['id']}").json["acknowledgement"] is None
    assert "何建平（安全副校长）" in stale.send("acknowledge").text


def test_how_often_the_database_is_asked(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-02-03": [], "S-03-01": []})
    notice = world.issue(made["id"])
    world.issue(world.inspect({"S-08-02": []})["id"])
    for who in ("bureau", "league", "school"):
        for path in (
            f"/notices?acknowledged=false&institution={world.places[0]}",
            f"/notices/{notice['id']}",
            "/inbox",
        ):
            clerk = Clerk(world, who)
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))
