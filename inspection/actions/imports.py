"""Institutions and people taken over from tables: all rows or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from inspection.actions.accounts import new_activation
from inspection.actions.context import Context, new_id
from inspection.actions.institution_changes import note_change, snapshot
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, pointer
from inspection.domain.imports import ImportedInstitution, ImportedUser, Table, institutions_of, users_of
from inspection.storage import accounts, institutions
from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.unit import unit


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were new, changed what was known, or said nothing new. `codes`: user name and name of each new
    person with his activation code, shown this once."""

    new: int
    changed: int
    unchanged: int
    codes: tuple[tuple[str, str, str], ...] = ()


def import_institutions(ctx: Context, actor: Actor | None, table: Table) -> Imported:
    """A known credit code updates name, department and profile; a region is only changed by a decision of its own.
    Raises `invalid` with a fault for each wrong cell; nothing is written then."""
    regions = institutions.region_names_for_system(ctx.session)
    given, faults = institutions_of(table, regions)
    with unit(ctx.session):
        known = institutions.by_credit_code_for_system(ctx.session)
        for one in given:
            row = known.get(one.credit_code)
            if row is not None and (row.region_code, row.kind) != (one.region_code, one.kind):
                column = "区划代码" if row.region_code != one.region_code else "类别"
                faults.append(Fault(pointer(one.row, column), "changed_by_decision"))
        if faults:
            raise Refused("invalid", sorted(faults, key=_row))
        fresh = [one for one in given if one.credit_code not in known]
        if fresh:
            ctx.session.execute(insert(InstitutionRow.__table__), [_values(ctx, one) for one in fresh])  # type: ignore[arg-type]
        changed = sum(_update(ctx, actor, known[one.credit_code], one) for one in given if one.credit_code in known)
        if fresh or changed:
            ctx.record(actor, "import_institutions", "installation", "1", new=len(fresh), changed=changed)
    return Imported(len(fresh), changed, len(given) - len(fresh) - changed)


def _row(fault: Fault) -> tuple[int, str]:
    row, _, column = fault.pointer.removeprefix("/").partition("/")
    return int(row), column


def _values(ctx: Context, one: ImportedInstitution) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": one.name,
        "kind": one.kind,
        "region_code": one.region_code,
        "credit_code": one.credit_code,
        "competent_department": one.competent_department,
        "profile": _standing(one.profile),
        "created_at": ctx.now(),
        "changed_at": ctx.now(),
        "closed_on": None,
        "successor_id": None,
    }


def _standing(profile: dict[str, Any]) -> dict[str, Any]:
    """A flag that is false is not kept."""
    return {name: value for name, value in profile.items() if value is not False}


def _update(ctx: Context, actor: Actor | None, row: InstitutionRow, one: ImportedInstitution) -> bool:
    before = snapshot(row)
    row.name, row.competent_department = one.name, one.competent_department
    row.profile = _standing({**row.profile, **one.profile})
    if snapshot(row) == before:
        return False
    note_change(ctx, actor, row, "import", before, "import", ctx.today())
    return True


def import_users(ctx: Context, actor: Actor | None, table: Table) -> Imported:
    """New people with their roles, each with a one-time code to choose a password by. Raises `invalid` with a fault
    for each wrong cell; nothing is written then."""
    with unit(ctx.session):
        regions = institutions.region_names_for_system(ctx.session)
        places = institutions.ids_by_credit_code_for_system(ctx.session)
        given, faults = users_of(table, regions, places, accounts.usernames_for_system(ctx.session))
        if faults:
            raise Refused("invalid", sorted(faults, key=_row))
        codes = []
        for one in given:
            code, activation = new_activation(ctx, _add(ctx, one, places))
            ctx.session.add(activation)
            codes.append((one.username, one.name, code))
        if given:
            ctx.record(actor, "import_users", "installation", "1", new=len(given))
    return Imported(len(given), 0, 0, tuple(codes))


def _add(ctx: Context, one: ImportedUser, places: dict[str, Any]) -> UserRow:
    user = UserRow(
        id=new_id(),
        username=one.username,
        name=one.name,
        organisation=one.organisation,
        password_hash="",
        sex=one.sex,
        created_at=ctx.now(),
        disabled_at=None,
    )
    ctx.session.add(user)
    ctx.session.flush()
    for role, region, institution in one.roles:
        ctx.session.add(
            RoleRow(
                id=new_id(),
                user_id=user.id,
                role=role,
                region_code=region,
                institution_id=places[institution] if institution else None,
                since_at=ctx.now(),
                ended_at=None,
            )
        )
    return user
