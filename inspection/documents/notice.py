"""The rectification notice (整改通知书) as a Word document.

The same notice gives the same bytes: all times in the file are fixed, so that what was served can be compared.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt

from inspection.domain.documents import NoticeDocument, NoticeRow, printed_basis
from inspection.domain.texts import word

SONG, HEI, FANG = "宋体", "黑体", "仿宋"
HEADINGS: Final = ("编号", "存在的问题（部位）", "等级", "依据", "整改要求", "整改期限")
WIDTHS_CM: Final = (2.4, 4.3, 1.2, 3.7, 3.4, 2.0)
SERVICE: Final = {"on_site": "当场送达", "in_app": "系统送达", "paper": "书面送达", "post": "邮寄送达"}
NOT_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
FIXED: Final = (1980, 1, 1, 0, 0, 0)


def render(notice: NoticeDocument) -> bytes:
    """The bytes of a .docx file; a draft carries a watermark and no number."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2.4)
    _paragraph(document, notice.department, HEI, 16, centred=True)
    _paragraph(document, "责令限期整改通知书", HEI, 22, centred=True)
    number = "（草稿，未编号）" if notice.draft else notice.number or ""
    _paragraph(document, number, FANG, 14, centred=True)
    _paragraph(document, f"{notice.institution_name}：", FANG, 14)
    _paragraph(document, _opening(notice), FANG, 14, indented=True)
    if notice.opinion:
        for line in notice.opinion.splitlines():
            _paragraph(document, line, FANG, 14, indented=True)
    if notice.rows:
        _table(document, notice.rows)
    for line in _transferred(notice):
        _paragraph(document, line, FANG, 14, indented=True)
    if notice.rows:
        _paragraph(document, _closing(), FANG, 14, indented=True)
    for line in _signature(notice):
        _paragraph(document, line, FANG, 14, right=True, kept=True)
    _paragraph(document, "受送达单位（盖章）：＿＿＿＿＿＿＿＿＿＿", FANG, 12, kept=True)
    _paragraph(document, "签收人：＿＿＿＿＿＿　职务：＿＿＿＿＿＿　日期：＿＿＿＿＿＿", FANG, 12)
    if notice.draft:
        _watermark(document, "草稿 未生效")
    _fix_properties(document, notice)
    return _deterministic(document)


def _opening(notice: NoticeDocument) -> str:
    days = "、".join(_day(day) for day in notice.inspected_on)
    visit = f"{days}，检察机关与教育行政部门依法对你单位（{notice.region_name}）开展了校园安全联合检查，"
    if not notice.rows:
        return visit + "未发现须由你单位整改的问题。"
    return visit + f"发现下列{len(notice.rows)}个问题。现责令你单位按期整改："


def _transferred(notice: NoticeDocument) -> list[str]:
    """What is told to the institution and is not its fault."""
    if not notice.transferred:
        return []
    lines = [f"另有{len(notice.transferred)}个问题责任不在你单位，已移交有关部门处理，不计入你单位整改："]
    for position, row in enumerate(notice.transferred, start=1):
        place = f"（{row.place}）" if row.place else ""
        lines.append(f"{row.number or position}　{row.fact}{place}；移交：{row.responsible or '有关部门'}。")
    return lines


def _closing() -> str:
    return (
        "请在期限届满前完成整改，并提交整改说明和佐证材料。对上述要求有异议的，可以陈述、申辩；"
        "确需延期的，应当在期限届满前提出。逾期未整改的，将依法督办并通报有关机关。"
    )


def _signature(notice: NoticeDocument) -> list[str]:
    lines = [f"{notice.department}（印章）"]
    if notice.signer:
        lines.append(f"签发人：{notice.signer}")
    if notice.issued_on is not None:
        lines.append(_day(notice.issued_on))
    if notice.service_method is not None and notice.service_on is not None:
        lines.append(f"{SERVICE.get(notice.service_method, notice.service_method)}：{_day(notice.service_on)}")
    return lines


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _table(document: Any, rows: tuple[NoticeRow, ...]) -> None:
    table = document.add_table(rows=1, cols=len(HEADINGS), style="Table Grid")
    table.autofit = False
    for cell, heading in zip(table.rows[0].cells, HEADINGS, strict=True):
        _fill(cell, heading, HEI)
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for position, row in enumerate(rows, start=1):
        texts = (
            row.number or str(position),
            (word("problem", "unmet", "zh_CN") if row.unmet else "")
            + row.fact
            + (f"（{row.place}）" if row.place else ""),
            word("severity", row.severity, "zh_CN"),
            "；".join(text for basis in row.basis if (text := printed_basis(*basis)) is not None),
            row.requirement + (f"（责任：{row.responsible}）" if row.responsible else ""),
            _due(row),
        )
        cells = table.add_row().cells
        for cell, text in zip(cells, texts, strict=True):
            _fill(cell, text, SONG)
    for column, width in zip(table.columns, WIDTHS_CM, strict=True):
        column.width = Cm(width)
    for row_of_table in table.rows:
        row_of_table._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        for cell, width in zip(row_of_table.cells, WIDTHS_CM, strict=True):
            cell.width = Cm(width)


def _due(row: NoticeRow) -> str:
    if row.due_on is None:
        return "已当场整改，待核查" if row.running else "待定"
    return _day(row.due_on) + ("（暂定）" if row.provisional else "")


def _fill(cell: Any, text: str, font: str) -> None:
    paragraph = cell.paragraphs[0]
    _run(paragraph, text, font, 10)


def _paragraph(
    document: Any,
    text: str,
    font: str,
    size: float,
    *,
    centred: bool = False,
    right: bool = False,
    indented: bool = False,
    kept: bool = False,
) -> None:
    """`kept`: on the page of the next paragraph, so that a signature never stands alone."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = kept
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_after = Pt(6)
    if indented:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    _run(paragraph, text, font, size)


def _run(paragraph: Any, text: str, font: str, size: float) -> None:
    run = paragraph.add_run(NOT_XML.sub("", text))
    run.font.name = font
    run.font.size = Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _watermark(document: Any, text: str) -> None:
    """A grey text across each page, as word processors make it: a shape in the header."""
    shape = parse_xml(
        f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office">'
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" path="m@7,l@8,m@5,21600l@6,21600e">'
        '<v:path textpathok="t"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape id="draft" type="#_x0000_t136" fillcolor="#bfbfbf" stroked="f" style="position:absolute;'
        "width:420pt;height:120pt;rotation:315;z-index:-1;mso-position-horizontal:center;"
        "mso-position-horizontal-relative:margin;mso-position-vertical:center;"
        f'mso-position-vertical-relative:margin"><v:textpath string="{text}" style="font-family:黑体"/>'
        "</v:shape></w:pict>"
    )
    paragraph = document.sections[0].header.paragraphs[0]
    paragraph.add_run()._r.append(shape)
    _run(paragraph, f"【{text}】", HEI, 10)


def _fix_properties(document: Any, notice: NoticeDocument) -> None:
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    if notice.issued_on is not None:
        moment = datetime(notice.issued_on.year, notice.issued_on.month, notice.issued_on.day, tzinfo=UTC)
    properties = document.core_properties
    properties.created = properties.modified = moment.replace(tzinfo=None)
    properties.revision = 1
    properties.title = "责令限期整改通知书"
    properties.author = properties.last_modified_by = ""
    properties.comments = ""


def _deterministic(document: Any) -> bytes:
    made, fixed = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return fixed.getvalue()
