"""Handing a person's work to the successor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inspection.domain.actor import INSPECTORS, incompatible

HANDED_OVER: Final = INSPECTORS | {"unit", "reviewer", "supervisor"}
"""Roles that go to a successor; leads and the three administrators' rights are given anew, never handed on."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The body of `PUT /handovers/{uuid}`; `signed_by` is who signed the act on paper or on the glass."""

    from_user_id: UUID
    to_user_id: UUID
    reason: str
    signed_by: str


def may_take_over(held: Collection[str], given: Collection[str]) -> bool:
    """Whether somebody who holds roles may be given these as well. A reviewer with a unit of his own would judge his
    own proof."""
    together = {*held, *given}
    return not incompatible(together) and not together >= {"unit", "reviewer"}
