"""The log of what was done, as its auditor reads and filters it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LogFilter:
    """`person` stands in the name or the user name of who did it; `first` and `last` are civil days."""

    person: str | None = None
    action: str | None = None
    kind: str | None = None
    object_id: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log. `by` is None where the system did it; `object_name` where a person or an institution is
    known under the id; `detail` are names and values, ids of the known replaced by who or what they are, None where
    they were erased; `chain`, `number` and `seal` say where it stands (`domain/chain.py`)."""

    seq: int
    at: datetime
    by: str | None
    username: str | None
    action: str
    kind: str
    object_id: str
    object_name: str | None
    detail: Sequence[tuple[str, Any]] | None
    chain: str
    number: int
    seal: str
