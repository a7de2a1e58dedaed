"""Who works with the phone: it belongs to the institution, and its storage to each person alone. What a person has not
sent stays his, is sent in his name or handed over as a file, and nobody else sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Phone
from tests.support.field import (
    arrived,
    enter,
    find_signal,
    home,
    inspected,
    kept,
    lasting_site,
    lose_signal,
    plan,
    queue,
    ready,
    received,
    row,
    waiting,
)
from tests.support.field_more import id_of, once, stored_here
from tests.support.line import Line
from tests.support.site import Site

OF_THE_DAY = ("institutions", "assignments", "problems", "details", "pictures", "notices", "messages")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


def leave(page: Page, word: str | None = None) -> None:
    """退出登录; with the word that is asked for where something is unsent."""
    page.goto("/m/#/me")
    if word is not None:
        page.locator("[name=word]").fill(word)
    page.locator("button[data-do=leave], form[data-do=leave] [type=submit]").click()


def signed_out(page: Page) -> None:
    expect(page.locator("[name=password]")).to_be_visible()


def of(site: Site, username: str) -> int:
    """How many records stand in this person's name."""
    me = id_of(site, username).replace("-", "")
    return site.count(f"SELECT count(*) FROM inspection WHERE submitter_id = '{me}'")


class Held:
    """Answers of the server that are on their way."""

    def __init__(self, page: Page, *paths: str) -> None:
        self.page, self.paths = page, paths
        self.held: list[tuple[Route, Any]] = []
        for path in paths:
            page.route(path, self._hold)

    def _hold(self, route: Route) -> None:
        self.held.append((route, route.fetch()))

    def release(self) -> None:
        for path in self.paths:
            self.page.unroute(path)
        for route, answer in self.held:
            with suppress(PlaywrightError):  # nobody waits for it any more
                route.fulfill(response=answer)


@pytest.mark.short_drill
def test_nobody_sees_or_sends_what_is_anothers(site: Site, line: Line, phone: Phone) -> None:
    first, second = id_of(site), id_of(site, "inspector2")
    plan(site, "青松路小学", "inspector")
    plan(site, "向日葵实验学校", "inspector2")
    page = ready(phone)
    lose_signal(phone, line)
    record = inspected(phone, 2, "小河马幼儿园", seed=1)
    body = kept(phone, record)
    home(phone)

    held = Held(page, "**/api/v1/sync*", "**/api/v1/inspections/*")
    with page.expect_request("**/api/v1/inspections/*"):
        find_signal(phone, line)
    with page.expect_request("**/api/v1/sync*"):
        page.locator("[data-do=refresh]").click()
    page.goto("/m/#/me")
    expect(page.locator("main")).to_contain_text("还有 1 份记录没有上传")
    leave(page, "退")
    expect(page.locator("#say")).to_contain_text("确认请输入“退出”")
    leave(page, "退出")
    signed_out(page)
    assert [stored_here(phone, first, store) for store in OF_THE_DAY] == [[]] * len(OF_THE_DAY)
    expect(page.locator("body")).not_to_contain_text("青松路小学")

    held.release()
    enter(phone, "inspector2")
    expect(page.locator("a[href^='#/task/']")).to_contain_text("向日葵实验学校")
    expect(page.locator("main")).not_to_contain_text("青松路小学")
    waiting(phone, 0)
    queue(phone)
    expect(page.locator("[data-entry]")).to_have_count(0)
    page.goto(f"/m/#/entry/{record}")
    expect(page.locator("main")).to_contain_text("这份记录不在本机")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    assert stored_here(phone, second, "outbox") == []
    assert len(stored_here(phone, second, "assignments")) == 1
    assert of(site, "inspector2") == 0
    assert line.seen("PUT", "/api/v1/photos/") == []

    leave(page)
    signed_out(page)
    enter(phone)
    received(phone, record)
    assert kept(phone, record) == body
    arrived(site, phone, record)
    once(line, record, *body.photos)
    assert (of(site, "inspector"), of(site, "inspector2")) == (1, 0)


def test_how_to_get_to_a_place_and_whom_to_call(site: Site, phone: Phone) -> None:
    plan(site, "云杉第一中学", "inspector")
    page = ready(phone)
    page.locator("a[href^='#/task/']", has_text="云杉第一中学").click()
    about = page.locator("main .card", has_text="云杉路 18 号")
    expect(about.get_by_role("link", name="致电云杉第一中学：0471-0001480")).to_have_attribute(
        "href", "tel:04710001480"
    )
    asked = str(about.get_by_role("link", name="在地图中查找云杉第一中学").get_attribute("href"))
    assert unquote(asked) == "geo:0,0?q=新城区 云杉路 18 号 云杉第一中学"


def test_who_chooses_a_place_before_the_first_list_has_come_sees_it_come(site: Site, line: Line, phone: Phone) -> None:
    page = phone.open("/m/#/signin")
    held = Held(page, "**/api/v1/sync*")
    phone.sign_in("inspector")
    expect(page.locator("[data-do=prepare]")).to_be_visible()
    page.locator("a[href='#/new']").click()
    expect(page.locator("#found")).to_contain_text("本机还没有单位资料")
    held.release()
    expect(page.locator("#found")).to_contain_text("云杉第一中学")


@pytest.mark.short_drill
def test_who_leaves_in_one_tab_has_left_in_all(site: Site, line: Line, phone: Phone) -> None:
    page = ready(phone)
    phone.expects("401")  # the other tab may ask before it is told
    other = phone.context.new_page()
    other.goto("/m/#/me")
    expect(other.locator("main")).to_contain_text("苏和")
    leave(page)
    signed_out(page)
    enter(phone, "inspector2")
    other.bring_to_front()
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.locator("main")).to_contain_text("林晓岚")
    expect(other.locator("main")).not_to_contain_text("苏和")


@pytest.mark.short_drill
def test_a_backup_is_taken_in_and_the_phone_finds_it_there(
    site: Site, line: Line, phone: Phone, tmp_path: Path
) -> None:
    page = ready(phone)
    lose_signal(phone, line)
    record = inspected(phone, 3, "启航学科培训学校", seed=2)
    queue(phone)
    with page.expect_download() as download:
        row(phone, record).locator("[data-do=export]").click()
    assert download.value.suggested_filename.endswith(".inspection-backup")
    expect(page.locator("#say")).to_contain_text("备份已导出")
    expect(row(phone, record)).to_have_attribute("data-state", "waiting")
    file = tmp_path / "备份"
    download.value.save_as(file)

    for words in ("已收", "原已收到，未作改动"):
        said = site.command("import-backup", str(file))
        assert said.returncode == 0, said.stdout + said.stderr
        assert f"检查记录 /inspections/{record}：{words}" in said.stdout
    assert "尚缺" not in said.stdout
    find_signal(phone, line)
    received(phone, record)
    told = arrived(site, phone, record)
    assert len(told["receipt"]["photos"]) == 3
    sent = line.seen("PUT", f"/api/v1/inspections/{record}")
    assert [one.served for one in sent] == [200] * len(sent)
    assert line.seen("PUT", "/api/v1/photos/") == [], "the receipt names them already"
    assert of(site, "inspector") >= 1
