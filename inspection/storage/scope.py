"""What an actor may see: one SQL predicate per table, used by fetch, list, count, export, photo and recipients alike.

Scope follows today's region of the institution. There is no Python twin of this rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from inspection.domain.actor import Actor, Grant, region_prefix
from inspection.domain.figures import CONGRESS, counting
from inspection.domain.permissions import IN_SCOPE


def visible_institutions(actor: Actor, institution: Any) -> ColumnElement[bool]:
    """`institution` is the institutions' table or an alias of it. A unit sees its own, and those merged into it; for
    these no other role of its people counts."""
    return _held(actor.grants, institution)


def _held(grants: tuple[Grant, ...], institution: Any) -> ColumnElement[bool]:
    branches = [_branch(grant, institution) for grant in grants if grant.role in IN_SCOPE]
    return or_(*branches) if branches else false()


def _branch(grant: Grant, institution: Any) -> ColumnElement[bool]:
    if grant.role == "unit":
        return or_(institution.id == grant.institution_id, institution.successor_id == grant.institution_id)
    if not grant.region_code:
        return false()
    inside: ColumnElement[bool] = institution.region_code.startswith(grant.region_prefix, autoescape=True)
    if not grant.but:
        return inside
    merged = or_(institution.successor_id.is_(None), institution.successor_id.not_in(grant.but))
    return and_(inside, institution.id.not_in(grant.but), merged)


def visible_lately(actor: Actor, institution: Any, since: datetime) -> ColumnElement[bool]:
    """Those that he sees, and those that he saw before a change of theirs after a moment: what was captured there may
    still be handed in. Also what was captured at his own: it is flagged, never refused."""
    from inspection.storage.institutions import InstitutionChangeRow

    branches = [_branch_before(grant, InstitutionChangeRow) for grant in actor.grants if grant.role in IN_SCOPE]
    if not branches:
        return false()
    anywhere = replace(actor, grants=tuple(replace(grant, but=frozenset()) for grant in actor.grants))
    changed = select(InstitutionChangeRow.institution_id).where(InstitutionChangeRow.at > since, or_(*branches))
    return or_(visible_institutions(anywhere, institution), institution.id.in_(changed))


def _branch_before(grant: Grant, change: Any) -> ColumnElement[bool]:
    """`_branch` of what a change tells of before it. A unit's own institution never leaves its sight."""
    if grant.role == "unit":
        taken_over: ColumnElement[bool] = change.before_successor_id == grant.institution_id
        return taken_over
    inside: ColumnElement[bool] = change.before_region_code.startswith(grant.region_prefix, autoescape=True)
    return inside if grant.region_code else false()


def countable_institutions(actor: Actor, institution: Any) -> ColumnElement[bool]:
    """Those that count in an actor's figures: what he sees; for who has nothing but a seat in the people's congress,
    the whole of its region."""
    actor = counting(actor)
    regions = [grant for grant in actor.grants if grant.role in CONGRESS and grant.region_code]
    branches = [institution.region_code.startswith(grant.region_prefix, autoescape=True) for grant in regions]
    return or_(visible_institutions(actor, institution), *branches)


def is_regional(grants: tuple[Grant, ...]) -> bool:
    """Whether all that counts for whoever holds these lies in regions, and nothing in single institutions."""
    return all(grant.region_code and not grant.but for grant in grants if grant.role in IN_SCOPE)


def visible(actor: Actor, table: Any) -> ColumnElement[bool]:
    """For every table with an `institution_id`: the rows of institutions in scope."""
    return visible_by(actor.grants, table)


def visible_by(grants: tuple[Grant, ...], table: Any) -> ColumnElement[bool]:
    """The same for whoever holds these."""
    return of_institutions(table, partial(_held, grants), wide=widely(grants))


def sees_widely(actor: Actor) -> bool:
    """Whether an actor's institutions are those of more than a single district."""
    return widely(actor.grants)


def widely(grants: tuple[Grant, ...]) -> bool:
    """The same of whoever holds these."""
    return any(grant.region_code is not None and is_wide(grant.region_code) for grant in grants)


def of_institutions(table: Any, condition: Callable[[Any], ColumnElement[bool]], *, wide: bool) -> ColumnElement[bool]:
    """The rows of institutions for which a condition holds. Asked of each row where these are a `wide` part of all, and
    as a list of few institutions where they are not: a planner that took a list of thousands would sort a million rows
    to show fifty."""
    place = _place()
    inside = select(place.id).where(condition(place))
    if wide:
        return inside.where(place.id == table.institution_id).exists()
    few: ColumnElement[bool] = table.institution_id.in_(inside)
    return few


@cache
def _place() -> Any:
    """The institutions' table under a name of its own, for a question inside one that may join it."""
    from inspection.storage.institutions import InstitutionRow

    return InstitutionRow.__table__.alias().c


def in_region(code: str, institution: Any) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = institution.region_code.startswith(region_prefix(code), autoescape=True)
    return inside


def is_wide(region_code: str) -> bool:
    """Whether a region is more than a single district."""
    return region_code.endswith("00")


def regions_over(code: str) -> list[str]:
    """The codes of all regions that contain this one, itself included: 150102 -> 150102, 150100, 150000."""
    return [code, code[:4] + "00", code[:2] + "0000"]


def handled_leads(actor: Actor, lead: Any) -> ColumnElement[bool]:
    """Leads of the regions for which he handles them. `lead` is their table."""
    regions = [grant for grant in actor.grants if grant.role == "lead_handler" and grant.region_code]
    inside = [lead.region_code.startswith(grant.region_prefix, autoescape=True) for grant in regions]
    return or_(*inside) if inside else false()


def visible_leads(actor: Actor, lead: Any) -> ColumnElement[bool]:
    """Those that he handles, and those that he has reported."""
    reported: ColumnElement[bool] = lead.creator_id == actor.id
    return or_(handled_leads(actor, lead), reported)
