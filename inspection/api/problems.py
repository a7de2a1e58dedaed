"""The problem list, one problem, proofs and reviews."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request

from inspection.actions import problems as actions
from inspection.actions import rectifications
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.problem_views import ProblemView
from inspection.domain.rectifications import Decision, Proof
from inspection.domain.texts import language_of
from inspection.domain.views import Page
from inspection.downloads import XLSX, list_of_problems
from inspection.schemas.problems import (
    ProblemDetailSchema,
    ProblemSchema,
    ProofBody,
    RectificationSchema,
    ReviewAnswerSchema,
    ReviewBody,
    problem_detail,
    read_proof,
    read_review,
)
from inspection.schemas.queries import ProblemQuery, filters_of


@endpoint("GET", "/problems", "problem.read", query=ProblemQuery(), paged=True, returns={200: ProblemSchema()})
def list_problems(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[ProblemView]:
    """Problems in scope, in the order in which they were found; status and severity take several, comma-separated."""
    return actions.list_problems(ctx, actor, filters_of(query), query["after"], query["limit"])


@endpoint("GET", "/problems.xlsx", "problem.read", query=ProblemQuery(), returns={200: (XLSX,)})
def export_problems(ctx: Context, actor: Actor, query: dict[str, Any]) -> Response:
    """The problem list as a workbook, under the same filters, which stand in it with the moment of its making."""
    language = language_of(request.headers.get("Accept-Language", ""))
    return list_of_problems(ctx, actor, query, language, "problems.xlsx")


@endpoint(
    "GET",
    "/problems/<uuid:problem_id>",
    "problem.read",
    returns={200: ProblemDetailSchema()},
    refuses=("not_found",),
)
def get_problem(ctx: Context, actor: Actor, problem_id: UUID) -> dict[str, Any]:
    """One problem: facts, rounds, clocks, timeline, and the moves open to the asker."""
    return problem_detail(actions.get_problem(ctx, actor, problem_id))


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/rectifications/<uuid:rectification_id>",
    "problem.rectify",
    body=ProofBody(),
    read=read_proof,
    returns={200: RectificationSchema(), 201: RectificationSchema()},
    refuses=("conflict", "not_found", "wrong_state"),
)
def put_rectification(
    ctx: Context, actor: Actor, incoming: Incoming[Proof], problem_id: UUID, rectification_id: UUID
) -> Answer:
    """Hand in a proof of rectification; its photos may follow."""
    stored = rectifications.submit_rectification(ctx, actor, problem_id, rectification_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/problems/<uuid:problem_id>/reviews/<uuid:review_id>",
    "problem.review",
    body=ReviewBody(),
    read=read_review,
    returns={200: ReviewAnswerSchema(), 201: ReviewAnswerSchema()},
    refuses=("conflict", "not_found", "wrong_state", "proof_incomplete", "four_eyes"),
)
def put_review(ctx: Context, actor: Actor, incoming: Incoming[Decision], problem_id: UUID, review_id: UUID) -> Answer:
    """Accept a proof, or return it for another round."""
    stored = rectifications.review_rectification(ctx, actor, problem_id, review_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)
