"""Tables as people keep them, CSV or Excel, into rows of text; and rows of text into CSV for a spreadsheet.

A workbook is read by a process of its own (`python -m inspection.documents.tables`, the file on standard input, a JSON
line for each row on standard output), which limits itself first: one cell in the last corner of a small file makes the
library lay out terabytes and ends the process that asked for it.
"""

from __future__ import annotations

import csv
import io
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

ROOT: Final = Path(__file__).parents[2]
MOST_ROWS: Final = 200_000
LARGEST: Final = 128 * 1024 * 1024
"""Bytes of a file, characters in the cells of a workbook."""
UNPACKED: Final = 1024 * 1024 * 1024
PARTS: Final = 2000
"""Bytes and files that a workbook may say to hold; it is asked before anything of it is unpacked."""
MEMORY: Final = 1536 * 1024 * 1024
TIME_LIMIT_S: Final = 60
ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""Excel in Chinese saves CSV in the second unless it is told otherwise."""
EXACT: Final = 10**15
"""A spreadsheet keeps fifteen digits of a number."""
FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
UNSEEN: Final = " \u00a0\u3000\ufeff\0"
"""What some spreadsheets pass over before they look whether a cell is a formula."""
REFUSED: Final = 3


class Unreadable(ValueError):
    """The file is not what it has to be: a stable code of `domain/texts` (fault), and what its text needs."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def read(data: bytes) -> list[list[str]]:
    """The rows of a CSV file or of a workbook's only sheet with content, every cell as text. Raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable("too_many_rows", most=MOST_ROWS)
    rows = _workbook(data) if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0" else _csv(data)
    if not rows:
        raise Unreadable("empty_table")
    return rows


def listed(rows: Iterable[Sequence[str]]) -> str:
    """CSV; what a spreadsheet would take for a formula begins with an apostrophe."""
    made = io.StringIO()
    csv.writer(made).writerows(
        [f"'{cell}" if cell.lstrip(UNSEEN).startswith(FORMULA) else cell for cell in row] for row in rows
    )
    return made.getvalue()


def _workbook(data: bytes) -> list[list[str]]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "inspection.documents.tables"],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")},
            input=data,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("too_many_rows", most=MOST_ROWS) from None
    if done.returncode == REFUSED:
        told = orjson.loads(done.stdout.splitlines()[-1])
        raise Unreadable(told["code"], **told["params"])
    if done.returncode < 0:  # it met its limits
        raise Unreadable("too_many_rows", most=MOST_ROWS)
    if done.returncode != 0:
        raise Unreadable("not_a_table")
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def _weigh(data: bytes) -> None:
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Unreadable("not_a_table") from None
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Unreadable("too_many_rows", most=MOST_ROWS)


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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    begun = 1
    try:
        for row in reader:
            if len(rows) == MOST_ROWS:
                raise Unreadable("too_many_rows", most=MOST_ROWS)
            rows.append(row)
            begun = reader.line_num + 1
    except csv.Error:
        raise Unreadable("quotes_wrong", line=begun) from None
    return rows


def sheet_rows(data: bytes) -> Iterator[list[str]]:
    """The process's own work. A hidden sheet is none: templates keep their lists of choices there."""
    if data[:2] == b"PK":
        _weigh(data)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    shown = [
        about.name
        for about in book.sheets_metadata
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible
    ]
    filled = [sheet for name in shown if _has_content(sheet := book.get_sheet_by_name(name))]
    if len(filled) > 1:
        raise Unreadable("several_sheets", sheets=[sheet.name for sheet in filled])
    size = 0
    for sheet in filled:
        left = [""] * sheet.start[1] if sheet.start else []
        for number, cells in enumerate(sheet.iter_rows()):
            row = left + [_text(cell) for cell in cells]
            while row and not row[-1]:
                row.pop()
            size += sum(map(len, row))
            if number >= MOST_ROWS or size > LARGEST:
                raise Unreadable("too_many_rows", most=MOST_ROWS)
            yield row


def _has_content(sheet: CalamineSheet) -> bool:
    return any(_text(cell).strip() for row in sheet.iter_rows() for cell in row)


def _text(cell: Any) -> str:
    """As the spreadsheet shows it; a number that it does not keep exactly is shown without its last digits."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if abs(cell) >= EXACT:
            return f"{cell:.5E}"
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    _limit()
    try:
        for row in sheet_rows(sys.stdin.buffer.read()):
            sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
        return 0
    except Unreadable as unreadable:
        refusal = unreadable
    except MemoryError:
        refusal = Unreadable("too_many_rows", most=MOST_ROWS)
    except (CalamineError, ValueError):
        refusal = Unreadable("not_a_table")
    sys.stdout.buffer.write(orjson.dumps({"code": refusal.code, "params": refusal.params}) + b"\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
