"""日历: a year to be seen by everybody, changed by the system administrator, and nobody's words lost in a race."""

from __future__ import annotations

import json

import pytest

from tests.support.desk import Clerk
from tests.support.world import World


def known(world: World, year: int = 2027) -> dict[str, object]:
    return dict(world.person("sysadmin").get(f"/calendar/{year}").json)


def test_everybody_sees_a_year_in_words(sqlite_world: World) -> None:
    for who in ("bureau", "school", "congress", "auditor"):
        page = Clerk(sqlite_world, who).open("/calendar?year=2026")
        assert page.status == 200
        assert "2026年10月1日（周四）" in page.text
        assert "10 班" in page.text
        assert page.html.count('<table class="month">') == 12
        assert not page.has_form("calendar")
    english = Clerk(sqlite_world, "bureau", "en").open("/calendar")
    assert "Calendar of 2026" in english.text
    assert "Thu 1 Oct 2026" in english.text


@pytest.mark.parametrize("year", ["1999", "2100", "x", "99999999999"])
def test_a_senseless_year_is_told(sqlite_world: World, year: str) -> None:
    page = Clerk(sqlite_world, "bureau").open(f"/calendar?year={year}")
    assert page.status == 422
    assert f'value="{year}"' in page.html


def test_the_system_administrator_changes_a_year(world: World) -> None:
    page = Clerk(world, "sysadmin").open("/calendar?year=2027")
    assert "尚未公布" in page.text
    done = page.send(
        "calendar",
        announced="true",
        rest_days="2027年1月1日\n\n2027/1/2\n2027-01-03\n",
        work_days="2027-01-09",
        terms="2027-03-01 至 2027-07-10\n2027-09-01 - 2028-01-14",
    )
    assert done.status == 200
    assert "2027 年的日历已保存" in done.text
    assert "2027年1月1日（周五） — 2027年1月3日（周日） （3 天）" in done.text.replace("）（", "） （")
    now = known(world)
    assert now["announced"] is True
    assert now["rest_days"] == ["2027-01-01", "2027-01-02", "2027-01-03"]
    assert now["terms"] == [
        {"first_on": "2027-03-01", "last_on": "2027-07-10"},
        {"first_on": "2027-09-01", "last_on": "2028-01-14"},
    ]
    again = page.send("calendar", **{name: done.form("calendar").fields[name] for name in ("rest_days", "terms")})
    assert again.status == 409  # the same page, other words: somebody was faster


def test_saving_twice_does_nothing_twice(world: World) -> None:
    page = Clerk(world, "sysadmin").open("/calendar?year=2027")
    for _ in range(2):
        assert "已保存" in page.send("calendar", rest_days="2027-01-01").text
    with world.app.app_context():
        from inspection.storage.db import db

        count = db.session.execute(db.text("SELECT count(*) FROM audit_log WHERE action = 'set_calendar_year'"))
        assert count.scalar() == 1


def test_what_is_wrong_is_told_by_line_and_the_words_stay(world: World) -> None:
    page = Clerk(world, "sysadmin").open("/calendar?year=2027")
    before = known(world)
    typed = {
        "rest_days": "2027-01-01\n\n2027-02-30\n2026-12-31",
        "work_days": "2027-01-04\nsoon",
        "terms": "2027-07-10 – 2027-03-01\n2027-09-01\n-",
    }
    refused = page.send("calendar", announced="true", **typed)
    assert refused.status == 422
    for told in ("第 3 行“2027-02-30”", "第 2 行“soon”", "第 2 行“2027-09-01”", "第 3 行“-”"):
        assert told in refused.text
    form = refused.form("calendar")
    assert {name: form.fields[name] for name in typed} == typed
    assert form.fields["announced"] == "true"
    again = refused.send("calendar", rest_days="2026-12-31", work_days="2027-01-04", terms="2027-07-10 2027-03-01")
    assert again.status == 422
    assert "第 1 行“2026-12-31”：不在 2027 年之内" in again.text
    assert "第 1 行“2027-01-04”：调休上班日应为周末" in again.text
    assert "第 1 行“2027-07-10 2027-03-01”：学期起止颠倒" in again.text
    assert known(world) == before


def test_a_lost_race_says_who_was_faster_and_keeps_the_words(world: World) -> None:
    page = Clerk(world, "sysadmin").open("/calendar?year=2027")
    other = {**known(world), "rest_days": ["2027-01-01", "2027-01-02"]}
    del other["year"]
    assert world.person("sysadmin").put("/calendar/2027", json.loads(json.dumps(other))).status_code == 200
    lost = page.send("calendar", rest_days="2027-01-01\n2027-01-04")
    assert lost.status == 409
    assert "系统管理员：修改日历" in lost.text.replace(" ：", "：")
    assert "现在有、您没有写的：2027-01-02" in lost.text
    assert "您写了、现在没有的：2027-01-04" in lost.text
    assert lost.form("calendar").fields["rest_days"] == "2027-01-01\n2027-01-04"
    assert known(world)["rest_days"] == ["2027-01-01", "2027-01-02"]
    done = lost.send("calendar")  # now with what is known before one's eyes
    assert done.status == 200
    assert known(world)["rest_days"] == ["2027-01-01", "2027-01-04"]


def test_provisional_dates_move_and_the_unit_is_told(world: World) -> None:
    problem = world.open_problem()
    due = world.problem(problem["id"])["due_on"]
    admin = Clerk(world, "sysadmin")
    taken_back = admin.open(f"/calendar?year={due[:4]}").send("calendar", announced=[])
    assert "尚未公布" in taken_back.text
    assert world.problem(problem["id"])["due_on"] == due
    form = taken_back.form("calendar")
    done = taken_back.send("calendar", announced="true", rest_days=f"{form.fields['rest_days']}\n{due}")
    assert "已公布" in done.text
    moved = world.problem(problem["id"])["due_on"]
    assert moved > due
    told = world.person("school").get("/notifications").json["items"]
    assert any(one["kind"] == "recomputed" and moved in one["text"] for one in told)


def test_nobody_else_changes_it(sqlite_world: World) -> None:
    page = Clerk(sqlite_world, "sysadmin").open("/calendar?year=2027")
    fields = page.form("calendar").fields
    for who in ("bureau", "secadmin", "auditor"):
        assert Clerk(sqlite_world, who).post("/calendar/2027", fields).status == 403
    before = known(sqlite_world)
    stale = Clerk(sqlite_world, "sysadmin").post("/calendar/2027?year=2027", {**fields, "rest_days": "2027-05-01"})
    assert stale.status == 409  # a form of another session
    assert stale.form("calendar").fields["rest_days"] == "2027-05-01"
    assert known(sqlite_world) == before
