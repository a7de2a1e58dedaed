"""Handing a person's work to the successor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inspection.domain.actor import INSPECTORS

HANDED_OVER: Final = INSPECTORS | {"unit", "reviewer", "supervisor"}
"""Roles that go to a successor; leads and the three administrators' rights are given anew, never handed on."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The body of `PUT /handovers/{uuid}`; `signed_by` is who signed the act on paper or on the glass."""

    from_user_id: UUID
    to_user_id: UUID
    reason: str
    signed_by: str
