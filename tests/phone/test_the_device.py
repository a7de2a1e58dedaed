"""What phones do to us: no room, a wrong clock, storage closed behind the page's back, browsers that lack half of it.
Whatever happens, what was finished arrives as it was, and nothing is shown as kept that is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.sync_api import Locator, Playwright, expect

from tests.support.browser import LAUNCH, PHONE, Phone, Profile
from tests.support.field import (
    PATIENCE_MS,
    answer,
    arrived,
    enter,
    field_of,
    find_signal,
    finding,
    finish,
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
    shoot,
    start,
    start_task,
    to_summary,
    type_in,
    waiting,
)
from tests.support.field_more import SHIFTED, id_of, offer, once, stored_here
from tests.support.line import Line, to
from tests.support.photos import photo
from tests.support.site import Site
from tests.support.world import sha256

TWO_DAYS_MS: Final = 2 * 24 * 3600 * 1000
SCREEN: Final = (1600, 1200)
"""A photo of this size is some 630 KB."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


def said(phone: Phone) -> Locator:
    return phone.page.locator("#say")


def photos_of(place: Locator) -> Locator:
    return place.locator("ul.photos li")


def room(phone: Phone, size: int) -> None:
    """So much may this address store from now on, and not a byte more."""
    session = phone.context.new_cdp_session(phone.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": phone.line.base, "quotaSize": size})


# ── no room ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_a_full_phone_lets_go_of_what_was_received_and_of_nothing_else(site: Site, line: Line, phone: Phone) -> None:
    room(phone, 2_150_000)
    page = ready(phone)
    me = id_of(site)
    old = inspected(phone, 1, "青松路小学", seed=1, size=SCREEN)
    received(phone, old)
    arrived(site, phone, old)
    lose_signal(phone, line)
    unsent = inspected(phone, 1, "向日葵实验学校", seed=2, size=SCREEN)
    assert old in stored_here(phone, me, "bodies")

    start(phone, "启航学科培训学校")
    found = finding(answer(phone, "T-01-02", "no"))
    first, second = photo(31, SCREEN), photo(32, SCREEN)
    offer(found, first)
    expect(photos_of(found)).to_have_count(1, timeout=60_000)  # the browser takes its time to free what was let go of
    assert stored_here(phone, me, "bodies") == [unsent], "room was made by letting go of what the server has"
    offer(found, second)
    expect(said(phone)).to_contain_text("照片没有存下；已填写的内容都已保存")
    expect(photos_of(found)).to_have_count(1)
    type_in(phone, field_of(found, "fact"), "许可证已过期")
    to_summary(phone)
    record = finish(phone)
    assert kept(phone, record).photos == [sha256(first)]

    find_signal(phone, line)
    for one in (unsent, record):
        received(phone, one)
        told = arrived(site, phone, one)
        once(line, one, *told["receipt"]["photos"])
    expect(row(phone, old)).to_contain_text("已收妥，回执")
    page.reload()
    expect(row(phone, old)).to_have_attribute("data-state", "done")


NO_ROOM: Final = """() => {
    const put = IDBObjectStore.prototype.put
    IDBObjectStore.prototype.put = function (...given) {
        if (this.name === window.full) throw new DOMException('no room', 'QuotaExceededError')
        return put.apply(this, given)
    }
    window.free = 1e10
    StorageManager.prototype.estimate = async () => ({quota: 2e10 + window.free, usage: 2e10})
}"""


@pytest.mark.short_drill
def test_text_and_photos_that_find_no_room_are_not_called_kept(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({NO_ROOM})()")
    page = ready(phone)
    start(phone, "青松路小学")
    found = finding(answer(phone, "S-01-02", "no"))
    fact = field_of(found, "fact")
    type_in(phone, fact, "没有文件")
    page.evaluate("window.full = 'parts'")
    fact.fill("没有文件，也没有分管领导")
    expect(said(phone)).to_contain_text("刚才的操作没有存下")
    expect(page.locator("#saved")).to_have_text("刚才的修改没有存下")
    page.evaluate("window.full = 'blobs'")
    type_in(phone, fact, "没有文件，也没有分管人员")
    offer(found, photo(41))
    expect(said(phone)).to_contain_text("照片没有存下")
    page.evaluate("window.full = null; window.free = 21e6")
    offer(found, photo(42, at_least=2_000_000))
    expect(said(phone)).to_contain_text("剩余空间不足")
    expect(photos_of(found)).to_have_count(0)
    page.evaluate("window.free = 1e9")
    shoot(found, photo(43))
    to_summary(phone)
    page.evaluate("window.full = 'bodies'")
    page.locator("[data-do=finish]").click()
    expect(said(phone)).to_contain_text("没有存下")
    waiting(phone, 0)
    page.evaluate("window.full = null")
    record = finish(phone)
    received(phone, record)
    told = arrived(site, phone, record)
    assert told["receipt"]["photos"] == [sha256(photo(43))]
    once(line, record, sha256(photo(43)))
    assert "没有文件，也没有分管人员" in kept(phone, record).body.decode()


# ── a clock that is wrong ────────────────────────────────────────────────────────────────────────────────────────────


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.short_drill
def test_a_clock_that_is_two_days_off_refuses_nothing(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({SHIFTED})()")
    plan(site, "小河马幼儿园", "inspector")
    plan(site, "晨星艺术培训中心", "inspector")
    page = phone.open()
    page.evaluate("ms => shift(ms)", TWO_DAYS_MS)
    ready(phone)
    warned = page.locator("#notices-above")
    expect(warned).to_contain_text("手机时间与服务器相差约 2880 分钟。记录照常接收")
    expect(page.locator("a[href^='#/task/']")).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("应于 2 天前检查")

    before = datetime.now(UTC)
    ahead = inspected(phone, 1, "青松路小学", seed=5)
    received(phone, ahead)
    told = arrived(site, phone, ahead)
    assert {"clock_off", "finished_in_future"} <= {flag["code"] for flag in told["flags"]}
    assert before <= moment(told["received_at"]) <= datetime.now(UTC), "by its own clock alone"
    assert moment(told["finished_at"]) > before + timedelta(days=1), "what the phone said is kept"
    page.locator(f"a[href='#/entry/{ahead}']").click()
    expect(page.locator("main")).to_contain_text("手机时钟不准")

    page.evaluate("ms => shift(ms)", -TWO_DAYS_MS)
    start_task(phone, "小河马幼儿园")
    shoot(finding(answer(phone, "K-01-01", "no")), photo(6))
    to_summary(phone)
    behind = finish(phone)
    expect(warned).to_contain_text("2880")
    received(phone, behind)
    told = arrived(site, phone, behind)
    assert "clock_off" in {flag["code"] for flag in told["flags"]}
    assert moment(told["finished_at"]) < before - timedelta(days=1)
    offsets = site.count("SELECT count(*) FROM inspection WHERE abs(abs(clock_offset_s) - 172800) < 60")
    assert offsets == 2, "told with each"
    lose_signal(phone, line)
    home(phone)
    page.reload()
    expect(page.locator("a[href^='#/task/']")).to_contain_text("晨星艺术培训中心")
    expect(page.locator("main")).not_to_contain_text("之后的任务")
    for one in (ahead, behind):
        once(line, one)


@pytest.mark.short_drill
def test_a_clock_put_back_does_not_stop_the_queue(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({SHIFTED})()")
    page = phone.open()
    page.evaluate("ms => shift(ms)", TWO_DAYS_MS)
    ready(phone)
    busy = b'{"status": 503, "code": "unavailable", "detail": "later"}'
    headers = {"X-Request-ID": "1", "Retry-After": "600"}
    line.answer(to("PUT", "/api/v1/inspections/"), 503, busy, "application/problem+json", headers)
    record = inspected(phone, 1, seed=7)
    queue(phone)
    expect(row(phone, record)).to_contain_text("下次自动尝试")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.evaluate("ms => shift(ms)", 0)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    received(phone, record)
    arrived(site, phone, record)
    assert [one.status for one in line.seen("PUT", "/api/v1/inspections/")] == [503, 201, 200]


# ── storage that goes away, and what browsers lack ───────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_storage_that_was_thrown_away_is_not_passed_over_in_silence(site: Site, line: Line, profile: Profile) -> None:
    said_so = "本机浏览器清除过本应用的数据"
    phone = profile.start()
    page = ready(phone)
    while not any(b"ended" in log.read_bytes() for log in profile.folder.glob("Default/Local Storage/leveldb/*.log")):
        page.evaluate("new Promise(requestAnimationFrame)")  # the browser writes it in its own time
    profile.close()
    shutil.rmtree(profile.folder / "Default/IndexedDB")
    phone = profile.start()
    page = phone.open()
    expect(page.locator("main")).to_contain_text(said_so)
    enter(phone)
    home(phone)
    page.goto("/m/#/me")
    page.locator("button[data-do=leave]").click()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text(said_so)


SLABS: Final = """() => {
    const fill = crypto.getRandomValues.bind(crypto)
    window.slabs = 0
    crypto.getRandomValues = (place) => { if (place.length > 1024) window.slabs += 1; return fill(place) }
}"""


@pytest.mark.short_drill
def test_only_after_a_cut_the_browsers_log_is_begun_anew(site: Site, line: Line, profile: Profile) -> None:
    phone = profile.start()
    phone.context.add_init_script(f"({SLABS})()")
    page = phone.open()
    for _ in range(2):
        expect(page.locator("[name=password]")).to_be_visible()
        assert page.evaluate("slabs") == 0
        page.reload()
    profile.kill()
    phone = profile.start()
    phone.context.add_init_script(f"({SLABS})()")
    page = phone.open()
    page.evaluate("(async () => { while (slabs < 80) await new Promise(requestAnimationFrame) })()")


CLOSING: Final = """() => {
    const found = []
    const open = IDBFactory.prototype.open
    IDBFactory.prototype.open = function (...given) {
        const request = open.apply(this, given)
        request.addEventListener('success', () => found.push(request.result))
        return request
    }
    window.closeAll = () => found.splice(0).forEach((one) => one.close())
    const begin = IDBDatabase.prototype.transaction
    let broken = 0
    IDBDatabase.prototype.transaction = function (...given) {
        const transaction = begin.apply(this, given)
        if (broken-- > 0) setTimeout(() => { try { transaction.abort() } catch (_) {} })
        return transaction
    }
    window.breakOff = () => { broken = 1 }
}"""
"""As some systems do under memory pressure: the connection is closed in silence, or what is under way breaks off."""


NEWER_STORAGE: Final = """(user) => new Promise((done) => {
    const request = indexedDB.open(`inspection-${user}`, 99)
    request.onsuccess = () => { request.result.close(); done() }
})"""
"""As another page with a later client would."""


@pytest.mark.short_drill
def test_storage_closed_behind_the_page_is_opened_again(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({CLOSING})()")
    page = ready(phone)
    closed = "closeAll()"
    start(phone, "向日葵实验学校")
    page.evaluate(closed)
    found = finding(answer(phone, "S-01-02", "no"))
    page.evaluate("breakOff()")
    type_in(phone, field_of(found, "fact"), "没有文件")
    page.evaluate(closed)
    shoot(found, photo(8))
    page.evaluate("breakOff()")
    answer(phone, "S-01-01", "yes")
    page.evaluate(closed)
    to_summary(phone)
    page.evaluate(closed)
    lose_signal(phone, line)
    record = finish(phone)
    page.evaluate(closed)
    find_signal(phone, line)
    received(phone, record)
    told = arrived(site, phone, record)
    assert told["receipt"]["photos"] == [sha256(photo(8))]
    body = kept(phone, record).body.decode()
    assert all(text in body for text in ("没有文件", '"S-01-01":{"value":"yes"}'))
    once(line, record, sha256(photo(8)))

    page.evaluate(NEWER_STORAGE, id_of(site))
    page.locator("a[href='#/me']").click()
    expect(said(phone)).to_contain_text("本页已更新到新版本，请关闭后重新打开")


LACKING: Final = """() => {
    for (const name of ['serviceWorker', 'storage', 'locks', 'geolocation', 'connection', 'wakeLock', 'permissions'])
        delete Navigator.prototype[name]
    delete window.BroadcastChannel
    delete window.caches
    delete crypto.constructor.prototype.randomUUID
}"""


@pytest.mark.short_drill
def test_a_browser_that_lacks_what_can_be_lacked_hands_in_all_the_same(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({LACKING})()")
    page = enter(phone)
    expect(page.locator("main")).to_contain_text("这个浏览器不能离线使用，没有网络时打不开本页")
    page.locator("[data-do=prepare]").click()
    expect(said(phone)).to_contain_text("数据已下载，但这个浏览器不能离线打开本页")
    expect(page.locator("main")).to_contain_text("尚未离线准备")
    record = inspected(phone, 2, "启航学科培训学校", seed=9)
    received(phone, record)
    told = arrived(site, phone, record)
    once(line, record, *told["receipt"]["photos"])


# ── limits, said before field work ───────────────────────────────────────────────────────────────────────────────────

IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
ANDROID: Final = (
    "Mozilla/5.0 (Linux; Android 13; V2118A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.0.0 Mobile"
)
WECHAT: Final = " MicroMessenger/8.0.49"
WITHOUT_WORKER: Final = "delete Navigator.prototype.serviceWorker"
LITTLE: Final = "StorageManager.prototype.estimate = async () => ({quota: 120e6, usage: 1e6})"
REFUSED: Final = """IDBFactory.prototype.open = function () {
    throw new DOMException('The user denied permission to access the database.', 'SecurityError')
}"""


@pytest.mark.short_drill
@pytest.mark.parametrize(
    ("agent", "script", "words"),
    [
        (IPHONE + WECHAT, WITHOUT_WORKER, "苹果手机的微信内不能离线使用。请点右上角“…”选择“在浏览器打开”"),
        (ANDROID + WECHAT, "", "应用内的浏览器可能随时清除数据。请在手机浏览器中打开"),
        (IPHONE + " Safari/604.1", "", "苹果手机会清除七天未打开的网站数据。请点“分享”—“添加到主屏幕”"),
        (ANDROID, LITTLE, "浏览器可用空间很小，可能是无痕模式"),
        (ANDROID, REFUSED, "浏览器不允许在本机保存数据（可能是无痕模式），无法开始检查"),
    ],
    ids=["wechat on iPhone", "wechat on Android", "Safari", "private window", "no storage"],
)
def test_what_cannot_be_promised_is_said_before_anybody_signs_in(
    phones: Callable[..., Phone], agent: str, script: str, words: str
) -> None:
    phone = phones(user_agent=agent)
    phone.context.add_init_script(script)
    page = phone.open()
    expect(page.locator("#app")).to_contain_text(words)


def test_an_address_without_https_says_so(playwright: Playwright, line: Line) -> None:
    """On another name than the device's own; nothing else is offered there."""
    rules = ["--host-resolver-rules=MAP phone.test 127.0.0.1"]
    browser = playwright.chromium.launch(**{**LAUNCH, "args": [*LAUNCH["args"], *rules]})
    try:
        page = browser.new_context(**{**PHONE, "permissions": []}).new_page()
        page.goto(line.base.replace("127.0.0.1", "phone.test") + "/m/")
        expect(page.locator("#app")).to_contain_text("本系统须用 https 安全网址打开", timeout=PATIENCE_MS)
        assert page.locator("form").count() == 0
    finally:
        browser.close()
