"""导入人员: a table is looked at before anything of it is written; then all of it is, or nothing."""

from __future__ import annotations

from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage

from tests.pages.test_users import ACCOUNT, CODE, admin
from tests.support import databases
from tests.support.desk import Clerk, Opened
from tests.support.imports import PEOPLE, PLACES, code, comma, excel, person, place, places
from tests.support.world import World


def sent(clerk: Clerk, data: bytes, name: str = "people.csv") -> Opened:
    form = clerk.open("/users/import")
    return form.send("check", files={"file": FileStorage(BytesIO(data), name)})


def test_people_are_imported_after_a_look(world: World) -> None:
    places(world, comma([PLACES, place(1)]))
    clerk = admin(world)
    rows = [
        PEOPLE,
        person("wangfang"),
        person("wangfang", "教育检查人员"),
        person("head", "被查单位", 区划代码="", 机构信用代码=code(1), 单位="第1小学"),
    ]
    for data, name in ((comma(rows), "people.csv"), (excel(rows), "people.xlsx")):
        look = sent(clerk, data, name)
        assert look.status == 200
        assert "将建立 2 个账号、3 个角色" in look.text
        assert "wangfang" not in clerk.open("/users").text
    made = look.send("write")
    assert made.status == 200
    assert len(set(CODE.findall(made.text))) == 2
    assert "已导入 2 人" in made.text
    again = look.send("write")
    assert again.status == 200
    assert not CODE.findall(again.text)
    assert clerk.open("/users").text.count("wangfang") == 1
    renewed = again.send("codes")
    codes = CODE.findall(renewed.text)
    assert len(set(codes)) == 2
    secret = {"password": databases.PASSWORD, "again": databases.PASSWORD}
    activation = Clerk(world, None).open("/activation")
    for lost in CODE.findall(made.text):
        for username in ("wangfang", "head"):
            assert activation.send("activation", username=username, code=lost, **secret).status == 401
    signed = activation.send("activation", username="wangfang", code=codes[1], **secret)
    assert signed.path == "/" or activation.send("activation", username="wangfang", code=codes[0], **secret).path == "/"
    assert len(world.logged("import_people")) == 1


def test_every_wrong_cell_is_told_and_nothing_written(world: World) -> None:
    clerk = admin(world)
    rows = [
        PEOPLE,
        person("Wang"),
        person("liming", 区划代码="150103"),
        person("head", "被查单位", 区划代码="", 机构信用代码=code(7)),
        person("both", "安全管理员"),
        person("both"),
        person("bureau"),
        person("fine"),
    ]
    page = sent(clerk, comma(rows))
    assert page.status == 422
    for text in ("2 用户名 用户名须为", "3 区划代码 该区划不在您的管辖范围", "4 机构信用代码 没有这个单位"):
        assert text in page.text, text
    for text in ("6 角色 系统、安全、审计管理员须由不同的人担任", "7 用户名 用户名已被使用"):
        assert text in page.text, text
    assert not page.has_form("write")
    assert "fine" not in clerk.open("/users").text


def test_a_unit_outside_the_region_is_unknown(world: World) -> None:
    elsewhere = place(1, 区划代码="150103")
    places(world, comma([PLACES, elsewhere]))
    rows = [PEOPLE, person("head", "被查单位", 区划代码="", 机构信用代码=code(1))]
    assert "没有这个单位" in sent(admin(world), comma(rows)).text
    assert "将建立 1 个账号" in sent(Clerk(world, "secadmin"), comma(rows)).text


def test_what_changed_between_look_and_confirmation(world: World) -> None:
    clerk = admin(world)
    look = sent(clerk, comma([PEOPLE, person("wangfang"), person("liming")]))
    clerk.open("/users/new").send("open_account", **ACCOUNT, role="reviewer", region_code="150102")
    page = look.send("write")
    assert page.status == 422
    assert "用户名已被使用" in page.text
    assert "liming" not in clerk.open("/users").text


@pytest.mark.parametrize("data", [b"", b"\x00\x01"])
def test_a_file_that_is_none(world: World, data: bytes) -> None:
    page = sent(admin(world), data)
    assert page.status == 422
    assert page.has_form("check")


def test_a_table_that_was_tampered_with(world: World) -> None:
    look = sent(admin(world), comma([PEOPLE, person("wangfang")]))
    assert look.send("write", table="not base64!").status == 400
    assert look.send("write", table="表").status == 400
    assert look.send("write", table="").status == 422


def test_the_template_can_be_read(world: World) -> None:
    response = admin(world).open("/users/import.csv").response
    assert "用户名" in response.get_data().decode("utf-8-sig")
