"""The rectification notice (整改通知书) as a Word document.

The same notice gives the same bytes: all times in the file are fixed, so that what was served can be compared.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt

from inspection.documents.notice_text import NoticeText, composed
from inspection.domain.documents import NoticeDocument

SONG, HEI, FANG = "宋体", "黑体", "仿宋"
WIDTHS_CM: Final = (2.4, 4.3, 1.2, 3.7, 3.4, 2.0)
NOT_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
FIXED: Final = (1980, 1, 1, 0, 0, 0)


def render(notice: NoticeDocument) -> bytes:
    """The bytes of a .docx file; a draft carries a watermark and no number."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2.4)
    text = composed(notice)
    _paragraph(document, text.department, HEI, 16, centred=True)
    _paragraph(document, text.title, HEI, 22, centred=True)
    _paragraph(document, text.number, FANG, 14, centred=True)
    _paragraph(document, text.addressee, FANG, 14)
    for line in (text.opening, *text.opinion):
        _paragraph(document, line, FANG, 14, indented=True)
    if text.rows:
        _table(document, text)
    for line in (*text.transferred, *text.closing):
        _paragraph(document, line, FANG, 14, indented=True)
    for line in text.signature:
        _paragraph(document, line, FANG, 14, right=True, kept=True)
    seal, signed = text.receipt
    _paragraph(document, seal, FANG, 12, kept=True)
    _paragraph(document, signed, FANG, 12)
    if notice.draft:
        _watermark(document, "草稿 未生效")
    _fix_properties(document, notice)
    return _deterministic(document)


def _table(document: Any, text: NoticeText) -> None:
    table = document.add_table(rows=1, cols=len(text.headings), style="Table Grid")
    table.autofit = False
    for cell, heading in zip(table.rows[0].cells, text.headings, strict=True):
        _fill(cell, heading, HEI)
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for row in text.rows:
        for cell, said in zip(table.add_row().cells, row, strict=True):
            _fill(cell, said, SONG)
    for column, width in zip(table.columns, WIDTHS_CM, strict=True):
        column.width = Cm(width)
    for row_of_table in table.rows:
        row_of_table._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        for cell, width in zip(row_of_table.cells, WIDTHS_CM, strict=True):
            cell.width = Cm(width)


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
    properties.title = composed(notice).title
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
