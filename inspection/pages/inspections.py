"""检查: those handed in, the newest first; one as it was sent, with its problems, its receipt and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for

from inspection.actions import inspection_records as actions
from inspection.actions import notice_documents, withdrawals
from inspection.actions.checklists import versions_of
from inspection.actions.context import Context
from inspection.actions.institutions import name_of, regions_of
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.texts import desk_texts
from inspection.downloads import document
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.inspections import read_withdrawal, read_withdrawal_decision
from inspection.schemas.queries import InspectionQuery
from inspection.web import cursor_of


@place("/inspections", "inspection.read", query=InspectionQuery())
def inspections(ctx: Context, actor: Actor, query: Query) -> Response:
    """Those first that were received last. A senseless condition shows no list."""
    values: dict[str, Any] = {}
    if not query.faults:
        listed = actions.list_newest(ctx, actor, query.values, query.after, ROWS)
        values = {
            "page": listed,
            "next": cursor_of(listed.next_key),
            "checklists": versions_of(ctx, {(one.checklist_code, one.checklist_version) for one in listed.items}),
            "institution": name_of(ctx, actor, query.get("institution")),
        }
    status = 422 if query.faults else 200
    return page(
        "inspections.html", status, query=query, wrong=wrong_in(query), regions=regions_of(ctx, actor), **values
    )


@place("/inspections/<uuid:inspection_id>", "inspection.read")
def inspection(ctx: Context, actor: Actor, inspection_id: UUID) -> Response:
    """As it was sent. The unit sees its problems and the receipt, not the joint team's notes."""
    return page("inspection.html", one=actions.get_record(ctx, actor, inspection_id))


@place("/inspections/<uuid:inspection_id>/receipt", "inspection.read")
def receipt(ctx: Context, actor: Actor, inspection_id: UUID) -> Response:
    """回执, once every photo named is stored."""
    record = actions.get_record(ctx, actor, inspection_id)
    if record.receipt is None:
        raise Refused("no_receipt")
    return page("receipt.html", one=record, receipt=record.receipt)


@place("/inspections/<uuid:inspection_id>/notice.docx", "notice.read")
def draft(ctx: Context, actor: Actor, inspection_id: UUID) -> Response:
    """The frozen notice; before it is issued, a watermarked draft for whoever may issue it."""
    return document(notice_documents.get_inspection_document(ctx, actor, inspection_id), f"notice-{inspection_id}.docx")


def _led(text: str, inspection_id: UUID) -> Response:
    to = url_for("desk.inspection", inspection_id=inspection_id)
    return done(desk_texts(language())["inspection"]["done"][text], to)


@deed("/inspections/<uuid:inspection_id>/withdrawal", "inspection.ask_withdrawal", again=inspection)
def ask_withdrawal(ctx: Context, actor: Actor, form: Form, inspection_id: UUID) -> Response:
    """It was entered in error; a second person has to agree."""
    withdrawals.ask_withdrawal(ctx, actor, inspection_id, form.act, incoming(form.body("reason"), read_withdrawal))
    return _led("asked", inspection_id)


@deed(
    "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision",
    "inspection.decide_withdrawal",
    again=inspection,
)
def decide_withdrawal(ctx: Context, actor: Actor, form: Form, inspection_id: UUID, withdrawal_id: UUID) -> Response:
    """Agreed to by a second person, or not."""
    body = form.body("decision", "comment")
    given = incoming(body, read_withdrawal_decision)
    withdrawals.decide_withdrawal(ctx, actor, inspection_id, withdrawal_id, given)
    return _led("approved" if body.get("decision") == "approve" else "denied", inspection_id)
