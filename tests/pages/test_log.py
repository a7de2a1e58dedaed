"""日志: every action in words, found by who, what, to what and when, and read by the auditor alone."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from inspection.actions.audit import reads_of
from inspection.actions.orders import APPLY
from inspection.documents.tables import sheet_rows
from inspection.domain.actor import Grant
from inspection.domain.errors import Refused
from inspection.domain.texts import LANGUAGES, desk_texts
from inspection.storage.db import db
from tests.house.test_house import calls_in_source, codes_in_source
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.world import World, jpeg, sha256


def actions_in_source() -> set[str]:
    """What is written into the log; the kinds of orders are its only names that stand in no call."""
    return codes_in_source("record", 1) | codes_in_source("keep", 3) | set(APPLY)


def details_in_source() -> set[str]:
    """The names under which details are recorded."""
    calls = calls_in_source()["record"]
    return {keyword.arg for call in calls for keyword in call.keywords if keyword.arg is not None}


def test_every_action_kind_and_detail_has_its_words() -> None:
    for language in LANGUAGES:
        known = desk_texts(language)["log"]
        assert actions_in_source() <= known["action"].keys()
        assert codes_in_source("record", 2) <= known["kind"].keys()
        assert details_in_source() <= known["detail"].keys()


def entries(world: World) -> int:
    with world.app.app_context():
        return int(db.session.execute(db.text("SELECT count(*) FROM audit_log")).scalar() or 0)


def test_the_newest_comes_first_in_words_and_reading_changes_nothing(world: World) -> None:
    world.open_problem()
    before = entries(world)
    page = Clerk(world, "auditor").open("/log")
    assert page.status == 200
    assert page.text.index("印发整改通知书") < page.text.index("提交检查")
    assert "乌兰 bureau" in page.text
    assert "苏和 inspector" in page.text
    english = Clerk(world, "auditor", "en").open("/log")
    assert "Issued a notice" in english.text
    assert "The system" in english.text
    assert entries(world) == before


def test_entries_are_found_by_who_what_to_what_and_when(world: World) -> None:
    world.open_problem()
    auditor = Clerk(world, "auditor")
    by_name = auditor.open("/log?q=乌兰")
    assert "印发整改通知书 整改通知书" in by_name.text
    assert "inspector" not in by_name.html
    by_action = auditor.open("/log?action=submit_inspection&kind=inspection")
    assert "苏和" in by_action.text
    assert "乌兰" not in by_action.text
    same = next(link for link in by_action.links if "object=" in link)
    assert auditor.open(html.unescape(same)).status == 200
    day = world.today.isoformat()
    assert "提交检查 检查" in auditor.open(f"/log?from={day}&to={day}").text
    early = (world.today - timedelta(days=400)).isoformat()
    assert "没有符合条件的记录" in auditor.open(f"/log?to={early}").text


def test_who_was_given_which_role_and_where_is_told_in_words(world: World) -> None:
    bureau = world.person("bureau").id
    page = Clerk(world, "secadmin").open(f"/users/{bureau}")
    given = page.send("appoint", role="edu_inspector", region_code="150102")
    given.send([form for form in given.forms if form.name == "end_role"][1])
    unit = Clerk(world, "secadmin").open(f"/users/{world.person('stranger').id}")
    unit.send("appoint", role="unit", institution="北原小学")
    unit.send("appoint", role="unit", institution="青松路小学")
    log = Clerk(world, "auditor").open("/log?q=secadmin").text
    assert log.count("事由对象 乌兰（bureau）") == 1
    assert "角色 教育检查人员 区划 新城区" in log
    assert "账号 乌兰（bureau）" in log
    assert "角色 被查单位 单位 青松路小学" in log


@pytest.mark.parametrize("asked", ["from=never", "from=2026-11-26&to=2026-11-25"])
def test_a_senseless_filter_shows_no_list(sqlite_world: World, asked: str) -> None:
    page = Clerk(sqlite_world, "auditor").open(f"/log?{asked}&q=乌")
    assert page.status == 422
    assert 'value="乌"' in page.html
    assert "<table" not in page.html


def test_pages_follow_one_another_without_a_gap(world: World) -> None:
    for _ in range(60):
        world.app.test_client().post("/api/v1/auth/login", json={"username": "x", "password": "y", "device_name": "z"})
        world.clock.go(minutes=20)
    auditor = Clerk(world, "auditor")
    first = auditor.open("/log?action=sign_in_failed")
    assert first.html.count("<tr>") == 51
    again = auditor.open(html.unescape(next(link for link in first.links if "cursor=" in link)))
    assert again.html.count("<tr>") == 11
    assert auditor.open("/log?cursor=WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTkiXQ==").status == 400


def test_a_smaller_regions_auditor_reads_what_its_people_did(world: World) -> None:
    world.employ("audit-hm", Grant("auditor", "150103"))
    world.open_problem()
    for who in ("neighbour", "stranger", "school", "league"):
        world.person(who).call("POST", "/auth/password", json={"old": PASSWORD, "new": "A new one, 7 long"})
    page = Clerk(world, "audit-hm").open("/log?action=change_password")
    assert sorted(who for who in ("neighbour", "stranger", "school", "league") if f">{who}<" in page.html) == [
        "neighbour",
        "stranger",
    ]
    assert "没有符合条件的记录" in Clerk(world, "audit-hm").open("/log?action=submit_inspection").text
    world.employ("audit-both", Grant("auditor", "150103"), Grant("auditor", "150000"))
    assert "苏和" in Clerk(world, "audit-both").open("/log?action=submit_inspection").text
    world.app.test_client().post("/api/v1/auth/login", json={"username": "x", "password": "y", "device_name": "z"})
    for who, told in (("audit-both", False), ("audit-hm", True)):  # what nobody known did is a province's to read
        assert ("没有符合条件的记录" in Clerk(world, who).open("/log?action=sign_in_failed").text) is told


def test_it_is_the_auditors_alone(sqlite_world: World) -> None:
    for who in ("bureau", "secadmin", "sysadmin", "league"):
        assert Clerk(sqlite_world, who).open("/log").status == 403


def test_what_somebody_has_read_is_exported_exactly_as_it_is_shown(world: World) -> None:
    photo = jpeg()
    assert world.person("inspector").upload(photo).status_code == 201
    world.inspect({"S-01-05": [{"fact": "x", "photos": [sha256(photo)]}]}, photos={sha256(photo): {}})
    for purpose in ("=2+3", "核对门禁照片"):
        read = world.person("bureau").get(f"/photos/{sha256(photo)}", query_string={"purpose": purpose})
        assert read.status_code == 200
    auditor = Clerk(world, "auditor")
    asked = "?q=bureau&action=read_original"
    assert "核对门禁照片" in auditor.open(f"/log{asked}").text
    answer = auditor.client.get(f"/log.xlsx{asked}", buffered=True)
    top = list(sheet_rows(answer.data))
    assert top[1] == ["筛选条件 姓名或用户名：bureau；做了什么：查阅照片原件"]
    head, *rows = top[3:]
    assert len(head) == 8
    assert [row[5] for row in rows] == [sha256(photo)] * 2
    assert ["=2+3" in row[6] for row in rows] == [False, True]
    assert auditor.client.get("/log.xlsx?from=never").status_code == 422
    with world.context() as ctx:
        names, *read = reads_of(ctx, "bureau")
        assert (names[3], [row[3] for row in read]) == ("action", ["read_original"] * 2)
        with pytest.raises(Refused):
            list(reads_of(ctx, "nobody"))
