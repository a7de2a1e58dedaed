"""The rectification notice as a Word document: what it says, what it leaves out, and that it is always the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from docx import Document

from inspection.documents.notice import render
from inspection.documents.notice_text import HEADINGS
from inspection.domain.documents import NoticeDocument, NoticeRow

ROW = NoticeRow(
    number="150102-2026-0042-01",
    fact="灭火器压力不足",
    unmet=False,
    place="三楼东侧",
    severity="serious",
    basis=(("消防法", "16、28", "verified"), ("学校食品规定", "33", "content"), ("行业惯例", "7", "unverified")),
    due_on=date(2026, 10, 8),
    provisional=False,
    requirement="更换灭火器",
    responsible="总务处",
    running=False,
)
NOTICE = NoticeDocument(
    number="新教安改〔2026〕42号",
    institution_name="新城区第一小学",
    department="新城区教育局",
    region_name="新城区",
    inspected_on=(date(2026, 9, 21), date(2026, 9, 22)),
    issued_on=date(2026, 9, 23),
    signer="王某",
    opinion="总体较好。\n仍有隐患。",
    service_method="on_site",
    service_on=date(2026, 9, 24),
    rows=(ROW, replace(ROW, number="150102-2026-0042-02", fact="门卫未登记来访", due_on=date(2026, 9, 30))),
    transferred=(),
    draft=False,
)
DRAFT = replace(
    NOTICE,
    number=None,
    issued_on=None,
    signer=None,
    service_method=None,
    service_on=None,
    rows=tuple(replace(row, number=None, due_on=None) for row in NOTICE.rows),
    draft=True,
)
HOSTILE = [
    "<w:t>&amp; </w:t><script>alert(\"1\")</script> & 'x' ]]>",
    "长" * 5000,
    "W" * 5000,
    "\u202eevil.exe\u202c שלום مرحبا",
    "𠮷😀 e\u0301 \u200b",
    "{{ 7*7 }} ${x} %s =1+1",
]


def opened(notice: NoticeDocument) -> Any:
    return Document(io.BytesIO(render(notice)))


def lines(document: Any) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def cells(document: Any) -> list[list[str]]:
    (table,) = document.tables
    return [[cell.text for cell in row.cells] for row in table.rows]


def said(notice: NoticeDocument) -> str:
    """All the text of its body."""
    document = opened(notice)
    return "\n".join([*lines(document), *(text for row in cells(document) for text in row)])


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
        return {name: archive.read(name).decode() for name in names}


def one_row(**changes: Any) -> list[str]:
    """The cells of a notice's only row."""
    _, row = cells(opened(replace(NOTICE, rows=(replace(ROW, **changes),))))
    return row


# What it says


def test_a_notice_opens_again_and_has_its_heading_number_and_addressee() -> None:
    assert lines(opened(NOTICE))[:4] == [
        "新城区教育局",
        "责令限期整改通知书",
        "新教安改〔2026〕42号",
        "新城区第一小学：",
    ]


def test_the_opening_names_all_days_of_inspection_and_counts_the_problems() -> None:
    text = said(NOTICE)
    assert "2026年9月21日、2026年9月22日" in text
    assert "2个问题" in text


def test_the_table_has_a_heading_and_a_row_for_each_problem() -> None:
    first, one, other = cells(opened(NOTICE))
    assert tuple(first) == HEADINGS
    assert one == [
        "150102-2026-0042-01",
        "灭火器压力不足（三楼东侧）",
        "较大",
        "《中华人民共和国消防法》第16条、第28条；《学校食品安全与营养健康管理规定》",
        "更换灭火器（责任：总务处）",
        "2026年10月8日",
    ]
    assert (other[0], other[1], other[5]) == ("150102-2026-0042-02", "门卫未登记来访（三楼东侧）", "2026年9月30日")


def test_the_heading_of_the_table_is_repeated_on_each_page() -> None:
    assert "<w:tblHeader" in parts(render(NOTICE))["word/document.xml"]


def test_signature_date_and_service_stand_below() -> None:
    text = lines(opened(NOTICE))
    assert text[-6:-2] == ["新城区教育局（印章）", "签发人：王某", "2026年9月23日", "当场送达：2026年9月24日"]
    assert text[-1].startswith("签收")


def test_each_line_of_an_opinion_is_a_paragraph() -> None:
    text = lines(opened(NOTICE))
    assert text.index("仍有隐患。") == text.index("总体较好。") + 1


@pytest.mark.parametrize("opinion", [None, ""])
def test_without_an_opinion_nothing_stands_in_its_place(opinion: str | None) -> None:
    assert len(lines(opened(replace(NOTICE, opinion=opinion)))) == len(lines(opened(NOTICE))) - 2


@pytest.mark.parametrize(
    ("method", "expected"),
    [("on_site", "当场送达"), ("in_app", "系统送达"), ("paper", "书面送达"), ("post", "邮寄送达")],
)
def test_every_method_of_service_has_a_word(method: str, expected: str) -> None:
    assert f"{expected}：2026年9月24日" in lines(opened(replace(NOTICE, service_method=method)))


@pytest.mark.parametrize(("severity", "expected"), [("general", "一般"), ("serious", "较大"), ("critical", "重大")])
def test_every_severity_has_a_word(severity: str, expected: str) -> None:
    assert one_row(severity=severity)[2] == expected


@pytest.mark.parametrize(
    ("due_on", "provisional", "running", "expected"),
    [
        (date(2027, 10, 8), True, False, "2027年10月8日（暂定）"),
        (date(2026, 10, 8), False, True, "2026年10月8日"),
        (None, False, False, "待定"),
        (None, False, True, "已当场整改，待核查"),
    ],
)
def test_the_due_date_of_a_row(due_on: date | None, provisional: bool, running: bool, expected: str) -> None:
    assert one_row(due_on=due_on, provisional=provisional, running=running)[5] == expected


def test_place_and_responsible_are_left_out_where_there_are_none() -> None:
    row = one_row(place=None, responsible=None)
    assert (row[1], row[4]) == ("灭火器压力不足", "更换灭火器")


def test_a_notice_without_rows_still_opens() -> None:
    document = opened(replace(NOTICE, rows=(), transferred=(ROW,)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert document.tables == []
    assert "未发现须由你单位整改的问题" in text
    assert f"{ROW.fact}" in text
    assert "责任不在你单位" in text


# What it leaves out


def test_an_unverified_law_stands_nowhere_in_the_file() -> None:
    assert all("行业惯例" not in text for text in parts(render(NOTICE)).values())


def test_a_law_confirmed_by_content_is_named_without_its_article() -> None:
    assert one_row(basis=(("未保法", "11", "content"),))[3] == "《中华人民共和国未成年人保护法》"


@pytest.mark.parametrize("basis", [(), (("惯例", None, "unverified"), ("消防法", "16", "unverified"))])
def test_with_nothing_to_cite_the_basis_is_empty(basis: Sequence[tuple[str, str | None, str]]) -> None:
    assert one_row(basis=tuple(basis))[3] == ""


def test_properties_name_nobody_and_no_time_but_the_issues() -> None:
    properties = opened(NOTICE).core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.created.date() == properties.modified.date() == NOTICE.issued_on


# Drafts


def headers(document: Any) -> list[str]:
    return [paragraph.text for section in document.sections for paragraph in section.header.paragraphs]


def test_a_draft_has_a_watermark_and_neither_number_nor_dates() -> None:
    document = opened(DRAFT)
    assert "【草稿 未生效】" in headers(document)
    assert lines(document)[2] == "（草稿，未编号）"
    assert [row[0] for row in cells(document)[1:]] == ["1", "2"]
    assert {row[5] for row in cells(document)[1:]} == {"待定"}
    text = said(DRAFT)
    assert not any(absent in text for absent in ("150102-", "〔2026〕", "签发人", "送达：", "2026年9月23日"))
    assert 'string="草稿 未生效"' in "".join(text for name, text in parts(render(DRAFT)).items() if "header" in name)


def test_a_draft_shows_no_number_even_if_one_is_given() -> None:
    assert "新教安改" not in said(replace(DRAFT, number="新教安改〔2026〕42号"))


def test_a_notice_has_no_watermark() -> None:
    assert "".join(headers(opened(NOTICE))) == ""
    assert all("草稿" not in text for text in parts(render(NOTICE)).values())


# Always the same


@pytest.mark.parametrize("notice", [NOTICE, DRAFT], ids=["notice", "draft"])
def test_the_same_notice_gives_the_same_bytes(notice: NoticeDocument) -> None:
    assert render(notice) == render(replace(notice))


def test_another_notice_gives_other_bytes() -> None:
    assert render(NOTICE) != render(replace(NOTICE, signer="李某"))


def test_every_entry_of_the_file_bears_the_same_fixed_time() -> None:
    with zipfile.ZipFile(io.BytesIO(render(NOTICE))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# Hostile text


@pytest.mark.parametrize("text", HOSTILE, ids=["markup", "long", "long-word", "right-to-left", "astral", "templates"])
def test_hostile_text_survives_as_text(text: str) -> None:
    row = replace(ROW, fact=text, place=None, requirement=text, responsible=text)
    notice = replace(
        NOTICE, number=text, institution_name=text, department=text, signer=text, opinion=text, rows=(row,)
    )
    for part in parts(render(notice)).values():
        ElementTree.fromstring(part)
    document = opened(notice)
    assert cells(document)[1][1] == text
    assert cells(document)[1][4] == f"{text}（责任：{text}）"
    expected = [text, "责令限期整改通知书", text, f"{text}："]
    assert lines(document)[:4] == expected
    assert text in lines(document)[5:]


def test_lines_within_a_fact_are_kept() -> None:
    assert one_row(fact="一\n二", place=None)[1] == "一\n二"


@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_characters_that_the_wire_takes_and_xml_cannot_hold_do_not_stop_a_notice(character: str) -> None:
    assert "前" in one_row(fact=f"前{character}后", place=None)[1]


@pytest.mark.parametrize("character", ["\t", "\x7f", "\x85", "\u2028", "\ufdd0", "\U0001ffff"])
def test_odd_characters_that_xml_can_hold_are_kept(character: str) -> None:
    assert one_row(fact=f"前{character}后", place=None)[1] == f"前{character}后"
