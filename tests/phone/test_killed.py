"""The system closes the page, or the browser dies, whenever it likes: what the phone called stored is there again."""

from __future__ import annotations

import random
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, cycle
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.support.browser import Phone, Profile
from tests.support.field import (
    PATIENCE_MS,
    SCHOOL,
    answer,
    arrived,
    card,
    field_of,
    filled,
    finding,
    finish,
    growth,
    home,
    honest,
    lasting_site,
    queue,
    ready,
    received,
    section,
    shoot,
    start,
    to_summary,
    type_in,
    waiting,
)
from tests.support.line import Line
from tests.support.photos import photo
from tests.support.site import Site

Grown = Callable[[], tuple[int, int]]
PHOTOS = 2
MESSAGES = 2 * (PHOTOS + 2)
"""The record, its photos, and the record again for its receipt: each asked and answered."""
WORDS = "三楼东侧安全出口上锁钥匙无人保管值班记录不全灭火器过期应急灯损坏"
seeds = count(3)

TELL_SAVED = """() => new MutationObserver(() => console.debug('stored'))
    .observe(document.querySelector('#saved'), {childList: true})"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def grown(site: Site) -> Grown:
    """How many inspections and photos the server has got in this test."""
    return growth(site)


# ── while the camera is open ─────────────────────────────────────────────────────────────────────────────────────────


def closes(page: Page) -> None:
    page.close()


def crashes(page: Page) -> None:
    with page.expect_event("crash"), suppress(PlaywrightError):
        page.goto("chrome://crash")


def opened_again(phone: Phone) -> Page:
    phone.page = phone.context.new_page()
    phone.page.set_default_timeout(PATIENCE_MS)
    return phone.open()


@pytest.mark.short_drill
def test_the_page_is_gone_while_the_camera_is_open_and_comes_back_to_the_same_item(
    site: Site, line: Line, phone: Phone, grown: Grown
) -> None:
    ready(phone)
    draft = start(phone)
    answer(phone, "S-01-01", "yes")
    section(phone, "S-05")
    here = answer(phone, "S-05-06", "no")
    type_in(phone, field_of(finding(here), "fact"), "门卫室无人值守")
    first, second = photo(1, (320, 240)), photo(2, (320, 240))
    shoot(finding(here), first)
    for gone in (closes, crashes):
        with phone.page.expect_file_chooser():
            finding(here).locator("[data-do=photo][data-source=camera]").click()
        gone(phone.page)
        page = opened_again(phone)
        here = card(phone, "S-05-06")
        expect(page.locator("#say")).to_contain_text("刚才那张照片没有取回，请重拍。其他内容都已保存。")
        expect(here).to_be_in_viewport()
        expect(here.locator("[data-do=answer][data-value=no]")).to_have_attribute("aria-pressed", "true")
        expect(field_of(finding(here), "fact")).to_have_value("门卫室无人值守")
        expect(finding(here).locator("ul.photos li")).to_have_count(1)
        expect(page.locator("#views [data-view='S-01']")).to_contain_text("S-01 1/")
        page.reload()
        expect(here).to_be_visible()
        expect(page.locator("#say")).to_have_text("")
    shoot(finding(here), second)
    to_summary(phone)
    # a signed sheet of paper is photographed with the same camera
    phone.page.locator("a[href^='#/sign/'][href$='/0']").click()
    with phone.page.expect_file_chooser():
        phone.page.locator("[data-do=photo][data-source=camera]").click()
    closes(phone.page)
    page = opened_again(phone)
    expect(page.locator("#say")).to_contain_text("刚才那张照片没有取回")
    expect(page.locator(".canvas.sign")).to_be_visible()
    page.goto(f"/m/#/finish/{draft}")
    assert finish(phone) == draft
    received(phone, draft)
    told = arrived(site, phone, draft)
    assert set(told["submission"]["answers"]) == {"S-01-01", "S-05-06"}
    assert len(told["receipt"]["photos"]) == 2
    assert grown() == (1, 2)


# ── the browser dies ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def dying(profile: Profile, moment: float) -> Iterator[None]:
    """What goes on within is cut short by the browser's end, at this moment (seconds) from now."""
    end = threading.Timer(moment, profile.kill)
    end.start()
    try:
        yield
    except PlaywrightError as error:
        if "closed" not in str(error) and "crash" not in str(error):
            raise
    finally:
        end.join()


def started(profile: Profile) -> Phone:
    phone = profile.start()
    phone.page.set_default_timeout(PATIENCE_MS)
    return phone


def let_the_lease_end(phone: Phone) -> None:
    """A page that was killed in mid-sending left word that it is sending, which holds for a while. No single leap is
    as long as the phone waits for an answer."""
    for _ in range(2):
        phone.page.clock.fast_forward("00:31")


def killed_while_typing(profile: Profile, draft: str, moment: float) -> None:
    """What the phone has called stored is there when it is opened again, and nothing that nobody typed."""
    phone = profile.phones[-1]
    page = phone.page
    fact = field_of(finding(card(phone, "S-05-06")), "fact")
    if fact.input_value():
        type_in(phone, fact, "")
    page.evaluate(TELL_SAVED)
    fact.focus()
    typed = ""
    with dying(profile, moment):
        for letter in cycle(WORDS):
            typed += letter
            page.keyboard.insert_text(letter)
    stored = sum(line.startswith("debug: stored") for line in phone.told)
    phone = started(profile)
    phone.open(f"/m/#/check/{draft}/S-05")
    here = card(phone, "S-05-06")
    expect(finding(here).locator("ul.photos li")).to_have_count(PHOTOS)
    found = field_of(finding(here), "fact").input_value()
    assert typed.startswith(found), (typed, found)
    assert len(found) >= stored, (typed, found, stored)


@pytest.mark.short_drill
def test_killed_while_typing(site: Site, line: Line, profile: Profile, grown: Grown) -> None:
    typing(site, line, profile, [0.05, 0.3])
    assert grown() == (1, PHOTOS)


def typing(site: Site, line: Line, profile: Profile, moments: list[float]) -> None:
    """Without a line, so that it is opened again from what the phone has of the client itself."""
    phone = profile.start()
    ready(phone)
    draft = start(phone)
    section(phone, "S-05")
    shoot(finding(answer(phone, "S-05-06", "no")), *(photo(next(seeds), (320, 240)) for _ in range(PHOTOS)))
    line.cut()
    for moment in moments:
        killed_while_typing(profile, draft, moment)
    line.restore()
    phone = profile.phones[-1]
    to_summary(phone)
    assert finish(phone) == draft
    received(phone, draft)
    arrived(site, phone, draft)


def closed(log: Path, page: Page) -> None:
    """Until the browser writes to another log and has removed this one; nothing but looking tells."""
    for _ in range(5000):
        if not log.exists():
            return
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError("it still writes to the damaged log")


@pytest.mark.short_drill
def test_half_a_record_that_a_killed_browser_left_costs_nothing_later(
    site: Site, line: Line, profile: Profile, grown: Grown
) -> None:
    """The browser writes on behind it, and would throw all away when it is opened once more."""
    phone = profile.start()
    ready(phone)
    draft = start(phone, SCHOOL, "S-01")
    type_in(phone, field_of(finding(answer(phone, "S-01-01", "no")), "fact"), WORDS)
    profile.kill()
    (log,) = profile.folder.glob("Default/IndexedDB/*.leveldb/*.log")
    with log.open("ab") as file:
        file.write(struct.pack("<IHB", 0, 1730, 1))  # as its head is written before its body
    for value in ("yes", "no"):
        phone = started(profile)
        page = phone.open(f"/m/#/check/{draft}/S-01")
        expect(field_of(finding(card(phone, "S-01-01")), "fact")).to_have_value(WORDS)
        answer(phone, "S-01-02", value)
        closed(log, page)
        profile.close()
    phone = started(profile)
    phone.open(f"/m/#/check/{draft}/S-01")
    expect(card(phone, "S-01-02").locator("[data-value=no]")).to_have_attribute("aria-pressed", "true")
    to_summary(phone)
    assert finish(phone) == draft
    received(phone, draft)
    arrived(site, phone, draft)
    assert grown() == (1, 0)


def killed_while_finishing(site: Site, profile: Profile, moment: float) -> bool:
    """Either nothing is finished yet and all is there, or all is finished; and in the end once. True for the latter."""
    phone = profile.phones[-1]
    draft = filled(phone, PHOTOS, seed=next(seeds))
    button = phone.page.locator("[data-do=finish]")
    with dying(profile, moment):
        button.click()
        while True:
            phone.page.evaluate("1")
    phone = started(profile)
    page = phone.open(f"/m/#/finish/{draft}")
    entry, again = page.locator(f"[data-entry='{draft}']"), page.locator("[data-do=finish]")
    expect(entry.or_(again)).to_be_visible()
    finished = entry.is_visible()
    if not finished:
        assert finish(phone) == draft
    queue(phone)
    page.evaluate("document.querySelector('[data-do=now]')?.click()")  # 立即上传, where it has not gone yet
    received(phone, draft)
    arrived(site, phone, draft)
    home(phone)
    expect(page.locator("a[href^='#/check/']")).to_have_count(0)
    return finished


@pytest.mark.short_drill
def test_killed_while_finishing(site: Site, line: Line, profile: Profile, grown: Grown) -> None:
    ready(profile.start())
    moments = [0.02, 0.1]
    for moment in moments:
        killed_while_finishing(site, profile, moment)
    assert grown() == (len(moments), len(moments) * PHOTOS)


def killed_while_sending(site: Site, line: Line, profile: Profile, number: int) -> None:
    """At the message of this number; the rest goes by itself when the phone is opened again."""
    phone = profile.phones[-1]
    draft = filled(phone, PHOTOS, seed=next(seeds))
    line.cut_at(number, also=profile.kill)
    with suppress(PlaywrightError):
        phone.page.locator("[data-do=finish]").click()
    line.until(lambda _: line.dead)
    phone = started(profile)
    phone.page.clock.install()
    phone.open("/m/#/queue")
    honest(site, phone)
    waiting(phone, 1)
    line.restore()
    let_the_lease_end(phone)
    received(phone, draft)
    waiting(phone, 0)
    arrived(site, phone, draft)


@pytest.mark.short_drill
def test_killed_while_sending(site: Site, line: Line, profile: Profile, grown: Grown) -> None:
    ready(profile.start())
    killed_while_sending(site, line, profile, 5)
    assert grown() == (1, PHOTOS)


@pytest.mark.drill
def test_killed_often(site: Site, line: Line, profile: Profile, grown: Grown) -> None:
    chance = random.Random()
    typing(site, line, profile, [chance.uniform(0, 1.5) for _ in range(40)])
    finished = [killed_while_finishing(site, profile, chance.uniform(0, 0.25)) for _ in range(40)]
    assert set(finished) == {True, False}, "before and after alike"
    for number in range(1, MESSAGES + 1):
        killed_while_sending(site, line, profile, number)
    visits = 1 + len(finished) + MESSAGES
    assert grown() == (visits, visits * PHOTOS)
