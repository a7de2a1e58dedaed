"""The problem list as a workbook, written by a process of its own: a hundred thousand rows in XlsxWriter take seconds
of one core, which no request of the same worker should wait for.

The process (`python -m inspection.documents.workbook FOLDER`) reads JSON lines from standard input: first the head,
then a list for each row. It writes the workbook to standard output, a file that has no name, and its drafts into the
folder, which both sides remove: whichever of the two dies, nothing of a list is left behind. Text is always written as
text, never as a formula or a link.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

import orjson

ROOT: Final = Path(__file__).parents[2]
LONGEST_NAME: Final = 31
"""Characters of a sheet's name."""
LARGEST_CELL: Final = 32_767
LAST_ROW: Final = 1_048_575
FIRST_ROW: Final = 4
BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the rows: a title, lines that say what was asked for and when, the headings and widths of the
    columns, and which of them hold dates."""

    title: str
    lines: tuple[str, ...]
    headings: tuple[str, ...]
    widths: tuple[int, ...]
    dates: tuple[int, ...]
    truncated: str


class WorkbookFailed(RuntimeError):
    """The writing process ended with an error."""


def write(head: Head, rows: Iterable[Sequence[Any]], folder: Path | None = None) -> IO[bytes]:
    """An open file with the workbook; it has no name and is gone when it is closed."""
    made = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller closes it
    try:
        with tempfile.TemporaryDirectory(dir=folder) as drafts:
            _run(head, rows, made, drafts)
        made.seek(0)
    except BaseException:
        made.close()
        raise
    return made


def _run(head: Head, rows: Iterable[Sequence[Any]], made: IO[bytes], drafts: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "inspection.documents.workbook", drafts],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")},
        stdin=subprocess.PIPE,
        stdout=made,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        with suppress(BrokenPipeError), process.stdin as lines:  # a writer that died is asked below
            lines.write(orjson.dumps(asdict(head)) + b"\n")
            for block in _blocks(rows):
                lines.write(block)
        said = process.stderr.read()
        if process.wait() != 0:
            raise WorkbookFailed(said.decode(errors="replace").strip()[-500:])


def _blocks(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Rows as JSON lines, many to a write."""
    block: list[bytes] = []
    for row in rows:
        block.append(orjson.dumps(row))
        if len(block) == BLOCK:
            yield b"\n".join(block) + b"\n"
            block.clear()
    if block:
        yield b"\n".join(block) + b"\n"


def compose(target: IO[bytes], lines: Iterable[bytes], drafts: str) -> None:
    """The process's own work: rows are written as they come and kept nowhere."""
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    class Plain(Worksheet):  # type: ignore[misc]
        """XlsxWriter takes any text between `<r>` and `</r>` for XML of its own making and copies it as it is. Here
        it is somebody's text like any other."""

        def _xml_rich_inline_string(self, string: str, attributes: Sequence[tuple[str, Any]] = ()) -> None:
            self._xml_inline_string(string, True, attributes)

    given = iter(lines)
    head = orjson.loads(next(given))
    book = Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": drafts,
        },
    )
    sheet = book.add_worksheet(head["title"][:LONGEST_NAME], worksheet_class=Plain)
    bold = book.add_format({"bold": True, "font_size": 14})
    heading = book.add_format({"bold": True, "bg_color": "#e8eef4", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, width in enumerate(head["widths"]):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.write_string(0, 0, head["title"], bold)
    for number, line in enumerate(head["lines"][: FIRST_ROW - 2], start=1):
        sheet.write_string(number, 0, line[:LARGEST_CELL])
    for column, text in enumerate(head["headings"]):
        sheet.write_string(FIRST_ROW - 1, column, text, heading)
    dates, row = frozenset(head["dates"]), FIRST_ROW
    for line in given:
        if row == LAST_ROW:
            sheet.write_string(row, 0, head["truncated"])
            break
        for column, value in enumerate(orjson.loads(line)):
            if value is None:
                continue
            if column in dates:
                sheet.write_datetime(row, column, date.fromisoformat(value), day)
            elif isinstance(value, str):
                sheet.write_string(row, column, value[:LARGEST_CELL])
            else:
                sheet.write_number(row, column, value)
        row += 1
    sheet.autofilter(FIRST_ROW - 1, 0, max(row - 1, FIRST_ROW - 1), len(head["headings"]) - 1)
    book.close()


if __name__ == "__main__":
    try:
        compose(sys.stdout.buffer, sys.stdin.buffer, sys.argv[1])
    finally:
        shutil.rmtree(sys.argv[1], ignore_errors=True)
