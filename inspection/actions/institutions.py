"""Finding institutions."""

from __future__ import annotations

from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.errors import Refused
from inspection.domain.views import InstitutionView, Page
from inspection.storage import institutions
from inspection.storage.institutions import InstitutionRow


def list_institutions(
    ctx: Context,
    actor: Actor,
    *,
    text: str | None,
    kind: str | None,
    region: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> Page[InstitutionView]:
    """Institutions in scope, by name."""
    rows = institutions.list_visible(
        actor,
        ctx.session,
        text=text,
        kind=kind,
        region_prefix=region_prefix(region) if region else None,
        after=position(after, str, UUID),
        limit=limit + 1,
    )
    names = institutions.region_names_for_system(ctx.session)
    return cut(rows, limit, lambda row: (row.name, str(row.id)), lambda row: _view(row, names))


def get_institution(ctx: Context, actor: Actor, institution_id: UUID) -> InstitutionView:
    row = institutions.get(actor, ctx.session, institution_id)
    if row is None:
        raise Refused("not_found")
    return _view(row, institutions.region_names_for_system(ctx.session))


def _view(row: InstitutionRow, region_names: dict[str, str]) -> InstitutionView:
    return InstitutionView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        region_code=row.region_code,
        region_name=region_names[row.region_code],
        competent_department=row.competent_department,
        profile=row.profile,
    )
