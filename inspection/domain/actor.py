"""Who acts: a frozen value made once per request, never a database row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

INSPECTORS: Final = frozenset({"edu_inspector", "proc_inspector", "specialist"})
ROLES: Final = (
    "edu_inspector",
    "proc_inspector",
    "specialist",
    "lead_handler",
    "reviewer",
    "supervisor",
    "unit",
    "npc_viewer",
    "sysadmin",
    "secadmin",
    "auditor",
)
ALONE: Final = frozenset({"npc_viewer", "sysadmin", "secadmin", "auditor"})
"""The three administrators check one another, and the congress sees figures only: each of these is held without any
other role."""
JUDGES: Final = frozenset({"lead_handler", "reviewer", "supervisor"})
"""Whoever answers for a unit holds none of these: he would judge his own proof, or read a lead about his own school.
He may inspect elsewhere."""


def incompatible(roles: Collection[str]) -> bool:
    """Whether one person must not hold all of these."""
    held = set(roles)
    alone = len(held) > 1 and not held.isdisjoint(ALONE)
    return alone or ("unit" in held and not held.isdisjoint(JUDGES))


@dataclass(frozen=True, slots=True)
class Grant:
    """One role, held for a region (six digits, GB/T 2260) or for one institution; `ended_at` where it is held no
    longer and counts for handing in alone; `but` are the institutions for which its holder answers himself."""

    role: str
    region_code: str | None = None
    institution_id: UUID | None = None
    ended_at: datetime | None = None
    but: frozenset[UUID] = frozenset()

    @property
    def region_prefix(self) -> str:
        """The part of the code that all regions beneath share: 150000 -> 15, 150100 -> 1501, 150102 -> 150102."""
        return region_prefix(self.region_code or "")


def region_prefix(code: str) -> str:
    """Regions nest by code: strip the pairs of zeros at the end."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def kept_apart(held: Sequence[Grant]) -> list[Grant]:
    """What one person holds, so that no role in a region counts for the institution for which he answers: of his own he
    sees and does what its unit may, whatever else he is."""
    own = frozenset(grant.institution_id for grant in held if grant.institution_id and grant.ended_at is None)
    return [replace(grant, but=own) if own and grant.region_code else grant for grant in held]


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person. `recent` also holds roles that ended within the last fourteen days:
    they count for handing in what was captured while they were held, and for nothing else. Who `must_enrol` holds a
    role that demands a second factor and has none: he may do nothing else before."""

    id: UUID
    username: str
    name: str
    organisation: str
    grants: tuple[Grant, ...]
    recent: tuple[Grant, ...] = ()
    token_id: UUID | None = None
    has_second_factor: bool = False
    must_enrol: bool = False

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def recent_roles(self) -> frozenset[str]:
        return self.roles | {grant.role for grant in self.recent}

    @property
    def ended_at(self) -> datetime | None:
        """When the last of these roles ended; None where one is held now."""
        ends = [grant.ended_at for grant in self.grants]
        return max((end for end in ends if end is not None), default=None) if None not in ends else None

    @property
    def institution_id(self) -> UUID | None:
        return next((g.institution_id for g in self.grants if g.institution_id), None)

    @property
    def own(self) -> frozenset[UUID]:
        """The institutions for which he answers, also where he acts in another role."""
        return frozenset(g.institution_id for g in self.grants if g.institution_id).union(*(g.but for g in self.grants))

    @property
    def region_code(self) -> str | None:
        return next((g.region_code for g in self.grants if g.region_code), None)

    def holding(self, roles: frozenset[str], *, recent: bool = False) -> Actor:
        """The same person with no other roles than these: what one role allows is never done in another's region.
        With `recent`, roles of the last fourteen days count as held."""
        return replace(
            self,
            grants=tuple(g for g in (self.grants + (self.recent if recent else ())) if g.role in roles),
            recent=(),
        )
