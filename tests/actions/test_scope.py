"""What roles see: asked of the predicates themselves, in a world whose institutions lie in a district, in its league
and in another, of which one was merged into another and two have changed lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, select

from inspection.domain.actor import Actor, Grant, kept_apart
from inspection.storage import scope
from inspection.storage.institutions import InstitutionChangeRow, InstitutionRow
from tests.support.world import World, new_id

DISTRICT: Final = {0, 1, 2, 3, 4, 5}
LEAGUE: Final = DISTRICT | {6, 7, 8, 9, 11}
ALL: Final = LEAGUE | {10}
MERGED, MOVED, PARTED, BEYOND, ABOVE = 5, 7, 8, 10, 11
Roles = Sequence[tuple[str, str | int | None]]
"""Each for a region, or for the institution with this number."""


@pytest.fixture
def since(world: World) -> datetime:
    """When one institution left the district, and another the one that it was merged into."""
    at = world.clock.now() - timedelta(days=3)
    with world.context() as ctx:
        rows = [ctx.session.get_one(InstitutionRow, UUID(place)) for place in world.places]
        rows[MERGED].successor_id = rows[0].id
        rows[BEYOND].region_code, rows[ABOVE].region_code = "150200", "150100"
        about = {"kind": "correct", "effective_on": world.today, "after": {}, "reason": "x", "actor_id": None, "at": at}
        for changed, before in ((MOVED, {"region_code": "150102"}), (PARTED, {"successor_id": str(rows[0].id)})):
            before = {"region_code": None, "successor_id": None, **before}
            identity = {"id": UUID(new_id()), "institution_id": rows[changed].id}
            ctx.session.add(InstitutionChangeRow(before=before, **identity, **about))
        ctx.session.commit()
    return at


def holding(world: World, roles: Roles) -> Actor:
    grants = [
        Grant(role, None, UUID(world.places[of])) if isinstance(of, int) else Grant(role, of) for role, of in roles
    ]
    return Actor(UUID(new_id()), "somebody", "somebody", "somewhere", tuple(kept_apart(grants)))


def numbers(world: World, condition: ColumnElement[bool], row: Any = InstitutionRow.id) -> set[int]:
    with world.context() as ctx:
        return {world.places.index(str(found)) for found in ctx.session.scalars(select(row).where(condition))}


SEES: Final[tuple[tuple[Roles, set[int]], ...]] = (
    ([("reviewer", "150102")], DISTRICT),
    ([("supervisor", "150100")], LEAGUE),
    ([("reviewer", "150000")], ALL),
    ([("edu_inspector", "150103")], {6, 7, 8}),
    ([("unit", 0)], {0, MERGED}),
    ([("unit", MERGED)], {MERGED}),
    ([("unit", 6), ("edu_inspector", "150104")], {6, 9}),
    ([("reviewer", None)], set()),
    ([("npc_viewer", "150000")], set()),
    ([("sysadmin", "150000"), ("lead_handler", "150102")], set()),
    ([], set()),
)


def test_what_a_role_sees(world: World, since: datetime) -> None:
    for roles, seen in SEES:
        actor = holding(world, roles)
        assert numbers(world, scope.visible_institutions(actor, InstitutionRow)) == seen, roles
        changes = InstitutionChangeRow
        assert numbers(world, scope.visible(actor, changes), changes.institution_id) == seen & {MOVED, PARTED}, roles


def test_for_ones_own_no_other_role_counts(world: World, since: datetime) -> None:
    """Nor for those merged into it; but that it was captured there before is taken in."""
    both = holding(world, [("unit", 0), ("edu_inspector", "150102"), ("supervisor", "150100")])
    assert both.own == {UUID(world.places[0])}
    for roles, seen in (
        ({"unit"}, {0, MERGED}),
        ({"edu_inspector"}, DISTRICT - {0, MERGED}),
        ({"supervisor"}, LEAGUE - {0, MERGED}),
        ({"unit", "edu_inspector"}, DISTRICT),
    ):
        acting = both.holding(frozenset(roles))
        assert acting.own == both.own
        assert numbers(world, scope.visible_institutions(acting, InstitutionRow)) == seen, roles
        assert numbers(world, scope.visible(acting, InstitutionChangeRow), InstitutionChangeRow.institution_id) == (
            seen & {MOVED, PARTED}
        )
        assert not scope.is_regional(acting.grants)
    inspects = both.holding(frozenset({"edu_inspector"}))
    assert numbers(world, scope.visible_lately(inspects, InstitutionRow, since)) == DISTRICT
    left = kept_apart([Grant("unit", None, UUID(world.places[0]), world.clock.now()), Grant("reviewer", "150102")])
    assert not left[1].but


def test_what_a_role_saw_lately(world: World, since: datetime) -> None:
    for roles, seen in SEES:
        before = {MOVED} if roles == [("reviewer", "150102")] else {PARTED} if roles == [("unit", 0)] else set()
        actor = holding(world, roles)
        lately = scope.visible_lately(actor, InstitutionRow, since - timedelta(seconds=1))
        assert numbers(world, lately) == seen | before, roles
        assert numbers(world, scope.visible_lately(actor, InstitutionRow, since)) == seen, roles


def test_what_counts_in_the_figures_of_a_role(world: World, since: datetime) -> None:
    """A seat in the people's congress counts the whole of its region, and adds nothing to what is seen anyway."""
    figures: tuple[tuple[Roles, set[int]], ...] = (
        ([("npc_viewer", "150100")], LEAGUE),
        ([("npc_viewer", "150000")], ALL),
        ([("npc_viewer", None)], set()),
        ([("npc_viewer", "150000"), ("reviewer", "150102")], DISTRICT),
        ([("unit", 0)], {0, MERGED}),
        ([("unit", 6), ("edu_inspector", "150104")], {6, 9}),
        ([("supervisor", "150100")], LEAGUE),
        ([("sysadmin", "150000")], set()),
        ([], set()),
    )
    for roles, counted in figures:
        actor = holding(world, roles)
        assert numbers(world, scope.countable_institutions(actor, InstitutionRow)) == counted, roles


@pytest.mark.parametrize(
    ("roles", "wide"),
    [
        ([("supervisor", "150100")], True),
        ([("edu_inspector", "150102"), ("reviewer", "150000")], True),
        ([("edu_inspector", "150102"), ("reviewer", "150103")], False),
        ([("unit", 0)], False),
        ([("unit", 0), ("supervisor", "150100")], True),
        ([], False),
    ],
)
def test_a_wide_part_is_asked_of_each_row_and_few_are_a_list(sqlite_world: World, roles: Roles, wide: bool) -> None:
    actor = holding(sqlite_world, roles)
    assert (scope.sees_widely(actor), scope.widely(actor.grants)) == (wide, wide)
    asked = str(scope.visible(actor, InstitutionChangeRow))
    assert ("EXISTS" in asked, " IN (SELECT" in asked) == (wide, not wide)


def test_regions_nest(world: World, since: datetime) -> None:
    assert numbers(world, scope.in_region("150100", InstitutionRow)) == LEAGUE
    assert numbers(world, scope.in_region("150102", InstitutionRow)) == DISTRICT
    assert [scope.is_wide(code) for code in ("150000", "150100", "150102")] == [True, True, False]
    assert scope.regions_over("150102") == ["150102", "150100", "150000"]
