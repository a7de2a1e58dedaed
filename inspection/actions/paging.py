"""Keyset pages: where the last one ended, and how the next one is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from inspection.domain.errors import Refused
from inspection.domain.views import Page

R = TypeVar("R")
V = TypeVar("V")


def position(after: tuple[str, ...] | None, *readers: Callable[[str], Any]) -> Any:
    """The keyset position that a cursor stands for, one value for each reader (a single one bare); None at the
    beginning. Raises `invalid_cursor`."""
    if after is None:
        return None
    try:
        key = tuple(read(part) for read, part in zip(readers, after, strict=True))
    except (ValueError, OverflowError):
        raise Refused("invalid_cursor") from None
    return key[0] if len(readers) == 1 else key


def moment(text: str) -> datetime:
    """A reader of moments; ValueError for one without its offset, OverflowError for one that no clock shows."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("no offset")
    return read.astimezone(UTC)


def cut(rows: Sequence[R], limit: int, key: Callable[[R], tuple[str, ...]], show: Callable[[R], V]) -> Page[V]:
    """A page of at most `limit`, of rows of which one more was asked for than that."""
    shown = rows[:limit]
    return Page([show(row) for row in shown], key(shown[-1]) if len(rows) > limit else None)
