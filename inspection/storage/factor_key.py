"""The key under which the secrets of second factors lie in the database: whoever has a copy of it has no codes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12
PURPOSE: Final = b"inspection second factor 1"


@dataclass(frozen=True)
class FactorKey:
    """AES-256-GCM under a key derived from `secret_key` (HKDF, RFC 5869). What is sealed for one person opens for no
    other, and under no other secret key."""

    secret_key: str = field(repr=False)

    @property
    def _cipher(self) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(self.secret_key.encode()))

    def sealed(self, text: str, person: UUID) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), person.bytes)

    def opened(self, data: bytes, person: UUID) -> str | None:
        """None for what was sealed under another key or for somebody else."""
        try:
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], person.bytes).decode()
        except InvalidTag:
            return None
