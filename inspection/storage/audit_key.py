"""The key that signs the audit log's heads (Ed25519, RFC 8032): a file outside the database and its backups, so that
whoever can rewrite the log cannot sign what he made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inspection.storage.secrets import kept_secret, replace_secret


@dataclass(frozen=True)
class AuditKey:
    """`path` is the file; it is made when the key is first asked for, for its owner alone. Raises `OSError`, and
    `ValueError` for a file that holds no key."""

    path: Path

    @property
    def _private(self) -> Ed25519PrivateKey:
        """Read each time, since another process may have put another in its place."""
        text = kept_secret(self.path, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))

    @property
    def public_key(self) -> str:
        """64 hex digits."""
        return self._private.public_key().public_bytes_raw().hex()

    @property
    def successor(self) -> AuditKey:
        """The key that is to follow, in a file beside; again the same until it has taken this one's place."""
        return AuditKey(self.path.with_name(f"{self.path.name}.next"))

    def give_way(self) -> None:
        """The successor takes this one's place, whole or not at all."""
        replace_secret(self.path, self.successor.path.read_text(encoding="ascii"))
        self.successor.path.unlink()

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
