"""The key that signs the audit log's heads (Ed25519, RFC 8032): a file outside the database and its backups, so that
whoever can rewrite the log cannot sign what he made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inspection.storage.secrets import kept_secret


@dataclass(frozen=True)
class AuditKey:
    """`path` is the file; it is made when the key is first asked for, for its owner alone. Raises `OSError`, and
    `ValueError` for a file that holds no key."""

    path: Path

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        text = kept_secret(self.path, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))

    @property
    def public_key(self) -> str:
        """64 hex digits."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """128 hex digits."""
        return self._private.sign(text).hex()


def is_signed(public_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed the text; what is no key or no signature is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
