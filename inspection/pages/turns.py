"""问题 and 审核: one problem with everything that happened to it, and every turn that its reader may make, each with
its consequence. The queue of proofs opens the next by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for

from inspection.actions import evidence, petitions, rectifications
from inspection.actions import problems as actions
from inspection.actions.context import Context
from inspection.actions.orders import give_order
from inspection.actions.people import seconds_beside
from inspection.actions.prospects import prospects
from inspection.actions.workbench import next_to_review
from inspection.domain.actor import Actor
from inspection.domain.incoming import Read
from inspection.domain.permissions import acting, may
from inspection.domain.texts import desk_texts
from inspection.pages.desk import Query, deed, done, language, page, place
from inspection.pages.forms import Form, incoming
from inspection.schemas.problems import read_proof, read_review
from inspection.schemas.queries import QueueQuery
from inspection.schemas.turns import (
    read_extension,
    read_extension_decision,
    read_objection,
    read_objection_decision,
    read_reopening,
    read_reply,
    read_supervision,
    read_transfer,
)

PHOTOS_LIMIT: Final = 256 * 2**20
MOST_SKIPPED: Final = 50


@place("/problems/<uuid:problem_id>", "problem.read", query=QueueQuery())
def problem(ctx: Context, actor: Actor, query: Query, problem_id: UUID) -> Response:
    """Facts, before and after side by side, clocks, timeline, and what may be done now."""
    detail = actions.get_problem(ctx, actor, problem_id)
    moves = {move.action: move for move in detail.moves}
    return page(
        "problem.html",
        one=detail,
        p=detail.summary,
        moves=moves,
        prospects=prospects(ctx, detail),
        pending=next((asked for asked in reversed(detail.petitions) if asked.state == "pending"), None),
        seconds=seconds_beside(ctx, actor, detail.summary) if "accept" in moves or "settle" in moves else [],
        queue=query.get("queue") is not None and may(actor, "problem.review"),
        skipped=_skipped(query, problem_id),
    )


def _skipped(query: Query, problem_id: UUID) -> str:
    """The queue's address of whoever looks at this one later."""
    passed = [*(query.get("queue") or []), problem_id][-MOST_SKIPPED:]
    return url_for("desk.review", after=",".join(map(str, passed)))


@place("/review", "problem.review", query=QueueQuery())
def review(ctx: Context, actor: Actor, query: Query) -> Response:
    """The proof that has waited the longest, but for those that were put off."""
    passed = query.get("after") or []
    following = next_to_review(ctx, actor, passed)
    if following is None:
        return page("review.html", put_off=bool(passed) and next_to_review(ctx, actor) is not None)
    queue = ",".join(map(str, passed)) or str(following.id)
    return redirect(url_for("desk.problem", problem_id=following.id, queue=queue), 303, Response)


def _led(form: Form, text: str, problem_id: UUID) -> Response:
    """On to the next of the queue for whoever works through it, else back to the problem."""
    queue = request.args.get("queue")
    if queue is None or form.name not in ("accept", "return"):
        return done(desk_texts(language())["problem"]["done"][text], url_for("desk.problem", problem_id=problem_id))
    return done(desk_texts(language())["problem"]["done"][text], url_for("desk.review", after=queue))


@deed("/problems/<uuid:problem_id>/accept", "problem.review", again=problem)
def accept(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """通过, 销号."""
    return _review(ctx, actor, form, problem_id, "accept")


@deed("/problems/<uuid:problem_id>/return", "problem.review", again=problem)
def return_rectification(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """退回, another round."""
    return _review(ctx, actor, form, problem_id, "return")


def _review(ctx: Context, actor: Actor, form: Form, problem_id: UUID, decision: str) -> Response:
    body = form.body("rectification_id", "comment", "new_due_on", "second_reviewer", "method", decision=decision)
    body.setdefault("method", "desk")
    rectifications.review_rectification(ctx, actor, problem_id, form.act, incoming(body, read_review))
    return _led(form, decision, problem_id)


def _decide(
    ctx: Context, actor: Actor, form: Form, problem_id: UUID, petition_id: UUID, kind: str, read: Callable[[bytes], Any]
) -> Response:
    body = form.body("decision", "comment")
    petitions.decide(ctx, actor, problem_id, petition_id, kind, incoming(body, read))
    return _led(form, "decided", problem_id)


@deed("/problems/<uuid:problem_id>/extensions/<uuid:petition_id>/decision", "problem.decide_extension", again=problem)
def decide_extension(ctx: Context, actor: Actor, form: Form, problem_id: UUID, petition_id: UUID) -> Response:
    """A later date, or not."""
    return _decide(ctx, actor, form, problem_id, petition_id, "extension", read_extension_decision)


@deed("/problems/<uuid:problem_id>/objections/<uuid:petition_id>/decision", "problem.decide_objection", again=problem)
def decide_objection(ctx: Context, actor: Actor, form: Form, problem_id: UUID, petition_id: UUID) -> Response:
    """The finding is withdrawn, or stands."""
    return _decide(ctx, actor, form, problem_id, petition_id, "objection", read_objection_decision)


def _order(
    ctx: Context,
    actor: Actor,
    form: Form,
    problem_id: UUID,
    kind: str,
    body: dict[str, Any],
    read: Callable[[bytes], Read[Any]],
) -> Response:
    give_order(ctx, actor, problem_id, form.act, kind, incoming(body, read))
    return _led(form, kind, problem_id)


@deed("/problems/<uuid:problem_id>/transfer", "problem.transfer", again=problem)
def transfer(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """移交 to a department, or back to the institution."""
    responsible = {"kind": form.text("responsible.kind"), "name": form.text("responsible.name")}
    body = form.body("reason", "due_on", responsible=responsible)
    return _order(ctx, actor, form, problem_id, "transfer", body, read_transfer)


@deed("/problems/<uuid:problem_id>/reply", "problem.record_reply", again=problem)
def record_reply(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """What the department answered."""
    names = ("department", "outcome", "text", "replied_on", "new_due_on", "method", "second_reviewer")
    return _order(ctx, actor, form, problem_id, "reply", form.body(*names), read_reply)


@deed("/problems/<uuid:problem_id>/supervise", "problem.supervise", again=problem)
def supervise(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """挂牌督办."""
    return _order(ctx, actor, form, problem_id, "supervision", form.body("reason", "due_on"), read_supervision)


@deed("/problems/<uuid:problem_id>/reopen", "problem.reopen", again=problem)
def reopen(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """Not settled after all."""
    return _order(ctx, actor, form, problem_id, "reopening", form.body("reason", "due_on"), read_reopening)


# The unit's own


@deed("/problems/<uuid:problem_id>/rectify", "problem.rectify", again=problem, limit=PHOTOS_LIMIT)
def rectify(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """The proof with its photos. Photos are kept first: whatever is wrong with the rest, they need not come again."""
    kept = dict.fromkeys(form.many("kept"))
    for file in request.files.getlist("photos"):
        if not file.filename:
            continue
        data = file.stream
        sha256 = hashlib.file_digest(data, "sha256").hexdigest()
        data.seek(0)
        evidence.store_photo(ctx, acting(actor, "photo.upload"), sha256, data)
        kept[sha256] = None
        form.fields.setlist("kept", list(kept))
    photos: dict[str, Any] = {sha256: {"source": "gallery"} for sha256 in kept}
    body = form.body("description", "completed_on", photos=photos)
    rectifications.submit_rectification(ctx, actor, problem_id, form.act, incoming(body, read_proof))
    return _led(form, "rectify", problem_id)


@deed("/problems/<uuid:problem_id>/extension", "problem.ask_extension", again=problem)
def ask_extension(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """A later date is asked for."""
    body = form.body("requested_due_on", "reason")
    petitions.ask(ctx, actor, problem_id, form.act, "extension", incoming(body, read_extension))
    return _led(form, "extension", problem_id)


@deed("/problems/<uuid:problem_id>/objection", "problem.object", again=problem)
def object_to(ctx: Context, actor: Actor, form: Form, problem_id: UUID) -> Response:
    """The finding is contested."""
    petitions.ask(ctx, actor, problem_id, form.act, "objection", incoming(form.body("reason"), read_objection))
    return _led(form, "objection", problem_id)
