"""Both evidence stores: what comes in is durable under its hash, and what breaks off leaves nothing."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import obstore
import pytest
from obstore.store import MemoryStore

from inspection.storage.evidence_store import (
    CHUNK,
    HEAD,
    EvidenceStore,
    FolderStore,
    ObjectStore,
    Received,
    TooLarge,
    from_url,
)

LIMIT = 3 * CHUNK
BYTES = b"\xff\xd8\xff" + bytes(range(256)) * 8
SHA = hashlib.sha256(BYTES).hexdigest()
ABSENT = hashlib.sha256(b"absent").hexdigest()
NO_HASHES = ["", "a", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "/" + "a" * 63]


@dataclass(frozen=True)
class Kept:
    """A store, and the folder of its uploads."""

    store: EvidenceStore
    incoming: Path

    def put(self, content: bytes) -> Received:
        received = self.store.receive(io.BytesIO(content), LIMIT)
        self.store.keep(received)
        self.store.discard(received)
        return received

    def leftovers(self) -> list[str]:
        return [path.name for path in self.incoming.iterdir()]


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "evidence", tmp_path / "derived")


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "folder":
        store = FolderStore(tmp_path / "evidence", tmp_path / "derived")
        return Kept(store, store.incoming)
    objects = ObjectStore(MemoryStore(), tmp_path / "incoming", tmp_path / "derived")
    return Kept(objects, objects.incoming)


class Broken(io.RawIOBase):
    """A stream that gives some bytes and then fails, as a lost connection does."""

    def __init__(self, good: bytes) -> None:
        self.good: list[bytes] = [good]

    def read(self, size: int = -1) -> bytes:
        if self.good:
            return self.good.pop()
        raise ConnectionResetError("gone")


class Trickle(io.RawIOBase):
    """A stream that gives a byte at a time."""

    def __init__(self, content: bytes) -> None:
        self.rest: Iterator[int] = iter(content)

    def read(self, size: int = -1) -> bytes:
        return bytes(value for value in [next(self.rest, None)] if value is not None)


def stream(raw: Any) -> IO[bytes]:
    return cast(IO[bytes], raw)


# Coming in


def test_what_is_received_is_hashed_measured_and_still_temporary(kept: Kept) -> None:
    received = kept.store.receive(io.BytesIO(BYTES), LIMIT)
    assert (received.sha256, received.size, received.head) == (SHA, len(BYTES), BYTES[:HEAD])
    assert received.path.read_bytes() == BYTES
    assert not kept.store.exists(SHA)
    kept.store.discard(received)
    assert kept.leftovers() == []


def test_the_head_is_whole_even_of_a_trickle(kept: Kept) -> None:
    received = kept.store.receive(stream(Trickle(BYTES[:200])), LIMIT)
    assert (received.head, received.size) == (BYTES[:HEAD], 200)


def test_nothing_at_all_can_be_received(kept: Kept) -> None:
    received = kept.store.receive(io.BytesIO(b""), LIMIT)
    assert (received.size, received.head, received.sha256) == (0, b"", hashlib.sha256(b"").hexdigest())


def test_exactly_the_limit_is_taken(kept: Kept) -> None:
    assert kept.store.receive(io.BytesIO(bytes(LIMIT)), LIMIT).size == LIMIT


def test_a_byte_too_many_is_refused_and_leaves_nothing(kept: Kept) -> None:
    with pytest.raises(TooLarge):
        kept.store.receive(io.BytesIO(bytes(LIMIT + 1)), LIMIT)
    assert kept.leftovers() == []


def test_reading_stops_soon_behind_the_limit(kept: Kept) -> None:
    source = io.BytesIO(bytes(20 * CHUNK))
    with pytest.raises(TooLarge):
        kept.store.receive(source, LIMIT)
    assert source.tell() <= LIMIT + CHUNK


def test_a_stream_that_breaks_leaves_nothing(kept: Kept) -> None:
    with pytest.raises(ConnectionResetError):
        kept.store.receive(stream(Broken(BYTES)), LIMIT)
    assert kept.leftovers() == []


# Keeping


def test_what_is_kept_is_found_again(kept: Kept) -> None:
    kept.put(BYTES)
    assert kept.store.exists(SHA)
    with kept.store.open(SHA) as handle:
        assert handle.read() == BYTES
    assert kept.store.rehash(SHA) == SHA
    assert list(kept.store.hashes()) == [SHA]
    assert kept.leftovers() == []


def test_a_file_of_many_chunks_is_kept_whole(kept: Kept) -> None:
    content = os.urandom(2 * CHUNK + 17)
    received = kept.put(content)
    with kept.store.open(received.sha256) as handle:
        assert handle.read() == content
    assert kept.store.rehash(received.sha256) == hashlib.sha256(content).hexdigest()


def test_an_empty_file_is_kept_too(kept: Kept) -> None:
    received = kept.put(b"")
    assert kept.store.rehash(received.sha256) == received.sha256


def test_a_file_that_is_sent_in_parts_is_kept_whole(kept: Kept) -> None:
    content = os.urandom(1024) * 11 * 1024  # more than an object store takes in one piece
    received = kept.store.receive(io.BytesIO(content), len(content))
    kept.store.keep(received)
    assert kept.store.rehash(received.sha256) == hashlib.sha256(content).hexdigest()


def test_the_same_bytes_twice_are_one_file_and_leave_no_upload(kept: Kept) -> None:
    kept.put(BYTES)
    kept.put(BYTES)
    assert list(kept.store.hashes()) == [SHA]
    assert kept.store.rehash(SHA) == SHA
    assert kept.leftovers() == []


def test_two_uploads_of_the_same_bytes_at_once_are_harmless(kept: Kept) -> None:
    one = kept.store.receive(io.BytesIO(BYTES), LIMIT)
    other = kept.store.receive(io.BytesIO(BYTES), LIMIT)
    assert one.path != other.path
    for received in (one, other):
        kept.store.keep(received)
        kept.store.discard(received)
    assert kept.store.rehash(SHA) == SHA
    assert kept.leftovers() == []


def test_discarding_twice_is_harmless(kept: Kept) -> None:
    received = kept.store.receive(io.BytesIO(BYTES), LIMIT)
    kept.store.discard(received)
    kept.store.discard(received)
    assert kept.leftovers() == []


def test_hashes_are_those_of_all_files(kept: Kept) -> None:
    expected = {kept.put(bytes([n])).sha256 for n in range(20)}
    assert sorted(kept.store.hashes()) == sorted(expected)


def test_a_local_file_has_the_bytes_and_leaves_no_copy(kept: Kept) -> None:
    kept.put(BYTES)
    with kept.store.local(SHA) as path:
        assert path.read_bytes() == BYTES
    assert kept.leftovers() == []
    assert kept.store.rehash(SHA) == SHA


def test_what_is_absent_is_file_not_found(kept: Kept) -> None:
    assert not kept.store.exists(ABSENT)
    with pytest.raises(FileNotFoundError):
        kept.store.open(ABSENT)
    with pytest.raises(FileNotFoundError):
        kept.store.rehash(ABSENT)


def test_opening_an_absent_object_leaves_no_file_open(tmp_path: Path) -> None:
    store = ObjectStore(MemoryStore(), tmp_path / "incoming", tmp_path / "derived")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.suppress(FileNotFoundError):
            store.open(ABSENT)
        gc.collect()
    assert not [warning for warning in caught if issubclass(warning.category, ResourceWarning)]


@pytest.mark.parametrize("name", NO_HASHES)
def test_a_name_that_is_no_hash_is_refused(kept: Kept, name: str) -> None:
    for ask in (kept.store.open, kept.store.exists, kept.store.rehash):
        with pytest.raises(ValueError, match="SHA-256"):
            ask(name)
    with pytest.raises(ValueError, match="SHA-256"), kept.store.local(name):
        pass
    with pytest.raises(ValueError, match="SHA-256"):
        kept.store.derived(name, "320")


def test_a_folders_file_can_only_be_read_and_stands_by_its_first_digits(folder: FolderStore) -> None:
    folder.keep(folder.receive(io.BytesIO(BYTES), LIMIT))
    path = folder.root / SHA[:2] / SHA
    assert path.stat().st_mode & 0o777 == 0o400


def test_a_tampered_file_has_another_hash(folder: FolderStore) -> None:
    folder.keep(folder.receive(io.BytesIO(BYTES), LIMIT))
    path = folder.root / SHA[:2] / SHA
    path.chmod(0o600)
    path.write_bytes(BYTES[:-1] + b"!")
    assert folder.rehash(SHA) != SHA


def test_a_tampered_object_has_another_hash(tmp_path: Path) -> None:
    bucket = MemoryStore()
    store = ObjectStore(bucket, tmp_path / "incoming", tmp_path / "derived")
    store.keep(store.receive(io.BytesIO(BYTES), LIMIT))
    obstore.put(bucket, f"{SHA[:2]}/{SHA}", b"other")
    assert store.rehash(SHA) != SHA


def test_strange_files_in_the_folder_are_not_evidence(folder: FolderStore) -> None:
    folder.keep(folder.receive(io.BytesIO(BYTES), LIMIT))
    (folder.root / SHA[:2] / "README").write_text("x")
    folder.receive(io.BytesIO(b"in progress"), LIMIT)
    assert list(folder.hashes()) == [SHA]


def test_an_object_that_arrived_short_is_an_error(tmp_path: Path) -> None:
    store = ObjectStore(MemoryStore(), tmp_path / "incoming", tmp_path / "derived")
    received = store.receive(io.BytesIO(BYTES), LIMIT)
    received.path.write_bytes(BYTES[:5])
    with pytest.raises(OSError, match="5 bytes"):
        store.keep(received)


# Around it


def test_only_old_uploads_are_swept(kept: Kept) -> None:
    old, fresh = (kept.store.receive(io.BytesIO(content), LIMIT) for content in (b"old", b"fresh"))
    os.utime(old.path, (1000, 1000))
    os.utime(fresh.path, (3000, 3000))
    assert kept.store.sweep_temporary(2000) == 1
    assert kept.leftovers() == [fresh.path.name]
    assert kept.store.sweep_temporary(2000) == 0


def test_a_sweep_leaves_what_is_kept(kept: Kept) -> None:
    received = kept.store.receive(io.BytesIO(BYTES), LIMIT)
    os.utime(received.path, (1000, 1000))
    kept.store.keep(received)
    kept.store.discard(received)
    assert kept.store.sweep_temporary(2000) == 0
    assert kept.store.exists(SHA)


def test_a_derived_copy_has_a_place_outside_the_evidence(kept: Kept) -> None:
    kept.put(BYTES)
    path = kept.store.derived(SHA, "320")
    assert re.fullmatch(rf"{SHA}-320\.jpg", path.name)
    path.write_bytes(b"picture")
    assert kept.store.derived(SHA, "320") == path
    assert list(kept.store.hashes()) == [SHA]


def test_the_check_passes_and_leaves_nothing(kept: Kept) -> None:
    kept.store.check()
    assert kept.leftovers() == []


def test_the_check_fails_where_nothing_can_be_written(kept: Kept) -> None:
    kept.incoming.rmdir()
    with pytest.raises(OSError, match="check-"):
        kept.store.check()


@pytest.mark.parametrize("shape", ["", "file://{}/elsewhere", "{}/elsewhere"])
def test_an_address_without_a_scheme_is_a_folder(shape: str, tmp_path: Path) -> None:
    store = from_url(shape.format(tmp_path), tmp_path)
    assert isinstance(store, FolderStore)
    assert store.root == (tmp_path / "elsewhere" if shape else tmp_path / "evidence")


@pytest.mark.parametrize("url", ["http://bucket/x", "ftp://x", "gs://bucket"])
def test_another_address_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither"):
        from_url(url, tmp_path)
