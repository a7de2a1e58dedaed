"""What an actor may see: one SQL predicate per table, used by fetch, list, count, export, photo and recipients alike.

Scope follows today's region of the institution. There is no Python twin of this rule.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from inspection.domain.actor import Actor, Grant
from inspection.domain.permissions import IN_SCOPE


def visible_institutions(actor: Actor, institution: Any) -> ColumnElement[bool]:
    """`institution` is the institutions' table or an alias of it. A unit sees its own, and those merged into it."""
    branches = [_branch(grant, institution) for grant in actor.grants if grant.role in IN_SCOPE]
    return or_(*branches) if branches else false()


def _branch(grant: Grant, institution: Any) -> ColumnElement[bool]:
    if grant.role == "unit":
        return or_(institution.id == grant.institution_id, institution.successor_id == grant.institution_id)
    inside: ColumnElement[bool] = institution.region_code.startswith(grant.region_prefix, autoescape=True)
    return inside if grant.region_code else false()


def countable_institutions(actor: Actor, institution: Any) -> ColumnElement[bool]:
    """Those that count in an actor's figures: what he sees, and for the people's congress the whole of its region."""
    regions = [grant for grant in actor.grants if grant.role == "npc_viewer" and grant.region_code]
    branches = [institution.region_code.startswith(grant.region_prefix, autoescape=True) for grant in regions]
    return or_(visible_institutions(actor, institution), *branches)


def visible(actor: Actor, table: Any) -> ColumnElement[bool]:
    """For every table with an `institution_id`: the rows of institutions in scope."""
    from inspection.storage.institutions import InstitutionRow

    inside: ColumnElement[bool] = table.institution_id.in_(
        select(InstitutionRow.id).where(visible_institutions(actor, InstitutionRow))
    )
    return inside


def regions_over(code: str) -> list[str]:
    """The codes of all regions that contain this one, itself included: 150102 -> 150102, 150100, 150000."""
    return [code, code[:4] + "00", code[:2] + "0000"]
