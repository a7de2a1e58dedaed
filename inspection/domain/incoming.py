"""A body as it came in: the bytes first, their meaning only when an action asks for it.

An action looks at the id and the digest before it reads what the bytes say, so that a repeated request is answered
from what is stored even if the rules of reading have changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Generic, TypeVar

from inspection.domain.errors import Fault, Refused

T = TypeVar("T")

JSON_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of a body, however it comes in."""


@dataclass(frozen=True)
class Read(Generic[T]):
    """What a body says: the value as far as its shape allows one (None if it allows none), and all faults of shape."""

    value: T | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Incoming(Generic[T]):
    """`raw` as received; `parse` turns it into a value and faults (`Refused("malformed_json")` if it is no JSON).
    `client_version` and `client_clock` are what the sender said of itself, outside the body."""

    raw: bytes
    parse: Callable[[bytes], Read[T]]
    client_version: str | None = None
    client_clock: datetime | None = None

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes, lowercase hex."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def read(self) -> Read[T]:
        return self.parse(self.raw)

    def load(self) -> T:
        """The value; `Refused("invalid")` with every fault of shape if there is any."""
        if self.read.faults or self.read.value is None:
            raise Refused("invalid", self.read.faults)
        return self.read.value
