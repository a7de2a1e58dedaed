"""消息: one's own, the newest first; each opens the very thing it is about, and nothing is read by being looked at."""

from __future__ import annotations

import re

import pytest

from tests.support.desk import Clerk, Opened, PageForm
from tests.support.institutions import change
from tests.support.visits import plan
from tests.support.world import World, new_id


def forms(page: Opened, deed: str) -> list[PageForm]:
    """Those of the messages of a page that do this."""
    return [form for form in page.forms if re.fullmatch(rf"/inbox/[0-9a-f-]{{36}}/{deed}", form.action)]


def unread(world: World, who: str) -> int:
    return len(forms(Clerk(world, who).open("/inbox"), "read"))


def test_looking_reads_nothing_and_opening_reads_one(world: World) -> None:
    problem = world.open_problem()
    world.clock.go(days=31)
    world.sweep()
    many = unread(world, "school")
    assert many >= 2
    page = Clerk(world, "school").open("/inbox")
    assert len(forms(page, "read")) == many
    opened = page.send(forms(page, "open")[0])
    assert opened.path == f"/problems/{problem['id']}"
    assert unread(world, "school") == many - 1
    again = page.send(forms(page, "open")[0])
    assert again.path == opened.path
    assert unread(world, "school") == many - 1


def test_one_is_marked_where_it_stands(world: World) -> None:
    world.open_problem()
    page = Clerk(world, "school").open("/inbox")
    assert "未读" in page.text
    for _ in range(2):
        marked = page.send(forms(page, "read")[0])
        assert marked.path == "/inbox"
        assert forms(marked, "read") == []
        assert "未读" not in marked.text
    assert len([entry.detail for entry in world.logged("read_notification")]) == 1


def test_a_notices_message_opens_the_notice(world: World) -> None:
    notice = world.issue(world.inspect({"S-01-05": []})["id"])
    page = Clerk(world, "school").open("/inbox")
    assert page.send(forms(page, "open")[0]).path == f"/notices/{notice['id']}"


def test_the_clock_of_issuing_opens_the_inspection(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    world.clock.go(days=10)
    world.sweep()
    page = Clerk(world, "bureau").open("/inbox")
    assert page.send(forms(page, "open")[0]).path == f"/inspections/{made['id']}"


def test_a_planned_visits_message_opens_the_visit(world: World) -> None:
    visit = plan(world, "inspector")
    page = Clerk(world, "inspector").open("/inbox")
    opened = page.send(forms(page, "open")[0])
    assert (opened.path, opened.status) == (f"/plan/{visit.json['id']}", 200)


def test_an_institutions_message_opens_its_file_while_it_is_in_scope(world: World) -> None:
    assert change(world, 0, "move", who="league", region_code="150103").status_code == 201
    page = Clerk(world, "neighbour").open("/inbox")
    opened = page.send(forms(page, "open")[0])
    assert (opened.path, opened.status) == (f"/institutions/{world.places[0]}", 200)
    page = Clerk(world, "bureau").open("/inbox")
    gone = page.send(forms(page, "open")[0])
    assert (gone.path, gone.status) == ("/inbox", 200)
    assert "已不在您的管辖范围内" in gone.text
    assert forms(gone, "read") == []


def test_all_are_read_but_what_came_since(world: World) -> None:
    world.issue(world.inspect({"S-01-05": []})["id"])
    world.issue(world.inspect({"S-03-01": []})["id"])
    page = Clerk(world, "school").open("/inbox")
    world.issue(world.inspect({"S-02-03": []})["id"])
    (every,) = forms(page, "read-all")
    after = page.send(every)
    assert "2 条已标为已读" in after.text
    assert len(forms(after, "read")) == 1
    assert "0 条已标为已读" in page.send(every).text
    assert [one.get("count") for one in [entry.detail for entry in world.logged("read_notification")]] == [2]


def test_nobody_elses(world: World) -> None:
    world.issue(world.inspect({"S-01-05": []})["id"])
    page = Clerk(world, "school").open("/inbox")
    for who in ("stranger", "bureau", "auditor"):
        clerk = Clerk(world, who)
        token = clerk.open("/inbox").forms[0].fields["csrf_token"]
        for deed in ("open", "read", "read-all"):
            assert clerk.post(forms(page, deed)[0].action, {"csrf_token": token}).status == 404
            assert clerk.post(f"/inbox/{new_id()}/{deed}", {"csrf_token": token}).status == 404
    assert unread(world, "school") == 1


def test_pages_of_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.inbox.ROWS", 2)
    for code in ("S-01-05", "S-02-03", "S-03-01"):
        world.issue(world.inspect({code: []})["id"])
        world.clock.go(minutes=1)
    page = Clerk(world, "school").open("/inbox")
    following = page.clerk.open(next(link for link in page.links if "cursor=" in link))
    seen = [form.action for shown in (page, following) for form in forms(shown, "open")]
    assert len(seen) == len(set(seen)) == 3
    assert forms(following, "read-all") == []
    marked = following.send(forms(following, "read")[0])
    assert forms(marked, "read") == []
    assert "cursor=" in marked.path
    assert Clerk(world, "school").open("/inbox?nonsense=1").status == 422


def test_in_both_languages_and_before_anything_came(world: World) -> None:
    assert "还没有消息" in Clerk(world, "school").open("/inbox").text
    world.issue(world.inspect({"S-01-05": []})["id"])
    english = Clerk(world, "school", "en").open("/inbox")
    assert "Mark as read" in english.text
    assert "标为已读" not in english.text
