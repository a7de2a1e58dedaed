"""A day of inspections without one byte of network, and its arrival by itself when the line is back."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import PHONE, Phone
from tests.support.field import (
    SCHOOL,
    answer,
    arrived,
    call,
    card,
    choose,
    draw,
    field_of,
    find_signal,
    finding,
    finish,
    honest,
    lose_signal,
    not_applicable,
    plan,
    ready,
    received,
    section,
    shoot,
    sign,
    start,
    start_task,
    stored_photo,
    to_summary,
    type_in,
    waiting,
    whole,
)
from tests.support.line import Line
from tests.support.photos import photo
from tests.support.site import Site
from tests.support.world import new_id, sha256

HERE = {
    "lat": PHONE["geolocation"]["latitude"],
    "lng": PHONE["geolocation"]["longitude"],
    "accuracy_m": PHONE["geolocation"]["accuracy"],
}
PLAIN: dict[str, Any] = {
    "place": None,
    "quantity": None,
    "photos": [],
    "severity": None,
    "severity_reason": None,
    "due_days": None,
    "responsible": None,
    "fixed_on_the_spot": None,
}
"""A finding of which only the fact was written."""
SHOTS = ("noted", "fact", "after", "blank", "danger", "hazard", "recheck", "paper", "wide")


@cache
def shot(name: str) -> bytes:
    """What the camera gives; two of them are larger than what is kept of an ordinary photo."""
    large = name in ("danger", "wide")
    return photo(SHOTS.index(name), (3000, 2250) if large else (320, 240), orientation=6 if large else 1)


def today(site: Site) -> date:
    return date.fromisoformat(site.caller("inspector").get("/sync").json()["server_time"][:10])


def still_open(site: Site) -> tuple[str, list[str]]:
    """An earlier visit, and the two problems that a notice has ordered after it, in the order of their items."""
    now = site.caller("inspector").get("/sync").json()["server_time"]
    body = {
        "institution_id": site.places()[0],
        "visit_id": new_id(),
        "mode": "joint",
        "checklist": {"code": "school", "version": 1},
        "started_at": now,
        "finished_at": now,
        "answers": {"S-01-05": {"value": "2020-01-01"}, "S-05-06": {"value": "no"}},
    }
    inspection = new_id()
    assert site.caller("inspector2").put(f"/inspections/{inspection}", body).status_code == 201
    notice = {
        "inspection_ids": [inspection],
        "document_number": "教改〔2026〕1号",
        "issued_on": now[:10],
        "signer": "乌兰",
        "items": [],
        "service": {"method": "in_app", "on": now[:10]},
    }
    made = site.caller("bureau").put(f"/notices/{new_id()}", notice)
    assert made.status_code == 201, made.text
    found = site.caller("bureau").get("/problems").json()["items"]
    return inspection, [one["id"] for one in sorted(found, key=lambda one: one["item_code"])]


# ── the day ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def two_findings(phone: Phone) -> None:
    """One with all that can be said of it and a photo that was drawn on, one that was put right on the spot."""
    here = answer(phone, "S-01-02", "no")
    first = finding(here)
    for phrase in ("no_record", "unaware"):
        first.locator(f"[data-do=phrase][data-phrase={phrase}]").click()
    expect(field_of(first, "fact")).to_have_value("查无记录；人员不知晓")
    type_in(phone, field_of(first, "place"), "行政楼二层")
    choose(first, "severity", "general")
    type_in(phone, field_of(first, "severity_reason"), "已部分落实")
    choose(first, "due_days", 7)
    choose(first, "responsible", "department")
    type_in(phone, field_of(first, "department"), "新城区教育局人事科")
    shoot(first, shot("fact"))
    first.locator("ul.photos a").click()
    canvas = phone.page.locator(".canvas canvas")
    expect(canvas).to_be_visible()
    draw(canvas)
    phone.page.locator("[data-do=keep]").click()
    expect(first.locator("ul.photos li")).to_have_count(2)
    here.locator("[data-do=add-finding]").click()
    second = finding(here, 2)
    type_in(phone, field_of(second, "fact"), "值班表未更新")
    type_in(phone, field_of(second, "quantity"), "12")
    second.locator("[data-on=fixed]").check()
    type_in(phone, field_of(second, "fixed_note"), "已当场更新")
    shoot(second, shot("after"), strip=1)
    phone.page.reload()
    expect(first.locator("ul.photos li")).to_have_count(2)
    expect(field_of(second, "fixed_note")).to_have_value("已当场更新")


def answers_of_every_kind(phone: Phone, trained: str) -> None:
    here = answer(phone, "S-01-01", "yes")
    here.locator("details", has_text="备注和照片").locator("summary").click()
    type_in(phone, here.locator("[data-on=note]"), "会议记录三次")
    shoot(here, shot("noted"))
    two_findings(phone)
    shoot(finding(answer(phone, "S-01-03", "部分完成")), shot("blank"))
    here = answer(phone, "S-01-04", "no")
    expect(here).to_contain_text("只看不拍，禁止拍照")
    expect(here.locator("[data-do=photo]")).to_have_count(0)
    type_in(phone, field_of(finding(here), "fact"), "没有上报记录")
    answer(phone, "S-01-05", trained)
    section(phone, "S-02")
    answer(phone, "S-02-01", "126")
    here = answer(phone, "S-02-02", "124")
    expect(here).to_contain_text("不符合")
    type_in(phone, field_of(finding(here), "fact"), "两名保安未查询")
    type_in(phone, field_of(finding(here), "quantity"), "2")
    not_applicable(phone, "S-02-03", "not_checked")
    answer(phone, "S-02-07", "０")


def danger_ahead(phone: Phone) -> str:
    """Called for, photographed and sent ahead of the rest; the record's id."""
    section(phone, "S-09")
    here = answer(phone, "S-09-01", "no")
    expect(phone.page.locator("#danger")).to_contain_text("S-09-01")
    call(here, "119")
    type_in(phone, field_of(finding(here), "fact"), "三楼东侧安全出口上锁")
    shoot(finding(here), shot("danger"))
    here.locator("[data-do=ahead]").click()
    expect(here).to_contain_text("本项已单独先行上报")
    expect(phone.page.locator("#danger")).to_have_text("")
    return str(here.locator("a[href^='#/entry/']").get_attribute("href")).removeprefix("#/entry/")


def on_no_list_and_rechecks(phone: Phone, mended: str, unmended: str) -> None:
    section(phone, "~other")
    phone.page.locator("[data-do=add-other]").click()
    other = finding(phone.page.locator("#cards article"))
    type_in(phone, field_of(other, "fact"), "操场围栏断裂")
    choose(other, "severity", "serious")
    choose(other, "due_days", 3)
    shoot(other, shot("hazard"), source="gallery")
    section(phone, "~recheck")
    for problem, fixed in ((mended, "true"), (unmended, "false")):
        button = card(phone, f"recheck:{problem}").locator(f"[data-fixed={fixed}]")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    here = card(phone, f"recheck:{mended}")
    type_in(phone, here.locator("[data-on=note]"), "培训已补")
    shoot(here, shot("recheck"))


def sign_off(phone: Phone) -> None:
    """Another of the team; the opinion; one signs on the glass, one on paper, one not, and the institution refuses."""
    page = phone.page
    to_summary(phone)
    page.locator("details", has_text="添加参加人员").locator("summary").click()
    page.locator("[data-do=add-person] [name=name]").fill("陈立衡")
    page.locator("[data-do=add-person] [name=organisation]").fill("新城区人民检察院")
    page.locator("[data-do=add-person] [type=submit]").click()
    expect(page.locator("a[href^='#/sign/']")).to_have_count(4)
    page.locator("a[href^='#/opinion/']").click()
    for text in (
        "查无记录；人员不知晓",
        "值班表未更新",
        "没有上报记录",
        "两名保安未查询",
        "三楼东侧安全出口上锁",
        "操场围栏断裂",
    ):
        expect(page.locator("ol")).to_contain_text(text)
    page.locator(".foot a").click()
    sign(phone, 0)
    page.locator("a[href^='#/sign/'][href$='/1']").click()
    shoot(page.locator("#screen"), shot("paper"))
    page.locator("[data-do=leave]").click()
    page.locator("a[href^='#/sign/'][href$='/3']").click()
    page.locator("[data-on=name]").fill("何建平")
    page.locator("[data-on=reason]").fill("对事实有异议")
    page.locator("[data-on=witness]").fill("陈立衡")
    page.locator("[data-do=refuse]").click()
    expect(page.locator("#screen")).to_contain_text("拒绝签字：对事实有异议（见证人 陈立衡）")
    expect(page.locator("#screen")).to_contain_text("还有 1 人没有签字")


@pytest.mark.short_drill
def test_a_day_in_aeroplane_mode(site: Site, line: Line, phone: Phone) -> None:
    before, (mended, unmended) = still_open(site)
    task = plan(site, SCHOOL, "inspector", "inspector2", sections=["S-01", "S-02"])
    trained = (today(site) - timedelta(days=20)).isoformat()
    ready(phone)
    lose_signal(phone, line)
    passed = len(line.log)

    visit = start_task(phone)
    answers_of_every_kind(phone, trained)
    ahead = danger_ahead(phone)
    waiting(phone, 1)
    on_no_list_and_rechecks(phone, mended, unmended)
    sign_off(phone)
    assert finish(phone) == visit
    expect(phone.page.locator("#screen")).to_contain_text("已保存在本机，尚未上传")
    waiting(phone, 2)
    unplanned = start(phone, "青松路小学", "S-03")
    here = answer(phone, "S-03-04", "2")
    type_in(phone, field_of(finding(here), "fact"), "器材室未上锁")
    shoot(finding(here), shot("wide"))
    to_summary(phone)
    assert finish(phone) == unplanned
    waiting(phone, 3)
    honest(site, phone)
    assert len(line.log) == passed, "not one byte"

    find_signal(phone, line)
    for record in (ahead, visit, unplanned):
        received(phone, record)
    waiting(phone, 0)
    dangers, told, others = (arrived(site, phone, record) for record in (ahead, visit, unplanned))
    order = [one.path.rpartition("/")[2] for one in line.seen("PUT", "/api/v1/inspections/")]
    assert order[:3] == [ahead, visit, unplanned]
    whole(site, before, ahead, visit, unplanned)

    planned = next(one for one in site.caller("bureau").get("/assignments").json()["items"] if one["id"] == task)
    assert planned["institution_id"] == site.places()[0]
    heads(told["submission"], planned, sections=["S-01", "S-02"])
    contents(told["submission"], trained, mended, unmended)
    heads(dangers["submission"], planned, sections=[])
    what_went_ahead(dangers["submission"])
    assert dangers["submission"]["r2_calls"] == told["submission"]["r2_calls"]
    assert [(one["status"], one["due_on"]) for one in dangers["problems"]] == [("open", today(site).isoformat())]
    what_nobody_planned(site, others["submission"])
    found = Counter(one["inspection_id"] for one in site.caller("bureau").get("/problems").json()["items"])
    assert found == {before: 2, ahead: 1, visit: 6, unplanned: 1}


# ── field by field ───────────────────────────────────────────────────────────────────────────────────────────────────


def heads(body: Mapping[str, Any], planned: Mapping[str, Any], sections: list[str]) -> None:
    for name in ("institution_id", "visit_id"):
        assert body[name] == planned[name]
    assert body["assignment_id"] == planned["id"]
    assert body["checklist"] == {"code": "school", "version": 1}
    assert (body["mode"], body["supersedes"], body["sections"], body["location"]) == ("joint", None, sections, HERE)
    assert body["started_at"] <= body["finished_at"]
    attributes = {"boarding": True, "canteen": True, "prior_round": True, "guards_required": 3}
    assert {name: value for name, value in body["attributes"].items() if value} == attributes


def as_taken(name: str, **changes: Any) -> dict[str, Any]:
    """What the phone says of a photo that it sends as the camera gave it, its time aside."""
    data = shot(name)
    said = {"bytes": len(data), "type": "image/jpeg", "source": "camera", "location": HERE}
    return said | {"camera_sha256": sha256(data), "derived_from": None} | changes


def contents(body: Mapping[str, Any], trained: str, mended: str, unmended: str) -> None:
    manifest = body["photos"]
    digests = {name: sha256(shot(name)) for name in SHOTS}
    (drawn,) = [digest for digest, entry in manifest.items() if entry["derived_from"]]
    (signature,) = [digest for digest, entry in manifest.items() if entry["type"] == "image/png"]
    lowered = PLAIN | {
        "fact": "查无记录；人员不知晓",
        "place": "行政楼二层",
        "severity": "general",
        "severity_reason": "已部分落实",
        "due_days": 7,
        "responsible": {"kind": "department", "name": "新城区教育局人事科"},
        "photos": [digests["fact"], drawn],
    }
    on_the_spot = {"note": "已当场更新", "photos": [digests["after"]]}
    put_right = PLAIN | {"fact": "值班表未更新", "quantity": 12, "fixed_on_the_spot": on_the_spot}
    assert body["answers"] == {
        "S-01-01": {"value": "yes", "note": "会议记录三次", "photos": [digests["noted"]]},
        "S-01-02": {"value": "no", "findings": [lowered, put_right]},
        "S-01-03": {"value": "部分完成", "photos": [digests["blank"]]},
        "S-01-04": {"value": "no", "findings": [PLAIN | {"fact": "没有上报记录"}]},
        "S-01-05": {"value": trained},
        "S-02-01": {"value": 126},
        "S-02-02": {"value": 124, "findings": [PLAIN | {"fact": "两名保安未查询", "quantity": 2}]},
        "S-02-03": {"value": "na", "reason": "not_checked"},
        "S-02-07": {"value": 0},
    }
    hazard = {"fact": "操场围栏断裂", "severity": "serious", "due_days": 3, "photos": [digests["hazard"]]}
    assert body["other_findings"] == [PLAIN | hazard]
    assert sorted(body["rechecks"], key=lambda one: bool(one["fixed"])) == [
        {"problem_id": unmended, "fixed": False, "note": None, "photos": []},
        {"problem_id": mended, "fixed": True, "note": "培训已补", "photos": [digests["recheck"]]},
    ]
    assert [(one["name"], one["organisation"]) for one in body["participants"]] == [
        ("林晓岚", "新城区教育局安全科"),
        ("陈立衡", "新城区人民检察院"),
    ]
    refused = {"reason": "对事实有异议", "witness": "陈立衡"}
    assert body["signatures"] == [
        {"role": "inspector", "name": "苏和", "photo": signature, "refused": None},
        {"role": "inspector", "name": "林晓岚", "photo": digests["paper"], "refused": None},
        {"role": "inspector", "name": "陈立衡", "photo": None, "refused": None},
        {"role": "institution", "name": "何建平", "photo": None, "refused": refused},
    ]
    assert [one["agency"] for one in body["r2_calls"]] == ["119"]
    assert all(body["started_at"] <= entry["captured_at"] <= body["finished_at"] for entry in manifest.values())
    said = {digest: {k: v for k, v in entry.items() if k != "captured_at"} for digest, entry in manifest.items()}
    for name in ("noted", "fact", "after", "blank", "recheck", "paper"):
        assert said.pop(digests[name]) == as_taken(name)
    assert said.pop(digests["hazard"]) == as_taken("hazard", source="gallery", location=None)
    marked = said.pop(drawn)
    assert marked == as_taken("fact", bytes=marked["bytes"], derived_from=digests["fact"])
    assert list(said) == [signature]
    assert {said[signature][name] for name in ("source", "location", "camera_sha256", "derived_from")} == {None}


def what_went_ahead(body: Mapping[str, Any]) -> None:
    """One answer of the same visit, with the camera's own bytes although they are large."""
    found = PLAIN | {"fact": "三楼东侧安全出口上锁", "photos": [sha256(shot("danger"))]}
    assert body["answers"] == {"S-09-01": {"value": "no", "findings": [found]}}
    assert (body["rechecks"], body["other_findings"], body["signatures"]) == ([], [], [])
    assert list(body["photos"]) == [sha256(shot("danger"))]


def what_nobody_planned(site: Site, body: Mapping[str, Any]) -> None:
    """Its photo is bounded and upright, and goes with the hash of what the camera gave."""
    assert (body["assignment_id"], body["sections"], body["participants"]) == (None, ["S-03"], [])
    ((bounded, entry),) = body["photos"].items()
    found = PLAIN | {"fact": "器材室未上锁", "photos": [bounded]}
    assert body["answers"] == {"S-03-04": {"value": 2, "findings": [found]}}
    data = stored_photo(site, bounded).read_bytes()
    assert (entry["camera_sha256"], entry["bytes"]) == (sha256(shot("wide")), len(data))
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (2560, 1920)


# ── a full day ───────────────────────────────────────────────────────────────────────────────────────────────────────

PHOTOS_EACH = 40
seeds = count(1000)


def every_item(phone: Phone, place: str) -> tuple[str, dict[str, Any], list[str]]:
    """All items of all sections, each third failing, with forty photos; the record, its answers, its photos."""
    draft = start(phone, place)
    given: dict[str, Any] = {}
    taken: list[str] = []
    chips = phone.page.locator("#views [data-view^='S-']")
    for view in [str(chip.get_attribute("data-view")) for chip in chips.all()]:
        section(phone, view)
        codes = [str(one.get_attribute("id")).removeprefix("card-") for one in phone.page.locator("article.card").all()]
        for code in codes:
            here = card(phone, code)
            options = [str(one.get_attribute("data-value")) for one in here.locator("[data-do=answer]").all()]
            is_danger = here.locator(".badge.overdue").count() > 0
            is_date = here.locator("input[type=date]").count() > 0
            fails = len(given) % 3 == 0 and not is_danger
            value = options[-1 if fails else 0] if options else "2020-01-01" if is_date else "5"
            answer(phone, code, value)
            given[code] = value if options or is_date else int(value)
            panel = here.locator("section.finding")
            if panel.count():
                type_in(phone, field_of(finding(here), "fact"), f"{code} 不符合")
            if panel.locator("[data-do=photo]").count():
                more = [photo(next(seeds)) for _ in range(min(4, PHOTOS_EACH - len(taken)))]
                shoot(finding(here), *more)
                taken += [sha256(data) for data in more]
    assert len(taken) == PHOTOS_EACH
    to_summary(phone)
    sign(phone, 0)
    assert finish(phone) == draft
    return draft, given, taken


@pytest.mark.drill
def test_three_schools_in_full(site: Site, line: Line, phone: Phone) -> None:
    ready(phone)
    lose_signal(phone, line)
    passed = len(line.log)
    visits = []
    for number, place in enumerate((SCHOOL, "青松路小学", "向日葵实验学校"), 1):
        visits.append(every_item(phone, place))
        waiting(phone, number)
    assert len(line.log) == passed, "not one byte"
    find_signal(phone, line)
    for record, given, taken in visits:
        received(phone, record, timeout=600_000)
        told = arrived(site, phone, record)
        assert {code: one["value"] for code, one in told["submission"]["answers"].items()} == given
        assert len(given) > 45
        signature = set(told["receipt"]["photos"]) - set(taken)
        assert len(signature) == len(told["receipt"]["photos"]) - PHOTOS_EACH == 1
    waiting(phone, 0)
    whole(site, *(record for record, _, _ in visits))
