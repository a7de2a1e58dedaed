"""系统状态: what the doctor finds, at the desk and at the command line."""

from __future__ import annotations

import ast
import uuid
from pathlib import Path

from inspection.actions import doctor
from inspection.domain.actor import Grant
from inspection.domain.texts import LANGUAGES, finding_text
from inspection.storage import installation
from inspection.storage.unit import unit
from tests.support.desk import Clerk
from tests.support.world import World


def test_every_finding_has_its_words() -> None:
    known = {"schema_old", "database_unusable", "store_unwritable"}
    for node in ast.walk(ast.parse(Path(doctor.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
            known |= {one.value for one in ast.walk(node.args[1]) if isinstance(one, ast.Constant)}
    assert len(known) > 20
    for language in LANGUAGES:
        assert all(finding_text(code, language, {}) for code in known)


def test_what_needs_somebody_comes_first(world: World) -> None:
    page = Clerk(world, "sysadmin").open("/system")
    assert page.status == 200
    assert "后台任务从未运行" in page.text
    assert page.text.index("后台任务从未运行") < page.text.index("反向代理")
    assert "从未运行" in page.text.partition("最近一次运行")[2]
    with world.context() as ctx, unit(ctx.session):
        installation.beat_for_system(ctx.session, "worker", ctx.now(), swept=True)
        installation.set_aside_for_system(ctx.session, uuid.UUID(int=7), "ValueError: no date", ctx.now())
    page = Clerk(world, "sysadmin", "en").open("/system")
    assert "set aside by the deadline pass: 00000000-0000-0000-0000-000000000007: ValueError: no date" in page.text
    assert "Clocks set aside 1" in page.text
    assert "no worker has ever run" not in page.text
    assert "the worker is alive; last deadline pass" in page.text


def test_who_holds_what_does_not_go_together_is_named(sqlite_world: World) -> None:
    assert "兼任情况正常" in Clerk(sqlite_world, "sysadmin").open("/system").text
    sqlite_world.employ("both", Grant("unit", None, uuid.UUID(sqlite_world.places[0])), Grant("supervisor", "150100"))
    told = Clerk(sqlite_world, "sysadmin").open("/system").text
    assert "请安全管理员结束其中之一：both" in told


def test_it_is_the_system_administrators_alone(sqlite_world: World) -> None:
    for who in ("bureau", "secadmin", "auditor", "congress"):
        assert Clerk(sqlite_world, who).open("/system").status == 403
    tiles = Clerk(sqlite_world, "sysadmin").open("/")
    assert "/system" in tiles.links


def test_what_cannot_be_looked_at_is_not_called_none(sqlite_world: World) -> None:
    store = sqlite_world.data_dir / "evidence"
    assert store.is_dir()
    store.rename(sqlite_world.data_dir / "elsewhere")
    store.write_text("no folder")
    page = Clerk(sqlite_world, "sysadmin").open("/system")
    assert page.status == 200
    assert "证据文件夹无法写入" in page.text
    assert "搁置的期限 —" in page.text
