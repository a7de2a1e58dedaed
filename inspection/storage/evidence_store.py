"""Where the bytes of evidence live: a folder, or an object store that speaks S3. Files are named by their SHA-256.

A file is durable before anything in the database speaks of it: file fsync, rename, folder fsync, and only then a row.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol

CHUNK: Final = 1024 * 1024
HEAD: Final = 64
NAME: Final = re.compile(r"[0-9a-f]{64}")


class TooLarge(Exception):
    """More bytes came than are taken."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has come in and is not kept yet: where it lies, its digest, its size, its first bytes."""

    path: Path
    sha256: str
    size: int
    head: bytes


class EvidenceStore(Protocol):
    """What both stores do."""

    def receive(self, stream: IO[bytes], limit: int) -> Received:
        """Stream into a temporary file while hashing; `TooLarge` above `limit` bytes. Nothing is left on failure."""

    def keep(self, received: Received) -> None:
        """Make it durable under its digest; again the same is harmless, and mends a damaged file."""

    def discard(self, received: Received) -> None:
        """Remove the temporary file, if it is still there."""

    def open(self, sha256: str) -> IO[bytes]:
        """The bytes; FileNotFoundError."""

    def exists(self, sha256: str) -> bool: ...

    def hashes(self) -> Iterator[str]:
        """Every digest that is stored."""

    def rehash(self, sha256: str) -> str:
        """The digest of what is stored under this name; FileNotFoundError."""

    def erase(self, sha256: str) -> None:
        """Remove what is stored under this name and what was derived from it; again is harmless."""

    def derived(self, sha256: str, name: str) -> Path:
        """Where a derived copy belongs; its folder is made."""

    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """A local file with the bytes, for as long as the context lasts; FileNotFoundError."""

    def sweep_temporary(self, before: float) -> int:
        """Remove temporary files last written before this moment (seconds since 1970): uploads that broke off."""

    def check(self) -> None:
        """Raise OSError where nothing can be written."""


class _Local:
    """What both stores keep on this machine: uploads in progress and derived copies."""

    def __init__(self, incoming: Path, cache: Path) -> None:
        self.incoming, self.cache = incoming, cache
        incoming.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)

    def receive(self, stream: IO[bytes], limit: int) -> Received:
        handle, name = tempfile.mkstemp(dir=self.incoming, prefix="upload-")
        path = Path(name)
        try:
            digest, size, head = hashlib.sha256(), 0, b""
            with os.fdopen(handle, "wb") as target:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge
                    if len(head) < HEAD:
                        head += chunk[: HEAD - len(head)]
                    digest.update(chunk)
                    target.write(chunk)
            return Received(path, digest.hexdigest(), size, head)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def discard(self, received: Received) -> None:
        received.path.unlink(missing_ok=True)

    def derived(self, sha256: str, name: str) -> Path:
        folder = self.cache / _checked(sha256)[:2]
        folder.mkdir(exist_ok=True)
        return folder / f"{sha256}-{name}.jpg"

    def _erase_derived(self, sha256: str) -> None:
        for path in (self.cache / _checked(sha256)[:2]).glob(f"{sha256}-*.jpg"):
            path.unlink(missing_ok=True)

    def sweep_temporary(self, before: float) -> int:
        removed = 0
        for path in (*self.incoming.iterdir(), *self.cache.glob("??/.*")):
            with suppress(FileNotFoundError):  # its upload has just been kept
                if path.lstat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def check(self) -> None:
        with tempfile.NamedTemporaryFile(dir=self.incoming, prefix="check-") as probe:
            probe.write(b".")


class FolderStore(_Local):
    """Files in a folder, in 256 folders by the first two digits."""

    def __init__(self, root: Path, cache: Path) -> None:
        super().__init__(root / "incoming", cache)
        self.root = root
        self._lasting: set[Path] = set()

    def keep(self, received: Received) -> None:
        target = self._path(received.sha256)
        descriptor = os.open(received.path, os.O_RDONLY)
        try:
            os.fchmod(descriptor, 0o400)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._make(target.parent)
        received.path.replace(target)
        _sync_folder(target.parent)

    def _make(self, folder: Path) -> None:
        """Another process may have made it a moment ago and not have made it last yet: so each does, once."""
        if folder not in self._lasting:
            folder.mkdir(exist_ok=True)
            _sync_folder(self.root)
            self._lasting.add(folder)

    def open(self, sha256: str) -> IO[bytes]:
        return self._path(sha256).open("rb")

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def erase(self, sha256: str) -> None:
        self._erase_derived(sha256)
        path = self._path(sha256)
        with suppress(FileNotFoundError):
            path.unlink()
            _sync_folder(path.parent)

    def hashes(self) -> Iterator[str]:
        return (path.name for path in sorted(self.root.glob("??/*")) if NAME.fullmatch(path.name))

    def rehash(self, sha256: str) -> str:
        with self.open(sha256) as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        path = self._path(sha256)
        if not path.exists():
            raise FileNotFoundError(path)
        yield path

    def _path(self, sha256: str) -> Path:
        return self.root / _checked(sha256)[:2] / sha256


class ObjectStore(_Local):
    """Objects under a prefix of a bucket. `store` is one of obstore's stores."""

    def __init__(self, store: Any, incoming: Path, cache: Path) -> None:
        super().__init__(incoming, cache)
        self.store = store

    def keep(self, received: Received) -> None:
        import obstore

        key = _key(received.sha256)
        obstore.put(self.store, key, received.path)
        size = obstore.head(self.store, key)["size"]
        if size != received.size:
            raise OSError(f"object {key} has {size} bytes instead of {received.size}")

    def open(self, sha256: str) -> IO[bytes]:
        import obstore

        found = obstore.get(self.store, _key(sha256))
        spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=4 * CHUNK)  # noqa: SIM115 - the caller closes it
        try:
            for chunk in found.stream():
                spool.write(chunk)
            spool.seek(0)
        except BaseException:
            spool.close()
            raise
        return spool

    def exists(self, sha256: str) -> bool:
        import obstore

        try:
            obstore.head(self.store, _key(sha256))
        except FileNotFoundError:
            return False
        return True

    def erase(self, sha256: str) -> None:
        import obstore

        self._erase_derived(sha256)
        with suppress(FileNotFoundError):
            obstore.delete(self.store, _key(sha256))

    def hashes(self) -> Iterator[str]:
        import obstore

        for batch in obstore.list(self.store):
            for entry in batch:
                name = str(entry["path"]).rsplit("/", 1)[-1]
                if NAME.fullmatch(name):
                    yield name

    def rehash(self, sha256: str) -> str:
        import obstore

        digest = hashlib.sha256()
        for chunk in obstore.get(self.store, _key(sha256)).stream():
            digest.update(chunk)
        return digest.hexdigest()

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with self.open(sha256) as source, tempfile.NamedTemporaryFile(dir=self.incoming, prefix="local-") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
            target.flush()
            yield Path(target.name)


def from_url(url: str, data_dir: Path) -> EvidenceStore:
    """The store of this address: nothing or a path for a folder, `s3://bucket/prefix` for an object store (its keys
    come from the usual AWS_* variables). ValueError for anything else."""
    cache = data_dir / "derived"
    if url.startswith("s3://"):
        from obstore.store import S3Store

        return ObjectStore(S3Store.from_url(url), data_dir / "incoming", cache)
    if "://" in url and not url.startswith("file://"):
        raise ValueError(f"{url}: neither a folder nor s3://bucket/prefix")
    root = Path(url.removeprefix("file://")) if url else data_dir / "evidence"
    return FolderStore(root, cache)


def _checked(sha256: str) -> str:
    if not NAME.fullmatch(sha256):
        raise ValueError("not a SHA-256 in lowercase hex")
    return sha256


def _key(sha256: str) -> str:
    return f"{_checked(sha256)[:2]}/{sha256}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
