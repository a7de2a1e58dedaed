"""Institutions: found, changed, and who must not inspect them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions import institutions as actions
from inspection.actions import recusals
from inspection.actions.context import Context
from inspection.actions.institution_changes import change_institution
from inspection.actions.registrations import register_institution
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.imports import ImportedInstitution
from inspection.domain.incoming import Incoming
from inspection.domain.institutions import InstitutionChange
from inspection.domain.recusals import Recusal, RecusalEnd, RecusalView
from inspection.domain.views import InstitutionView, Page
from inspection.schemas.institutions import (
    ChangeBody,
    InstitutionDetailSchema,
    InstitutionSchema,
    RecusalBody,
    RecusalEndBody,
    RecusalSchema,
    RegistrationBody,
    institution_detail,
    read_change,
    read_recusal,
    read_recusal_end,
    read_registration,
)
from inspection.schemas.queries import InstitutionQuery


@endpoint(
    "GET",
    "/institutions",
    "institution.read",
    query=InstitutionQuery(),
    paged=True,
    returns={200: InstitutionSchema()},
)
def list_institutions(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[InstitutionView]:
    """Institutions in scope, by name; with a day, those of which an inspection stands that lies in the period."""
    return actions.list_institutions(
        ctx,
        actor,
        text=query.get("q"),
        kind=query.get("kind"),
        region=query.get("region"),
        inspected_from=query.get("inspected_from"),
        inspected_to=query.get("inspected_to"),
        after=query["after"],
        limit=query["limit"],
    )


@endpoint(
    "GET",
    "/institutions/<uuid:institution_id>",
    "institution.read",
    returns={200: InstitutionDetailSchema()},
    refuses=("not_found",),
)
def get_institution(ctx: Context, actor: Actor, institution_id: UUID) -> dict[str, Any]:
    """One institution with its profile and what happened to it."""
    return institution_detail(actions.get_institution(ctx, actor, institution_id))


@endpoint(
    "PUT",
    "/institutions/<uuid:institution_id>",
    "institution.register",
    body=RegistrationBody(),
    read=read_registration,
    returns={200: InstitutionDetailSchema(), 201: InstitutionDetailSchema()},
    refuses=("conflict",),
)
def put_institution(
    ctx: Context, actor: Actor, incoming: Incoming[ImportedInstitution], institution_id: UUID
) -> Answer:
    """Register an institution in a region of one's own."""
    stored = register_institution(ctx, actor, institution_id, incoming)
    return Answer(institution_detail(stored.value), 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/institutions/<uuid:institution_id>/changes/<uuid:change_id>",
    "institution.change",
    body=ChangeBody(),
    read=read_change,
    returns={200: InstitutionDetailSchema(), 201: InstitutionDetailSchema()},
    refuses=("conflict", "not_found", "already_decided"),
)
def put_change(
    ctx: Context, actor: Actor, incoming: Incoming[InstitutionChange], institution_id: UUID, change_id: UUID
) -> Answer:
    """Rename, move, merge, close or reopen an institution; open problems follow or end by decision."""
    stored = change_institution(ctx, actor, institution_id, change_id, incoming)
    return Answer(institution_detail(stored.value), 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>",
    "institution.recuse",
    body=RecusalBody(),
    read=read_recusal,
    returns={200: RecusalSchema(), 201: RecusalSchema()},
    refuses=("conflict", "not_found", "not_allowed"),
)
def put_recusal(
    ctx: Context, actor: Actor, incoming: Incoming[Recusal], institution_id: UUID, recusal_id: UUID
) -> Answer:
    """Somebody must not inspect this institution (回避)."""
    stored = recusals.recuse(ctx, actor, institution_id, recusal_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end",
    "institution.recuse",
    body=RecusalEndBody(),
    read=read_recusal_end,
    returns={200: RecusalSchema(), 201: RecusalSchema()},
    refuses=("conflict", "not_found", "not_allowed", "already_decided"),
)
def put_recusal_end(
    ctx: Context, actor: Actor, incoming: Incoming[RecusalEnd], institution_id: UUID, recusal_id: UUID
) -> Answer:
    """The reason for it has gone; he may inspect there again."""
    stored = recusals.end_recusal(ctx, actor, institution_id, recusal_id, incoming)
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "GET",
    "/institutions/<uuid:institution_id>/recusals",
    "institution.recuse",
    listed=True,
    returns={200: RecusalSchema()},
    refuses=("not_found",),
)
def list_recusals(ctx: Context, actor: Actor, institution_id: UUID) -> list[RecusalView]:
    """Who must not inspect this institution, and who no longer has to keep away, the oldest first."""
    return recusals.list_recusals(ctx, actor, institution_id)
