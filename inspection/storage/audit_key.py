"""The key that signs the audit log's heads (Ed25519, RFC 8032): a file outside the database and its backups, so that
whoever can rewrite the log cannot sign what he made of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inspection.storage.secrets import kept_secret, put_in_place


@dataclass(frozen=True)
class SigningKey:
    """A key as it was read: what it signs and its public key belong together, whatever becomes of the file."""

    private: Ed25519PrivateKey

    @property
    def public_key(self) -> str:
        """64 hex digits."""
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """128 hex digits."""
        return self.private.sign(text).hex()


@dataclass(frozen=True)
class AuditKey:
    """`path` is the file; it is made when the key is first asked for, for its owner alone."""

    path: Path

    def read(self) -> SigningKey:
        """As it is now. Raises `OSError`, and `ValueError` for a file that holds no key."""
        return _kept(self.path)

    @property
    def _following(self) -> Path:
        path = self.path.resolve()  # where a link leads, so that the old key is gone from there
        return path.with_name(f"{path.name}.next")

    def is_half_changed(self) -> bool:
        """Whether a change is under way, or was broken off and is to be done again."""
        return self._following.exists()

    @contextmanager
    def changing(self) -> Iterator[tuple[SigningKey, SigningKey]]:
        """(the key, its successor), held against everybody else who would change it; at the end the successor has taken
        its place. Broken off before, it is the same successor the next time."""
        path, following = self.path.resolve(), self._following
        with path.with_name(f"{path.name}.lock").open("ab") as line:
            fcntl.flock(line, fcntl.LOCK_EX)
            old, new = _kept(path), _kept(following)
            owner = path.stat()
            yield old, new
            if owner.st_uid != following.stat().st_uid:  # who changes it for the one who signs
                os.chown(following, owner.st_uid, owner.st_gid)
            put_in_place(following, path)


def _kept(path: Path) -> SigningKey:
    text = kept_secret(path, lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex())
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip())))


def is_signed(public_key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed the text; what is no key or no signature is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
