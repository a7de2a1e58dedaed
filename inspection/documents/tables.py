"""Tables as people keep them, CSV or Excel, into rows of text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

MOST_ROWS: Final = 200_000
ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""Excel in Chinese saves CSV in the second unless it is told otherwise."""


class Unreadable(ValueError):
    """The file is no table: a stable code of `domain/texts` (fault)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(data: bytes) -> list[list[str]]:
    """The rows of a CSV file or of the first sheet of a workbook, every cell as text. Raises `Unreadable`."""
    rows = _workbook(data) if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0" else _csv(data)
    if len(rows) > MOST_ROWS:
        raise Unreadable("too_many_rows")
    if not rows:
        raise Unreadable("empty_table")
    return rows


def _workbook(data: bytes) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, IndexError, ValueError):
        raise Unreadable("not_a_table") from None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _csv(data: bytes) -> list[list[str]]:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable("not_a_table")
    if "\0" in text:
        raise Unreadable("not_a_table")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise Unreadable("not_a_table") from None
