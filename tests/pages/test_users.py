"""人员: accounts seen, made, given roles and closed by the security administrator of their region, by nobody else."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from inspection.domain.actor import Grant
from tests.pages.test_queries import MOST, counted
from tests.support import databases
from tests.support.desk import Clerk, Opened
from tests.support.imports import PLACES, code, comma, place, places
from tests.support.world import Person as Somebody
from tests.support.world import World, new_id

CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")
ACCOUNT = {"username": "wangfang", "name": "王芳", "organisation": "新城区教育局"}


def admin(world: World, region: str = "150102", username: str = "districtadmin") -> Clerk:
    """A security administrator of a part of what the cast's administrator has."""
    world.employ(username, Grant("secadmin", region))
    return Clerk(world, username)


def opened(clerk: Clerk, user: Somebody) -> Opened:
    return clerk.open(f"/users/{user.id}")


def end_role(page: Opened, at: int = 0) -> Opened:
    return page.send([form for form in page.forms if form.name == "end_role"][at])


def roles(world: World, username: str) -> set[tuple[str, str | None]]:
    return {(one["role"], one["region_code"]) for one in world.person(username).get("/me").json["roles"]}


def test_the_accounts_of_the_region_in_words(world: World) -> None:
    listed = admin(world).open("/users")
    assert listed.status == 200
    for text in ("苏和", "教育检查人员", "新城区", "云杉第一中学", "在用"):
        assert text in listed.text, text
    for text in ("高娃", "巴特尔", "赵启明", "白音", "审计员"):
        assert text not in listed.text, text
    assert "高娃" in Clerk(world, "secadmin").open("/users").text
    found = listed.clerk.open("/users?q=乌兰")
    assert "乌兰" in found.text
    assert "苏和" not in found.text
    assert "没有符合条件的账号" in listed.clerk.open("/users?q=没有这样的人").text
    senseless = listed.clerk.open("/users?q=" + "x" * 65)
    assert senseless.status == 422
    assert "苏和" not in senseless.text


def test_pages_of_the_list_meet_each_account_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.users.ROWS", 4)
    page, seen = Clerk(world, "secadmin").open("/users"), list[str]()
    while True:
        seen += [link for link in page.links if re.fullmatch(r"/users/[0-9a-f-]{36}", link)]
        following = [link for link in page.links if "cursor=" in link]
        if not following:
            break
        page = page.clerk.open(following[0])
    assert len(seen) == len(set(seen)) > 8


def test_only_the_administrator_of_the_region(world: World) -> None:
    neighbour, clerk = world.person("neighbour"), admin(world)
    assert opened(clerk, neighbour).status == 404
    assert opened(clerk, world.person("stranger")).status == 404
    assert opened(Clerk(world, "secadmin"), neighbour).status == 200
    for who in ("bureau", "league", "inspector", "school", "congress", "sysadmin", "auditor"):
        for path in ("/users", f"/users/{neighbour.id}", "/users/new", "/users/import", "/users/import.csv"):
            assert Clerk(world, who).open(path).status == 403, (who, path)
    page = opened(Clerk(world, "secadmin"), neighbour)
    for name in ("end_role", "appoint", "disable"):
        form = page.form(name)
        token = opened(clerk, world.person("bureau")).form("appoint").fields["csrf_token"]
        answer = clerk.post(form.action, {**form.fields.to_dict(), "csrf_token": token, "role": "reviewer"})
        assert answer.status == 404, name
    assert roles(world, "neighbour") == {("reviewer", "150103")}


def test_an_account_begins_with_a_code_that_is_told_once(world: World) -> None:
    form = admin(world).open("/users/new")
    made = form.send("open_account", **ACCOUNT, sex="female", role="reviewer", region_code="150102")
    assert made.status == 200
    (one_time,) = CODE.findall(made.text)
    assert "未激活" in made.text
    again = form.send("open_account", **ACCOUNT, sex="female", role="reviewer", region_code="150102")
    assert again.path.startswith("/users/")
    assert "激活码只显示一次" in again.text
    assert not CODE.findall(again.text)
    assert again.clerk.open("/users").text.count("wangfang") == 1
    assert not CODE.findall(again.clerk.open(again.path).text)
    first = Clerk(world, None).open("/activation")
    secret = {"password": databases.PASSWORD, "again": databases.PASSWORD}
    assert first.send("activation", username="wangfang", code=one_time, **secret).path == "/"
    page = again.clerk.open(again.path)
    assert "在用" in page.text
    assert not page.has_form("code")
    assert [(row.detail["username"], row.detail["role"]) for row in world.logged("open_account")] == [
        ("wangfang", "reviewer")
    ]


def test_a_new_code_makes_the_old_one_worthless(world: World) -> None:
    made = admin(world).open("/users/new").send("open_account", **ACCOUNT, role="reviewer", region_code="150102")
    (old,) = CODE.findall(made.text)
    page = made.clerk.open("/users?q=wangfang")
    path = next(link for link in page.links if re.fullmatch(r"/users/[0-9a-f-]{36}", link))
    before = page.clerk.open(path)
    renewed = before.send("code")
    (new,) = CODE.findall(renewed.text)
    assert new != old
    assert "激活码只显示一次" in before.send("code").text
    first = Clerk(world, None).open("/activation")
    secret = {"username": "wangfang", "password": databases.PASSWORD, "again": databases.PASSWORD}
    assert first.send("activation", code=old, **secret).status == 401
    assert first.send("activation", code=new, **secret).path == "/"
    late = before.clerk.open(path)
    assert not late.has_form("code")
    given = before.form("code")
    answer = page.clerk.post(given.action, {**given.fields.to_dict(), "act": new_id()})
    assert answer.status == 409
    assert not CODE.findall(answer.text)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"username": ""}, "必须填写"),
        ({"username": "Wang Fang"}, "用户名须为"),
        ({"username": "bureau"}, "用户名已被使用"),
        ({"role": ""}, "必须填写"),
        ({"region_code": ""}, "必须填写"),
        ({"region_code": "150103"}, "不在您的管辖范围"),
        ({"region_code": "150100"}, "不在您的管辖范围"),
        ({"region_code": "999999"}, "不在您的管辖范围"),
        ({"institution": "云杉第一中学"}, "此处不应填写"),
        ({"role": "unit"}, "此处不应填写"),
        ({"role": "unit", "region_code": ""}, "必须填写"),
        ({"role": "unit", "region_code": "", "institution": "北原小学"}, "没有这个单位"),
        ({"role": "unit", "region_code": "", "institution": "培训"}, "晨星艺术培训中心"),
        ({"name": "王\u202e芳"}, "控制字符"),
    ],
)
def test_bad_input_keeps_the_words_and_makes_nothing(world: World, changes: dict[str, str], told: str) -> None:
    form = admin(world).open("/users/new")
    page = form.send("open_account", **{**ACCOUNT, "role": "reviewer", "region_code": "150102", **changes})
    assert page.status == 422
    assert told in page.text
    kept = page.form("open_account")
    assert kept.fields["organisation"] == "新城区教育局"
    assert kept.fields["act"] == form.form("open_account").fields["act"]
    assert "wangfang" not in page.clerk.open("/users").text
    assert page.send("open_account", **ACCOUNT, role="reviewer", region_code="150102", institution="").status == 200


def test_a_unit_by_its_name_a_part_of_it_or_its_code(world: World) -> None:
    places(world, comma([PLACES, place(1), place(11)]))
    clerk = admin(world)
    for number, (text, name) in enumerate(
        [("第1小学", "第1小学"), (code(11).lower(), "第11小学"), ("青松路", "青松路小学")], start=1
    ):
        given = {**ACCOUNT, "username": f"head{number}", "role": "unit", "institution": text}
        made = clerk.open("/users/new").send("open_account", **given, region_code="")
        assert made.status == 200, made.text
        assert f"被查单位 {name}" in made.text


def test_a_role_is_given_once_and_ended(world: World) -> None:
    page = opened(admin(world), world.person("bureau"))
    for _ in range(2):
        given = page.send("appoint", role="edu_inspector", region_code="150102")
        assert "角色已给予" in given.text
    assert roles(world, "bureau") == {("reviewer", "150102"), ("edu_inspector", "150102")}
    held = given.send("appoint", role="edu_inspector", region_code="150102")
    assert held.status == 422
    assert "已经担任这个角色" in held.text
    ended = end_role(given, 1)
    assert "角色已结束" in ended.text
    assert "以前的角色（1）" in ended.text
    assert roles(world, "bureau") == {("reviewer", "150102")}
    assert "角色已结束" in end_role(given, 1).text
    assert [row.detail["role"] for row in world.logged("appoint")] == ["edu_inspector"]
    assert [row.detail["role"] for row in world.logged("end_role")] == ["edu_inspector"]


def test_who_comes_too_late_is_told_who_was_first(world: World) -> None:
    mine = opened(admin(world), world.person("bureau"))
    theirs = opened(Clerk(world, "secadmin"), world.person("bureau"))
    end_role(theirs)
    late = end_role(mine)
    assert late.status == 409
    assert "安全管理员：结束角色" in late.text
    mine, theirs = (opened(page.clerk, world.person("inspector")) for page in (mine, theirs))
    theirs.send("disable")
    late = mine.send("disable")
    assert late.status == 409
    assert "安全管理员：停用账号" in late.text


@pytest.mark.parametrize(
    ("who", "role"), [("bureau", "auditor"), ("bureau", "secadmin"), ("school", "reviewer"), ("inspector", "sysadmin")]
)
def test_roles_that_do_not_go_together(world: World, who: str, role: str) -> None:
    before = roles(world, who)
    page = opened(admin(world), world.person(who)).send("appoint", role=role, region_code="150102")
    assert page.status == 422
    assert "须由不同的人担任" in page.text
    assert roles(world, who) == before


def test_roles_are_given_within_ones_own_regions(world: World) -> None:
    page = opened(admin(world), world.person("bureau"))
    for region in ("150103", "150100", "150000"):
        assert region not in page.form("appoint").choices["region_code"]
        answer = page.send("appoint", role="edu_inspector", region_code=region)
        assert answer.status == 422, region
        assert "不在您的管辖范围" in answer.text
    wide = Clerk(world, "secadmin")
    assert opened(wide, world.person("bureau")).send("appoint", role="supervisor", region_code="150100").status == 200
    assert opened(page.clerk, world.person("bureau")).status == 404  # holds more now than the district decides on
    assert end_role(page).status == 404


def test_nobody_decides_on_himself(world: World) -> None:
    clerk = admin(world)
    page = opened(clerk, world.person("districtadmin"))
    assert "这是您自己的账号" in page.text
    for name in ("end_role", "appoint", "disable", "code", "handover"):
        assert not page.has_form(name)
    other = opened(Clerk(world, "secadmin"), world.person("districtadmin"))
    token = opened(clerk, world.person("bureau")).form("appoint").fields["csrf_token"]
    for name in ("end_role", "appoint", "disable"):
        fields = {**other.form(name).fields.to_dict(), "csrf_token": token, "act": new_id()}
        answer = clerk.post(other.form(name).action, {**fields, "role": "auditor", "region_code": "150102"})
        assert answer.status == 422, name
        assert "不能由本人改动" in answer.text
    assert roles(world, "districtadmin") == {("secadmin", "150102")}


def test_who_has_lost_the_right_does_no_more(world: World) -> None:
    page = opened(admin(world), world.person("bureau"))
    opened(Clerk(world, "secadmin"), world.person("districtadmin")).send("disable")
    assert page.send("disable").status == 401
    assert world.person("bureau").get("/me").status_code == 200


def test_a_disabled_account_is_out_at_once(world: World) -> None:
    bureau = Clerk(world, "bureau")
    assert bureau.open("/problems").status == 200
    page = opened(admin(world), world.person("bureau"))
    form = page.form("disable")
    off = page.send("disable")
    assert "已停用" in off.text
    assert bureau.open("/problems").status == 401
    assert world.person("bureau").get("/me").status_code == 401
    assert "此人目前没有在任何地方登录" in off.text
    assert "账号已停用" in page.send(form).text
    signed = {"username": "bureau", "password": databases.PASSWORD}
    assert Clerk(world, None).open("/sign-in").send("sign_in", **signed).status == 401
    on = off.send("enable")
    assert "恢复使用，密码不变" in on.text
    assert bureau.open("/problems").status == 401  # the old sessions stay ended
    assert Clerk(world, None).open("/sign-in").send("sign_in", **signed).path == "/"
    assert page.clerk.open("/users").text.count("已停用") == 0


def test_two_administrators_who_disable_each_other(world: World) -> None:
    """In the same moment: one of them is left."""
    first, second = admin(world), admin(world, username="otheradmin")
    pages = opened(first, world.person("otheradmin")), opened(second, world.person("districtadmin"))
    together = Barrier(2)

    def disable(page: Opened) -> int:
        together.wait()
        return page.send("disable").status

    with ThreadPoolExecutor(2) as hands:
        answers = sorted(hands.map(disable, pages))
    assert answers[0] == 200
    assert answers[1] in (401, 403)
    assert sorted(Clerk(world, name).open("/users").status for name in ("districtadmin", "otheradmin")) == [200, 401]


def test_a_session_of_somebody_is_ended(world: World) -> None:
    page = opened(admin(world), world.person("bureau"))
    assert world.person("bureau").get("/me").status_code == 200
    ended = page.send("end_session")
    assert "已退出那里的登录" in ended.text
    assert world.person("bureau").get("/me").status_code == 401


def test_work_is_handed_over(world: World) -> None:
    world.open_problem()
    world.employ("newhead", Grant("unit", institution_id=None, region_code="150102"))
    page = opened(admin(world), world.person("bureau"))
    nobody = page.clerk.open(f"{page.path}?q=没有这样的人")
    assert "没有可以接任的账号" in nobody.text
    assert not nobody.has_form("handover")
    found = page.clerk.open(f"{page.path}?q=inspector2")
    successor = world.person("inspector2").id
    empty = found.send("handover", to_user_id=successor)
    assert empty.status == 422
    assert "必须填写" in empty.text
    for _ in range(2):
        done = found.send("handover", to_user_id=successor, reason="调离", signed_by="赵启明")
        assert "已交接：角色 1 个，未办结问题 1 个" in done.text
    assert roles(world, "bureau") == set()
    assert ("reviewer", "150102") in roles(world, "inspector2")
    unit = page.clerk.open(f"/users/{world.person('inspector2').id}?q=school")
    refused = unit.send("handover", to_user_id=world.person("school").id, reason="调离", signed_by="赵启明")
    assert refused.status == 422
    assert "须由不同的人担任" in refused.text
    assert refused.form("handover").fields["reason"] == "调离"


def test_a_stale_form_keeps_its_words(world: World) -> None:
    clerk = admin(world)
    form = clerk.open("/users/new").form("open_account")
    fields = {**form.fields.to_dict(), **ACCOUNT, "csrf_token": "of an earlier session", "role": "reviewer"}
    answer = clerk.post("/users/new", fields)
    assert answer.status == 409
    assert "王芳" in answer.html
    assert "wangfang" not in clerk.open("/users").text


def test_english(world: World) -> None:
    world.employ("districtadmin", Grant("secadmin", "150102"))
    clerk = Clerk(world, "districtadmin", "en")
    assert "People" in clerk.open("/users").text
    assert "Give a role" in opened(clerk, world.person("bureau")).text
    made = clerk.open("/users/new").send("open_account", **ACCOUNT, role="reviewer", region_code="150102")
    assert "shown here this once" in made.text


def test_how_often_the_database_is_asked(world: World) -> None:
    clerk = admin(world)
    paths = ("/users", "/users/new", f"/users/{world.person('school').id}?q=inspector", "/users/import")
    for path in paths:
        with counted(world) as seen:
            assert clerk.open(path).status == 200
        assert len(seen) <= MOST, (path, len(seen), "\n".join(seen))
