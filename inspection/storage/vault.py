"""Keys of leads, one file for each region, outside the database and its backups; and what is locked with them.

A file holds a line for each key of its region, `<id> <key>` in hex, the newest last; the id is made from the key, so
that another in its place is seen before anything is locked with it. AES-256-GCM (NIST SP 800-38D) with a random nonce;
what is locked has one size, whatever it says, and opens only under the id of its record.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inspection.domain.errors import Refused
from inspection.storage.secrets import kept_secret, replace_secret

log = logging.getLogger("inspection.vault")

ROOM: Final = 8192
"""Bytes of a content before it is locked, its length included."""
LONGEST: Final = ROOM - 4
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_KEY: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Vault:
    """`folder` is made when the first key is. Nothing is remembered of a file: another process may rotate a key."""

    folder: Path

    def begin(self, region: str) -> str:
        """The id of a region's newest key; its first is made now where there is none."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept_secret(self.path(region), _new_key)
        known = list(self._keys(region))
        if not known:
            log.error("a file of keys holds none", extra={"subject": region})
            raise Refused("sealed")
        return known[-1]

    def add(self, region: str) -> str:
        """The id of a new key, beside those that are there. Durable before it returns."""
        known = self._text(region)
        made = _new_key()
        replace_secret(self.path(region), known + made)
        return made.split(" ")[0]

    def keep_only(self, region: str, key_id: str) -> None:
        """Every other key of the region is gone. Raises `sealed` where this one is not there."""
        key = self._key(region, key_id)
        replace_secret(self.path(region), f"{key_id} {key.hex()}\n")

    def has(self, region: str, key_id: str) -> bool:
        return key_id in self._keys(region)

    def path(self, region: str) -> Path:
        return self.folder / region

    def exposed(self) -> Iterator[Path]:
        """The folder and the files of it that others than their owner can get at."""
        if self.folder.exists():
            for path in (self.folder, *sorted(self.folder.iterdir())):
                if path.stat().st_mode & 0o077:
                    yield path

    def lock(self, region: str, key_id: str, about: str, content: bytes) -> bytes:
        """The content of the record `about` under this key: key id, nonce, and what is locked. ValueError for more than
        `LONGEST` bytes; raises `sealed` where the key is not there."""
        if len(content) > LONGEST:
            raise ValueError("too long to be locked")
        padded = len(content).to_bytes(4, "big") + content.ljust(LONGEST, b"\0")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        front = bytes.fromhex(key_id)
        return front + nonce + AESGCM(self._key(region, key_id)).encrypt(nonce, padded, front + about.encode())

    def open(self, region: str, about: str, locked: bytes) -> bytes:
        """What was locked. Raises `sealed` where its key is missing or another, or the bytes are not as they were."""
        front, rest = locked[:_ID_BYTES], locked[_ID_BYTES:]
        key = AESGCM(self._key(region, front.hex()))
        try:
            padded = key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], front + about.encode())
        except InvalidTag:
            log.error("a key does not open what it locked", extra={"subject": region, "code": front.hex()})
            raise Refused("sealed") from None
        return padded[4 : 4 + int.from_bytes(padded[:4], "big")]

    def _key(self, region: str, key_id: str) -> bytes:
        key = self._keys(region).get(key_id)
        if key is None:
            log.error("a key is missing", extra={"subject": region, "code": key_id})
            raise Refused("sealed")
        return key

    def _keys(self, region: str) -> dict[str, bytes]:
        known = {}
        for line in self._text(region).splitlines():
            key_id, _, written = line.partition(" ")
            key = bytes.fromhex(written) if _KEY.fullmatch(written) else b""
            if key_id == _id_of(key):
                known[key_id] = key
            else:
                log.error("a line in a file of keys is no key", extra={"subject": region})
        return known

    def _text(self, region: str) -> str:
        try:
            return self.path(region).read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return ""
        except OSError as error:
            log.error(
                "a file of keys cannot be read", extra={"subject": region, "fault": os.strerror(error.errno or 0)}
            )
            raise Refused("sealed") from None


def _new_key() -> str:
    key = AESGCM.generate_key(256)
    return f"{_id_of(key)} {key.hex()}\n"


def _id_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[: 2 * _ID_BYTES]
