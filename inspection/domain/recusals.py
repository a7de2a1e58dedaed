"""Who must not inspect an institution (回避): declared, and ended, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Recusal:
    """The body of `PUT /institutions/{id}/recusals/{uuid}`."""

    user_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class RecusalEnd:
    """The body of `PUT /institutions/{id}/recusals/{rid}/end`."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecusalView:
    """It stands until it is ended; `declared_by` and `ended_by` are names."""

    id: UUID
    user_id: UUID
    name: str
    reason: str
    declared_by: str
    declared_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
