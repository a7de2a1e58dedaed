"""检查表: versions, one of them to be read, what changed between two, and publishing another."""

from __future__ import annotations

import io
from typing import Any

import yaml

from checklists.loader import DEFINITIONS, published
from checklists.reasons import REASONS
from inspection.domain.texts import LANGUAGES, desk_texts
from inspection.schemas.wire import load_json
from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk, Opened
from tests.support.world import World

SCHOOL = (DEFINITIONS / "school.v1.yaml").read_text(encoding="utf-8")
R1 = published()["school", 1].sections[-1]


def second_version(**first_item: Any) -> bytes:
    """The checklist of schools as its second version, with other values in its first item."""
    document = yaml.safe_load(SCHOOL)
    document["version"] = 2
    document["sections"][0]["items"][0] |= first_item
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()


def check(clerk: Clerk, data: bytes) -> Opened:
    page = clerk.open("/checklists/publish")
    return page.send("check", files={"file": (io.BytesIO(data), "school.yaml")})


def test_reasons_are_told_in_both_languages() -> None:
    for language in LANGUAGES:
        assert desk_texts(language)["checklists"]["lint"].keys() == REASONS.keys()
    assert desk_texts("en")["checklists"]["lint"] == REASONS


def test_a_version_is_read_by_section_and_item(world: World) -> None:
    page = Clerk(world, "school").open("/checklists")
    assert "/checklists/school?version=1" in page.links
    with counted(world) as seen:
        page = Clerk(world, "school").open("/checklists/school?version=1")
    assert page.status == 200
    assert len(seen) <= MOST
    for section in published()["school", 1].sections[:-1]:
        assert section.title in page.text
        assert all(item.text in page.text for item in section.items)
    assert "《中华人民共和国未成年人保护法》" in page.text
    english = Clerk(world, "school", "en").open("/checklists/school")
    assert "Responsible: " in english.text
    assert published()["school", 1].sections[0].items[0].text_en in english.text


def test_leads_are_read_by_inspectors_alone(world: World) -> None:
    for who, may in (("inspector", True), ("procurator", True), ("school", False), ("sysadmin", False)):
        page = Clerk(world, who).open("/checklists/school")
        assert all((item.text in page.html) == may for item in R1.items), who


def test_what_is_not_there(world: World) -> None:
    clerk = Clerk(world, "bureau")
    for path in ("/checklists/none", "/checklists/school?version=7", "/checklists/school?version=x"):
        assert clerk.open(path).status == 404
    assert clerk.open("/checklists/none/differences").status == 404
    assert clerk.open("/checklists/school/differences?from=1&to=7").status == 404
    assert "只有一个版本" in clerk.open("/checklists/school/differences").text
    page = clerk.open("/checklists/school/differences?from=x&to=1")
    assert page.status == 422
    assert "版本有误" in page.text


def test_a_new_version_is_looked_at_and_then_published(world: World) -> None:
    clerk = Clerk(world, "sysadmin")
    preview = check(clerk, second_version(text="大门内外的新要求", due_days=3))
    assert preview.status == 200
    assert "新增 0 条，删去 0 条，改动 1 条" in preview.text
    assert "大门内外的新要求" in preview.text
    assert "3 天" in preview.text
    assert "不能更改或撤回" in preview.text
    assert clerk.open("/checklists/school?version=2").status == 404  # nothing is written yet
    form = preview.form("publish")
    made = preview.send("publish")
    assert "已发布：" in made.text
    assert "大门内外的新要求" in made.text
    again = clerk.post("/checklists/publish", form.fields)  # a double click
    assert "此前已经发布，没有改动" in again.text
    log = world.person("inspector").get("/checklists/school").json
    assert log["version"] == 2
    reader = Clerk(world, "bureau")
    old = reader.open("/checklists/school?version=1")
    assert "这不是现行版本" in old.text
    assert "大门内外的新要求" not in old.text
    for address in ("/checklists/school/differences", "/checklists/school/differences?from=1&to=2"):
        with counted(world) as seen:
            compared = reader.open(address)
        assert "第 1 版 → 第 2 版" in compared.text
        assert "改动 1 条" in compared.text
        assert len(seen) <= MOST
    assert "两个版本没有差别" in reader.open("/checklists/school/differences?from=2&to=2").text


def test_leads_stay_unread_where_versions_are_compared(world: World) -> None:
    document = yaml.safe_load(SCHOOL)
    document["version"] = 2
    lead = document["sections"][-1]["items"][0]
    lead["text"] = "另一条线索"
    data = yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()
    preview = check(Clerk(world, "sysadmin"), data)
    assert "两个版本没有差别" in preview.text
    assert "只供检查人员阅读" in preview.text
    preview.send("publish")
    address = "/checklists/school/differences?from=1&to=2"
    assert "另一条线索" not in Clerk(world, "school").open(address).html
    assert "另一条线索" in Clerk(world, "inspector").open(address).text


def test_a_published_version_never_changes(world: World) -> None:
    clerk = Clerk(world, "sysadmin")
    changed = second_version(text="改过的话").replace(b"version: 2", b"version: 1")
    page = check(clerk, changed)
    assert "第 1 版已经以其他内容发布" in page.text
    assert not page.has_form("publish")
    assert "改动 1 条" in page.text
    same = check(clerk, SCHOOL.encode())
    assert "内容完全相同" in same.text
    assert not same.has_form("publish")
    # somebody else publishes this number between the look and the confirmation
    preview = check(clerk, second_version(text="一种说法"))
    check(clerk, second_version(text="另一种说法")).send("publish")
    late = preview.send("publish")
    assert late.status == 409
    assert "第 2 版已经以其他内容发布" in late.text
    assert "3 后重新核对" in late.text
    assert "另一种说法" in clerk.open("/checklists/school").text


def test_faults_of_a_file_are_told_by_line(world: World) -> None:
    broken = SCHOOL.replace("severity: critical", "severity: terrible", 1).replace("kinds: [school]", "kinds: [shop]")
    page = check(Clerk(world, "sysadmin"), broken.encode())
    assert page.status == 422
    assert "没有发布" in page.text
    assert "kinds 是“shop”，应是以下之一：school, kindergarten, tutoring_centre" in page.text
    assert "severity 是“terrible”" in page.text
    assert "5 kinds" in page.text
    english = check(Clerk(world, "sysadmin", "en"), b"\xff\xfe")
    assert english.status == 422
    assert "not UTF-8" in english.text
    for data in (b"- &a [*a]", b"{", b"a: {{{{"):
        page = check(Clerk(world, "sysadmin"), data)
        assert page.status == 422
        assert not page.has_form("publish")
    page = Clerk(world, "sysadmin").open("/checklists/publish")
    for size in (2**20 + 1, 3 * 2**20):
        answer = page.send("check", {"file": (io.BytesIO(b"a" * size), "school.yaml")})
        assert answer.status == 413
        assert "MB" in answer.text
    nothing = Clerk(world, "sysadmin").open("/checklists/publish").send("check", files={})
    assert nothing.status == 422


def test_a_number_below_the_newest_is_told(world: World) -> None:
    clerk = Clerk(world, "sysadmin")
    check(clerk, second_version().replace(b"version: 2", b"version: 5")).send("publish")
    page = check(clerk, second_version(advice="另一条建议").replace(b"version: 2", b"version: 3"))
    assert "低于现行的第 5 版" in page.text
    page.send("publish")
    assert world.person("inspector").get("/checklists/school").json["version"] == 5


def test_who_publishes(sqlite_world: World) -> None:
    world = sqlite_world
    looked = check(Clerk(world, "sysadmin"), second_version())
    form = looked.form("publish")
    for who in ("bureau", "school", "secadmin", "auditor", "congress"):
        clerk = Clerk(world, who)
        assert clerk.open("/checklists").status == 200
        assert "/checklists/publish" not in clerk.open("/checklists").links
        assert clerk.open("/checklists/publish").status == 403
        assert clerk.post("/checklists/publish", form.fields).status == 403
        assert clerk.post("/checklists/publish/check", {}).status == 403
    assert load_json(world.person("bureau").get("/checklists/school").data)["version"] == 1
    for tampered in ("%%%", "检查表"):
        assert looked.send("publish", checklist=tampered).status == 400


def test_every_kind_of_field_has_its_words(sqlite_world: World) -> None:
    """Each field of an item changed at once: the page names every one of them."""
    changes = {
        "text": "新的话",
        "text_en": "New words",
        "method": ["test"],
        "recommendation": ["C"],
        "legal_basis": [
            {"law": "未保法", "article": "1", "status": "unverified", "note": "待核", "valid_to": "2030-01-01"}
        ],
        "answer": {"type": "number", "label": "人数", "ok": {"min": 2, "min_attribute": "guards_required"}},
        "applies_when": ["canteen"],
        "severity": "general",
        "photo": "forbidden",
        "due_days": 22,
        "responsible": "department",
        "advice": "新的建议",
    }
    page = check(Clerk(sqlite_world, "sysadmin"), second_version(**changes))
    assert page.status == 200
    for told in (
        "人数：不少于 2；不少于应配保安人数",
        "未保法 1（未核对；至 2030-01-01 止；待核）",
        "做测试",
        "自办食堂",
        "22 天",
    ):
        assert told in page.text
    for told in ("有关部门", "禁止拍照", "严肃处理违法违纪", "新的建议"):
        assert told in page.text
