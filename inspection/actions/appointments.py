"""Accounts are made and closed, roles given and ended: by a security administrator, for others, within his regions.

Whoever he decides on is held until the unit ends, himself included: two administrators who disable one another in the
same moment would leave nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from inspection.actions.accounts import account_row, new_activation, role_row
from inspection.actions.acts import done_before, keep, meanwhile, result_of
from inspection.actions.context import Context
from inspection.actions.imports import import_users, is_inside
from inspection.domain.actor import Actor, Grant, incompatible
from inspection.domain.appointments import MOST_NAMED, Appointment, GivenOut, NewAccount
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.imports import USERNAME, Table
from inspection.domain.incoming import Incoming
from inspection.domain.permissions import acting, may
from inspection.storage import accounts, appointments, institutions, sessions
from inspection.storage.accounts import UserRow
from inspection.storage.unit import once_more, unit

PERMISSION: Final = "account.appoint"


@once_more
def open_account(ctx: Context, actor: Actor, account_id: UUID, incoming: Incoming[NewAccount]) -> GivenOut:
    """A new account under an id that the client made, with its first role; it waits for its activation. Raises
    `conflict`, `invalid`, `not_allowed`."""
    with unit(ctx.session):
        if done_before(ctx, actor, account_id, "open_account", account_id, incoming):
            return GivenOut([account_id])
        actor = hold(ctx, actor)
        if accounts.get_user_for_system(ctx.session, account_id) is not None:
            raise Refused("conflict")
        read = incoming.read
        if read.value is None:
            raise Refused("invalid", read.faults)
        given = read.value
        grant, faults = _grant(ctx, actor, given.first)
        faults = [*read.faults, *_username_faults(ctx, given.username), *faults]
        if faults or grant is None:
            raise Refused("invalid", faults)
        user = account_row(ctx, account_id, given.username, given.name, given.organisation, given.sex)
        ctx.session.add(user)
        ctx.session.flush()
        ctx.session.add(role_row(ctx, account_id, grant))
        codes = _codes(ctx, [user])
        about = {"username": given.username, **_about(grant)}
        keep(ctx, actor, account_id, "open_account", account_id, incoming, about=about)
        return GivenOut([account_id], codes)


@once_more
def appoint(ctx: Context, actor: Actor, user_id: UUID, act_id: UUID, incoming: Incoming[Appointment]) -> None:
    """Give a person a role, beside those that he holds. Raises `conflict`, `invalid` (a place that is not the
    administrator's, a role that does not go with the others, one's own account), `not_allowed`, `not_found`."""
    with unit(ctx.session):
        if done_before(ctx, actor, act_id, "appoint", user_id, incoming):
            return
        actor = hold(ctx, actor, user_id)
        person_of(ctx, actor, user_id)
        given = incoming.load()
        grant, faults = _grant(ctx, actor, given)
        held = accounts.roles_of_for_system(ctx.session, user_id)
        if grant in [Grant(role.role, role.region_code, role.institution_id) for role in held]:
            faults.append(Fault("/role", "role_held"))
        if incompatible([*(role.role for role in held), given.role]):
            faults.append(Fault("/role", "incompatible_roles"))
        if faults or grant is None:
            raise Refused("invalid", faults)
        ctx.session.add(role_row(ctx, user_id, grant))
        ctx.session.flush()
        keep(ctx, actor, act_id, "appoint", user_id, incoming, about=_about(grant))


@once_more
def end_role(ctx: Context, actor: Actor, user_id: UUID, role_id: UUID, act_id: UUID, incoming: Incoming[Any]) -> None:
    """The role ends now; what was captured under it may still be handed in for fourteen days. Raises
    `already_decided`, `conflict`, `invalid` (one's own account), `not_allowed`, `not_found`."""
    with unit(ctx.session):
        if done_before(ctx, actor, act_id, "end_role", role_id, incoming):
            return
        actor = hold(ctx, actor, user_id)
        person_of(ctx, actor, user_id)
        incoming.load()
        held = {role.id: role for role in appointments.roles_ever_for_system(ctx.session, user_id)}
        if role_id not in held:
            raise Refused("not_found")
        role = held[role_id]
        if role.ended_at is not None:
            raise Refused("already_decided", extra=meanwhile(ctx, "end_role", role_id))
        role.ended_at = ctx.now()
        ctx.session.flush()
        about = {"owner": str(user_id), **_about(Grant(role.role, role.region_code, role.institution_id))}
        keep(ctx, actor, act_id, "end_role", role_id, incoming, about=about)


def disable(ctx: Context, actor: Actor, user_id: UUID, act_id: UUID, incoming: Incoming[Any]) -> None:
    """Nobody signs in with it any more, and every session of it ends at once; roles and records stay. Raises
    `already_decided`, `conflict`, `invalid` (one's own account), `not_allowed`, `not_found`."""

    def close(user: UserRow) -> bool:
        if user.disabled_at is not None:
            return False
        user.disabled_at = ctx.now()
        ctx.session.flush()
        sessions.revoke_tokens_for_system(ctx.session, user.id, ctx.now())
        return True

    _switch(ctx, actor, user_id, act_id, "disable_account", incoming, close)


def enable(ctx: Context, actor: Actor, user_id: UUID, act_id: UUID, incoming: Incoming[Any]) -> None:
    """It may be signed in with again, under the password it had; raises as `disable` does."""

    def reopen(user: UserRow) -> bool:
        if user.disabled_at is None:
            return False
        user.disabled_at = None
        ctx.session.flush()
        return True

    _switch(ctx, actor, user_id, act_id, "enable_account", incoming, reopen)


@once_more
def _switch(
    ctx: Context,
    actor: Actor,
    user_id: UUID,
    act_id: UUID,
    kind: str,
    incoming: Incoming[Any],
    change: Callable[[UserRow], bool],
) -> None:
    with unit(ctx.session):
        if done_before(ctx, actor, act_id, kind, user_id, incoming):
            return
        actor = hold(ctx, actor, user_id)
        user = person_of(ctx, actor, user_id)
        incoming.load()
        if not change(user):
            raise Refused("already_decided", extra=meanwhile(ctx, kind, user_id))
        keep(ctx, actor, act_id, kind, user_id, incoming)


@once_more
def give_codes(ctx: Context, actor: Actor, act_id: UUID, incoming: Incoming[Sequence[UUID]]) -> GivenOut:
    """New activation codes for those of these people who have not chosen a password yet; the codes of before are worth
    nothing any more. Raises `already_decided` where nobody waits for one, `conflict`, `invalid`, `not_allowed`."""
    with unit(ctx.session):
        given = incoming.load()
        if done_before(ctx, actor, act_id, "renew_activation", act_id, incoming):
            return GivenOut(given)
        actor = hold(ctx, actor, *given)
        people = [person_of(ctx, actor, user_id) for user_id in given]
        waiting = [user for user in people if not user.password_hash and user.disabled_at is None]
        if not waiting:
            raise Refused("already_decided")
        codes = _codes(ctx, waiting)
        about = {"owners": [str(user.id) for user in waiting]}
        keep(ctx, actor, act_id, "renew_activation", act_id, incoming, about=about)
        return GivenOut(given, codes)


def import_people(ctx: Context, actor: Actor, act_id: UUID, incoming: Incoming[Table]) -> GivenOut:
    """New people with their roles, all rows or none. Raises `conflict`, and `invalid` with a fault for each wrong
    cell."""
    kind = "import_people"
    codes: list[tuple[str, str, str]] = []
    made: list[UUID] = []

    def also(people: Sequence[UUID]) -> None:
        made[:] = people
        result = {"people": [str(one) for one in people]}
        keep(ctx, actor, act_id, kind, act_id, incoming, result, about={"new": len(people)})

    def before() -> GivenOut | None:
        if not done_before(ctx, actor, act_id, kind, act_id, incoming):
            return None
        return GivenOut([UUID(one) for one in result_of(ctx, act_id)["people"]])

    known = before()
    if known is not None:
        return known
    try:
        import_users(ctx, actor, incoming.load(), codes.extend, also)
    except Refused:
        ctx.session.rollback()
        known = before()  # its twin was first, and took every name
        if known is None:
            raise
        return known
    return GivenOut(made, codes)


# What the acts are made of


def hold(ctx: Context, actor: Actor, *people: UUID) -> Actor:
    """The administrator as of now, held with those he decides on. Raises `not_allowed` where he is none any more,
    `invalid` where he is one of them."""
    if actor.id in people:
        raise invalid(Fault("/user_id", "own_account"))
    for person in sorted({actor.id, *people}):
        accounts.lock_person_for_system(ctx.session, person)
    now = accounts.actor_for_system(ctx.session, actor.id, recent_since=ctx.now())
    if now is None or not may(now, PERMISSION):
        raise Refused("not_allowed")
    return acting(now, PERMISSION)


def person_of(ctx: Context, actor: Actor, user_id: UUID) -> UserRow:
    """An account that is the administrator's; raises `not_found`."""
    row = accounts.get_user(actor, ctx.session, user_id)
    if row is None:
        raise Refused("not_found")
    return row


def _username_faults(ctx: Context, username: str) -> list[Fault]:
    if not USERNAME.fullmatch(username):
        return [Fault("/username", "username_malformed")]
    if appointments.username_taken_for_system(ctx.session, username):
        return [Fault("/username", "username_in_use")]
    return []


def _grant(ctx: Context, actor: Actor, given: Appointment) -> tuple[Grant | None, list[Fault]]:
    """The role with its place, which lies within the administrator's regions; or what is wrong with it."""
    wanted, beside = ("institution", "region_code") if given.role == "unit" else ("region_code", "institution")
    faults = [Fault(f"/{beside}", "not_expected")] if getattr(given, beside) else []
    if not getattr(given, wanted):
        return None, [*faults, Fault(f"/{wanted}", "required")]
    if given.role == "unit":
        place, wrong = _institution(ctx, actor, given.institution or "")
        return Grant("unit", None, place), [*faults, *wrong]
    region = given.region_code or ""
    if not (is_inside(actor, region) and institutions.region_exists_for_system(ctx.session, region)):
        faults.append(Fault("/region_code", "region_not_own"))
    return Grant(given.role, region), faults


def _institution(ctx: Context, actor: Actor, text: str) -> tuple[UUID | None, list[Fault]]:
    """The one that is meant by its credit code or its name, or else by a part of its name."""
    found = appointments.institutions_named(actor, ctx.session, text, MOST_NAMED + 1)
    whole = [one for one in found if one.name == text or one.credit_code == text.upper()]
    fit = whole or found
    if not fit:
        return None, [Fault("/institution", "unknown_institution")]
    if len(fit) > 1:
        names = [f"{one.name} {one.credit_code or ''}".strip() for one in fit[:MOST_NAMED]]
        names += ["…"] * (len(fit) > MOST_NAMED)
        return None, [Fault("/institution", "several_institutions", {"names": names})]
    return fit[0].id, []


def _codes(ctx: Context, people: Sequence[UserRow]) -> list[tuple[str, str, str]]:
    """A new code for each: (user name, name, code)."""
    given = []
    for user in people:
        code, row = new_activation(ctx, user)
        ctx.session.merge(row)
        given.append((user.username, user.name, code))
    ctx.session.flush()
    return given


def _about(grant: Grant) -> dict[str, Any]:
    place = {"region": grant.region_code} if grant.region_code else {"institution": str(grant.institution_id)}
    return {"role": grant.role, **place}
