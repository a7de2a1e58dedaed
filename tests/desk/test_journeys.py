"""A day of each role at the desk, from sign-in to the end of its job, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect
from pyotp import TOTP

from tests.desk.conftest import NARROW, Desk
from tests.support import databases
from tests.support.photos import photo as real_photo
from tests.support.site import ENGINE


def figure(desk: Desk, name: str) -> int:
    """What one of the first page's figures says."""
    return int(desk.page.locator(".figure", has_text=name).locator("b").inner_text())


def test_the_bureaus_day(desks: Callable[..., Desk]) -> None:
    """What is overdue is seen and reminded of; a visit is issued, proofs are decided one after the other."""
    desk = desks()
    page = desk.sign_in("bureau")
    overdue, waiting, proofs = (figure(desk, name) for name in ("逾期", "待下发", "待审核"))
    page.locator(".figure", has_text="逾期").click()
    expect(page.get_by_text(f"共 {overdue} 个")).to_be_visible()
    rows = page.locator("table.rows tbody tr")
    expect(rows).to_have_count(overdue)
    for row in rows.all():
        row.get_by_role("checkbox").check()
    page.get_by_label("附一句话").fill("请今日完成")
    page.get_by_role("button", name="发出提醒").click()
    expect(page.get_by_text(f"已提醒 {overdue} 个问题的单位")).to_be_visible()

    desk.go("下发")
    expect(page.locator("table.rows tbody tr")).to_have_count(waiting)
    page.get_by_role("link", name="青松路小学").click()
    page.get_by_role("button", name="先看通知书").click()
    expect(page.locator(".paper")).to_contain_text("责令限期整改通知书")
    expect(page.locator(".paper")).to_contain_text("青松路小学")
    page.get_by_role("button", name="确认下发").click()
    expect(page.get_by_text("已下发").first).to_be_visible()

    desk.go("审核")
    page.locator("#i-return-comment").fill("照片看不清整改后的情况")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text("已退回，单位收到通知")).to_be_visible()
    for _ in range(proofs - 1):
        page.get_by_role("button", name="通过并销号").click()
        expect(page.get_by_text("已通过，问题销号")).to_be_visible()
    expect(page.get_by_text("没有等待审核的整改材料")).to_be_visible()
    desk.go("工作台")
    assert (figure(desk, "待下发"), figure(desk, "待审核")) == (waiting - 1, 0)


def test_a_schools_day_on_a_phone(desks: Callable[..., Desk], tmp_path: Path) -> None:
    """Its list, the next thing to do, a photo and the words; then the bureau sees both sides by side."""
    photo = tmp_path / "after.jpg"
    photo.write_bytes(real_photo(7))
    desk = desks(viewport=NARROW, is_mobile=True, has_touch=True)
    page = desk.sign_in("kindergarten")
    page.locator("table.rows a").first.click()
    title = page.locator("h1").inner_text()
    page.get_by_label("整改措施").fill("已安装观察窗并每日检查")
    page.locator("input[type=file]").set_input_files(photo)
    page.get_by_role("button", name="提交整改").click()
    expect(page.get_by_text("整改已提交")).to_be_visible()
    bureau = desks()
    seen = bureau.sign_in("bureau")
    bureau.open("/problems?status=submitted")
    seen.get_by_role("link", name=title).click()
    expect(seen.get_by_text("已安装观察窗并每日检查").first).to_be_visible()
    after = seen.locator(".sides .card-plain").nth(1).locator("img").first
    after.scroll_into_view_if_needed()
    assert after.evaluate("async one => { await one.decode(); return one.naturalWidth }") > 100
    after.click()
    expect(seen.locator("dialog.zoom")).to_be_visible()
    seen.keyboard.press("Escape")
    expect(seen.locator("dialog.zoom")).to_be_hidden()


def test_on_a_phone_the_place_that_is_open_is_in_sight(desks: Callable[..., Desk]) -> None:
    desk = desks(viewport=NARROW, is_mobile=True, has_touch=True)
    page = desk.sign_in("procurator")
    expect(page.locator(".places a", has_text="日历")).not_to_be_in_viewport(ratio=1)
    desk.open("/calendar")
    expect(page.locator(".places [aria-current]")).to_have_text("日历")
    expect(page.locator(".places [aria-current]")).to_be_in_viewport(ratio=1)


def test_two_clicks_are_one(desks: Callable[..., Desk], tmp_path: Path) -> None:
    desk = desks()
    page = desk.sign_in("tutoring")
    desk.open("/problems?status=open")
    page.locator("table.rows a[href^='/problems/']").first.click()
    page.locator("summary", has_text="申请延期").click()
    form = page.locator("form[action$='/extension']")
    form.locator("[name=requested_due_on]").fill("2099-01-01")
    form.locator("[name=reason]").fill("材料未到货")
    form.get_by_role("button").dblclick()
    expect(page.get_by_text("延期申请已提交")).to_be_visible()
    expect(page.locator(".timeline li", has_text="申请延期")).to_have_count(1)


def test_the_leagues_day(desks: Callable[..., Desk]) -> None:
    """Where a district slips, down to the one problem, which is listed for supervision."""
    desk = desks()
    page = desk.sign_in("league")
    regions = page.locator("section", has=page.get_by_role("heading", name="各地区")).locator("tbody tr")
    assert regions.count() > 3
    regions.first.locator("a.overdue").click()
    shown = page.locator("table.rows tbody tr")
    expect(page.get_by_text(f"共 {shown.count()} 个")).to_be_visible()
    shown.first.locator("a").first.click()
    page.locator("summary", has_text="挂牌督办").click()
    form = page.locator("form[action$='/supervise']")
    form.locator("[name=reason]").fill("逾期未改，存在现实风险")
    form.locator("[name=due_on]").fill("2099-01-01")
    form.get_by_role("button").click()
    expect(page.get_by_text("已挂牌督办")).to_be_visible()


def test_the_procuratorates_day(desks: Callable[..., Desk]) -> None:
    """The three parts of the recommendation apart, each number the list behind it."""
    desk = desks()
    page = desk.sign_in("procurator")
    parts = page.locator("section", has=page.get_by_role("heading", name="按一号检察建议三项内容"))
    cell = parts.locator("tbody a").first
    count = int(cell.inner_text())
    cell.click()
    expect(page.get_by_text(re.compile(f"共 {count} 个"))).to_be_visible()


def test_the_inspectors_day_at_a_desk(desks: Callable[..., Desk]) -> None:
    """What was handed in is read as it was sent, with its photos and its receipt."""
    desk = desks()
    page = desk.sign_in("inspector")
    desk.go("检查")
    page.locator("table.rows tbody a[href^='/inspections/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("检查记录")
    page.get_by_role("link", name="回执").first.click()
    expect(page.get_by_text(re.compile("[A-Z0-9]{4}-[A-Z0-9]{4}")).first).to_be_visible()


def test_the_congresss_day(desks: Callable[..., Desk]) -> None:
    """Figures of whole quarters, and no way from them to a school."""
    desk = desks()
    page = desk.sign_in("congress")
    expect(page.get_by_role("heading", level=1)).to_have_text("统计")
    page.get_by_role("link", name="上年").click()
    expect(page.locator("table.rows")).to_be_visible()
    assert page.locator("a[href^='/problems'], a[href^='/institutions']").count() == 0
    desk.expected = {403}
    desk.open("/problems")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有权限")


def test_the_security_administrators_day(desks: Callable[..., Desk]) -> None:
    """Somebody new gets a code once, chooses a password by it, and is at work; disabled, he is out at once."""
    desk = desks()
    page = desk.sign_in("secadmin")
    desk.open("/users/new")
    page.locator("main [name=username]").fill("narisu")
    page.locator("main [name=name]").fill("那日苏")
    page.locator("main [name=organisation]").fill("新城区教育局")
    page.locator("main [name=role]").select_option("reviewer")
    page.locator("main [name=region_code]").select_option("150102")
    page.locator("main form.card-plain button").click()
    code = page.locator("main code").first.inner_text()
    other = desks()
    seen = other.open("/activation")
    seen.locator("main [name=username]").fill("narisu")
    seen.locator("main [name=code]").fill(code)
    for name in ("password", "again"):
        seen.locator(f"main [name={name}]").fill("A password of his own, 7")
    seen.locator("main form button").click()
    expect(seen.get_by_role("heading", level=1)).to_have_text("工作台")
    desk.open("/users?q=narisu")
    page.get_by_role("link", name="那日苏").click()
    page.locator("form[action$='/disable'] button").click()
    expect(page.get_by_text("停用").first).to_be_visible()
    other.expected = {401}
    other.open("/problems")
    expect(seen.locator("main [name=password]")).to_be_visible()


def test_a_second_factor_is_enrolled_and_asked_for(desks: Callable[..., Desk]) -> None:
    """Scanned off the screen, confirmed by a code; from then on nobody is let in without one, by keyboard alone."""
    desk = desks()
    page = desk.sign_in("league")
    desk.open("/account")
    page.get_by_role("link", name="启用第二因素").click()
    page.locator("main [name=password]").fill(databases.PASSWORD)
    page.get_by_role("button", name="启用第二因素").click()
    drawn = page.locator(".qr svg").bounding_box()
    assert drawn is not None
    assert 100 < drawn["width"] <= 800
    app = TOTP(page.locator("#secret").inner_text())
    page.locator("form[action$='/second-factor'] [name=otp]").fill(app.now())
    page.get_by_role("button", name="确认").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(set(codes)) == 10
    other = desks()
    other.expected = {401}
    seen = other.open("/sign-in")
    seen.locator("main [name=username]").fill("league")
    seen.locator("main [name=password]").fill(databases.PASSWORD)
    seen.keyboard.press("Enter")
    expect(seen.get_by_text("请输入身份验证器显示的六位数字").first).to_be_visible()
    seen.locator("main [name=password]").fill(databases.PASSWORD)
    seen.keyboard.press("Tab")
    seen.keyboard.type(codes[0])
    seen.keyboard.press("Enter")
    expect(seen.get_by_role("heading", level=1)).to_have_text("工作台")


def test_the_system_administrators_day(desks: Callable[..., Desk]) -> None:
    """Sees whether all is well, and enters a day of rest that was announced; no business anywhere."""
    desk = desks()
    page = desk.sign_in("sysadmin")
    desk.go("系统状态")
    expect(page.locator("table.rows")).to_contain_text("SQLite" if ENGINE == "sqlite" else "PostgreSQL")
    desk.open("/calendar?year=2027")
    days = page.locator("[name=rest_days]")
    days.fill(days.input_value().rstrip() + "\n2027-10-08")
    page.locator("form[action*='/calendar'] button").click()
    expect(page.get_by_text("2027年10月8日").first).to_be_visible()
    assert page.locator("nav a[href='/problems']").count() == 0


def test_the_auditors_day(desks: Callable[..., Desk]) -> None:
    """Who signed in, found by name; reading it leaves no trace but the auditor's own sign-in."""
    desk = desks()
    page = desk.sign_in("auditor")
    desk.go("日志")
    page.locator("main [name=q]").fill("bureau")
    page.locator("main form.filters button").click()
    expect(page.locator("table.rows tbody tr").first).to_contain_text("乌兰")


def test_everything_works_without_scripts(desks: Callable[..., Desk]) -> None:
    desk = desks(java_script_enabled=False)
    page = desk.sign_in("school")
    page.locator("table.rows a").first.click()
    page.locator("summary", has_text="提出异议").click()
    form = page.locator("form[action$='/objection']")
    form.locator("[name=reason]").fill("与事实不符")
    form.get_by_role("button").click()
    expect(page.get_by_text("异议已提交")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("已退出登录")).to_be_visible()


def test_the_keyboard_goes_from_end_to_end(desks: Callable[..., Desk]) -> None:
    """Signed in, a filter set, and a problem opened without a mouse; the focus is always to be seen."""
    desk = desks()
    page = desk.open("/")
    page.locator("main [name=username]").focus()
    page.keyboard.type("bureau")
    page.keyboard.press("Tab")
    page.keyboard.type("Correct horse 7 battery")
    page.keyboard.press("Enter")
    page.locator("nav").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href') || ''").startswith("/problems/"):
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_be_visible()


def test_words_that_were_not_sent_are_there_when_one_comes_back(desks: Callable[..., Desk]) -> None:
    """Leaving a page asks nothing and loses nothing; what was sent is gone; nobody else finds it."""
    desk = desks()
    page = desk.sign_in("school")
    desk.open("/problems?status=open")
    page.locator("table.rows a[href^='/problems/']").last.click()
    address = page.url
    page.locator("summary", has_text="申请延期").click()
    page.locator("form[action$='/extension'] [name=reason]").fill("设备已订购，等待到货")
    desk.go("工作台")
    page.goto(address)
    reason = page.locator("form[action$='/extension'] [name=reason]")
    expect(reason).to_have_value("设备已订购，等待到货")
    expect(reason).to_be_visible()
    page.locator("form[action$='/extension'] [name=requested_due_on]").fill("2099-01-01")
    page.locator("form[action$='/extension'] button").click()
    expect(page.get_by_text("延期申请已提交")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => sessionStorage[key].includes('到货'))") == []
