"""A new institution is registered by hand, within one's own regions."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from inspection.actions.acts import done_before, keep
from inspection.actions.context import Context
from inspection.actions.imports import is_inside, values_of
from inspection.actions.institutions import get_institution
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.imports import ImportedInstitution, credit_code_of
from inspection.domain.incoming import Incoming
from inspection.domain.views import InstitutionDetail, Stored
from inspection.storage import institutions
from inspection.storage.db import insert_rows
from inspection.storage.institutions import InstitutionRow
from inspection.storage.unit import once_more, unit


@once_more
def register_institution(
    ctx: Context, actor: Actor, institution_id: UUID, incoming: Incoming[ImportedInstitution]
) -> Stored[InstitutionDetail]:
    """Under an id that the client made. Raises `conflict`, `invalid` (a region that is not the actor's own; a credit
    code that is wrong or taken)."""
    with unit(ctx.session):
        if done_before(ctx, actor, institution_id, "register_institution", institution_id, incoming):
            return Stored(get_institution(ctx, actor, institution_id), created=False)
        if institutions.exists_for_system(ctx.session, institution_id):
            raise Refused("conflict")
        read = incoming.read
        given = read.value
        if given is None:
            raise Refused("invalid", read.faults)
        faults = [*read.faults, *_faults(ctx, actor, given)]
        if faults:
            raise Refused("invalid", faults)
        one = replace(given, credit_code=credit_code_of(given.credit_code) or "")
        insert_rows(ctx.session, InstitutionRow, [values_of(ctx, one, institution_id)])
        keep(ctx, actor, institution_id, "register_institution", institution_id, incoming)
        return Stored(get_institution(ctx, actor, institution_id), created=True)


def _faults(ctx: Context, actor: Actor, given: ImportedInstitution) -> list[Fault]:
    """Of one whose code is taken where the actor does not see it, no more is told than that it cannot be used."""
    faults = []
    if given.region_code and not (
        is_inside(actor, given.region_code) and institutions.region_exists_for_system(ctx.session, given.region_code)
    ):
        faults.append(Fault("/region_code", "unknown_region"))
    code = credit_code_of(given.credit_code) if given.credit_code else None
    if given.credit_code and code is None:
        faults.append(Fault("/credit_code", "credit_code_wrong"))
    if code is not None and institutions.credit_code_taken_for_system(ctx.session, code):
        seen = code in institutions.credit_codes(actor, ctx.session)
        faults.append(Fault("/credit_code", "credit_code_known" if seen else "credit_code_not_here"))
    return faults
