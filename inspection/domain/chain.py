"""The audit log as a chain: each entry is sealed over all before it, so that whoever holds an earlier seal sees what
was edited, deleted, inserted, moved or cut off. What an entry says stands apart and is only committed to: it can be
erased by law, and the chain holds.

seal(n) = SHA-256(0x01 ‖ seal(n-1) ‖ leaf(n)), leaf = SHA-256(0x00 ‖ entry as JSON),
commitment = SHA-256(salt ‖ detail). `domain/verify_audit.py` follows the same rules without any of this code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

SYSTEM: Final = "system"
"""The chain of what nobody's region has to do with: the worker's doings, failed sign-ins."""


_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
ORIGIN: Final = "school-safety-inspection audit log 1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a chain. `number` counts from 1 without a gap; `commitment` is 64 hex digits."""

    chain: str
    number: int
    at: datetime
    actor_id: UUID | None
    action: str
    object_kind: str
    object_id: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a chain by its number, and its seal in hex; 0 for a chain without any."""

    chain: str
    number: int
    seal: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The leaves of a chain that follow on an entry, and the entry to which they lead; `more`: the chain goes on."""

    chain: str
    leaves: Sequence[str]
    number: int
    seal: str
    more: bool


def start(chain: str) -> Head:
    """What the first entry is sealed over: two chains never have a seal in common."""
    return Head(chain, 0, hashlib.sha256(b"\x02" + chain.encode()).hexdigest())


def commitment(salt: bytes, detail: str) -> str:
    """What an entry keeps of its detail, as it is stored. The salt keeps a short detail from being guessed."""
    return hashlib.sha256(salt + detail.encode()).hexdigest()


def written(entry: Entry) -> bytes:
    """An entry as the bytes that are sealed: JSON with its keys in order, no spaces, UTF-8, the moment in UTC."""
    return _PLAIN.encode(fields_of(entry)).encode()


def fields_of(entry: Entry) -> dict[str, Any]:
    """An entry by the names under which it is sealed and exported, in their order."""
    return {
        "action": entry.action,
        "actor": str(entry.actor_id) if entry.actor_id is not None else None,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "chain": entry.chain,
        "commitment": entry.commitment,
        "kind": entry.object_kind,
        "number": entry.number,
        "object": entry.object_id,
    }


def leaf(entry: Entry) -> str:
    return hashlib.sha256(b"\x00" + written(entry)).hexdigest()


def sealed(previous: str, leaf_of_entry: str) -> str:
    """The seal of an entry over the seal before it; all in hex."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(previous) + bytes.fromhex(leaf_of_entry)).hexdigest()


def following(head: Head, leaves: Iterable[str]) -> Head:
    """Where a chain stands after these leaves."""
    number, seal = head.number, head.seal
    for one in leaves:
        number, seal = number + 1, sealed(seal, one)
    return Head(head.chain, number, seal)


def succession_text(old: str, new: str, since: date) -> bytes:
    """What both keys, in hex, sign when one takes the other's place: from the next day on the old one signs nothing."""
    return f"{ORIGIN}\nkey\n{old}\n{new}\n{since.isoformat()}\n".encode()


def checkpoint_text(head: Head, signed_on: date) -> bytes:
    """What is signed of a head, a line for each thing: where it is from, the chain, the number, the seal, the day."""
    return f"{ORIGIN}\n{head.chain}\n{head.number}\n{head.seal}\n{signed_on.isoformat()}\n".encode()
