#!/usr/bin/env python3
"""Verifies an exported audit log, on any computer with Python 3.9 or later and nothing else:

    python3 verify_audit.py FOLDER [--known CHAIN:NUMBER:SEAL]... [--key PUBLIC_KEY]

FOLDER holds entries.jsonl, details.jsonl, checkpoints.jsonl, keys.jsonl and heads.jsonl. `--known` is a head that
stands elsewhere: on a receipt, in a message, on a phone. `--key` is the public key as it was told when the system was
set up, or any that followed on it; without it the one in the export is used, which proves less. Every fault is a line;
the exit code is 1 if there is any.

It follows what docs/audit-log.md says and shares no code with the system that wrote the log.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ORIGIN = "school-safety-inspection audit log 1"
PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
ERASING = "erase_audit_detail"
SIGNING = "sign_head"
ROTATING = "rotate_audit_key"


class Verifier:
    """Is given what was exported, piece by piece, entries of each chain in their order; `faults` says what is wrong."""

    def __init__(
        self,
        known: Iterable[tuple[str, int, str]] = (),
        keys: Iterable[str] = (),
        is_signed: Callable[[bytes, bytes, bytes], bool] | None = None,
    ) -> None:
        self.is_signed = is_signed or signed
        self.numbers: dict[str, int] = {}
        self.seals: dict[str, bytes] = {}
        self.watched: dict[tuple[str, int], set[str]] = {}
        for chain, number, seal in known:
            self.watched.setdefault((chain, number), set()).add(seal)
        self.met: set[tuple[str, int]] = set()
        self.signed: set[tuple[str, int, str]] = set()
        self.keys = set(keys)
        self.pairs: list[set[str]] = []
        self.retired: dict[str, str] = {}
        self.erased: dict[str, list[int]] = {}
        self.erasures: dict[str, list[tuple[int, int]]] = {}
        self.wrong: list[str] = []

    def entry(self, entry: Mapping[str, Any], detail: str | None = None, salt: str | None = None) -> None:
        """One entry as a dictionary with its seal; `detail` as it is stored and `salt` in hex, both None where there
        is none."""
        chain, number = entry["chain"], entry["number"]
        name = f"{chain} {number}"
        expected = self.numbers.get(chain, 0) + 1
        if number != expected:
            self.wrong.append(f"{name}: entry {expected} was expected here")
        previous = self.seals.get(chain) or hashlib.sha256(b"\x02" + chain.encode()).digest()
        fields = {one: entry[one] for one in sorted(entry) if one != "seal"}
        text = PLAIN.encode(fields).encode()
        leaf = hashlib.sha256(b"\x00" + text).digest()
        sealed = hashlib.sha256(b"\x01" + previous + leaf).digest()
        if sealed.hex() != entry["seal"]:
            self.wrong.append(f"{name}: the seal does not fit; this entry or one before it is not what was sealed")
            sealed = _bytes(entry["seal"]) or sealed  # what follows is judged by what it was sealed over
        self.numbers[chain], self.seals[chain] = number, sealed
        self._meet(chain, number, entry["seal"])
        if detail is None:
            self.erased.setdefault(chain, []).append(number)
        elif hashlib.sha256((_bytes(salt) or b"") + detail.encode()).hexdigest() != entry["commitment"]:
            self.wrong.append(f"{name}: what it says is not what was committed to")
        elif entry["action"] == ERASING:
            said = json.loads(detail)
            self.erasures.setdefault(said["chain"], []).append((said["first"], said["last"]))
        elif entry["action"] == SIGNING:
            said = json.loads(detail)
            if (said["chain"], said["number"], said["seal"]) not in self.signed:
                self.wrong.append(f"{said['chain']} {said['number']}: its head was signed, and the signature is gone")

    def _meet(self, chain: str, number: int, seal: str) -> None:
        key = (chain, number)
        if key in self.watched:
            self.met.add(key)
            if self.watched[key] != {seal}:
                self.wrong.append(f"{chain} {number}: another seal is known from elsewhere; the log was rewritten")

    def succession(self, line: Mapping[str, Any]) -> None:
        """That one key took another's place on a day, to be given before what they signed. Both have signed it, so that
        whoever knows one of them knows the other, and those before and after."""
        old, new, since = (str(line.get(name)) for name in ("old_key", "new_key", "since"))
        text = f"{ORIGIN}\nkey\n{old}\n{new}\n{since}\n".encode()
        if not (self._is_signed(old, text, line.get("by_old")) and self._is_signed(new, text, line.get("by_new"))):
            self.wrong.append(f"key {new}: that it follows on {old} is not signed by both")
            return
        self.retired[old] = max(since, self.retired.get(old, since))
        self.pairs.append({old, new})
        for pair in [*self.pairs, *reversed(self.pairs)]:
            if not self.keys.isdisjoint(pair):
                self.keys |= pair

    def _is_signed(self, public_key: Any, text: bytes, signature: Any) -> bool:
        key, made = _bytes(public_key), _bytes(signature)
        return key is not None and made is not None and self.is_signed(key, text, made)

    def checkpoint(self, checkpoint: Mapping[str, Any]) -> None:
        """A signed head, to be given before the entries of its chain."""
        chain, number, seal = checkpoint["chain"], checkpoint["number"], checkpoint["seal"]
        text = f"{ORIGIN}\n{chain}\n{number}\n{seal}\n{checkpoint['signed_on']}\n".encode()
        if checkpoint["public_key"] not in self.keys:
            self.wrong.append(f"{chain} {number}: signed with a key that is not known")
        elif not self._is_signed(checkpoint["public_key"], text, checkpoint["signature"]):
            self.wrong.append(f"{chain} {number}: the signature does not fit")
        elif checkpoint["signed_on"] > self.retired.get(checkpoint["public_key"], checkpoint["signed_on"]):
            self.wrong.append(f"{chain} {number}: signed with a key after another had taken its place")
        self.watched.setdefault((chain, number), set()).add(seal)
        self.signed.add((chain, number, seal))

    def loose(self, chain: str, number: int) -> None:
        """Something is said to which there is no entry."""
        self.wrong.append(f"{chain} {number}: something said without an entry")

    def head(self, head: Mapping[str, Any]) -> None:
        """Where the system says that a chain stands; to be given after its entries."""
        chain = head["chain"]
        seal = self.seals.get(chain)
        if self.numbers.get(chain, 0) != head["number"] or (seal is not None and seal.hex() != head["seal"]):
            self.wrong.append(f"{chain}: its last entry is {self.numbers.get(chain, 0)}, its head {head['number']}")

    def faults(self) -> list[str]:
        """All that is wrong, once everything was given."""
        missing = [
            f"{chain} {number}: known from elsewhere, and not in the log; it was cut off"
            for chain, number in sorted(set(self.watched) - self.met)
            if number > 0
        ]
        silent = [
            f"{chain} {number}: what it says is gone, and no erasure is on record"
            for chain, numbers in sorted(self.erased.items())
            for number in numbers
            if not any(first <= number <= last for first, last in self.erasures.get(chain, ()))
        ]
        return self.wrong + missing + silent


# Ed25519 (RFC 8032, 5.1): only what verifying needs

Point = tuple[int, int, int, int]

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this signature (64 bytes) of the message is by the holder of this key (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, first = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or first is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left, right = _times(scalar, BASE), _add(first, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _point(text: bytes) -> Point | None:
    """A point from its 32 bytes, as (X, Y, Z, T); None for bytes that are none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _bytes(text: Any) -> bytes | None:
    """Of hex digits as the system writes them: the same bytes written otherwise are an alteration too."""
    try:
        made = bytes.fromhex(text)
    except (TypeError, ValueError):
        return None
    return made if made.hex() == text else None


# On the command line


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def verify_folder(folder: Path, known: Iterable[tuple[str, int, str]] = (), key: str | None = None) -> Verifier:
    """The verifier after everything that an export holds."""
    keys = [key] if key else (folder / "public-key.txt").read_text(encoding="ascii").split()
    verifier = Verifier(known, keys)
    for succession in _lines(folder / "keys.jsonl"):
        verifier.succession(succession)
    for checkpoint in _lines(folder / "checkpoints.jsonl"):
        verifier.checkpoint(checkpoint)
    details = {(one["chain"], one["number"]): one for one in _lines(folder / "details.jsonl")}
    for entry in _lines(folder / "entries.jsonl"):
        said = details.pop((entry["chain"], entry["number"]), {})
        verifier.entry(entry, said.get("detail"), said.get("salt"))
    for chain, number in sorted(details):
        verifier.loose(chain, number)
    for head in _lines(folder / "heads.jsonl"):
        verifier.head(head)
    return verifier


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an exported audit log.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--known", action="append", default=[], metavar="CHAIN:NUMBER:SEAL")
    parser.add_argument("--key", metavar="PUBLIC_KEY")
    given = parser.parse_args(arguments)
    known = [(chain, int(number), seal) for chain, number, seal in (one.split(":") for one in given.known)]
    try:
        verifier = verify_folder(given.folder, known, given.key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"FAULT the export cannot be read: {error!r}")
        return 1
    faults = verifier.faults()
    for chain, number in sorted(verifier.numbers.items()):
        erased = len(verifier.erased.get(chain, ()))
        print(f"{chain}: {number} entries, head {verifier.seals[chain].hex()}, {erased} erased")
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults" if faults else "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
