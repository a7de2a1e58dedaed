"""导入人员: a table is checked first and shows every fault or whom it would add; only then it is written, all or none,
and the activation codes are shown once."""

from __future__ import annotations

from typing import Final

from flask import Response

from inspection.actions.appointments import import_people
from inspection.actions.context import Context
from inspection.actions.imports import preview_users
from inspection.actions.institutions import regions_of
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.imports import USER_COLUMNS
from inspection.domain.incoming import Incoming, Read
from inspection.pages import table_files
from inspection.pages.desk import deed, page, place
from inspection.pages.forms import Form

TABLE: Final = ("user_import.html", USER_COLUMNS)


@place("/users/import", "account.appoint")
def user_import(ctx: Context, actor: Actor) -> Response:
    """What a table has to look like, and the form for it."""
    del ctx, actor
    return table_files.shown(*TABLE)


@place("/users/import.csv", "account.appoint")
def user_import_template(ctx: Context, actor: Actor) -> Response:
    """An empty table with every column."""
    del ctx, actor
    return table_files.empty(USER_COLUMNS, "users")


@deed("/users/import/check", "account.appoint", again=user_import, limit=table_files.LIMIT)
def check_user_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """Every fault, or whom it would add; nothing is written."""
    del form
    data = table_files.sent()
    table = table_files.read(data)
    try:
        people = preview_users(ctx, actor, table)
    except Refused as refused:
        return table_files.faulty(*TABLE, refused)
    return table_files.shown(
        *TABLE, people=people, regions=dict(regions_of(ctx, actor)), table=table_files.letters(data)
    )


@deed("/users/import", "account.appoint", again=user_import, limit=table_files.LIMIT)
def write_user_import(ctx: Context, actor: Actor, form: Form) -> Response:
    """All of them, or none: it is looked at again, since something may have changed meanwhile."""
    given = Incoming(table_files.carried(form), lambda raw: Read(table_files.read(raw)), client_version="desk")
    try:
        made = import_people(ctx, actor, form.act, given)
    except Refused as refused:
        return table_files.faulty(*TABLE, refused)
    return page("user_codes.html", given=made, imported=True)
