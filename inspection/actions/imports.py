"""Institutions and people taken over from tables: all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inspection.actions.accounts import account_row, new_activation, role_row
from inspection.actions.context import Context, new_id
from inspection.actions.institution_changes import note_change, snapshot
from inspection.domain.actor import Actor, Grant
from inspection.domain.errors import Fault, Refused
from inspection.domain.imports import (
    ImportedInstitution,
    ImportedLine,
    ImportedUser,
    KnownInstitution,
    Place,
    Table,
    institutions_of,
    users_of,
)
from inspection.storage import accounts, institutions
from inspection.storage.accounts import ActivationRow, UserRow
from inspection.storage.db import insert_rows
from inspection.storage.institutions import InstitutionRow
from inspection.storage.unit import once_more, unit

Codes = Sequence[tuple[str, str, str]]
"""User name, name and activation code of each new person."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were new, changed what was known, or said nothing new."""

    new: int
    changed: int
    unchanged: int


@once_more
def import_institutions(ctx: Context, actor: Actor | None, table: Table) -> Imported:
    """A known credit code updates name, department and what the table says of the profile; a region is only changed by
    a decision of its own. Whoever imports does so within his own regions (`actor` None: the system, everywhere). Raises
    `invalid` with a fault for each wrong cell; nothing is written then."""
    with unit(ctx.session):
        given, known = _places(ctx, actor, table)
        fresh = [one for one in given if one.credit_code not in known]
        insert_rows(ctx.session, InstitutionRow, [values_of(ctx, one) for one in fresh])
        changed = sum(_update(ctx, actor, known[one.credit_code], one) for one in given if one.credit_code in known)
        if fresh or changed:
            ctx.record(actor, "import_institutions", "installation", "1", new=len(fresh), changed=changed)
    return Imported(len(fresh), changed, len(given) - len(fresh) - changed)


def preview_institutions(ctx: Context, actor: Actor, table: Table) -> list[ImportedLine]:
    """What `import_institutions` would do with each row; nothing is written. Raises `invalid` as it does."""
    given, known = _places(ctx, actor, table)
    lines = []
    for one in given:
        changes = _changes(known[one.credit_code], one) if one.credit_code in known else {}
        state = "new" if one.credit_code not in known else "changed" if changes else "unchanged"
        lines.append(ImportedLine(one.row, one.name, one.credit_code, state, changes))
    return lines


def _places(
    ctx: Context, actor: Actor | None, table: Table
) -> tuple[list[ImportedInstitution], dict[str, InstitutionRow]]:
    """The institutions of a table, and those that are known, by credit code."""
    known = institutions.by_credit_code_for_system(ctx.session)
    regions = institutions.region_names_for_system(ctx.session)
    own = [code for code in regions if is_inside(actor, code)] if actor is not None else None
    seen = institutions.credit_codes(actor, ctx.session) if actor is not None else known.keys()
    registered = {code: _registered(row, hidden=code not in seen) for code, row in known.items()}
    given, faults = institutions_of(table, regions, registered, own)
    _refuse(faults)
    return given, known


def is_inside(actor: Actor, region_code: str) -> bool:
    """Whether a region is one of those in which the actor holds a role, or lies inside one."""
    return any(region_code.startswith(grant.region_prefix) for grant in actor.grants if grant.region_code)


def _registered(row: InstitutionRow, *, hidden: bool = False) -> KnownInstitution:
    return KnownInstitution(row.kind, row.region_code, row.closed_on is not None, hidden)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Refused("invalid", sorted(faults, key=_position))


def _position(fault: Fault) -> tuple[int, str]:
    row, _, column = fault.pointer.removeprefix("/").partition("/")
    return int(row), column


def values_of(ctx: Context, one: ImportedInstitution, institution_id: UUID | None = None) -> dict[str, Any]:
    """The row of a new institution."""
    return {
        "id": institution_id or new_id(),
        "name": one.name,
        "kind": one.kind,
        "region_code": one.region_code,
        "credit_code": one.credit_code,
        "competent_department": one.competent_department,
        "address": one.address,
        "telephone": one.telephone,
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
    changes = _changes(row, one)
    for name, (_, after) in changes.items():
        setattr(row, name, after)
    if changes:
        note_change(ctx, actor, row, "import", before, "import", ctx.today())
    return bool(changes)


def _changes(row: InstitutionRow, one: ImportedInstitution) -> dict[str, tuple[Any, Any]]:
    """What a row of the table says otherwise than what is known: (before, after) by name."""
    said = {
        "name": one.name,
        "competent_department": one.competent_department,
        "address": one.address or row.address,
        "telephone": one.telephone or row.telephone,
        "profile": _standing({**row.profile, **one.profile}),
    }
    known = {name: getattr(row, name) for name in said}
    return {name: (known[name], value) for name, value in said.items() if known[name] != value}


def import_users(
    ctx: Context,
    actor: Actor | None,
    table: Table,
    keep: Callable[[Codes], None],
    also: Callable[[Sequence[UUID]], None] = lambda _: None,
) -> Imported:
    """New people with their roles, each with a one-time code to choose a password by; within the importer's own regions
    (`actor` None: the system, everywhere). `keep` gets the codes before the accounts are made: where it raises, no
    account is. `also` gets their ids inside the unit that makes them. Raises `invalid` with a fault for each wrong
    cell; nothing is written then."""
    given, _ = _people(ctx, actor, table)
    made = [(account_row(ctx, new_id(), one.username, one.name, one.organisation, one.sex), one) for one in given]
    activations = [new_activation(ctx, user) for user, _ in made]
    keep([(one.username, one.name, code) for one, (code, _) in zip(given, activations, strict=True)])
    _add(ctx, actor, table, made, [row for _, row in activations], also)
    return Imported(len(given), 0, 0)


def preview_users(ctx: Context, actor: Actor, table: Table) -> list[ImportedUser]:
    """Whom `import_users` would make an account for; nothing is written. Raises `invalid` as it does."""
    return _people(ctx, actor, table)[0]


def _people(ctx: Context, actor: Actor | None, table: Table) -> tuple[list[ImportedUser], dict[str, UUID]]:
    """The people of a table, and the institutions that a role can be held for."""
    regions = institutions.region_names_for_system(ctx.session)
    own = [code for code in regions if is_inside(actor, code)] if actor is not None else None
    known = institutions.by_credit_code_for_system(ctx.session)
    usable = {code: row for code, row in known.items() if not _registered(row).closed}
    places = {code: row.id for code, row in usable.items() if own is None or row.region_code in own}
    given, faults = users_of(table, regions, places, accounts.usernames_for_system(ctx.session), own)
    _refuse(faults)
    return given, places


@once_more
def _add(
    ctx: Context,
    actor: Actor | None,
    table: Table,
    people: Sequence[tuple[UserRow, ImportedUser]],
    activations: Sequence[ActivationRow],
    also: Callable[[Sequence[UUID]], None],
) -> None:
    """Looks at the table again: a name may have been taken since, or an institution closed."""
    with unit(ctx.session):
        _, places = _people(ctx, actor, table)
        ctx.session.add_all(user for user, _ in people)
        ctx.session.flush()
        ctx.session.add_all(activations)
        for user, one in people:
            ctx.session.add_all(role_row(ctx, user.id, _grant(place, places)) for place in one.roles)
        if people:
            ctx.record(actor, "import_users", "installation", "1", new=len(people))
        also([user.id for user, _ in people])


def _grant(place: Place, places: Mapping[str, UUID]) -> Grant:
    role, region, institution = place
    return Grant(role, region, places[institution] if institution else None)
