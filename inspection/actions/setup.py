"""What every installation holds before anybody works with it: identity, regions, calendar, checklists."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from checklists.loader import published
from inspection.actions import checklists
from inspection.actions.accounts import create_account, renew_activation
from inspection.actions.context import Context, new_id
from inspection.domain.actor import Grant
from inspection.domain.regions import REGIONS
from inspection.storage import calendar, calendar_seed, installation
from inspection.storage.db import insert_or_ignore
from inspection.storage.installation import InstallationRow
from inspection.storage.institutions import InstitutionRow, RegionRow
from inspection.storage.unit import unit

YEARS_BACK, YEARS_AHEAD = 2, 3
TERMS: Final = (((2, 24), (7, 10)), ((9, 1), (1, 15)))
"""First and last days of a school year's two terms as a beginning; each league enters its own."""


def prepare(ctx: Context) -> list[str]:
    """Add what is missing, change nothing that is there; what was added, in words."""
    added = []
    with unit(ctx.session):
        row = {
            "id": 1,
            "installation_id": new_id(),
            "demo": False,
            "calendar_revision": 1,
            "recomputed_revision": 1,
            "created_at": ctx.now(),
        }
        new = insert_or_ignore(ctx.session, InstallationRow, [row])
        regions = insert_or_ignore(
            ctx.session, RegionRow, [{"code": code, "name": name, "name_en": en} for code, name, en in REGIONS]
        )
        this_year = ctx.today().year
        years = range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1)
        rest, work = calendar_seed.statutory_days(years)
        days = calendar.add_days_for_system(
            ctx.session, rest=rest, work=work, years=[(year, calendar_seed.announced(year)) for year in years]
        )
        calendar.add_terms_for_system(
            ctx.session,
            [
                (date(year, *first), date(year + 1 if last < first else year, *last))
                for year in years
                for first, last in TERMS
            ],
        )
        if new:  # nothing was computed by an older calendar yet
            revision = installation.calendar_revision_for_system(ctx.session)
            installation.recomputed_for_system(ctx.session, revision)
        if regions or days:
            ctx.record(None, "prepare", "installation", "1", regions=regions, days=days)
    if regions:
        added.append(f"{regions} regions")
    if days:
        added.append(f"{days} days of the calendar")
    for checklist in published().values():
        if checklists.publish(ctx, checklist):
            added.append(f"checklist {checklist.code} version {checklist.version}")
    return added


def add_institution(
    ctx: Context,
    name: str,
    kind: str,
    region_code: str,
    competent_department: str,
    profile: dict[str, object],
    address: str | None = None,
    telephone: str | None = None,
) -> UUID:
    """A new institution."""
    institution_id = new_id()
    with unit(ctx.session):
        ctx.session.add(
            InstitutionRow(
                id=institution_id,
                name=name,
                kind=kind,
                region_code=region_code,
                credit_code=None,
                competent_department=competent_department,
                address=address,
                telephone=telephone,
                profile=profile,
                created_at=ctx.now(),
                changed_at=ctx.now(),
                closed_on=None,
                successor_id=None,
            )
        )
        ctx.record(None, "add_institution", "institution", institution_id)
    return institution_id


def create_first_administrator(ctx: Context, username: str) -> str:
    """The first security administrator; the one-time code by which he chooses his password.
    Raises `conflict` where the name is taken."""
    create_account(ctx, username, username, "", None, (Grant("secadmin", "150000"),))
    return renew_activation(ctx, username)


def mark_demo(ctx: Context) -> None:
    with unit(ctx.session):
        row = installation.get_for_system(ctx.session)
        assert row is not None
        row.demo = True
        ctx.record(None, "mark_demo", "installation", "1")


def is_demo(ctx: Context) -> bool:
    row = installation.get_for_system(ctx.session)
    return row is not None and row.demo
