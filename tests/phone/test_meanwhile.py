"""What goes on elsewhere while an inspector works: in another tab of his, in the office, with the program itself, with
the server. Nothing of it is in the way of what he has finished, and the phone says in words what has become of it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy
from playwright.sync_api import Page, expect

from inspection import serving
from tests.support.browser import Phone
from tests.support.field import (
    answer,
    arrived,
    card,
    field_of,
    find_signal,
    finding,
    finish,
    home,
    inspected,
    kept,
    lose_signal,
    plan,
    queue,
    ready,
    received,
    row,
    shoot,
    start,
    start_task,
    to_summary,
    type_in,
    waiting,
    whole,
)
from tests.support.field_more import id_of, once, tree
from tests.support.line import ALWAYS, Exchange, Line, to
from tests.support.photos import photo
from tests.support.site import ENGINE, Site
from tests.support.world import new_id, sha256

PUTS = to("PUT", "/api/v1/")


def send_now(phone: Phone) -> None:
    queue(phone)
    phone.page.locator("[data-do=now]").first.click()


def whole_in(log: list[Exchange], record: str) -> bool:
    """The record was asked for once more when its photos were there."""
    photos = [index for index, one in enumerate(log) if one.method == "PUT" and "/photos/" in one.path]
    return any(one.path.endswith(record) and one.status == 200 for one in log[photos[-1] :]) if photos else False


def beside(phone: Phone, page: Page) -> Phone:
    """Another tab of the same phone."""
    other = Phone(phone.context, phone.line)
    other.page = page
    return other


# ── another tab ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_two_tabs_keep_what_each_has_done_and_send_each_thing_once(site: Site, line: Line, phone: Phone) -> None:
    first = ready(phone)
    draft = start(phone)
    second = phone.context.new_page()
    second.goto(f"/m/#/check/{draft}")
    other = beside(phone, second)
    expect(card(other, "S-01-01")).to_be_visible()

    found = finding(answer(phone, "S-01-02", "no"))
    answer(other, "S-01-01", "yes")
    there = finding(answer(other, "S-01-04", "no"))
    type_in(phone, field_of(found, "fact"), "没有文件")
    type_in(other, field_of(there, "fact"), "私下调解")
    shoot(found, photo(1))
    to_summary(other)
    lose_signal(phone, line)
    record = finish(other)
    body = kept(phone, record).body.decode()
    assert all(text in body for text in ('"S-01-01":{"value":"yes"}', "没有文件", "私下调解", sha256(photo(1))))

    field_of(found, "place").fill("档案室")
    expect(first.locator("#say")).to_contain_text("这份记录已在另一个页面完成，不能再修改")
    card(phone, "S-01-01").locator("[data-value=no]").click()
    expect(first.locator("#say")).to_contain_text("这份记录已在另一个页面完成")
    expect(card(phone, "S-01-01").locator("[data-value=no]")).to_have_attribute("aria-pressed", "false")
    assert kept(phone, record).body.decode() == body
    first.reload()
    expect(row(phone, record)).to_be_visible()

    queue(phone)
    find_signal(phone, line)
    for page in (first, second):
        page.evaluate("document.querySelector('[data-do=now]')?.click()")
    line.until(lambda log: whole_in(log, record))
    for tab in (phone, other):
        tab.page.bring_to_front()
        tab.page.reload()
        received(tab, record)
    arrived(site, phone, record)
    once(line, record, sha256(photo(1)))
    whole(site, record)


# ── another version of the program ───────────────────────────────────────────────────────────────────────────────────


UPDATED: Final = """async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    await registration.update()
    const worker = registration.installing || registration.waiting
    while (worker.state === 'installing')
        await new Promise((done) => worker.addEventListener('statechange', done, {once: true}))
    return worker.state
}"""
"""Looks for an update, and what has become of it."""


def version(page: Page) -> str:
    return str(page.locator("meta[name=version]").get_attribute("content"))


def renew(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server comes back with a newer client."""
    copy = tree(site, folder / "newer")
    with (copy / "inspection/phone/app.js").open("a") as file:
        file.write("document.documentElement.dataset.newer = 'yes';\n")
    monkeypatch.setattr(serving, "ROOT", copy)
    site.stop_server()
    site.start_server()


@pytest.fixture
def newer(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda: renew(site, tmp_path, monkeypatch)


@pytest.mark.short_drill
def test_an_update_is_offered_and_takes_nothing_away(site: Site, line: Line, phone: Phone, newer: Any) -> None:
    page = ready(phone)
    old = version(page)
    lose_signal(phone, line)
    record = inspected(phone, 1, seed=1)
    draft = start(phone, "青松路小学")
    type_in(phone, field_of(finding(answer(phone, "S-01-02", "no")), "fact"), "没有文件")
    newer()
    find_signal(phone, line)
    line.lose_requests(PUTS, ALWAYS)
    offer = page.locator("#notices-above [data-do=update]")

    page.reload()
    assert page.evaluate(UPDATED) == "installed"
    expect(field_of(finding(card(phone, "S-01-02")), "fact")).to_have_value("没有文件")
    expect(offer).to_have_count(0)
    assert version(page) == old
    home(phone)
    expect(page.locator("#notices-above")).to_contain_text("有新版本可用")
    waiting(phone, 1)
    assert page.locator("html[data-newer]").count() == 0
    offer.click()
    expect(page.locator("html[data-newer=yes]")).to_be_attached()
    assert version(page) != old
    assert version(page) == line_version(site)
    expect(page.locator("[data-do=prepare]")).to_be_visible()
    expect(offer).to_have_count(0)
    waiting(phone, 1)
    line.restore()
    send_now(phone)
    received(phone, record)
    arrived(site, phone, record)
    page.goto(f"/m/#/check/{draft}")
    expect(field_of(finding(card(phone, "S-01-02")), "fact")).to_have_value("没有文件")
    to_summary(phone)
    second = finish(phone)
    received(phone, second)
    arrived(site, phone, second)
    once(line, record)
    whole(site, record, second)


def line_version(site: Site) -> str:
    return str(site.caller("inspector").get("/me").headers["X-Client-Latest"])


@pytest.mark.short_drill
def test_what_does_not_belong_together_is_not_installed_and_the_old_client_hands_in(
    site: Site, line: Line, phone: Phone, newer: Any
) -> None:
    page = ready(phone)
    old = version(page)
    newer()
    phone.expects("Failed to find a valid digest|Failed to fetch")
    line.answer(to("GET", "/m/screens/finding.js"), 200, b"export const another = 1;", "text/javascript", times=ALWAYS)
    assert page.evaluate(UPDATED) == "redundant"
    record = inspected(phone, 1, seed=2)
    received(phone, record)
    arrived(site, phone, record)
    home(phone)
    expect(page.locator("#notices-above")).to_contain_text("本机使用的是旧版本，仍可继续检查和上传")
    expect(page.locator("[data-do=update]")).to_have_count(0)
    page.reload()
    expect(page.locator("[data-do=prepare]")).to_be_visible()
    assert version(page) == old
    assert page.evaluate("(old) => caches.has(`phone-${old}`)", old), "the old one is whole"
    line.restore()
    assert page.evaluate(UPDATED) == "installed"
    expect(page.locator("#notices-above")).to_contain_text("有新版本可用")
    whole(site, record)


# ── the office ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_what_the_office_changed_meanwhile_is_flagged_in_words(
    site: Site, line: Line, phone: Phone, tmp_path: Path
) -> None:
    bureau = site.caller("bureau")
    cancelled = plan(site, "云杉第一中学", "inspector")
    plan(site, "小河马幼儿园", "inspector")
    plan(site, "青松路小学", "inspector")
    ready(phone)
    lose_signal(phone, line)

    text = (serving.ROOT / "checklists/definitions/school.v1.yaml").read_text(encoding="utf-8")
    (tmp_path / "school.v2.yaml").write_text(text.replace("version: 1\n", "version: 2\n", 1), encoding="utf-8")
    said = site.command("checklist", "publish", str(tmp_path / "school.v2.yaml"))
    assert said.returncode == 0, said.stdout + said.stderr
    answered = bureau.put(f"/assignments/{cancelled}/cancellation", {"reason": "改期"})
    assert answered.status_code == 201, answered.text
    place = bureau.get("/institutions?q=小河马").json()["items"][0]["id"]
    today = site.caller("inspector").get("/sync").json()["server_time"][:10]
    renamed = {"kind": "rename", "name": "大河马幼儿园", "effective_on": today, "reason": "更名"}
    answered = bureau.put(f"/institutions/{place}/changes/{new_id()}", renamed)
    assert answered.status_code == 201, answered.text

    start_task(phone, "云杉第一中学")
    shoot(finding(answer(phone, "S-01-02", "no")), photo(3))
    to_summary(phone)
    one = finish(phone)
    start_task(phone, "小河马幼儿园")
    answer(phone, "K-01-01", "no")
    to_summary(phone)
    two = finish(phone)
    find_signal(phone, line)
    for record in (one, two):
        received(phone, record)
        arrived(site, phone, record)
        once(line, record)
    page = phone.page
    page.goto(f"/m/#/entry/{one}")
    flags = page.locator("section", has=page.locator("h2", has_text="系统标记"))
    expect(flags).to_contain_text("使用了旧版检查表")
    expect(flags).to_contain_text("任务已取消")
    page.goto(f"/m/#/entry/{two}")
    expect(page.locator("main")).to_contain_text("小河马幼儿园")
    home(phone)
    page.locator("[data-do=refresh]").click()
    expect(page.locator("#say")).to_contain_text("已刷新")
    page.goto("/m/#/new")
    page.locator("input[type=search]").fill("河马")
    expect(page.locator("#found")).to_contain_text("大河马幼儿园")

    lose_signal(phone, line)
    start_task(phone, "青松路小学")
    answer(phone, "S-01-02", "no")
    to_summary(phone)
    three = finish(phone)
    leaving, successor = id_of(site, "inspector"), id_of(site, "inspector2")
    handed = {"from_user_id": leaving, "to_user_id": successor, "reason": "调离", "signed_by": "乌兰"}
    answered = site.caller("secadmin").put(f"/handovers/{new_id()}", handed)
    assert answered.status_code == 201, answered.text
    phone.expects("status of 403")
    find_signal(phone, line)
    received(phone, three)
    told = arrived(site, phone, three, "inspector2")
    assert "assignment_not_own" in {flag["code"] for flag in told["flags"]}
    page.goto(f"/m/#/entry/{three}")
    expect(flags).to_contain_text("任务未派给本人")
    whole(site, one, two, three)


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────────


AT_ONCE: Final = """async () => {
    const {forgetSent, offerAgain} = await import('/m/outbox.js')
    await Promise.all([forgetSent({makeRoom: true}), offerAgain()])
}"""
"""Room is wanted in the very moment in which the server is found to be another."""


def older_copy(site: Site) -> bytes:
    """The database of this moment, with what still lies beside it in its write-ahead log."""
    with closing(sqlite3.connect(re.sub("^sqlite:///", "", site.url))) as connection:
        return connection.serialize()


def restore_older(site: Site, copy: bytes) -> None:
    """The database as it was, under another identity, and none of the photos that came later."""
    path = Path(re.sub("^sqlite:///", "", site.url))
    for name in (f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)
    path.write_bytes(copy)
    engine = sqlalchemy.create_engine(site.url)
    with engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE installation SET installation_id = :id"), {"id": new_id().replace("-", "")}
        )
    engine.dispose()


@pytest.mark.short_drill
@pytest.mark.skipif(ENGINE != "sqlite", reason="puts an older file in the database's place")
def test_a_server_that_was_set_up_anew_gets_again_what_it_has_lost(site: Site, line: Line, phone: Phone) -> None:
    page = ready(phone)
    site.stop_server()
    copy = older_copy(site)
    site.start_server()
    record = inspected(phone, 2, seed=4)
    received(phone, record)
    first = arrived(site, phone, record)
    finished = kept(phone, record)
    site.stop_server()
    restore_older(site, copy)
    for digest in first["receipt"]["photos"]:
        (site.data_dir / "evidence" / digest[:2] / digest).unlink()
    site.start_server()
    assert site.count("SELECT count(*) FROM inspection") == 0

    home(phone)
    line.lose_requests(PUTS, ALWAYS)
    page.locator("[data-do=refresh]").click()
    expect(page.locator("#say")).to_contain_text("已刷新")
    waiting(phone, 1)
    queue(phone)
    expect(row(phone, record)).not_to_have_attribute("data-state", "done")
    expect(row(phone, record)).to_contain_text("服务器已更换，正在重新核对")
    line.restore()
    send_now(phone)
    received(phone, record)
    again = arrived(site, phone, record)
    assert kept(phone, record) == finished
    assert again["receipt"]["code"] == first["receipt"]["code"]

    page.evaluate(AT_ONCE)
    assert kept(phone, record) == finished, "what is to be sent again is not let go of"
    send_now(phone)
    received(phone, record)
    whole(site, record)
