"""机构: found, one file for each, registered, imported, changed, and who must not inspect there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk, Opened
from tests.support.imports import code
from tests.support.institutions import merge, open_problem
from tests.support.visits import plan
from tests.support.world import World, jpeg, new_id, sha256


def shown(world: World, page: Opened) -> list[int]:
    """Which of the demo's institutions a page links to, in its order."""
    found = [link.rpartition("/")[2] for link in page.links if link.startswith("/institutions/")]
    return [world.places.index(one) for one in dict.fromkeys(found) if one in world.places]


def test_the_list_under_every_filter(world: World) -> None:
    world.issue(world.inspect({"S-01-05": [], "S-02-03": []}, 0)["id"])
    world.clock.go(days=40)
    withdrawn = world.inspect({}, 1)
    bureau = Clerk(world, "bureau")
    page = bureau.open("/institutions")
    assert sorted(shown(world, page)) == [0, 1, 2, 3, 4, 5]
    assert "逾期 2 个" in page.text
    assert f"/problems?institution={world.places[0]}&status=found,open,submitted,transferred" in [
        link.replace("%2C", ",") for link in page.links
    ]
    assert shown(world, bureau.open("/institutions?q=青松")) == [3]
    assert shown(world, bureau.open("/institutions?kind=kindergarten")) == [1]
    assert shown(world, bureau.open("/institutions?region=150103")) == []
    assert shown(world, bureau.open("/institutions?inspected_from=2026-12-01")) == [1]
    assert shown(world, bureau.open("/institutions?inspected_to=2026-12-01")) == [0]
    assert shown(world, bureau.open("/institutions?inspected_from=2026-11-23&inspected_to=2027-01-02")) == [0, 1]
    withdrawal = world.person("inspector").put(
        f"/inspections/{withdrawn['id']}/withdrawals/{new_id()}", {"reason": "录错"}
    )
    assert withdrawal.status_code == 201
    decided = {"decision": "approve", "comment": "同意"}
    path = f"/inspections/{withdrawn['id']}/withdrawals/{withdrawal.json['id']}/decision"
    assert world.person("bureau").put(path, decided).status_code == 201
    assert shown(world, bureau.open("/institutions?inspected_from=2026-12-01")) == []
    answer = world.person("bureau").get("/institutions?inspected_from=2026-11-01&inspected_to=2026-11-30").json
    assert [one["id"] for one in answer["items"]] == [world.places[0]]
    senseless = bureau.open("/institutions?region=1501&inspected_from=never")
    assert senseless.status == 422
    assert shown(world, senseless) == []
    assert 'value="never"' in senseless.html


def test_pages_of_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.institutions.ROWS", 4)
    page = Clerk(world, "bureau").open("/institutions?region=150102")
    first = shown(world, page)
    following = page.clerk.open(next(link for link in page.links if "cursor=" in link))
    assert sorted([*first, *shown(world, following)]) == [0, 1, 2, 3, 4, 5]


def test_one_file_for_each(world: World) -> None:
    first = world.open_problem("S-01-05")
    photo = jpeg()
    world.person("school").upload(photo)
    proof = world.prove(first["id"], [sha256(photo)])
    assert world.review(first["id"], proof["id"], "accept").status_code == 201
    second = world.open_problem("S-01-05")
    page = Clerk(world, "league").open(f"/institutions/{world.places[0]}")
    assert page.status == 200
    for text in (
        "云杉第一中学",
        "中小学校",
        "寄宿",
        "学生数 1480",
        "应配保安人数",
        "共提交 1 份：通过 1 份",
        "登记以来没有变更",
    ):
        assert text in page.text, text
    assert "重复出现的问题（1）" in page.text
    assert first["number"] in page.text
    for link in (f"/problems/{first['id']}", f"/problems/{second['id']}", f"/inspections/{second['inspection_id']}"):
        assert link in page.links
    assert f"/problems?institution={world.places[0]}" in page.links
    assert f"/notices/{second['notice_id']}" in page.links
    unit = Clerk(world, "school").open(f"/institutions/{world.places[0]}")
    assert unit.status == 200
    assert "办理变更" not in unit.text
    assert "苏和" not in unit.text
    for who, status in (("neighbour", 404), ("kindergarten", 404), ("congress", 403), ("auditor", 403)):
        assert Clerk(world, who).open(f"/institutions/{world.places[0]}").status == status
    english = Clerk(world, "league", "en").open(f"/institutions/{world.places[0]}")
    assert "Problems that came back (1)" in english.text


def test_how_often_the_database_is_asked(world: World) -> None:
    open_problem(world, 3)
    assert merge(world, 3, 0).status_code == 201
    for wrong in ({"S-01-05": []}, {"S-02-03": []}):
        world.issue(world.inspect(wrong, 0)["id"])
    plan(world, "inspector")
    for who in ("bureau", "league", "school"):
        clerk = Clerk(world, who)
        here = f"/institutions/{world.places[0]}"
        paths = ["/institutions?region=150102&inspected_from=2026-01-01", here, f"/institutions/{world.places[3]}"]
        if who != "school":
            paths += [f"{here}/change?q=学校", f"/institutions/{world.places[3]}/change", "/institutions/new"]
        if who == "bureau":
            paths += [f"{here}/recusals"]
        for path in paths:
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))


# Changes


def changing(world: World, number: int = 0, who: str = "bureau", query: str = "") -> Opened:
    return Clerk(world, who).open(f"/institutions/{world.places[number]}/change{query}")


def test_every_change_states_what_it_leads_to(world: World) -> None:
    open_problem(world, 0)
    plan(world, "inspector")
    page = changing(world)
    assert [page.has_form(kind) for kind in ("correct", "rename", "close", "reopen")] == [True, True, True, False]
    assert "未办结问题 1 个（含此前并入的单位）全部撤销" in page.text
    assert "已安排的检查 1 项取消" in page.text
    assert not page.has_form("move")  # a bureau has one region
    assert not page.has_form("merge")  # nobody was looked for


def test_particulars_are_corrected_and_the_unit_is_told(world: World) -> None:
    page = changing(world)
    nothing = page.send("correct", reason="核对")
    assert nothing.status == 422
    assert "没有填写要更正的内容" in nothing.text
    assert 'value="核对"' in nothing.html or "核对</textarea>" in nothing.html
    for _ in range(2):
        done = page.send("correct", reason="搬了办公室", address="新城区东街 1 号", telephone="0471-7654321")
        assert done.status == 200
    assert "资料已更正" in done.text
    assert "新城区东街 1 号" in done.text
    detail = world.person("bureau").get(f"/institutions/{world.places[0]}").json
    assert (detail["address"], detail["telephone"]) == ("新城区东街 1 号", "0471-7654321")
    assert [change["kind"] for change in detail["changes"]] == ["correct"]
    assert [kind for kind, _ in world.told("school")] == ["institution_corrected"]
    assert world.told("stranger") == []


def test_renaming_and_moving(world: World) -> None:
    problem = open_problem(world, 0)
    future = changing(world).send("rename", name="云杉中学", reason="批复", effective_on="2099-01-01")
    assert future.status == 422
    assert future.form("rename").fields["name"] == "云杉中学"
    done = changing(world).send("rename", name="云杉中学", reason="批复")
    assert "云杉第一中学 → 云杉中学" in done.text
    page = changing(world, who="league")
    assert "未办结问题 1 个改由新地区的主管部门复查" in page.text
    assert page.send("move", region_code="150103", reason="区划调整").status == 200
    assert world.problem(problem, "neighbour")["id"] == problem
    assert Clerk(world, "bureau").open(f"/institutions/{world.places[0]}").status == 404


def test_merging_needs_a_successor_and_a_decision(world: World) -> None:
    problem = open_problem(world, 3)
    looked = changing(world, 3, query="?q=没有这样的")
    assert "没有找到名称含" in looked.text
    page = changing(world, 3, query="?q=学校")
    assert world.places[4] in page.form("merge").choices["successor_id"]
    assert world.places[3] not in page.form("merge").choices["successor_id"]
    undecided = page.send("merge", successor_id=world.places[4], reason="布局调整")
    assert undecided.status == 422
    assert "未办结" in undecided.text
    assert undecided.form("merge").fields["successor_id"] == world.places[4]
    done = page.send("merge", successor_id=world.places[4], reason="布局调整", open_problems="follow")
    assert done.status == 200
    assert "其未办结问题由该单位负责" in done.text
    assert world.problem(problem)["status"] == "open"
    late = page.send("merge", act=new_id(), successor_id=world.places[0], reason="写了很久", open_problems="end")
    assert late.status == 409
    assert "写了很久" in late.text
    successor = Clerk(world, "bureau").open(f"/institutions/{world.places[4]}")
    assert "青松路小学" in successor.text
    assert "未办结问题 1 个" in successor.text


def test_closing_and_opening_again(world: World) -> None:
    problem = open_problem(world, 0)
    page = changing(world)
    undecided = page.send("close", reason="停办")
    assert undecided.status == 422
    assert undecided.html.count('id="f-open_problems"') == 1  # the link on top leads to the form that was sent
    done = page.send("close", reason="停办", open_problems="end")
    assert done.status == 200
    assert world.problem(problem)["status"] == "void"
    again = changing(world)
    assert [again.has_form(kind) for kind in ("close", "reopen")] == [False, True]
    assert again.send("reopen", reason="办错了").status == 200
    assert "这个单位已于" not in Clerk(world, "bureau").open(f"/institutions/{world.places[0]}").text


def test_who_may_not_change(world: World) -> None:
    for who, status in (("inspector", 403), ("school", 403), ("congress", 403), ("neighbour", 404)):
        assert changing(world, who=who).status == status, who
    fields = dict(changing(world).form("close").fields.items())
    for who, status in (("school", 403), ("neighbour", 404)):
        clerk = Clerk(world, who)
        token = next(form.fields["csrf_token"] for form in clerk.open("/account").forms if form.fields)
        sent = clerk.post(
            f"/institutions/{world.places[0]}/change/close", {**fields, "csrf_token": token, "reason": "x"}
        )
        assert sent.status == status
    assert changing(world).send("close", reason="停办", kind="nothing").status == 200
    odd = Clerk(world, "bureau")
    token = odd.open("/account").forms[0].fields["csrf_token"]
    assert (
        odd.post(
            f"/institutions/{world.places[3]}/change/nothing",
            {"csrf_token": token, "form": "nothing", "act": new_id(), "reason": "x", "effective_on": "2026-11-23"},
        ).status
        == 422
    )


# Registering


def filled(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "name": "新建小学",
        "kind": "school",
        "region_code": "150102",
        "credit_code": code(number),
        "competent_department": "新城区教育局",
        "profile__students": "300",
        "flag": ["boarding", "canteen"],
    } | changes


def test_one_is_registered_once(world: World) -> None:
    page = Clerk(world, "bureau").open("/institutions/new")
    for _ in range(2):
        done = page.send("register", **filled(1, credit_code=code(1).lower(), address="东街 1 号"))
        assert done.status == 200
        assert "新建小学" in done.text
    (one,) = world.person("bureau").get("/institutions?q=新建").json["items"]
    assert (one["credit_code"], one["profile"], one["address"]) == (
        code(1),
        {"students": 300, "boarding": True, "canteen": True},
        "东街 1 号",
    )
    assert world.inspect({}, 0)  # and the rest works on


def test_a_registration_with_faults_keeps_every_word(world: World) -> None:
    page = Clerk(world, "bureau").open("/institutions/new")
    wrong = page.send(
        "register", **filled(1, region_code="150103", credit_code="91150100MA0000000X", profile__students="many")
    )
    assert wrong.status == 422
    for text in ("不在您的管辖范围", "统一社会信用代码有误", "类型不正确"):
        assert text in wrong.text, text
    form = wrong.form("register")
    assert (form.fields["name"], form.fields["profile.students"]) == ("新建小学", "many")
    assert form.fields.getlist("flag") == ["boarding", "canteen"]
    empty = page.send("register", name="", kind="", region_code="", credit_code="", competent_department="")
    assert empty.text.count("必须填写") >= 5


def test_a_code_is_registered_once_and_of_another_region_nothing_is_told(world: World) -> None:
    assert (
        Clerk(world, "neighbour")
        .open("/institutions/new")
        .send("register", **filled(7, region_code="150103", name="隐藏的学校"))
        .status
        == 200
    )
    hidden = Clerk(world, "bureau").open("/institutions/new").send("register", **filled(7))
    assert hidden.status == 422
    assert "不能在这里登记" in hidden.text
    assert "隐藏的学校" not in hidden.text
    known = Clerk(world, "neighbour").open("/institutions/new").send("register", **filled(7, region_code="150103"))
    assert "已有单位使用这个代码" in known.text
    league = Clerk(world, "league").open("/institutions/new")
    assert league.send("register", **filled(8, region_code="150104")).status == 200
    for who in ("inspector", "school", "congress", "sysadmin"):
        assert Clerk(world, who).open("/institutions/new").status == 403


def test_registering_over_the_api(world: World) -> None:
    body = {
        "name": "新建小学",
        "kind": "school",
        "region_code": "150102",
        "credit_code": code(1),
        "competent_department": "新城区教育局",
        "profile": {"boarding": True},
    }
    bureau, one = world.person("bureau"), new_id()
    assert [bureau.put(f"/institutions/{one}", body).status_code for _ in range(2)] == [201, 200]
    assert bureau.put(f"/institutions/{one}", {**body, "name": "别的"}).status_code == 409
    assert bureau.put(f"/institutions/{world.places[0]}", body).status_code == 409
    assert world.person("league").put(f"/institutions/{one}", body).status_code == 409
    again = bureau.put(f"/institutions/{new_id()}", body)
    assert [(fault["pointer"], fault["code"]) for fault in again.json["errors"]] == [
        ("/credit_code", "credit_code_known")
    ]


# 回避


def test_recusals_are_declared_and_ended(world: World) -> None:
    path = f"/institutions/{world.places[0]}/recusals"
    page = Clerk(world, "bureau").open(path)
    assert page.send("recuse", reason="亲属任职").status == 422
    for _ in range(2):
        done = page.send("recuse", user_id=world.person("inspector").id, reason="亲属任职")
        assert done.status == 200
    assert len(world.person("bureau").get(f"{path}").json["items"]) == 1
    own = Clerk(world, "inspector").open(path)
    assert "亲属任职" in own.text
    (ending,) = [form for form in own.forms if form.name.startswith("end-")]
    assert own.send(ending).status == 422
    ended = own.send(ending, reason="亲属已调离")
    assert "已解除的回避" in ended.text
    late = page.clerk.open(path)
    assert [form for form in late.forms if form.name.startswith("end-")] == []
    mine = Clerk(world, "inspector2").open(path)
    assert mine.form("recuse").choices == {}
    assert mine.send("recuse", reason="本人子女就读").status == 200
    assert "林晓岚" in Clerk(world, "bureau").open(path).text
    for who, status in (("league", 403), ("school", 403), ("neighbour", 404)):
        assert Clerk(world, who).open(path).status == status, who
