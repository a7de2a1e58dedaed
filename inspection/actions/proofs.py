"""Storing a proof, whoever hands it in: the unit later, or the inspector on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.turns import set_clock, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.inspections import short_code
from inspection.storage import evidence
from inspection.storage.db import insert_rows
from inspection.storage.problems import ProblemRow
from inspection.storage.rectifications import RectificationRow


def store_proof(
    ctx: Context,
    actor: Actor,
    problem: ProblemRow,
    proof_id: UUID,
    *,
    description: str,
    completed_on: date,
    photos: Sequence[str],
    body: bytes,
    on_the_spot: bool = False,
    flags: Sequence[dict[str, Any]] = (),
) -> bool:
    """The record, its manifest, and the problem `submitted`; whether every photo named is here already.
    Until it is, the clock is that of completing it; the reviewer's days start when it is whole."""
    now, today = ctx.now(), ctx.today()
    here = evidence.uploaded_by(actor, ctx.session, photos)
    whole = here >= set(photos)
    digest = hashlib.sha256(body).hexdigest()
    insert_rows(
        ctx.session,
        RectificationRow,
        [
            {
                "id": proof_id,
                "problem_id": problem.id,
                "institution_id": problem.institution_id,
                "submitter_id": actor.id,
                "round": problem.round,
                "on_the_spot": on_the_spot,
                "description": description,
                "completed_on": completed_on,
                "photos": list(photos),
                "flags": list(flags),
                "received_at": now,
                "content_sha256": digest,
                "body": body,
                "whole_at": now if whole else None,
                "receipt_code": short_code(digest) if whole else None,
                "outcome": None,
            },
        ],
    )
    evidence.name_photos(
        actor,
        ctx.session,
        subject="rectification",
        subject_id=proof_id,
        institution_id=problem.institution_id,
        hashes=photos,
        here=here,
        at=now,
    )
    problem.status = "submitted"
    problem.rectification_id = proof_id
    problem.since_on = today
    problem.review_due_on = None
    set_clock(problem, completion_on=deadlines.proof_completion_due_on(today))
    event = "fixed_on_the_spot" if on_the_spot else "submitted"
    turned(ctx, actor, problem, event, rectification_id=str(proof_id), round=problem.round, whole=whole)
    if whole:
        begin_review(ctx, problem)
    return whole


def begin_review(ctx: Context, problem: ProblemRow) -> None:
    """A whole proof: the reviewer's working days start, and he is told."""
    problem.since_on = ctx.today()
    problem.review_due_on = deadlines.review_due_on(problem.since_on, ctx.calendar())
    set_clock(problem)
    ctx.session.flush()
    tell_of(ctx, problem, "proof_received", ("reviewer",), until=str(problem.clock_on))
