"""Letting somebody in again who has lost his password or his second factor: with two administrators, so that none of
them alone can become another person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """The body of `PUT /users/{id}/resets/{uuid}`; `second_factor`: that is to be removed as well."""

    reason: str
    second_factor: bool


@dataclass(frozen=True, slots=True)
class ResetDecision:
    """The body of `PUT …/{uuid}/decision`: `approve` or `deny`."""

    decision: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class ResetView:
    """`state`: asked, approve or deny. `code`: the activation code, told once to who approves."""

    id: UUID
    user_id: UUID
    reason: str
    second_factor: bool
    state: str
    asked_by_id: UUID
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None
    code: str | None = None
