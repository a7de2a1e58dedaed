"""检查表: every version as it was published, what changed between two of them, and publishing another.

A file is looked at first and shows its faults or what it changes; only then it is published. Between the two it
travels with the form: the server keeps nothing that nobody confirmed."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from flask import Response, url_for

from checklists.loader import LintError, loads
from checklists.model import Checklist
from inspection.actions import checklists as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.texts import desk_texts
from inspection.pages import table_files
from inspection.pages.checklist_words import ItemWords, lint_text
from inspection.pages.desk import Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form
from inspection.schemas.queries import ChecklistQuery, DifferencesQuery

LARGEST: Final = 2**20
"""Bytes of a checklist's file. With the form it travels in letters, which are a third more."""
LIMIT: Final = 2 * 2**20
MOST_SHOWN: Final = 200


def _shown(template: str, status: int = 200, **values: Any) -> Response:
    return page(template, status, told=ItemWords(language()), **values)


@place("/checklists", "checklist.read")
def checklists(ctx: Context, actor: Actor) -> Response:
    """Every version of each, the newest first."""
    listed = actions.list_versions(ctx, actor)
    by_code = groupby(listed, key=lambda one: one.checklist.code)
    return _shown("checklists.html", groups=[(code, list(versions)) for code, versions in by_code])


@place("/checklists/<code>", "checklist.read", query=ChecklistQuery())
def checklist(ctx: Context, actor: Actor, query: Query, code: str) -> Response:
    """One version, the newest where none is asked for; to be read and to be printed."""
    versions = [one for one in actions.list_versions(ctx, actor) if one.checklist.code == code]
    if not versions or query.faults:
        raise Refused("not_found")
    wanted = query.get("version") or versions[0].checklist.version
    shown = next((one for one in versions if one.checklist.version == wanted), None)
    if shown is None:
        raise Refused("not_found")
    return _shown("checklist.html", one=shown.checklist, published_at=shown.published_at, versions=versions)


@place("/checklists/<code>/differences", "checklist.read", query=DifferencesQuery())
def checklist_differences(ctx: Context, actor: Actor, query: Query, code: str) -> Response:
    """What changed from one version to another: the newest against the one before, unless others are asked for."""
    versions = [one.checklist for one in actions.list_versions(ctx, actor) if one.checklist.code == code]
    if not versions:
        raise Refused("not_found")
    wrong = wrong_in(query)
    compared = None
    after = query.get("after") or versions[0].version
    earlier = [one.version for one in versions if one.version < after]
    before = query.get("before") or (earlier[0] if earlier else None)
    if not wrong and before is not None:
        compared = actions.compare(ctx, actor, code, before, after)
    return _shown(
        "checklist_differences.html",
        422 if wrong else 200,
        newest=versions[0],
        numbers=[one.version for one in versions],
        before=before,
        after=after,
        compared=compared,
        wrong=wrong,
    )


@place("/checklists/publish", "checklist.publish")
def publish_form(ctx: Context, actor: Actor) -> Response:
    """The form for a file."""
    del ctx, actor
    return _publishing()


def _publishing(status: int = 200, **values: Any) -> Response:
    return _shown("checklist_publish.html", status, limit=LARGEST // 2**20, most=MOST_SHOWN, **values)


@deed("/checklists/publish/check", "checklist.publish", again=publish_form, limit=LIMIT)
def check_checklist(ctx: Context, actor: Actor, form: Form) -> Response:
    """Every fault of the file, or what it would change; nothing is written."""
    del form
    data = table_files.sent(LARGEST)
    try:
        read = loads("", data)
    except LintError as error:
        return _faulty(error)
    return _proposed(ctx, actor, read, data)


@deed("/checklists/publish", "checklist.publish", again=publish_form, limit=LIMIT, name="publish_checklist")
def publish(ctx: Context, actor: Actor, form: Form) -> Response:
    """The file that was looked at; it is looked at again, since a version may have been published meanwhile."""
    data = table_files.carried(form, "checklist")
    try:
        read = loads("", data)
    except LintError as error:
        return _faulty(error)
    try:
        new = actions.publish(ctx, read, actor)
    except Refused as refused:
        if refused.code != "conflict":
            raise
        return _proposed(ctx, actor, read, data, refused.status)
    own = desk_texts(language())["checklists"]["publish"]
    said = own["done" if new else "done_before"].format(title=ItemWords(language()).title(read), version=read.version)
    return done(said, url_for("desk.checklist", code=read.code, version=read.version))


def _proposed(ctx: Context, actor: Actor, read: Checklist, data: bytes, status: int = 200) -> Response:
    proposed = actions.propose(ctx, actor, read)
    return _publishing(status, proposed=proposed, file=table_files.letters(data))


def _faulty(error: LintError) -> Response:
    told = [(fault.line, lint_text(fault.code, fault.params, language())) for fault in error.faults[:MOST_SHOWN]]
    return _publishing(422, faults=told, fault_count=len(error.faults))
