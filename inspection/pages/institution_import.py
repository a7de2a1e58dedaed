"""导入单位: a table is checked first and shows every fault or what it would do; only then it is written, all or none.
Between the two the file travels with the form: the server keeps nothing that nobody confirmed."""

from __future__ import annotations

from collections import Counter
from typing import Final

from flask import Response, url_for

from inspection.actions import imports as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.imports import INSTITUTION_COLUMNS
from inspection.domain.texts import desk_texts
from inspection.pages import table_files
from inspection.pages.desk import deed, done, language, place
from inspection.pages.forms import Form

TABLE: Final = ("institution_import.html", INSTITUTION_COLUMNS)


@place("/institutions/import", "institution.register")
def import_form(ctx: Context, actor: Actor) -> Response:
    """What a table has to look like, and the form for it."""
    del ctx, actor
    return table_files.shown(*TABLE)


@place("/institutions/import.csv", "institution.register")
def import_template(ctx: Context, actor: Actor) -> Response:
    """An empty table with every column."""
    del ctx, actor
    return table_files.empty(INSTITUTION_COLUMNS, "institutions")


@deed("/institutions/import/check", "institution.register", again=import_form, limit=table_files.LIMIT)
def check_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """Every fault, or what would be written; nothing is."""
    del form
    data = table_files.sent()
    table = table_files.read(data)
    try:
        lines = actions.preview_institutions(ctx, actor, table)
    except Refused as refused:
        return table_files.faulty(*TABLE, refused)
    return table_files.shown(
        *TABLE, preview=lines, counts=Counter(line.state for line in lines), table=table_files.letters(data)
    )


@deed(
    "/institutions/import",
    "institution.register",
    again=import_form,
    limit=table_files.LIMIT,
    name="import_institutions",
)
def write_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """All of it, or none: it is looked at again, since something may have changed meanwhile."""
    table = table_files.read(table_files.carried(form))
    try:
        made = actions.import_institutions(ctx, actor, table)
    except Refused as refused:
        return table_files.faulty(*TABLE, refused)
    text = desk_texts(language())["institutions"]["import"]["done"]
    said = text.format(new=made.new, changed=made.changed, unchanged=made.unchanged)
    return done(said, url_for("desk.institutions"))
