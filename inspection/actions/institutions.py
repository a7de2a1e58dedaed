"""Finding institutions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.domain.actor import Actor, region_prefix
from inspection.domain.errors import Refused
from inspection.domain.views import InstitutionChangeView, InstitutionDetail, InstitutionView, Page
from inspection.storage import accounts, institutions
from inspection.storage.institutions import InstitutionRow


def list_institutions(
    ctx: Context,
    actor: Actor,
    *,
    text: str | None,
    kind: str | None,
    region: str | None,
    inspected_from: date | None = None,
    inspected_to: date | None = None,
    after: tuple[str, ...] | None,
    limit: int,
) -> Page[InstitutionView]:
    """Institutions in scope, by name. With a day, those alone of which an inspection stands that lies in the period."""
    rows = institutions.list_visible(
        actor,
        ctx.session,
        text=text,
        kind=kind,
        region_prefix=region_prefix(region) if region else None,
        inspected=(inspected_from, inspected_to),
        after=position(after, str, UUID),
        limit=limit + 1,
    )
    names = institutions.region_names_for_system(ctx.session)
    return cut(rows, limit, lambda row: (row.name, str(row.id)), lambda row: view(row, names))


def regions_of(ctx: Context, actor: Actor) -> list[tuple[str, str]]:
    """The regions in which the actor holds a role, and those inside them: (code, name), by code."""
    prefixes = [grant.region_prefix for grant in actor.grants if grant.region_code]
    names = institutions.region_names_for_system(ctx.session)
    return [(code, name) for code, name in sorted(names.items()) if any(code.startswith(one) for one in prefixes)]


def name_of(ctx: Context, actor: Actor, institution_id: UUID | None) -> str | None:
    """None where none is asked for, or one that the actor does not see."""
    row = institutions.get(actor, ctx.session, institution_id) if institution_id is not None else None
    return row.name if row is not None else None


def get_institution(ctx: Context, actor: Actor, institution_id: UUID) -> InstitutionDetail:
    """With what happened to it; raises `not_found`."""
    row = institutions.get(actor, ctx.session, institution_id)
    if row is None:
        raise Refused("not_found")
    changes = institutions.changes_for_system(ctx.session, row.id)
    names = accounts.names_for_system(ctx.session, {change.actor_id for change in changes if change.actor_id})
    return InstitutionDetail(
        summary=view(row, institutions.region_names_for_system(ctx.session)),
        changes=[
            InstitutionChangeView(
                kind=change.kind,
                effective_on=change.effective_on,
                before=change.before,
                after=change.after,
                reason=change.reason,
                by=names[change.actor_id] if change.actor_id else None,
                at=change.at,
            )
            for change in changes
        ],
        predecessors=[earlier.id for earlier in institutions.predecessors_for_system(ctx.session, row.id)],
    )


def view(row: InstitutionRow, region_names: Mapping[str, str]) -> InstitutionView:
    return InstitutionView(
        id=row.id,
        name=row.name,
        kind=row.kind,
        region_code=row.region_code,
        region_name=region_names[row.region_code],
        competent_department=row.competent_department,
        address=row.address,
        telephone=row.telephone,
        credit_code=row.credit_code,
        profile=row.profile,
        closed_on=row.closed_on,
        successor_id=row.successor_id,
    )
