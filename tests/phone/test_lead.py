"""疑似侵害 on the phone: the warning first, sent at once and alone; without signal locked, and wiped once it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Phone
from tests.support.field import (
    SCHOOL,
    find_signal,
    home,
    inspected,
    lasting_site,
    lose_signal,
    queue,
    ready,
    received,
    waiting,
)
from tests.support.field_more import id_of
from tests.support.line import ALWAYS, Line, to
from tests.support.site import Site

HINTS = json.loads((Path(__file__).parents[1] / "rules/lead_hints.json").read_text(encoding="utf-8"))

HERE = """async (user) => {
    const opened = await new Promise((done, fail) => {
        const request = indexedDB.open(`inspection-${user}`)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const all = (store) => new Promise((done, fail) => {
        const request = opened.transaction(store).objectStore(store).getAll()
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const said = (value) => {
        if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
            return new TextDecoder().decode(value)
        }
        if (value && typeof value === 'object') return Object.values(value).map(said).join(' ')
        return String(value)
    }
    const leads = await all('leads')
    const key = await new Promise((done) => {
        const request = opened.transaction('settings').objectStore('settings').get('lead_key')
        request.onsuccess = () => done(request.result)
    })
    let everything = ''
    for (const store of opened.objectStoreNames) everything += (await all(store)).map(said).join(' ')
    opened.close()
    const sizes = leads.map((one) => one.locked.byteLength)
    return {count: leads.length, sizes, extractable: key ? key.extractable : null, everything}
}"""
"""What lies in the person's storage: leads with their sizes, whether their key can be read out, and all words."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lasting_site(tmp_path_factory.mktemp("data")) as made:
        yield made


def here(phone: Phone, site: Site) -> dict[str, Any]:
    return dict(phone.page.evaluate(HERE, id_of(site)))


def fill(page: Page, text: str) -> None:
    """From the red button to the end of the form."""
    page.goto("/m/#/red")
    page.locator("a[href='#/lead']").click()
    form = page.locator("form[data-do=report]")
    form.locator("[name=institution_id]").select_option(label=SCHOOL)
    form.locator("[name=place]").fill("宿舍楼 qxplace")
    form.locator("[name=category][value=injury_or_abuse]").check()
    form.locator("[name=child_safe_now][value=unknown]").check()
    form.locator("[name=text]").fill(text)


def send(page: Page) -> None:
    page.locator("form[data-do=report] [type=submit]").click()


def leads(site: Site) -> list[dict[str, Any]]:
    """As their handler reads them, the newest first."""
    handler = site.caller("procurator")
    items = handler.get("/leads").json()["items"]
    return [handler.get(f"/leads/{one['id']}?purpose=x").json()["content"] for one in items]


def test_the_warning_comes_first_and_110_is_one_tap(phone: Phone) -> None:
    page = ready(phone)
    page.locator("a[href='#/red']").click()
    page.locator("a[href='#/lead']").click()
    box = page.locator(".danger-box")
    expect(box).to_contain_text("不要询问孩子")
    expect(box).to_contain_text("不调查")
    expect(box.locator("a[href='tel:110']")).to_be_visible()
    assert page.evaluate(
        "document.querySelector('.danger-box').compareDocumentPosition(document.querySelector('form'))"
        " & Node.DOCUMENT_POSITION_FOLLOWING"
    )


def test_it_is_sent_at_once_and_nothing_of_it_stays(site: Site, phone: Phone) -> None:
    page = ready(phone)
    fill(page, "手臂淤青-at-once")
    send(page)
    expect(page.locator(".danger-box")).to_contain_text("线索已送达")
    assert leads(site)[0]["text"] == "手臂淤青-at-once"
    kept = here(phone, site)
    assert kept["count"] == 0
    assert "at-once" not in kept["everything"]
    queue(phone)
    expect(page.locator("#screen")).not_to_contain_text("线索")
    waiting(phone, 0)


def test_without_signal_it_lies_locked_and_goes_by_itself(site: Site, line: Line, phone: Phone) -> None:
    page = ready(phone)
    before = len(leads(site))
    lose_signal(phone, line)
    for text in ("短-qxjv", "长" * 480 + "-qxjv"):
        fill(page, text)
        send(page)
        expect(page.locator(".danger-box")).to_contain_text("加密存在本机")
    kept = here(phone, site)
    assert (kept["count"], kept["extractable"], len(set(kept["sizes"]))) == (2, False, 1)
    assert "qxjv" not in kept["everything"]
    assert "qxplace" not in kept["everything"]
    assert "injury_or_abuse" not in kept["everything"]
    page.goto("/m/#/red")
    expect(page.locator("#screen")).to_contain_text("有线索没有发出")
    waiting(phone, 2)
    queue(phone)
    expect(page.locator("h2.section").first).to_have_text("待上传（2）")
    expect(page.locator("#screen")).to_contain_text("有线索没有发出")  # and of which place, or what, nowhere
    expect(page.locator("#screen")).not_to_contain_text("没有待上传的内容")
    page.goto("/m/#/me")
    expect(page.locator("form[data-do=leave]")).to_contain_text("有线索没有发出")
    page.reload()
    find_signal(phone, line)
    home(phone)
    for _ in range(1000):
        if here(phone, site)["count"] == 0:
            break
    else:
        raise AssertionError("they were not sent")
    assert len(leads(site)) == before + 2


SPOILT = """async () => {
    const {mine} = await import('/m/db.js')
    const id = '00000000-0000-4000-8000-000000000000'
    const locked = new ArrayBuffer(64)
    await mine().put('leads', {id, iv: new Uint8Array(12), locked, kept_at: Date.now(), trouble: null})
}"""
"""A lead that the phone's storage has damaged: its key does not open it any more."""


def test_one_that_cannot_be_opened_holds_up_neither_the_others_nor_the_days_work(
    site: Site, line: Line, phone: Phone
) -> None:
    page = ready(phone)
    phone.expects("OperationError")
    lose_signal(phone, line)
    record = inspected(phone, 1, seed=8)
    fill(page, "手臂多处淤青")
    send(page)
    expect(page.locator("#screen")).to_contain_text("加密存在本机")
    page.evaluate(SPOILT)
    find_signal(phone, line)
    received(phone, record)
    page.wait_for_function("async () => (await (await import('/m/db.js')).mine().all('leads')).length === 1")
    assert here(phone, site)["count"] == 1


def test_one_that_cannot_be_opened_does_not_hold_up_what_a_new_page_finds_waiting(line: Line, phone: Phone) -> None:
    page = ready(phone)
    phone.expects("OperationError")
    page.evaluate(SPOILT)
    line.lose_requests(to("PUT", "/api/v1/"), ALWAYS)
    record = inspected(phone, 1, seed=9)
    line.restore()
    page.reload()
    received(phone, record)


def test_what_is_refused_keeps_every_word_in_sight(site: Site, phone: Phone) -> None:
    phone.expects("422")
    page = ready(phone)
    fill(page, "再看一次-refused")
    page.locator("[name=police_receipt]").fill("110-7")
    send(page)
    expect(page.locator("#trouble")).not_to_be_empty()
    expect(page.locator("form[data-do=report] [name=text]")).to_have_value("再看一次-refused")
    page.reload()
    expect(page.locator("form[data-do=report] [name=text]")).to_have_value("再看一次-refused")
    page.locator("[name=police_receipt]").fill("")
    send(page)
    expect(page.locator(".danger-box")).to_contain_text("线索已送达")
    assert leads(site)[0]["text"] == "再看一次-refused"
    assert here(phone, site)["count"] == 0


def test_half_a_lead_is_kept_locked_and_goes_nowhere_until_it_is_sent_or_given_up(site: Site, phone: Phone) -> None:
    page = ready(phone)
    before = len(leads(site))
    fill(page, "写到一半-qxhalf")
    text = page.locator("form[data-do=report] [name=text]")
    home(phone)
    page.reload()
    expect(page.locator("#strip")).to_contain_text("没有待上传")
    kept = here(phone, site)
    assert (kept["count"], "qxhalf" in kept["everything"], "qxplace" in kept["everything"]) == (1, False, False)
    page.locator("main a[href='#/lead']", has_text="还没有发出").click()
    expect(text).to_have_value("写到一半-qxhalf")
    expect(page.locator("[name=category][value=injury_or_abuse]")).to_be_checked()
    assert len(leads(site)) == before
    text.fill("写到一半-qxhalf 写完了")
    send(page)
    expect(page.locator(".danger-box")).to_contain_text("线索已送达")
    assert leads(site)[0]["text"] == "写到一半-qxhalf 写完了"
    assert here(phone, site)["count"] == 0
    fill(page, "不要了")
    page.reload()
    page.locator("summary", has_text="不报告了").click()
    page.locator("[data-do=forget]").click()
    expect(text).to_be_empty()
    assert here(phone, site)["count"] == 0
    assert len(leads(site)) == before + 1


def test_half_a_lead_that_cannot_be_opened_does_not_stand_in_the_way_of_another(phone: Phone) -> None:
    page = ready(phone)
    page.evaluate(SPOILT.replace("trouble: null", "trouble: null, begun: true"))
    fill(page, "现在的事")
    expect(page.locator("#say")).to_contain_text("已无法打开")
    send(page)
    expect(page.locator(".danger-box")).to_contain_text("线索已送达")


NO_ROOM = """() => {
    const put = IDBObjectStore.prototype.put
    IDBObjectStore.prototype.put = function (...given) {
        if (this.name === 'leads') throw new DOMException('no room', 'QuotaExceededError')
        return put.apply(this, given)
    }
}"""


def test_a_full_phone_sends_it_all_the_same(site: Site, line: Line, phone: Phone) -> None:
    phone.context.add_init_script(f"({NO_ROOM})()")
    page = ready(phone)
    lose_signal(phone, line)
    fill(page, "没有空间-full")
    expect(page.locator("#say")).to_contain_text("存储空间")
    send(page)
    expect(page.locator("#trouble")).to_contain_text("请留在本页")
    find_signal(phone, line)
    send(page)
    expect(page.locator(".danger-box")).to_contain_text("线索已送达")
    assert leads(site)[0]["text"] == "没有空间-full"


def test_what_points_to_a_child_is_hinted_while_one_types(phone: Phone) -> None:
    page = ready(phone)
    fill(page, "三年级学生，家长电话13912345678")
    expect(page.locator("#hints")).to_contain_text("疑似写明了班级或年级")
    expect(page.locator("#hints")).to_contain_text("疑似含有电话号码")
    page.locator("[name=text]").fill("手臂多处淤青")
    expect(page.locator("#hints")).to_be_empty()


def test_phone_and_server_see_the_same_hints(phone: Phone) -> None:
    page = ready(phone)
    seen = page.evaluate(
        "async (texts) => { const {identifying} = await import('/m/checklist.js'); return texts.map(identifying) }",
        [one["text"] for one in HINTS],
    )
    assert seen == [one["codes"] for one in HINTS]


def test_the_schools_phone_has_no_such_form(phone: Phone) -> None:
    page = ready(phone, "school")
    assert page.locator("a[href='#/red']").count() == 0
    page.goto("/m/#/red")
    expect(page.locator("a[href='tel:110']")).to_be_visible()
    assert page.locator("a[href='#/lead']").count() == 0
