"""导入单位: a table is looked at before anything of it is written; then all of it is, or nothing."""

from __future__ import annotations

import io

from tests.pages.test_institutions import filled
from tests.support.desk import Clerk, Opened
from tests.support.imports import PLACES, comma, excel, place
from tests.support.world import World


def checked(world: World, data: bytes, who: str = "bureau", name: str = "places.csv") -> Opened:
    page = Clerk(world, who).open("/institutions/import")
    return page.send("check", files={"file": (io.BytesIO(data), name)})


def test_a_table_is_shown_before_it_is_written(world: World) -> None:
    first = checked(world, excel([PLACES, place(1), place(2)]), name="places.xlsx")
    assert first.status == 200
    assert "新登记 2 个，更新 0 个，没有变化 0 个" in first.text
    assert world.person("bureau").get("/institutions?q=第1").json["items"] == []
    for _ in range(2):
        assert first.send("write").status == 200
    assert len(world.person("bureau").get("/institutions?q=小学").json["items"]) == 3
    again = checked(world, comma([PLACES, place(1), place(2, 名称="第二实验小学", 寄宿="否"), place(3)]))
    for text in ("新登记 1 个，更新 1 个，没有变化 1 个", "第2小学 改为 第二实验小学", "寄宿"):
        assert text in again.text
    assert again.send("write").status == 200
    same = checked(world, comma([PLACES, place(1)]))
    assert "完全一致" in same.text
    assert not same.has_form("write")


def test_every_fault_by_row_and_column_and_nothing_is_written(world: World) -> None:
    page = checked(world, comma([PLACES, place(1, 类别="大学"), place(2, 区划代码="150103"), place(3)]))
    assert page.status == 422
    assert "表格有 2 处需要更正" in page.text
    assert "该区划不在您的管辖范围" in page.text
    assert not page.has_form("write")
    assert world.person("league").get("/institutions?q=第3").json["items"] == []
    assert "必须填写" in Clerk(world, "bureau").open("/institutions/import").send("check", files={}).text
    torn = checked(world, b"PK torn")
    assert torn.status == 422
    assert "不是 CSV 或 Excel" in torn.text


def test_of_institutions_elsewhere_nothing_is_told_or_changed(world: World) -> None:
    assert checked(world, comma([PLACES, place(5, 区划代码="150103")]), "neighbour").send("write").status == 200
    page = checked(world, comma([PLACES, place(5, 名称="抢过来的小学")]))
    assert page.status == 422
    assert "不能在这里登记" in page.text
    assert "第5小学" not in page.text
    (one,) = world.person("neighbour").get("/institutions?q=第5").json["items"]
    assert one["name"] == "第5小学"
    assert (
        checked(world, comma([PLACES, place(5, 区划代码="150103", 学生数="900")]), "league").send("write").status == 200
    )


def test_what_changed_between_checking_and_writing(world: World) -> None:
    page = checked(world, comma([PLACES, place(1), place(2)]))
    assert (
        Clerk(world, "bureau").open("/institutions/new").send("register", **filled(1, kind="kindergarten")).status
        == 200
    )
    refused = page.send("write")
    assert refused.status == 422
    assert "不能通过导入改变" in refused.text
    assert world.person("bureau").get("/institutions?q=第2").json["items"] == []


def test_a_file_that_is_too_large_and_who_may_not(world: World) -> None:
    for size in (4 * 2**20 + 1, 7 * 2**20):
        page = Clerk(world, "bureau").open("/institutions/import")
        answer = page.send("check", {"file": (io.BytesIO(b"a" * size), "places.csv")})
        assert answer.status == 413
        assert "MB" in answer.text
    for who in ("inspector", "school", "congress", "secadmin"):
        assert Clerk(world, who).open("/institutions/import").status == 403
    template = Clerk(world, "bureau").open("/institutions/import.csv")
    assert template.response.data.decode("utf-8-sig").startswith("名称,类别,统一社会信用代码")
