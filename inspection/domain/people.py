"""Whom one may look for: those who inspect, review or supervise where one works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inspection.domain.views import RoleView

FINDABLE: Final = ("edu_inspector", "proc_inspector", "specialist", "reviewer", "supervisor")


@dataclass(frozen=True, slots=True)
class PersonView:
    """As much of a colleague as it takes to plan a visit with him or to name him as the second reviewer."""

    id: UUID
    name: str
    organisation: str
    roles: Sequence[RoleView]
