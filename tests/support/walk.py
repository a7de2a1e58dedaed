"""A walk through every screen of the phone client, as its people see them: who wants to look at one is called there."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from inspection.actions import evidence
from inspection.actions.context import Context
from inspection.app import create_app, parts_of
from inspection.demo.story import Stage, acknowledge, inspect, issue, prove, review
from inspection.domain.permissions import acting
from inspection.storage import accounts
from inspection.storage.db import db
from tests.support import databases
from tests.support.browser import Phone
from tests.support.field import (
    PATIENCE_MS,
    answer,
    card,
    choose,
    enter,
    field_of,
    finding,
    finish,
    home,
    prepare,
    queue,
    row,
    section,
    shoot,
    sign,
    to_summary,
    type_in,
)
from tests.support.line import ALWAYS, Line, to
from tests.support.scenes import door, extinguishers
from tests.support.site import Site
from tests.support.world import new_id, sha256

Look = Callable[[str], None]
"""What to do at a screen of this name. It may draw the screen anew: what is on it only for the moment is done again."""

Walk = Callable[[Phone, Site, Line, Look], None]

SETTLED: Final = """() => {
    const screen = document.getElementById('screen')
    const coming = screen?.querySelector('.picture:disabled')
    return screen?.innerText.trim() && document.getElementById('title').textContent && !coming
}"""

REFUSAL: Final = """{"type": "about:blank", "status": 422, "code": "invalid", "title": "内容有误",
 "detail": "有内容需要更正，请按下列提示逐项修改。", "request_id": "0",
 "errors": [{"pointer": "/answers/S-01-05/value", "code": "date_out_of_range", "detail": "日期超出可接受的范围。"}]}"""

AGE: Final = """async (days) => {
    const opened = (name) => new Promise((done, fail) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const asked = (request) => new Promise((done, fail) => {
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
    })
    const shared = await opened('inspection')
    const {user} = await asked(shared.transaction('settings').objectStore('settings').get('session'))
    shared.close()
    const own = await opened(`inspection-${user.id}`)
    const store = own.transaction('drafts', 'readwrite').objectStore('drafts')
    for (const draft of await asked(store.getAll())) {
        const began = new Date(Date.parse(draft.started_at) - days * 86400000)
        if (draft.state === 'open') await asked(store.put({...draft, started_at: began.toISOString()}))
    }
    own.close()
}"""
"""As if what is begun had been begun so many days earlier."""

NOTICED: Final = """async () => {
    const {clock, newest} = await import('/m/api.js')
    Object.assign(clock, {offset: 900000, measured: true})
    newest.version = 'another'
}"""
"""As if the server had been heard to have another time and another client."""


SPOT: Final = "S-09-02"
"""The finding whose proof comes back."""


class Album(Stage):
    """Photos of its own, one after the other, before those that the demo draws."""

    scenes: list[bytes] = []

    def photo(self, ctx: Context, who: str) -> str:
        if not self.scenes:
            return super().photo(ctx, who)
        data = self.scenes.pop(0)
        name = sha256(data)
        evidence.store_photo(ctx, acting(self.actors[who], "photo.upload"), name, io.BytesIO(data))
        return name


def furnish(url: str, data_dir: Path) -> None:
    """The demo's first school in a database that holds the demo's people: problems in every state, a notice that is
    signed for and one that waits, a proof that came back, a preliminary opinion."""
    app = create_app(databases.settings_for(url, data_dir))
    with app.app_context():
        ctx = parts_of(app).context()
        stage = _album(ctx)
        _first(stage)
        _second(stage)
        db.session.remove()
        db.engine.dispose()


def _album(ctx: Context) -> Album:
    actors = {}
    for username in ("inspector", "inspector2", "procurator", "bureau", "school"):
        user = accounts.find_user_for_system(ctx.session, username)
        assert user is not None
        actor = accounts.actor_for_system(ctx.session, user.id, recent_since=ctx.now())
        assert actor is not None
        actors[username] = actor
    school = actors["school"].grants[0].institution_id
    assert school is not None
    return Album(ctx, actors, [school])


def _first(stage: Album) -> None:
    today = stage.ctx.today()
    wrong: dict[str, dict[str, Any]] = {
        SPOT: {"fact": "灭火器箱内一具灭火器压力不足，无月检记录", "place": "实验楼二层走廊"},
        "S-03-04": {"fact": "器材室、地下储藏间未上锁，无巡查记录", "place": "综合楼负一层"},
        "S-05-01": {"fact": "宿舍楼西侧与操场交界处无监控覆盖", "place": "操场西北角"},
        "S-05-07": {"fact": "重点部位巡查每日不足五次，抽查三天均缺夜间记录"},
        "S-04-01": {"fact": "女生宿舍维修人员进入无登记、无陪同", "place": "2号宿舍楼"},
        "S-08-05": {"fact": "学生手机未统一管理"},
        "S-07-04": {"fact": "预防犯罪教育未列入教学计划"},
    }
    stage.scenes = [extinguishers(expired=True, light=1)]
    found = inspect(stage, stage.on(24), "inspector", 0, wrong)
    days = {SPOT: -2, "S-03-04": 0, "S-05-01": -9, "S-05-07": 3, "S-04-01": -12, "S-07-04": 12}
    due = {code: today + timedelta(days=count) for code, count in days.items()}
    drop = {"S-08-05": "学校当日出示的管理制度和收纳柜照片核实，问题不成立"}
    notice = issue(stage, stage.on(22), "bureau", found, due, drop)
    acknowledge(stage, stage.on(22, 15), "school", notice)
    proof = prove(stage, stage.on(15), "school", found, "S-04-01", "已恢复门禁登记，维修进入须两人并由女宿管陪同。")
    review(stage, stage.on(13), "bureau", found, "S-04-01", proof, "accept", "现场核实，登记到位。", "inspector2")
    stage.scenes = [extinguishers(expired=True, light=9)]
    proof = prove(stage, stage.on(6), "school", found, SPOT, "已通知维保单位，更换灭火器。")
    why = "照片上左侧灭火器指针仍在红区，请更换后重新拍照，并补月检记录。"
    review(stage, stage.on(4), "bureau", found, SPOT, proof, "return", why)
    prove(stage, stage.on(2), "school", found, "S-05-07", "巡查表已补齐，安排两名保安夜间轮值。")


def _second(stage: Album) -> None:
    due = stage.ctx.today() + timedelta(days=9)
    wrong = {
        "S-01-05": {"fact": "最近一次全员培训已超过一年，无签到和课件"},
        "S-03-05": {"fact": "一年级楼层未张贴求助电话", "place": "教学楼一层"},
    }
    found = inspect(stage, stage.on(6), "inspector", 0, wrong)
    issue(stage, stage.on(3), "bureau", found, dict.fromkeys(wrong, due))
    wrong = {
        "S-09-06": {"fact": "当日午餐两种菜品未留样", "place": "食堂留样间"},
        "S-05-03": {"fact": "监控查阅登记本缺十一月记录", "place": "监控室"},
    }
    inspect(stage, stage.on(1), "inspector", 0, wrong)


def settled(phone: Phone) -> None:
    """Until the screen is drawn, its pictures too."""
    phone.page.wait_for_function(SETTLED)


# ── nobody yet ───────────────────────────────────────────────────────────────────────────────────────────────────────


def nobody(phone: Phone, site: Site, line: Line, look: Look) -> None:
    page = phone.open()
    page.set_default_timeout(PATIENCE_MS)
    look("signin")
    phone.expects("status of 401")
    phone.sign_in("inspector", "not the password")
    expect(page.locator("#trouble .fault")).to_be_visible()
    look("signin-error")
    phone.sign_in("bureau")
    expect(page.locator("main .empty")).to_be_visible()
    look("desk-only")


# ── an inspector ─────────────────────────────────────────────────────────────────────────────────────────────────────


def inspector(phone: Phone, site: Site, line: Line, look: Look) -> None:
    Inspector(phone, site, line, look).walk()


@dataclass
class Inspector:
    phone: Phone
    site: Site
    line: Line
    look: Look

    @property
    def page(self) -> Page:
        return self.phone.page

    def walk(self) -> None:
        self._before_the_day()
        self._check()
        self._summary()
        self._queue()
        self._me()

    def _before_the_day(self) -> None:
        page, look = self.page, self.look
        enter(self.phone)
        look("home-empty")
        self.phone.page.goto("/m/#/new")
        expect(page.locator("#found a").first).to_be_visible()
        look("choose")
        page.locator("input[type=search]").fill("没有这个学校")
        expect(page.locator("#found .empty")).to_be_visible()
        look("choose-none")
        self.go("queue", "main .empty")
        look("queue-empty")
        self._plan()
        home(self.phone)
        page.locator("[data-do=refresh]").click()
        expect(page.locator("a[href^='#/task/']")).to_be_visible()
        look("home-task")
        prepare(self.phone)
        look("home-ready")
        page.locator("a[href^='#/task/']").click()
        expect(page.locator("form[data-do=start]")).to_be_visible()
        look("task")
        self.go("red", ".danger-box")
        look("red")
        self.go("lead", "form[data-do=report]")
        page.locator("[name=text]").fill("13912345678")
        look("lead")
        self.go("inbox", "main .card, main .empty")
        look("inbox-inspector")

    def _plan(self) -> None:
        """The bureau sends him there today, with a colleague."""
        caller = self.site.caller
        body = {
            "institution_id": caller("school").get("/sync").json()["institutions"][0]["id"],
            "checklist": {"code": "school"},
            "planned_on": caller("inspector").get("/sync").json()["server_time"][:10],
            "inspectors": [{"user_id": caller(name).get("/me").json()["id"]} for name in ("inspector", "procurator")],
            "note": "请重点查看宿舍和食堂，未办结问题逐项回头看。",
        }
        answer = caller("bureau").put(f"/assignments/{new_id()}", body)
        assert answer.status_code == 201, answer.text

    def _check(self) -> None:
        phone, page, look = self.phone, self.page, self.look
        home(phone)
        page.locator("a[href^='#/task/']").click()
        page.locator("form[data-do=start] [type=submit]").click()
        expect(page.locator("#cards")).to_be_attached()
        look("check")
        answer(phone, "S-01-01", "yes")
        answer(phone, "S-01-03", "全部完成")
        here = answer(phone, "S-01-02", "no")
        here.locator("[data-do=phrase][data-phrase=incomplete]").click()
        expect(field_of(finding(here), "fact")).to_have_value("记录不全")
        card(phone, "S-01-04").locator("[data-do=na]").click()
        look("finding")
        type_in(phone, card(phone, "S-01-05").locator("[data-on=answer]"), "2024-03-01")
        section(phone, "S-02")
        type_in(phone, card(phone, "S-02-01").locator("[data-on=answer]"), "123")
        type_in(phone, card(phone, "S-02-02").locator("[data-on=answer]"), "121")
        look("check-numbers")
        self._exit()
        self._extinguishers()
        section(phone, "~other")
        look("other-empty")
        page.locator("[data-do=add-other]").click()
        here = page.locator("article.card.bad").last
        type_in(phone, field_of(finding(here), "fact"), "操场东侧树木枯枝悬挂，有坠落危险")
        type_in(phone, field_of(finding(here), "place"), "操场东侧")
        choose(finding(here), "responsible", "department")
        type_in(phone, field_of(finding(here), "department"), "新城区园林管理所")
        look("other")
        section(phone, "~recheck")
        here = page.locator("#cards article.card").first
        here.locator(".no").click()
        expect(here.locator("textarea")).to_be_visible()
        look("recheck")
        for name in ("bad", "photo"):
            section(phone, f"~{name}")
            look(f"filter-{name}")

    def _exit(self) -> None:
        """An immediate danger: the box, what reminds of it, and how it went ahead."""
        phone, look = self.phone, self.look
        section(phone, "S-04")
        here = answer(phone, "S-04-07", "no")
        shoot(finding(here), door(blocked=True))
        type_in(phone, field_of(finding(here), "fact"), "2号宿舍楼三层东侧安全出口被铁链锁闭，门前堆放纸箱")
        type_in(phone, field_of(finding(here), "place"), "2号宿舍楼三层东侧")
        self.top(here)
        look("danger")
        section(phone, "S-05")
        look("danger-waiting")
        section(phone, "S-04")
        card(phone, "S-04-07").locator("[data-do=ahead]").click()
        expect(card(phone, "S-04-07").locator(".good-box")).to_be_visible()
        self.top(card(phone, "S-04-07"))
        look("danger-ahead")

    def _extinguishers(self) -> None:
        """A finding with a photo that is drawn on, put right while one stands there."""
        phone, page, look = self.phone, self.page, self.look
        section(phone, "S-09")
        here = answer(phone, "S-09-02", "no")
        shoot(finding(here), extinguishers(expired=True))
        type_in(phone, field_of(finding(here), "fact"), "一层走廊两具灭火器中一具压力不足，无月检记录")
        type_in(phone, field_of(finding(here), "place"), "教学楼一层走廊")
        type_in(phone, field_of(finding(here), "quantity"), "1")
        choose(finding(here), "severity", "general")
        self.top(finding(here))
        look("photo")
        finding(here).locator("a[href*='/mark/']").click()
        canvas = page.locator(".canvas canvas")
        expect(canvas).to_be_visible()
        circle(canvas)
        look("mark")
        circle(page.locator(".canvas canvas"))
        page.locator("[data-do=keep]").click()
        here = card(phone, "S-09-02")
        expect(here.locator("ul.photos li")).to_have_count(2)
        finding(here).locator("[data-on=fixed]").check()
        type_in(phone, field_of(finding(here), "fixed_note"), "当场更换了失压的灭火器，补贴月检卡。")
        shoot(finding(here), extinguishers(expired=False), strip=1)
        finding(here).locator("[data-on=fixed]").scroll_into_view_if_needed()
        look("fixed")

    def _summary(self) -> None:
        phone, page, look = self.phone, self.page, self.look
        section(phone, "S-02")
        type_in(phone, card(phone, "S-02-07").locator("[data-on=answer]"), "99999999999")
        to_summary(phone)
        look("summary-faults")
        page.go_back()
        type_in(phone, card(phone, "S-02-07").locator("[data-on=answer]"), "0")
        to_summary(phone)
        details = page.locator("details", has=page.locator("form[data-do=add-person]"))
        details.locator("summary").click()
        details.locator("[name=name]").fill("那日松")
        details.locator("[name=organisation]").fill("新城区消防救援大队")
        details.locator("[type=submit]").click()
        expect(page.locator("[data-do=drop-person]")).to_have_count(2)
        look("summary")
        page.locator("a[href^='#/opinion/']").click()
        expect(page.locator("ol li").first).to_be_visible()
        look("opinion")
        page.locator(".foot a.main").click()
        page.locator("a[href^='#/sign/'][href$='/0']").click()
        canvas = page.locator(".canvas canvas")
        expect(canvas).to_be_visible()
        scribble(canvas)
        look("signature")
        scribble(page.locator(".canvas canvas"))
        page.locator("[data-do=keep]").click()
        expect(page.locator("img.signature")).to_be_visible()
        sign(phone, 1)
        page.locator("a[href^='#/sign/'][href$='/3']").click()
        page.locator("[data-on=name]").fill("何建平")
        for then in (look, lambda _: page.locator("[data-do=refuse]").click()):
            page.locator("[data-on=reason]").fill("对宿舍楼东侧出口的认定有不同意见")
            page.locator("[data-on=witness]").fill("陈立衡")
            then("refusal")
        expect(page.locator("[data-do=finish]")).to_be_visible()
        look("summary-signed")
        page.evaluate(AGE, 3)
        home(phone)
        expect(page.locator(".trouble-box")).to_be_visible()
        look("home-draft")
        page.evaluate(AGE, -3)

    def _queue(self) -> None:
        phone, page, look = self.phone, self.page, self.look
        home(phone)
        page.locator("a[href^='#/check/']").first.click()
        expect(page.locator("#cards")).to_be_attached()
        self.line.cut()
        to_summary(phone)
        record = finish(phone)
        expect(page.locator("#strip")).to_contain_text("网络：无")
        look("entry-waiting")
        queue(phone)
        look("queue-waiting")
        self.go("me", "form[data-do=leave]")
        look("me-unsent")
        queue(phone)
        self.line.restore()
        fits = to("PUT", f"/api/v1/inspections/{record}")
        phone.expects("status of 422")
        self.line.answer(fits, 422, REFUSAL, "application/problem+json", {"X-Request-ID": "0"}, times=ALWAYS)
        row(phone, record).locator("[data-do=now]").click()
        expect(row(phone, record)).to_have_attribute("data-state", "attention")
        look("queue-attention")
        self.line.restore()
        row(phone, record).locator("[data-do=now]").click()
        expect(row(phone, record)).to_have_attribute("data-state", "done")
        look("queue-done")
        self.go(f"entry/{record}", ".good-box")
        look("entry-received")

    def _me(self) -> None:
        phone, page, look = self.phone, self.page, self.look
        self.go("me", "[data-do=leave]")
        look("me")
        page.evaluate(NOTICED)
        home(phone)
        expect(page.locator("#notices-above .notice")).to_have_count(2)
        look("clock-and-version")
        caller = self.site.caller("inspector")
        for device in caller.get("/auth/devices").json()["items"]:
            if not device["current"]:
                caller.call("DELETE", f"/auth/devices/{device['id']}")
        home(phone)
        phone.expects("status of 401")
        page.locator("[data-do=refresh]").click()
        expect(page.locator("#notices-above .trouble")).to_be_visible()
        look("signed-out")
        page.locator("#notices-above a").click()
        expect(page.locator("[name=password]")).to_be_visible()
        look("signin-again")

    def go(self, path: str, shown: str) -> None:
        go(self.phone, path, shown)

    def top(self, place: Locator) -> None:
        """Scrolled so that it stands beneath the bar."""
        place.evaluate("place => window.scrollBy(0, place.getBoundingClientRect().top - 64)")


def go(phone: Phone, path: str, shown: str) -> None:
    phone.page.goto(f"/m/#/{path}")
    expect(phone.page.locator(shown).first).to_be_visible()


def circle(canvas: Locator) -> None:
    """With a finger, in yellow, around the gauge of the first extinguisher."""
    canvas.page.locator("[data-do=colour]").nth(1).click()
    box = canvas.bounding_box()
    assert box is not None
    around = [step / 24 * 2 * math.pi for step in range(25)]
    _stroke(canvas, [(0.405 + 0.06 * math.cos(turn), 0.49 + 0.08 * math.sin(turn)) for turn in around])


STROKES: Final = (
    ((0.2, 0.3), (0.36, 0.26), (0.24, 0.6), (0.2, 0.74)),
    ((0.22, 0.46), (0.4, 0.42), (0.36, 0.7), (0.26, 0.76)),
    ((0.52, 0.24), (0.5, 0.5), (0.46, 0.74)),
    ((0.5, 0.4), (0.7, 0.36), (0.62, 0.72), (0.74, 0.66)),
    ((0.56, 0.58), (0.78, 0.5), (0.84, 0.7)),
)


def scribble(canvas: Locator) -> None:
    """Something like a name."""
    for stroke in STROKES:
        _stroke(canvas, stroke)


def _stroke(canvas: Locator, points: Sequence[tuple[float, float]]) -> None:
    """Through these points, as parts of the canvas's width and height."""
    box = canvas.bounding_box()
    assert box is not None
    mouse = canvas.page.mouse
    for number, (x, y) in enumerate(points):
        mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=3)
        if not number:
            mouse.down()
    mouse.up()


# ── a school ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def school(phone: Phone, site: Site, line: Line, look: Look) -> None:
    School(phone, site, line, look).walk()


@dataclass
class School:
    phone: Phone
    site: Site
    line: Line
    look: Look

    @property
    def page(self) -> Page:
        return self.phone.page

    def walk(self) -> None:
        enter(self.phone, "school")
        prepare(self.phone)
        for tab in ("returned", "open", "submitted", "found", "done"):
            self.tab(tab)
            self.look(f"school-{tab}")
        self._notice()
        self._objection()
        self._rectify()
        go(self.phone, "inbox", "main .card")
        self.look("inbox")
        self.page.locator("[data-do=all]").click()
        expect(self.page.locator("[data-do=all]")).to_have_count(0)
        self.look("inbox-read")

    def tab(self, name: str) -> None:
        button = self.page.locator(f"[data-do=tab][data-tab={name}]")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def _notice(self) -> None:
        page, look = self.page, self.look
        go(self.phone, "notices", "main .card.bad")
        look("notices")
        page.locator("main .card.bad").click()
        form = page.locator("form[data-do=acknowledge]")
        expect(form).to_be_visible()
        look("notice")
        form.locator("[type=submit]").click()
        expect(form.locator(".fault[id]:not([hidden])").first).to_be_visible()
        look("notice-faults")
        form.locator("[name=title]").fill("副校长")
        form.locator("[type=submit]").click()
        expect(page.locator("main .badge.done").first).to_be_visible()
        look("notice-signed")

    def _objection(self) -> None:
        page, look = self.page, self.look
        home(self.phone)
        self.tab("found")
        page.locator("a[href^='#/problem/']", has_text="留样").click()
        page.locator("#ask-objection summary").click()
        page.locator("#ask-objection [name=reason]").fill("留样在冷藏柜第二层，检查时未打开，附当日留样登记。")
        look("objection")
        page.locator("#ask-objection [type=submit]").click()
        expect(page.locator("#ask-objection")).to_have_count(0)
        look("objection-sent")

    def _rectify(self) -> None:
        phone, page, look = self.phone, self.page, self.look
        home(phone)
        self.tab("open")
        page.locator("a[href^='#/problem/']").last.click()
        page.locator("#ask-extension summary").click()
        page.locator("#ask-extension [name=reason]").fill("新教材十二月中旬到校，培训需相应顺延。")
        look("extension")
        page.locator("#ask-extension [type=submit]").click()
        expect(page.locator("#ask-extension .fault[id]:not([hidden])").first).to_be_visible()
        look("extension-faults")
        home(phone)
        self.tab("returned")
        page.locator("a[href^='#/problem/']").first.click()
        expect(page.locator("ol.timeline li").first).to_be_visible()
        expect(page.locator("[data-gallery] .picture img").first).to_be_visible()
        look("problem")
        page.locator(".beside .picture").first.click()
        expect(page.locator(".large img")).to_be_visible()
        look("problem-large")
        page.locator(".foot a.main").click()
        form = page.locator("form[data-do=proof]")
        expect(form).to_be_visible()
        form.locator("[type=submit]").click()
        expect(form.locator(".fault[id]:not([hidden])").first).to_be_visible()
        look("rectify-faults")
        form.locator("[name=description]").fill("已更换失压的灭火器，由维保单位检验合格，补齐本学期月检记录。")
        shoot(form, extinguishers(expired=False, light=5))
        expect(form.locator(".beside .picture img").first).to_be_visible()
        look("rectify")
        self.line.cut()
        form.locator("[type=submit]").click()
        expect(page.locator("[data-entry]")).to_be_visible()
        look("rectify-waiting")
        page.go_back()
        expect(page.locator("main .note-box").first).to_be_visible()
        look("problem-waiting")
        self.line.restore()
