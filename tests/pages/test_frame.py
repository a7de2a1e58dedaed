"""What holds on every page of the desk: who may open it, what is never lost, what never runs."""

from __future__ import annotations

import io
import re
from urllib.parse import quote

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from inspection.actions.doctor import SILENCE
from inspection.actions.sweep import beat
from inspection.demo.cast import PEOPLE
from inspection.domain.permissions import ALLOWED, ANYONE
from inspection.pages.desk import TYPED_LIMIT
from inspection.pages.routes import PAGES
from inspection.storage import tables
from inspection.web import cursor_of
from tests.support import databases
from tests.support.desk import Clerk
from tests.support.world import World, new_id

ACCOUNTS = {person.username: person for person in PEOPLE if person.shown}


def address(path: str) -> str:
    path = path.replace("<hash:sha256>", "0" * 64).replace("<code>", "nothing").replace("<int:year>", "2026")
    return re.sub(r"<[^>]+>", lambda _: new_id(), path)


@pytest.mark.parametrize("username", [None, *ACCOUNTS])
def test_every_page_as_every_account(sqlite_world: World, username: str | None) -> None:
    """Signed out 401, without the role 403, whatever it is asked for; else the page, or what it says of what is not
    there. A form without its token does nothing."""
    clerk = Clerk(sqlite_world, username)
    roles = {grant.role for grant in ACCOUNTS[username].grants} or {"unit"} if username else set()
    for name, declared in PAGES.items():
        page = (
            clerk.open(address(declared.path))
            if declared.method == "GET"
            else clerk.post(address(declared.path), {}, follow=False)
        )
        if declared.permission == ANYONE:
            assert page.status in (200, 409), name
        elif username is None:
            assert page.status == 401, name
        elif not roles & ALLOWED[declared.permission]:
            assert page.status == 403, name
        elif declared.method == "POST":
            assert page.status == 409, name
        else:
            assert page.status in (200, 404, 422), name
        if page.html:
            assert page.response.headers["Cache-Control"] == "no-store", name
            policy = page.response.headers["Content-Security-Policy"]
            assert "unsafe" not in policy, name
            assert "script-src 'nonce-" in policy, name


@pytest.mark.short_drill
def test_a_get_changes_nothing(sqlite_world: World) -> None:
    """Not a row: that a session was used is noted in a column, and in `test_sessions.py` alone."""
    problem = sqlite_world.open_problem()
    sqlite_world.prove(problem["id"])
    before = rows(sqlite_world)
    for username in ACCOUNTS:
        clerk = Clerk(sqlite_world, username)
        for declared in PAGES.values():
            if declared.method == "GET":
                path = re.sub(r"<uuid:problem_id>", problem["id"], declared.path)
                path = re.sub(r"<uuid:institution_id>", sqlite_world.places[0], path)
                clerk.open(address(path))
    assert rows(sqlite_world) == before


def rows(world: World) -> dict[str, int]:
    """How many rows each table has, and the newest entry of the log."""
    with world.context() as ctx:
        return {
            name: ctx.session.scalar(select(func.count()).select_from(table))
            for name, table in tables.metadata.tables.items()
        }


def test_signing_in_leads_to_where_one_wanted_to_go(world: World) -> None:
    problem = world.open_problem()
    clerk = Clerk(world, None)
    asked = clerk.open(f"/problems/{problem['id']}")
    assert asked.status == 401
    wrong = asked.send("sign_in", username="bureau", password="wrong")
    assert wrong.status == 401
    assert "用户名、密码或激活码不正确" in wrong.text
    assert wrong.form("sign_in").fields["username"] == "bureau"
    led = wrong.send("sign_in", password=databases.PASSWORD)
    assert led.path.endswith(problem["id"])
    assert led.status == 200


def test_it_leads_to_no_other_site(world: World) -> None:
    clerk = Clerk(world, None)
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/[evil", "/x\r\nA: b"):
        page = clerk.open(f"/sign-in?to={quote(elsewhere)}")
        led = page.send("sign_in", username="bureau", password=databases.PASSWORD, to=elsewhere)
        assert led.path == "/", elsewhere


def test_a_session_that_ends_in_the_middle_of_a_comment_loses_no_word(world: World) -> None:
    problem = world.open_problem()
    world.prove(problem["id"])
    clerk = Clerk(world, "bureau")
    page = clerk.open(f"/problems/{problem['id']}")
    clerk.ends()
    ended = page.send("return", comment="写了很久的理由")
    assert ended.status == 401
    assert world.problem(problem["id"])["status"] == "submitted"
    shown = ended.send("sign_in", username="bureau", password=databases.PASSWORD)
    assert "写了很久的理由" in shown.text
    assert world.problem(problem["id"])["status"] == "submitted"
    sent = shown.send(next(form for form in shown.forms if form.name == "return"))
    assert sent.status == 200
    assert world.problem(problem["id"])["rounds"][0]["reviews"][0]["comment"] == "写了很久的理由"


def test_a_form_of_an_earlier_session_is_shown_and_not_sent(world: World) -> None:
    problem = world.open_problem()
    world.prove(problem["id"])
    clerk = Clerk(world, "bureau")
    page = clerk.open(f"/problems/{problem['id']}")
    with clerk.client.session_transaction() as kept:
        kept.pop("csrf_token")
    stale = page.send("return", comment="写了很久的理由")
    assert stale.status == 409
    assert "写了很久的理由" in stale.text
    assert world.problem(problem["id"])["status"] == "submitted"
    assert stale.send("return").status == 200
    assert world.problem(problem["id"])["status"] == "open"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    ],
)
def test_a_form_that_another_site_sends_is_refused(world: World, headers: dict[str, str]) -> None:
    problem = world.open_problem()
    world.prove(problem["id"])
    clerk = Clerk(world, "bureau")
    form = clerk.open(f"/problems/{problem['id']}").form("return")
    answer = clerk.client.post(
        f"/problems/{problem['id']}/return", data={**form.fields, "comment": "x"}, headers=headers, buffered=True
    )
    assert answer.status_code == 403
    assert world.problem(problem["id"])["status"] == "submitted"


def test_sessions_are_listed_and_ended(world: World) -> None:
    clerk = Clerk(world, None)
    clerk.open("/sign-in").send("sign_in", username="bureau", password=databases.PASSWORD)
    other = Clerk(world, "bureau")
    page = other.open("/account")
    ends = [form for form in page.forms if form.action.endswith("/end")]
    assert len(ends) == 1
    assert page.send(ends[0]).status == 200
    assert clerk.open("/problems").status == 401
    assert other.open("/problems").status == 200


def test_ones_roles_are_told_with_the_names_of_their_places(sqlite_world: World) -> None:
    for who, told in (
        ("procurator", "检察检查人员 新城区；线索办理人 新城区"),
        ("school", "被查单位 云杉第一中学"),
        ("auditor", "审计员 内蒙古自治区"),
    ):
        assert told in Clerk(sqlite_world, who).open("/account").text


def test_signing_out_ends_this_session_alone(world: World) -> None:
    clerk = Clerk(world, None)
    page = clerk.open("/sign-in").send("sign_in", username="bureau", password=databases.PASSWORD)
    out = page.send(next(form for form in page.forms if form.action == "/sign-out"))
    assert "已退出登录" in out.text
    assert clerk.open("/problems").status == 401
    assert Clerk(world, "bureau").open("/problems").status == 200


def test_the_password_is_changed_at_the_desk(world: World) -> None:
    clerk = Clerk(world, None)
    clerk.open("/sign-in").send("sign_in", username="bureau", password=databases.PASSWORD)
    page = clerk.open("/account")
    unlike = page.send("password", old=databases.PASSWORD, new="A new long one, 7", again="another")
    assert unlike.status == 422
    assert "两次输入不一致" in unlike.text
    assert "A new long one, 7" not in unlike.html
    done = unlike.send("password", old=databases.PASSWORD, new="A new long one, 7", again="A new long one, 7")
    assert "密码已修改" in done.text
    assert Clerk(world, "bureau").open("/").text.count("登录已失效") == 1


def test_both_languages_and_the_choice_between_them(world: World) -> None:
    world.open_problem()
    clerk = Clerk(world, "bureau")
    page = clerk.open("/problems")
    switch = next(form for form in page.forms if form.action == "/language")
    english = page.send(switch, language="en")
    assert english.path == "/problems"
    assert 'lang="en"' in english.html
    assert "Problems" in english.text


def test_the_banner_when_the_worker_is_silent(world: World) -> None:

    clerk = Clerk(world, "bureau")
    assert "后台任务没有运行" in clerk.open("/").text
    with world.context() as ctx:
        beat(ctx, "worker", swept=True)
    assert "后台任务" not in clerk.open("/").text
    world.clock.go(minutes=2 * SILENCE.total_seconds() / 60)
    assert "没有运行：提醒和逾期上报可能延误" in clerk.open("/").text


def test_an_unknown_address_is_a_page_and_the_api_stays_json(world: World) -> None:
    page = Clerk(world, "bureau").open("/nothing")
    assert page.status == 404
    assert "没有找到" in page.text
    answer = world.app.test_client().get("/api/v1/nothing")
    assert answer.content_type == "application/problem+json"


def test_who_is_not_signed_in_fills_no_memory(sqlite_world: World) -> None:
    clerk = Clerk(sqlite_world, None)
    answer = clerk.post(f"/problems/{new_id()}/rectify", {"description": "x" * (TYPED_LIMIT + 1)}, follow=False)
    assert answer.status == 401
    assert len(answer.html) < TYPED_LIMIT


def test_who_may_not_act_fills_no_disk(sqlite_world: World) -> None:
    """A file is read only from who may send one; what was typed beside a small one is kept all the same."""
    for who in (None, "secadmin"):
        clerk = Clerk(sqlite_world, who)
        for size in (10, TYPED_LIMIT + 1):
            files = {"description": "换了门锁", "photos": (io.BytesIO(b"x" * size), "a.jpg")}
            answer = clerk.post(f"/problems/{new_id()}/rectify", MultiDict(files), multipart=True, follow=False)
            assert answer.status == (403 if who else 401)
            assert ("换了门锁" in answer.html) == (size == 10), (who, size)


def test_no_secret_comes_back_with_a_form(sqlite_world: World) -> None:
    page = Clerk(sqlite_world, None).open("/activation")
    with page.clerk.client.session_transaction() as kept:
        kept.pop("csrf_token")
    stale = page.send(
        "activation", username="bureau", code="x", password="A new long one, 7", again="A new long one, 7"
    )
    assert stale.status == 409
    assert "bureau" in stale.html
    assert "A new long one, 7" not in stale.html


def test_what_nobody_types_is_refused(postgresql_world: World) -> None:
    """Passwords and names are taken as the API takes them; a cursor is nobody's to make up."""
    page = Clerk(postgresql_world, None).open("/sign-in")
    assert page.send("sign_in", username="a\0b", password="x").status == 422
    assert page.send("sign_in", username="bureau", password="x" * 257).status == 422
    activation = Clerk(postgresql_world, None).open("/activation")
    assert activation.send("activation", username="a\0b", code="x", password="p" * 20, again="p" * 20).status == 422
    password = Clerk(postgresql_world, "bureau").open("/account")
    too_long = "n" * 257
    assert password.send("password", old=databases.PASSWORD, new=too_long, again=too_long).status == 422
    bureau = Clerk(postgresql_world, "bureau")
    for key in (["0001-01-01T00:00:00+14:00", new_id()], ["9999-12-31T23:59:59-14:00", new_id()], ["\0", new_id()]):
        cursor = cursor_of(tuple(key))
        for path in ("/inspections", "/notices", "/problems", "/institutions", "/inbox"):
            assert bureau.open(f"{path}?cursor={cursor}").status < 500, (path, key)
