"""A line that breaks wherever it can: what was finished arrives whole and once, and the phone says nothing else."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.support.browser import Phone
from tests.support.field import (
    answer,
    arrived,
    field_of,
    filled,
    find_signal,
    finding,
    finish,
    growth,
    honest,
    inspected,
    kept,
    lasting_site,
    lose_signal,
    plan,
    queue,
    ready,
    received,
    row,
    section,
    start,
    stored_photo,
    to_summary,
    type_in,
    waiting,
)
from tests.support.line import ALWAYS, Line, Request, to
from tests.support.site import Site

Grown = Callable[[], tuple[int, int]]
PUT_RECORD = to("PUT", "/api/v1/inspections/")
PUT_PHOTO = to("PUT", "/api/v1/photos/")
seeds = count(1)
PHOTOS = 3


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def grown(site: Site) -> Grown:
    """How many inspections and photos the server has got in this test."""
    return growth(site)


def visit(phone: Phone, photos: int = PHOTOS) -> str:
    return inspected(phone, photos, seed=next(seeds))


@contextmanager
def held(line: Line, fits: Callable[[Request], bool], lost: bool = False) -> Iterator[threading.Event]:
    """A line on which nothing moves from the first request that fits until the end, where that one may be `lost`; the
    event tells of it."""
    begun, over = threading.Event(), threading.Event()

    def holds(request: Request) -> bool:
        if not fits(request):
            return False
        begun.set()
        over.wait(60)
        return lost

    line.lose_requests(holds)
    try:
        yield begun
    finally:
        over.set()


def clock_stands(phone: Phone) -> None:
    """No timer of the phone's runs out any more. After `clock.install()`."""
    phone.page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))


# ── answers lost ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_server_took_without_the_phone_hearing_of_it_is_sent_again_and_stored_once(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    phone.page.clock.install()
    page = ready(phone)
    line.lose_answers(PUT_RECORD)
    line.lose_answers(PUT_PHOTO, where="halfway")
    record = visit(phone)
    queue(phone)
    for lost in ("文字 待传.*照片 0/3.*服务器可以连上，但这份内容没有送到", "文字 ✓.*照片 [0-2]/3"):
        expect(row(phone, record)).to_contain_text(re.compile(f"{lost}.*下次自动尝试", re.DOTALL))
        honest(site, phone)
        waiting(phone, 1)
        page.clock.fast_forward("00:31")
    received(phone, record)
    waiting(phone, 0)
    told = [(one.status, one.served) for one in line.seen("PUT", "/api/v1/inspections/")]
    assert told[0] == (None, 201)
    assert told[1][1] == 200
    (lost,) = [one for one in line.seen("PUT", "/api/v1/photos/") if one.status is None]
    assert [one.served for one in line.seen("PUT", lost.path)] == [201, 200]
    arrived(site, phone, record)
    assert grown() == (1, PHOTOS)


def test_what_fails_in_the_moment_in_which_the_line_comes_back_goes_at_once(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    page = phone.page
    page.clock.install()
    ready(phone)
    clock_stands(phone)
    with held(line, PUT_RECORD, lost=True) as begun:
        record = visit(phone)
        assert begun.wait(20)
        page.evaluate("window.dispatchEvent(new Event('online'))")
    received(phone, record)
    arrived(site, phone, record)
    assert line.seen("PUT")[0].status is None, "it had failed"
    assert grown() == (1, PHOTOS)


@pytest.mark.short_drill
def test_a_tap_counts_although_the_list_changes_under_the_finger(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    page = phone.page
    page.clock.install()
    ready(phone)
    lose_signal(phone, line)
    first, second = visit(phone, 1), visit(phone, 1)
    line.restore()
    says(line, f"/inspections/{first}", 503, "服务器忙，请稍后。")
    queue(phone)
    clock_stands(phone)
    with held(line, PUT_PHOTO) as begun:
        phone.context.set_offline(False)
        assert begun.wait(20)
        button = row(phone, first).locator("[data-do=now]")
        button.hover()
        page.mouse.down()
    expect(row(phone, second)).to_have_attribute("data-state", "done")
    page.mouse.up()
    received(phone, first)
    arrived(site, phone, first)
    assert grown() == (2, 2)


def test_a_tap_counts_although_the_first_page_fills_under_the_finger(site: Site, line: Line, phone: Phone) -> None:
    plan(site, "云杉第一中学", "inspector")
    page = phone.open()
    with held(line, to("GET", "/api/v1/sync")) as begun:
        phone.sign_in("inspector")
        assert begun.wait(20)
        button = page.locator("[data-do=prepare]")
        button.hover()
        page.mouse.down()
    expect(page.locator("main a.card").first).to_be_visible()
    page.mouse.up()
    expect(page.locator(".card.done", has=button)).to_contain_text("可离线使用")


# ── cut at every message ─────────────────────────────────────────────────────────────────────────────────────────────


def cut_at(site: Site, line: Line, phone: Phone, number: int) -> bool:
    """A visit whose sending is cut at the message of this number, and then goes on; False where it was not so long."""
    record = filled(phone, PHOTOS, seed=next(seeds))
    line.cut_at(number)
    assert finish(phone) == record

    def passed() -> bool:
        return any((one.path[-36:], one.status) == (record, 200) for one in list(line.log))

    line.until(lambda _: line.dead or passed())
    broke = not passed()
    if broke:
        phone.context.set_offline(True)
        honest(site, phone)
        waiting(phone, 1)
    find_signal(phone, line)
    received(phone, record)
    waiting(phone, 0)
    arrived(site, phone, record)
    if broke:  # and the phone has asked what is new, so that the next messages are the next visit's
        line.until(lambda log: log[-1].path.startswith("/api/v1/notifications"))
    return broke


@pytest.mark.short_drill
def test_cut_at_a_message(site: Site, line: Line, phone: Phone, grown: Grown) -> None:
    """The record's answer, a photo, a photo's answer, the receipt; `make drill` has them all."""
    ready(phone)
    assert [cut_at(site, line, phone, number) for number in (2, 3, 5, 10)] == [True] * 4
    assert grown() == (4, 4 * PHOTOS)


@pytest.mark.drill
def test_cut_at_every_message(site: Site, line: Line, phone: Phone, grown: Grown) -> None:
    ready(phone)
    visits = next(number for number in count(1) if not cut_at(site, line, phone, number))
    assert visits == 2 * (PHOTOS + 2) + 1, "a record, its photos, and the record again for its receipt"
    assert grown() == (visits, visits * PHOTOS)


# ── signed out meanwhile ─────────────────────────────────────────────────────────────────────────────────────────────


def sign_out_elsewhere(site: Site) -> None:
    """Whoever has signed in with the password, as from another device."""
    inspector = site.caller("inspector")
    for device in inspector.get("/auth/devices").json()["items"]:
        if not device["current"]:
            assert inspector.call("DELETE", f"/auth/devices/{device['id']}").status_code == 204


@pytest.mark.short_drill
def test_signed_out_in_mid_sending_it_pauses_and_keeps_and_goes_on_when_the_same_person_signs_in(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    page = ready(phone)
    phone.expects("status of 401")
    line.cut_at(4, also=lambda: sign_out_elsewhere(site))
    first = visit(phone)
    line.until(lambda _: line.dead)
    phone.context.set_offline(True)
    second = visit(phone, 1)
    waiting(phone, 2)
    find_signal(phone, line)
    for _ in range(2):
        page.reload()
        expect(page.locator("#notices-above")).to_contain_text("登录已失效，上传已暂停。内容都在本机，没有丢失。")
        honest(site, phone)
        waiting(phone, 2)
        expect(page.locator("#screen .trouble-box")).to_contain_text("上传已暂停")
    before = len(line.seen("PUT"))
    page.locator("#notices-above a").click()
    expect(page.locator("[name=username]")).to_have_value("inspector")
    with held(line, to("PUT")):
        phone.sign_in("inspector")
        expect(page.locator("[data-do=prepare]")).to_be_visible()
    for record in (first, second):
        received(phone, record)
        arrived(site, phone, record)
    waiting(phone, 0)
    assert grown() == (2, PHOTOS + 1)
    assert {one.status for one in line.seen("PUT")[before:]} <= {200, 201}


# ── somebody else answers ────────────────────────────────────────────────────────────────────────────────────────────


def all_of_it(request: Request) -> bool:
    return True


def login_page(line: Line) -> None:
    line.portal()


def json_of_another(line: Line) -> None:
    said = {
        "status": "alive",
        "state": "complete",
        "missing_photos": [],
        "receipt": {"code": "AAAA-1111", "photos": []},
    }
    line.answer(all_of_it, 200, json.dumps(said), "application/json", times=ALWAYS)


def redirect(line: Line) -> None:
    said = json.dumps({"status": "alive"})
    line.answer(to("GET", "/login"), 200, said, "application/json", {"X-Request-ID": "portal"}, ALWAYS)
    line.answer(all_of_it, 303, headers={"Location": "/login"}, times=ALWAYS)


@pytest.mark.short_drill
def test_who_is_not_the_server_counts_as_no_network(site: Site, line: Line, phone: Phone, grown: Grown) -> None:
    page = ready(phone)
    phone.expects("net::ERR_FAILED|ERR_UNSAFE_REDIRECT|unsupported MIME type|redirect")
    for number, portal in enumerate((login_page, json_of_another, redirect)):
        portal(line)
        record = visit(phone)
        line.until(lambda log, name=record: any(one.path.endswith(name) for one in log))
        expect(page.locator("#strip")).to_contain_text("网络：无")
        page.reload()
        expect(page.locator("#strip")).to_contain_text("网络：无")
        honest(site, phone)
        waiting(phone, 1)
        expect(row(phone, record)).to_contain_text("没有连上服务器，会自动重试；内容在本机。")
        assert grown() == (number, number * PHOTOS)
        find_signal(phone, line)
        received(phone, record)
        waiting(phone, 0)
        arrived(site, phone, record)
    assert grown() == (3, 3 * PHOTOS)


@pytest.mark.short_drill
def test_that_there_is_no_network_is_in_sight_and_so_is_its_coming_back_when_nothing_waits(
    phone: Phone, line: Line
) -> None:
    page = ready(phone)
    lose_signal(phone, line)
    page.reload()
    strip = page.locator("#strip")
    expect(strip).to_contain_text("网络：无")
    assert strip.evaluate("one => getComputedStyle(one).opacity") == "1"
    assert strip.evaluate("one => one.getBoundingClientRect().height") >= 44
    find_signal(phone, line)
    expect(strip).to_contain_text("网络：已连接")


# ── the server itself goes ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_server_is_killed_in_mid_sending_and_what_is_left_goes_by_itself_when_it_is_back(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    phone.page.clock.install()
    page = ready(phone)
    uploads = count(1)

    def kills(request: Request) -> bool:
        if PUT_PHOTO(request) and next(uploads) == 2:
            site.stop_server(signal.SIGKILL)
        return False

    line.lose_requests(kills)
    record = visit(phone)
    expect(page.locator("#strip")).to_contain_text("网络：无")
    waiting(phone, 1)
    site.start_server()
    honest(site, phone)
    page.clock.fast_forward("00:31")
    received(phone, record)
    waiting(phone, 0)
    arrived(site, phone, record)
    assert grown() == (1, PHOTOS)


# ── in its order ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.short_drill
def test_a_danger_goes_before_the_photos_that_wait(site: Site, line: Line, phone: Phone, grown: Grown) -> None:
    ready(phone)
    with held(line, PUT_PHOTO) as begun:
        record = visit(phone, 6)
        assert begun.wait(20)
        start(phone)
        section(phone, "S-09")
        here = answer(phone, "S-09-01", "no")
        type_in(phone, field_of(finding(here), "fact"), "三楼东侧安全出口上锁")
        here.locator("[data-do=ahead]").click()
        link = here.locator("a[href^='#/entry/']")
        danger = str(link.get_attribute("href")).rpartition("/")[2]
        waiting(phone, 2)
    for one in (danger, record):
        received(phone, one)
        arrived(site, phone, one)
    order = [one.path for one in line.seen("PUT")]
    earlier = order[: order.index(f"/api/v1/inspections/{danger}")]
    assert sum(path.startswith("/api/v1/photos/") for path in earlier) <= 2, "those that were under way"
    assert grown() == (2, 6)


# ── one that the server will not take ────────────────────────────────────────────────────────────────────────────────


def says(line: Line, path: str, status: int, detail: str, times: float = 1, **headers: str) -> None:
    """The server's own no to what goes to this path."""
    fault = {"pointer": "/answers/S-01-01/value", "detail": "不是可选的答案。"}
    said = {"status": status, "code": "invalid", "detail": detail, "errors": [fault] if status == 422 else []}
    line.answer(
        to("PUT", f"/api/v1{path}"),
        status,
        json.dumps(said),
        "application/problem+json",
        {"X-Request-ID": "r", **{name.replace("_", "-"): value for name, value in headers.items()}},
        times,
    )


def proxy_refuses(line: Line, path: str) -> None:
    line.answer(to("PUT", f"/api/v1{path}"), 413, "<h1>Request Entity Too Large</h1>", times=ALWAYS)


@pytest.mark.short_drill
def test_a_record_that_is_refused_does_not_hold_up_the_next(site: Site, line: Line, phone: Phone, grown: Grown) -> None:
    page = ready(phone)
    lose_signal(phone, line)
    invalid, conflict, busy, large, fine = records = [visit(phone, 1) for _ in range(5)]
    line.restore()
    says(line, f"/inspections/{invalid}", 422, "内容有误。")
    says(line, f"/inspections/{conflict}", 409, "已有另一份内容。")
    says(line, f"/inspections/{busy}", 503, "服务器忙，请稍后。", Retry_After="900")
    proxy_refuses(line, f"/inspections/{large}")
    phone.context.set_offline(False)
    received(phone, fine)
    arrived(site, phone, fine)
    waiting(phone, 4)
    expect(page.locator("#strip")).not_to_contain_text("正在上传")
    assert [len(line.seen("PUT", f"/api/v1/inspections/{one}")) for one in records] == [1, 1, 1, 1, 2]
    honest(site, phone)
    for record, texts in {
        invalid: ("需要您处理", "内容有误。", "S-01-01", "不是可选的答案。"),
        conflict: ("需要您处理", "已有另一份内容。"),
        busy: ("已保存在本机，等待上传", "服务器忙，请稍后。", "下次自动尝试"),
        large: ("已保存在本机，等待上传", "服务器可以连上，但这份内容没有送到", "下次自动尝试"),
    }.items():
        for text in texts:
            expect(row(phone, record)).to_contain_text(text)
    # what stood in the way is gone
    line.restore()
    for record in (conflict, busy, large):
        row(phone, record).locator("[data-do=now]").click()
        received(phone, record)
        arrived(site, phone, record)
    waiting(phone, 1)
    # and one is put right
    row(phone, invalid).locator("[data-do=correct]").click()
    page.locator("#progress").wait_for()
    waiting(phone, 0)
    answer(phone, "S-01-01", "yes")
    to_summary(phone)
    mended = finish(phone)
    received(phone, mended)
    told = arrived(site, phone, mended)
    assert mended != invalid
    assert told["submission"]["answers"] == {"S-01-01": {"value": "yes"}}
    assert site.caller("inspector").get(f"/inspections/{invalid}").status_code == 404
    expect(row(phone, invalid)).to_contain_text("已由更正后的记录代替")
    expect(page.locator("h2.section", has_text="已收妥")).to_have_text("已收妥（5）")
    assert grown() == (5, 4)


@pytest.mark.short_drill
def test_a_photo_that_is_refused_does_not_hold_up_the_others(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    phone.page.clock.install()
    page = ready(phone)
    lose_signal(phone, line)
    first, second, fine = visit(phone, 6), visit(phone), visit(phone, 1)
    stuck, spoilt = kept(phone, first).photos[0], kept(phone, second).photos[0]
    line.restore()
    proxy_refuses(line, f"/photos/{stuck}")
    says(line, f"/photos/{spoilt}", 415, "照片无法识别。", times=ALWAYS)
    phone.context.set_offline(False)
    received(phone, fine)
    arrived(site, phone, fine)
    waiting(phone, 2)
    page.clock.fast_forward("00:31")
    expect(row(phone, second)).to_contain_text("照片 2/3")
    expect(row(phone, second)).to_contain_text("照片无法识别。")
    expect(row(phone, second)).to_have_attribute("data-state", "attention")
    expect(row(phone, first)).to_contain_text("照片 5/6")
    expect(row(phone, first)).to_have_attribute("data-state", "partial")
    honest(site, phone)
    assert not stored_photo(site, stuck).exists()
    line.restore()
    row(phone, first).locator("[data-do=now]").click()
    received(phone, first)
    arrived(site, phone, first)
    waiting(phone, 1)
    # the other is put right without its spoilt photo, and replaces what the server has of it
    row(phone, second).locator("[data-do=correct]").click()
    page.locator("#progress").wait_for()
    waiting(phone, 0)
    to_summary(phone)
    mended = finish(phone)
    received(phone, mended)
    told = arrived(site, phone, mended)
    assert (told["supersedes"], len(told["receipt"]["photos"])) == (second, 2)
    assert spoilt not in told["receipt"]["photos"]
    assert grown() == (4, 6 + 2 + 1)
