"""Tables of institutions and people as they are imported, and what comes of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
import xlsxwriter
from stdnum.cn import uscc

from inspection.actions.imports import Codes, Imported, import_institutions, import_users
from inspection.documents import tables
from inspection.domain.errors import Refused
from tests.support.world import World

PLACES = ["名称", "类别", "统一社会信用代码", "区划代码", "主管部门", "学生数", "寄宿"]


PEOPLE = ["用户名", "姓名", "单位", "角色", "区划代码", "机构信用代码", "性别"]


def code(number: int) -> str:
    body = f"121501024600{number:05d}"
    return body + str(uscc.calc_check_digit(body))


def place(number: int, **changes: str) -> list[str]:
    row = dict(
        zip(PLACES, [f"第{number}小学", "学校", code(number), "150102", "新城区教育局", "800", "是"], strict=True)
    )
    return list((row | changes).values())


def person(username: str, role: str = "复查人", **changes: str) -> list[str]:
    row = dict(zip(PEOPLE, [username, "王芳", "新城区教育局", role, "150102", "", "女"], strict=True))
    return list((row | changes).values())


def comma(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode(encoding)


def excel(*sheets: Sequence[Sequence[Any]], hidden: Sequence[int] = ()) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"strings_to_formulas": False}) as book:
        for index, rows in enumerate(sheets):
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if index in hidden:
                sheet.hide()
    return made.getvalue()


def places(world: World, data: bytes) -> Imported:
    with world.context() as ctx:
        return import_institutions(ctx, None, tables.read(data))


def people(world: World, data: bytes) -> Codes:
    """The codes, one for each new person."""
    kept: list[tuple[str, str, str]] = []
    with world.context() as ctx:
        assert import_users(ctx, None, tables.read(data), kept.extend) == Imported(len(kept), 0, 0)
    return kept


def faults(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in refused.value.faults]
