"""通知书 and 消息: read as issued, acknowledged once; every message opens the very thing it is about."""

from __future__ import annotations

from tests.support.desk import Clerk
from tests.support.world import World, new_id


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


def test_a_message_opens_what_it_is_about_and_is_read_then(world: World) -> None:
    problem = world.open_problem()
    world.clock.go(days=31)
    world.sweep()
    inbox = Clerk(world, "school").open("/inbox")
    unread = inbox.text.count("未读")
    assert unread >= 2
    assert Clerk(world, "school").open("/inbox").text.count("未读") == unread
    message = next(form for form in inbox.forms if form.action.endswith("/open"))
    opened = inbox.send(message)
    assert problem["id"] in opened.path
    assert Clerk(world, "school").open("/inbox").text.count("未读") == unread - 1


def test_a_notices_message_opens_the_notice(world: World) -> None:
    notice = world.issue(world.inspect({"S-01-05": []})["id"])
    inbox = Clerk(world, "school").open("/inbox")
    opened = inbox.send(next(form for form in inbox.forms if form.action.endswith("/open")))
    assert notice["id"] in opened.path


def test_all_are_read_but_what_came_since(world: World) -> None:
    world.issue(world.inspect({"S-01-05": []})["id"])
    inbox = Clerk(world, "school").open("/inbox")
    world.issue(world.inspect({"S-02-03": []})["id"])
    every = next(form for form in inbox.forms if form.action.endswith("/read"))
    after = inbox.send(every)
    assert after.text.count("未读") == 1 + after.text.count("条未读")
    stranger = Clerk(world, "stranger")
    token = stranger.open("/inbox").forms[0].fields["csrf_token"]
    assert stranger.post(every.action, {"csrf_token": token}).status == 404
    assert stranger.post(f"/inbox/{new_id()}/open", {"csrf_token": token}).status == 404
