"""Tables that are taken over: what was sent is read and checked first, and travels on with the form until somebody
confirms it. The server keeps nothing that nobody confirmed."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from typing import Any, Final

from flask import Response, request

from inspection.documents import tables
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.imports import Columns, Table
from inspection.domain.texts import fault_text
from inspection.pages.desk import language, page
from inspection.pages.forms import Form

LARGEST: Final = 4 * 2**20
"""Bytes of a table. With the form it travels in letters, which are a third more."""
LIMIT: Final = 6 * 2**20
MOST_SHOWN: Final = 200


def sent(largest: int = LARGEST) -> bytes:
    """The file of this request. Raises `invalid` where there is none, `too_large`."""
    data = b""
    for one in request.files.getlist("file")[:1]:
        with one.stream:
            data = one.stream.read(largest + 1)
    if not data:
        raise invalid(Fault("/file", "required"))
    if len(data) > largest:
        raise Refused("too_large", limit_mb=largest // 2**20)
    return data


def letters(data: bytes) -> str:
    """A file as a form carries it on."""
    return base64.b64encode(data).decode()


def carried(form: Form, name: str = "table") -> bytes:
    """The file that came along with the form. Raises `bad_request`."""
    try:
        return base64.b64decode(form.fields.get(name, ""), validate=True)
    except ValueError:  # other letters than those of the alphabet
        raise Refused("bad_request") from None


def read(data: bytes) -> Table:
    """Its rows. Raises `invalid` with a fault at `/file`."""
    try:
        return tables.read(data)
    except tables.Unreadable as unreadable:
        raise invalid(Fault("/file", unreadable.code, unreadable.params)) from None


def empty(columns: Columns, name: str) -> Response:
    """A table with every heading and no row, under a name to save it by."""
    data = tables.listed([list(columns.names)]).encode("utf-8-sig")  # else Excel takes it for GBK
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def shown(template: str, columns: Columns, status: int = 200, **values: Any) -> Response:
    """The page on which such a table is given, with what it has to look like."""
    needed: Collection[str] = columns.needed
    return page(
        template,
        status,
        needed=[heading for heading, name in columns.names.items() if name in needed],
        others=[heading for heading, name in columns.names.items() if name not in needed],
        limit=LARGEST // 2**20,
        most=MOST_SHOWN,
        **values,
    )


def faulty(template: str, columns: Columns, refused: Refused) -> Response:
    """The page with each fault of the table by row and column, in words. What is wrong otherwise is raised again."""
    if refused.code != "invalid" or any(fault.pointer == "/file" for fault in refused.faults):
        raise refused
    faults = refused.faults
    return shown(template, columns, refused.status, faults=_told(faults), fault_count=len(faults))


def _told(faults: Sequence[Fault]) -> list[tuple[str, str, str]]:
    """The first faults in words: (row, column, what is wrong)."""
    rows = []
    for fault in faults[:MOST_SHOWN]:
        row, _, column = fault.pointer.removeprefix("/").partition("/")
        said = fault_text(fault.code, language(), fault.params)
        rows.append((row, column.replace("~1", "/").replace("~0", "~"), said))
    return rows
