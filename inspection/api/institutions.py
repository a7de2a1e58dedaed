"""Finding institutions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions import institutions as actions
from inspection.actions.context import Context
from inspection.api.endpoint import endpoint
from inspection.domain.actor import Actor
from inspection.domain.views import InstitutionView, Page
from inspection.schemas.accounts import InstitutionSchema
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
    """Institutions in scope, by name."""
    return actions.list_institutions(
        ctx,
        actor,
        text=query.get("q"),
        kind=query.get("kind"),
        region=query.get("region"),
        after=query["after"],
        limit=query["limit"],
    )


@endpoint(
    "GET",
    "/institutions/<uuid:institution_id>",
    "institution.read",
    returns={200: InstitutionSchema()},
    refuses=("not_found",),
)
def get_institution(ctx: Context, actor: Actor, institution_id: UUID) -> InstitutionView:
    """One institution with its profile."""
    return actions.get_institution(ctx, actor, institution_id)
