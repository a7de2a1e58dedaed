"""The institution's administrator with a phone: what was found, the notice, the proof, a return, an extension; with and
without a network, and in the end exactly what he handed in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support import field
from tests.support.browser import Phone
from tests.support.field import find_signal, lose_signal, payload, ready, waiting
from tests.support.field_more import id_of, stored_soon
from tests.support.line import Line
from tests.support.photos import pdf, photo
from tests.support.site import Site
from tests.support.world import new_id, sha256

PHOTO_ITEM, PLAIN_ITEM, OTHER_ITEM = "S-03-05", "S-01-01", "S-01-02"


@pytest.fixture
def found(site: Site) -> dict[str, Any]:
    """An inspection of the school with three findings, handed in; one of them asks for a photo."""
    inspector = site.caller("inspector")
    told = inspector.get("/sync").json()
    place = next(one["id"] for one in told["institutions"] if one["name"] == field.SCHOOL)
    picture = photo(900, (320, 240))
    now = told["server_time"]
    body = {
        "institution_id": place,
        "visit_id": new_id(),
        "mode": "joint",
        "checklist": {"code": "school", "version": 1},
        "started_at": now,
        "finished_at": now,
        "answers": {
            PHOTO_ITEM: {"value": "no", "findings": [{"fact": "宿舍楼未公布求助电话", "photos": [sha256(picture)]}]},
            PLAIN_ITEM: {"value": "no", "findings": [{"fact": "没有传达学习记录"}]},
            OTHER_ITEM: {"value": "no", "findings": [{"fact": "没有明确分管领导"}]},
        },
        "photos": {sha256(picture): {}},
    }
    answer = inspector.put(f"/inspections/{new_id()}", body)
    assert answer.status_code == 201, answer.text
    assert inspector.upload(sha256(picture), picture).status_code == 201
    return dict(answer.json())


def issued(site: Site, inspection: dict[str, Any]) -> dict[str, Any]:
    today = inspection["received_at"][:10]
    body = {
        "inspection_ids": [inspection["id"]],
        "document_number": "新教改〔2026〕7号",
        "issued_on": today,
        "signer": "乌兰",
        "items": [],
        "service": {"method": "in_app", "on": today},
    }
    answer = site.caller("bureau").put(f"/notices/{new_id()}", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def problem_of(inspection: dict[str, Any], item: str) -> str:
    return str(next(one["id"] for one in inspection["problems"] if one["item_code"] == item))


def refreshed(phone: Phone) -> None:
    phone.page.goto("/m/#/")
    phone.page.locator("[data-do=refresh]").click()
    expect(phone.page.locator("#say")).to_contain_text("已刷新")


def test_from_the_notice_to_the_second_proof(site: Site, line: Line, phone: Phone, found: dict[str, Any]) -> None:
    notice = issued(site, found)
    page = ready(phone, "school")
    problem = problem_of(found, PHOTO_ITEM)

    phone.expects("status of 404")  # a PDF has no preview
    # everything without a network: acknowledge, prove with two photos and a PDF
    lose_signal(phone, line)
    page.reload()
    page.locator(f"a[href='#/notice/{notice['id']}']").click()
    form = page.locator("form[data-do=acknowledge]")
    form.locator("[name=title]").fill("安全主任")
    form.locator("[type=submit]").click()
    waiting(phone, 1)
    page.goto(f"/m/#/rectify/{problem}")
    page.locator("[name=description]").fill("三栋宿舍楼均已张贴")
    page.locator("[type=submit]").click()
    expect(page.locator("[role=alert]")).to_contain_text("照片")
    pictures = [photo(901, (640, 480)), photo(902, (640, 480)), pdf(903)]
    for number, data in enumerate(pictures, 1):
        kind = "application/pdf" if data.startswith(b"%PDF") else "image/jpeg"
        with page.expect_file_chooser() as chooser:
            page.locator(f"[data-do=photo][data-source={'gallery' if number > 1 else 'camera'}]").click()
        chooser.value.set_files([payload(data, "file", kind)])
        expect(page.locator("#new-photos li")).to_have_count(number)
    page.reload()  # nothing of it is lost by leaving
    expect(page.locator("[name=description]")).to_have_value("三栋宿舍楼均已张贴")
    expect(page.locator("#new-photos li")).to_have_count(3)
    page.locator("form[data-do=proof] [type=submit]").click()
    proof = str(page.locator("[data-entry]").get_attribute("data-entry"))
    waiting(phone, 2)
    frozen = field.kept(phone, proof)
    assert sorted(frozen.photos) == sorted(sha256(data) for data in pictures)

    find_signal(phone, line)
    field.received(phone, proof)
    waiting(phone, 0)
    school = site.caller("school")
    seen = school.get(f"/problems/{problem}").json()
    assert (seen["status"], seen["rounds"][0]["content_sha256"]) == ("submitted", frozen.sha256)
    assert seen["rounds"][0]["receipt"]["photos"] == sorted(frozen.photos)
    assert school.get(f"/notices/{notice['id']}").json()["acknowledgement"]["title"] == "安全主任"
    assert site.count("SELECT count(*) FROM rectification") == 1

    # returned: the reason stands on top, and another proof follows
    review = {"rectification_id": proof, "decision": "return", "comment": "二号楼仍未张贴", "method": "desk"}
    assert site.caller("bureau").put(f"/problems/{problem}/reviews/{new_id()}", review).status_code == 201
    refreshed(phone)
    card = page.locator(f"a.card[href='#/problem/{problem}']")
    expect(card).to_contain_text("被退回")
    card.click()
    expect(page.locator(".trouble-box").first).to_contain_text("二号楼仍未张贴")
    expect(page.locator("[data-gallery] img")).not_to_have_count(0)
    page.locator(f"a[href='#/rectify/{problem}']").click()
    page.locator("[name=description]").fill("二号楼也已张贴")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-do=photo][data-source=camera]").click()
    chooser.value.set_files([payload(photo(904, (640, 480)))])
    expect(page.locator("#new-photos li")).to_have_count(1)
    page.locator("form[data-do=proof] [type=submit]").click()
    second = str(page.locator("[data-entry]").get_attribute("data-entry"))
    field.received(phone, second)
    rounds = school.get(f"/problems/{problem}").json()["rounds"]
    assert [one["outcome"] for one in rounds] == ["returned", None]
    assert site.command("verify").returncode == 0


def test_an_objection_and_an_extension_without_a_network(
    site: Site, line: Line, phone: Phone, found: dict[str, Any]
) -> None:
    page = ready(phone, "school")
    first = problem_of(found, OTHER_ITEM)
    expect(page.locator("[data-tab=found]")).to_have_attribute("aria-pressed", "true")
    lose_signal(phone, line)
    page.locator(f"a.card[href='#/problem/{first}']").click()
    page.locator("#ask-objection summary").click()
    page.locator("form[data-do=objection] [name=reason]").fill("文件已印发，见附件")
    stored_soon(phone, id_of(site, "school"), "settings", "return value && value.reason", "文件已印发，见附件")
    page.reload()
    page.locator("form[data-do=objection] [type=submit]").click()
    waiting(phone, 1)
    expect(page.locator("form[data-do=objection]")).to_have_count(0)
    find_signal(phone, line)
    waiting(phone, 0)
    school = site.caller("school")
    assert [one["reason"] for one in school.get(f"/problems/{first}").json()["petitions"]] == ["文件已印发，见附件"]

    decision = {"problem_id": first, "action": "keep", "reason": "附件不能证明"}
    notice_items = [decision]
    today = found["received_at"][:10]
    body = {
        "inspection_ids": [found["id"]],
        "document_number": "新教改〔2026〕8号",
        "issued_on": today,
        "signer": "乌兰",
        "items": notice_items,
        "service": {"method": "in_app", "on": today},
    }
    assert site.caller("bureau").put(f"/notices/{new_id()}", body).status_code == 201
    refreshed(phone)
    problem = problem_of(found, PLAIN_ITEM)
    due = school.get(f"/problems/{problem}").json()["due_on"]
    later = (date.fromisoformat(due) + timedelta(days=5)).isoformat()
    page.goto(f"/m/#/problem/{problem}")
    expect(page.locator("#ask-extension")).to_be_visible()
    lose_signal(phone, line)
    page.locator("#ask-extension summary").click()
    page.locator("form[data-do=extension] [name=requested_due_on]").fill(later)
    page.locator("form[data-do=extension] [name=reason]").fill("厂家排期")
    page.locator("form[data-do=extension] [type=submit]").click()
    waiting(phone, 1)
    find_signal(phone, line)
    waiting(phone, 0)
    seen = school.get(f"/problems/{problem}").json()
    assert [(one["kind"], one["requested_due_on"]) for one in seen["petitions"]] == [("extension", later)]
    page.goto("/m/#/")
    expect(page.locator(f"a.card[href='#/problem/{problem}']")).to_contain_text("延期待批")


def test_somebody_else_was_faster(site: Site, line: Line, phone: Phone, found: dict[str, Any]) -> None:
    """An acknowledgement that comes second is refused: said in words, put aside by its person, in nobody's way."""
    notice = issued(site, found)
    page = ready(phone, "school")
    lose_signal(phone, line)
    page.locator(f"a[href='#/notice/{notice['id']}']").click()
    page.locator("form[data-do=acknowledge] [name=title]").fill("安全主任")
    page.locator("form[data-do=acknowledge] [type=submit]").click()
    waiting(phone, 1)
    other = site.caller("school").put(f"/notices/{notice['id']}/acknowledgement", {"name": "何建平", "title": "校长"})
    assert other.status_code == 201
    phone.expects("status of 409")
    find_signal(phone, line)
    field.queue(phone)
    entry = page.locator("[data-entry]")
    expect(entry).to_have_attribute("data-state", "attention")
    entry.locator("[data-do=aside]").click()
    waiting(phone, 0)
    assert site.caller("school").get(f"/notices/{notice['id']}").json()["acknowledgement"]["title"] == "校长"


def test_what_one_was_told_opens_the_very_item(site: Site, phone: Phone, found: dict[str, Any]) -> None:
    notice = issued(site, found)
    page = ready(phone, "school")
    page.locator(".tabs a[href='#/inbox']").click()
    message = page.get_by_text("新教改〔2026〕7号").first
    message.click()
    expect(page).to_have_url(f"{phone.line.base}/m/#/notice/{notice['id']}")
    page.go_back()
    page.reload()
    phone.line.until(lambda _: [one for one in phone.line.seen("PUT", "/api/v1/notifications/") if one.status])
    unread = [one for one in site.caller("school").get("/notifications").json()["items"] if one["read_at"] is None]
    assert "notice_issued" not in {one["kind"] for one in unread}
