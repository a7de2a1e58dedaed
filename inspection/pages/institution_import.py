"""导入单位: a table is checked first and shows every fault or what it would do; only then it is written, all or none.
Between the two the file travels with the form: the server keeps nothing that nobody confirmed."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from flask import Response, request, url_for

from inspection.actions import imports as actions
from inspection.actions.context import Context
from inspection.documents import tables
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.imports import INSTITUTION_COLUMNS, Table
from inspection.domain.texts import desk_texts, fault_text
from inspection.pages.desk import deed, done, language, page, place
from inspection.pages.forms import Form

LARGEST: Final = 4 * 2**20
"""Bytes of a table. With the form it travels in letters, which are a third more."""
LIMIT: Final = 6 * 2**20
MOST_SHOWN: Final = 200


@place("/institutions/import", "institution.register")
def import_form(ctx: Context, actor: Actor) -> Response:
    """What a table has to look like, and the form for it."""
    del ctx, actor
    return _shown()


def _shown(status: int = 200, **values: Any) -> Response:
    names = INSTITUTION_COLUMNS.names
    return page(
        "institution_import.html",
        status,
        needed=[heading for heading, name in names.items() if name in INSTITUTION_COLUMNS.needed],
        others=[heading for heading, name in names.items() if name not in INSTITUTION_COLUMNS.needed],
        limit=LARGEST // 2**20,
        most=MOST_SHOWN,
        **values,
    )


@place("/institutions/import.csv", "institution.register")
def import_template(ctx: Context, actor: Actor) -> Response:
    """An empty table with every column."""
    del ctx, actor
    data = tables.listed([list(INSTITUTION_COLUMNS.names)]).encode("utf-8-sig")  # else Excel takes it for GBK
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="institutions.csv"'
    return response


@deed("/institutions/import/check", "institution.register", again=import_form, limit=LIMIT)
def check_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """Every fault, or what would be written; nothing is."""
    del form
    data = b""
    for sent in request.files.getlist("file")[:1]:
        with sent.stream:
            data = sent.stream.read(LARGEST + 1)
    if not data:
        raise invalid(Fault("/file", "required"))
    if len(data) > LARGEST:
        raise Refused("too_large", limit_mb=LARGEST // 2**20)
    table = _read(data)
    try:
        lines = actions.preview_institutions(ctx, actor, table)
    except Refused as refused:
        return _faulty(refused)
    return _shown(preview=lines, counts=Counter(line.state for line in lines), table=base64.b64encode(data).decode())


@deed("/institutions/import", "institution.register", again=import_form, limit=LIMIT, name="import_institutions")
def write_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """All of it, or none: it is looked at again, since something may have changed meanwhile."""
    try:
        data = base64.b64decode(form.fields.get("table", ""), validate=True)
    except binascii.Error:
        raise Refused("bad_request") from None
    try:
        made = actions.import_institutions(ctx, actor, _read(data))
    except Refused as refused:
        return _faulty(refused)
    text = desk_texts(language())["institutions"]["import"]["done"]
    said = text.format(new=made.new, changed=made.changed, unchanged=made.unchanged)
    return done(said, url_for("desk.institutions"))


def _read(data: bytes) -> Table:
    try:
        return tables.read(data)
    except tables.Unreadable as unreadable:
        raise invalid(Fault("/file", unreadable.code, unreadable.params)) from None


def _faulty(refused: Refused) -> Response:
    """Each fault by row and column, in words."""
    if refused.code != "invalid":
        raise refused
    return _shown(refused.status, faults=_told(refused.faults), fault_count=len(refused.faults))


def _told(faults: Sequence[Fault]) -> list[tuple[str, str, str]]:
    rows = []
    for fault in faults[:MOST_SHOWN]:
        row, _, column = fault.pointer.removeprefix("/").partition("/")
        told = fault_text(fault.code, language(), fault.params)
        rows.append((row, column.replace("~1", "/").replace("~0", "~"), told))
    return rows
