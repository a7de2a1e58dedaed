"""检查: the list by receipt, one as it was sent, its receipt, and its withdrawal by two persons."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.test_queries import MOST, counted
from tests.support.desk import Clerk
from tests.support.world import World, jpeg, new_id, sha256


def rich(world: World, **changes: Any) -> dict[str, Any]:
    """An inspection with everything that a phone may send."""
    here, away, sign = jpeg(), jpeg(), jpeg()
    world.person("inspector").upload(here)
    world.person("inspector").upload(sign)
    before = world.open_problem("S-03-01")
    body = world.body(
        0,
        {
            "S-01-05": [
                {
                    "fact": "门卫室夜间无人",
                    "place": "北门",
                    "quantity": 2,
                    "severity": "serious",
                    "photos": [sha256(here)],
                    "responsible": {"kind": "department", "name": "新城区住建局"},
                    "fixed_on_the_spot": {"note": "当场派人值守", "photos": [sha256(away)]},
                }
            ]
        },
        other_findings=[{"fact": "围墙倾斜", "place": "操场"}],
        rechecks=[{"problem_id": before["id"], "fixed": False, "note": "仍未配齐", "photos": []}],
        r2_calls=[{"agency": "119", "called_at": world.clock.local(world.clock.now()).isoformat()}],
        location={"lat": 40.8414, "lng": 111.7519, "accuracy_m": 12},
        photos={
            sha256(here): {"source": "camera", "captured_at": world.clock.local(world.clock.now()).isoformat()},
            sha256(away): {"source": "gallery"},
            sha256(sign): {},
        },
        signatures=[
            {"role": "inspector", "name": "苏和", "photo": sha256(sign)},
            {
                "role": "institution",
                "name": "何建平",
                "photo": None,
                "refused": {"reason": "对数字有异议", "witness": "林晓岚"},
            },
        ],
        **changes,
    )
    body["answers"]["S-09-01"] = {"value": "na", "reason": "not_checked"}
    response = world.person("inspector").put(f"/inspections/{new_id()}", body)
    assert response.status_code == 201, response.json
    return {**response.json, "here": here, "away": away, "before": before}


def test_an_inspection_as_it_was_sent(world: World) -> None:
    made = rich(world)
    page = Clerk(world, "bureau").open(f"/inspections/{made['id']}")
    assert page.status == 200
    for text in (
        *("云杉第一中学", "联合检查", "苏和", "陈立衡", "40.8414, 111.7519 精度 12 米", "寄宿"),
        *("门卫室夜间无人", "北门", "较大", "新城区住建局", "当场派人值守", "围墙倾斜", "仍未配齐", "现场看到：未整改"),
        *("已拨打 119", "拒绝签字", "对数字有异议", "见证人：林晓岚", "照片尚未上传", "现场拍摄", "不适用", "本次未查"),
        *("缺照片 1 张", "待下发", "中小学校督导检查表"),
    ):
        assert text in page.text, text
    assert f"/photos/{sha256(made['here'])}/shared" in page.links
    assert f"/problems/{made['before']['id']}" in page.links
    assert all(f"/problems/{line['id']}" in page.links for line in made["problems"])
    assert page.clerk.open(f"/inspections/{made['id']}/receipt").status == 404
    world.person("inspector").upload(made["away"])
    receipt = page.clerk.open(f"/inspections/{made['id']}/receipt")
    assert receipt.status == 200
    assert made["content_sha256"] in receipt.text
    assert sha256(made["away"]) in receipt.text
    english = Clerk(world, "bureau", "en").open(f"/inspections/{made['id']}")
    assert "Refused to sign" in english.text
    assert "Does not meet the rule" in english.text


def test_the_unit_sees_its_problems_and_not_the_teams_notes(world: World) -> None:
    made = rich(world)
    page = Clerk(world, "school").open(f"/inspections/{made['id']}")
    assert page.status == 200
    assert "门卫室夜间无人" in page.text
    for text in ("仍未配齐", "已拨打 119", "系统标记", "逐项记录", "苏和"):
        assert text not in page.text, text
    assert not page.has_form("ask_withdrawal")
    listed = Clerk(world, "school").open("/inspections")
    assert listed.status == 200
    assert "苏和" not in listed.text
    for who, status in (("kindergarten", 404), ("neighbour", 404), ("congress", 403), ("sysadmin", 403)):
        assert Clerk(world, who).open(f"/inspections/{made['id']}").status == status, who
        assert Clerk(world, who).open(f"/inspections/{made['id']}/receipt").status == status, who
        assert Clerk(world, who).open(f"/inspections/{made['id']}/notice.docx").status == status, who


def test_the_newest_stand_first_under_every_filter(world: World) -> None:
    first = world.inspect({"S-01-05": []})
    world.clock.go(days=2)
    second = world.inspect({"K-01-01": []}, 1)
    world.clock.go(days=2)
    third = world.inspect({}, 0)
    listed = Clerk(world, "bureau").open("/inspections")

    def shown(query: str) -> list[str]:
        page = listed.clerk.open(f"/inspections?{query}")
        assert page.status == 200
        wanted = [first["id"], second["id"], third["id"]]
        return [link.rpartition("/")[2] for link in page.links if link.rpartition("/")[2] in wanted]

    assert shown("") == [third["id"], second["id"], first["id"]]
    assert shown(f"institution={world.places[0]}") == [third["id"], first["id"]]
    assert shown("region=150102") == [third["id"], second["id"], first["id"]]
    assert shown("region=150103") == []
    assert shown("inspected_from=2026-11-24&inspected_to=2026-11-26") == [second["id"]]
    assert "没有问题，不用下发" in listed.text
    assert "还剩" in listed.text
    senseless = listed.clerk.open("/inspections?inspected_from=never")
    assert senseless.status == 422
    assert 'value="never"' in senseless.html
    assert "云杉第一中学" not in senseless.text


def test_the_api_filters_as_the_desk_does(world: World) -> None:
    world.inspect({}, 0)
    world.clock.go(days=2)
    second = world.inspect({}, 1)["id"]
    bureau = world.person("bureau")

    def ids(query: str) -> list[str]:
        return [one["id"] for one in bureau.get(f"/inspections?{query}").json["items"]]

    assert ids("inspected_from=2026-11-24") == [second]
    assert len(ids("inspected_to=2026-11-26&region=150102")) == 2
    assert ids("region=150103") == []
    assert ids("inspected_from=2026-11-24&inspected_to=2026-11-24") == []


def test_pages_of_the_list_meet_each_inspection_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspection.pages.inspections.ROWS", 2)
    made = [world.inspect({}, 0)["id"] for _ in range(5)]
    page = Clerk(world, "bureau").open("/inspections")
    seen: list[str] = []
    for _ in range(3):
        seen += [link.rpartition("/")[2] for link in page.links if link.rpartition("/")[2] in made]
        following = [link for link in page.links if "cursor=" in link]
        page = page.clerk.open(following[0]) if following else page
    assert sorted(seen) == sorted(made)
    assert len(set(seen)) == 5


def test_a_withdrawal_takes_two_persons(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    world.issue(made["id"])
    page = Clerk(world, "inspector").open(f"/inspections/{made['id']}")
    empty = page.send("ask_withdrawal")
    assert empty.status == 422
    assert "必须填写" in empty.text
    for _ in range(2):
        asked = page.send("ask_withdrawal", reason="选错了学校")
        assert asked.status == 200
    assert "等待另一人决定" in asked.text
    assert not asked.has_form("decide_withdrawal")
    bureau = Clerk(world, "bureau").open(f"/inspections/{made['id']}")
    assert "选错了学校" in bureau.text
    assert "现有 1 个" in bureau.text
    late = Clerk(world, "league").open(f"/inspections/{made['id']}")
    refused = bureau.send("decide_withdrawal", comment="已核对原始照片")
    assert refused.status == 422
    assert "已核对原始照片" in refused.html
    for _ in range(2):
        done = bureau.send("decide_withdrawal", decision="approve", comment="已核对原始照片")
        assert done.status == 200
    assert "已撤回" in done.text
    assert world.problem(made["problems"][0]["id"])["status"] == "void"
    stale = late.send("decide_withdrawal", decision="deny", comment="不同意")
    assert stale.status == 409
    assert "不同意" in stale.text
    assert world.problem(made["problems"][0]["id"])["status"] == "void"


def test_who_may_not_withdraw(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    page = Clerk(world, "bureau").open(f"/inspections/{made['id']}")
    fields = dict(page.form("ask_withdrawal").fields.items())
    for who, status in (("school", 403), ("league", 403), ("neighbour", 404)):
        answer = Clerk(world, who).open("/inspections" if who != "congress" else "/")
        token = next(form.fields["csrf_token"] for form in answer.forms if "csrf_token" in form.fields)
        sent = answer.clerk.post(
            f"/inspections/{made['id']}/withdrawal", {**fields, "csrf_token": token, "reason": "x"}
        )
        assert sent.status == status, who


def test_the_draft_is_for_the_department_and_the_frozen_one_for_all(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    path = f"/inspections/{made['id']}/notice.docx"
    draft = Clerk(world, "bureau").open(path)
    assert draft.status == 200
    assert draft.response.data[:2] == b"PK"
    assert draft.response.headers["Cache-Control"] == "no-store"
    assert [Clerk(world, who).open(path).status for who in ("school", "inspector")] == [404, 404]
    world.issue(made["id"])
    assert [Clerk(world, who).open(path).status for who in ("school", "inspector")] == [200, 200]


def test_parts_of_a_visit_and_where_they_differ(world: World) -> None:
    visit = new_id()
    one = world.inspect({}, 0, visit_id=visit)
    other = world.inspect({"S-01-05": []}, 0, who="inspector2", visit_id=visit)
    page = Clerk(world, "procurator").open(f"/inspections/{one['id']}")
    assert f"/inspections/{other['id']}" in page.links
    assert "结论不一致的项目" in page.text
    assert "S-01-05" in page.text


def test_how_often_the_database_is_asked(world: World) -> None:
    visit = new_id()
    made = rich(world, visit_id=visit)
    for who in ("inspector2", "procurator"):
        world.inspect({"S-01-05": []}, 0, who=who, visit_id=visit)
    Clerk(world, "inspector").open(f"/inspections/{made['id']}").send("ask_withdrawal", reason="录错")
    for place in (0, 1, 3):
        world.inspect({}, place)
    for who in ("bureau", "school", "league"):
        clerk = Clerk(world, who)
        for path in (f"/inspections?institution={world.places[0]}&region=150102", f"/inspections/{made['id']}"):
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))
