"""How an installation is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, by its code; `well` unless somebody has to do something. The words stand in the
    desk's texts, `system.finding`."""

    well: bool
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workers:
    """When the worker was last alive, and when it last finished a deadline pass."""

    alive_at: datetime | None
    swept_at: datetime | None
