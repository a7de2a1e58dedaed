"""The bare limits: the same rows and the same bytes with nothing of ours around them."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from inspection.storage.db import sqlite_module

Rows = list[tuple[str, list[tuple[Any, ...]]]]
"""Statement and its rows, in order: one durable transaction."""

TABLES = (
    "CREATE TABLE {p}inspection (id {u} PRIMARY KEY, institution {u}, visit {u}, received TEXT, sha TEXT, body {b})",
    "CREATE INDEX {p}i1 ON {p}inspection (visit)",
    "CREATE INDEX {p}i2 ON {p}inspection (institution, id)",
    "CREATE TABLE {p}problem (id {u} PRIMARY KEY, inspection {u}, institution {u}, status TEXT, due TEXT, body TEXT)",
    "CREATE INDEX {p}p1 ON {p}problem (inspection)",
    "CREATE INDEX {p}p2 ON {p}problem (institution, id)",
    "CREATE INDEX {p}p3 ON {p}problem (status, due, id)",
    "CREATE TABLE {p}event (id {u} PRIMARY KEY, problem {u}, at TEXT, detail TEXT)",
    "CREATE INDEX {p}e1 ON {p}event (problem, id)",
    "CREATE TABLE {p}participant (inspection {u}, position INTEGER, name TEXT, PRIMARY KEY (inspection, position))",
    "CREATE TABLE {p}audit (id {u} PRIMARY KEY, object TEXT, detail TEXT)",
)


def rows_of(body: bytes, mark: str) -> Rows:
    """What one inspection with five findings writes: one record, five problems with an event each, one participant,
    two audit rows. `mark` is the placeholder of the driver."""
    inspection, institution = uuid.uuid4().hex, uuid.uuid4().hex
    problems = [uuid.uuid4().hex for _ in range(5)]
    text = "x" * 900
    now = "2026-11-23T10:00:00"

    def statement(table: str, columns: int) -> str:
        return f"INSERT INTO bare_{table} VALUES ({', '.join([mark] * columns)})"

    return [
        (statement("inspection", 6), [(inspection, institution, uuid.uuid4().hex, now, "0" * 64, body)]),
        (statement("participant", 3), [(inspection, 0, "name")]),
        (statement("problem", 6), [(p, inspection, institution, "found", "2026-12-01", text) for p in problems]),
        (statement("event", 4), [(uuid.uuid4().hex, p, now, "{}") for p in problems]),
        (statement("audit", 3), [(uuid.uuid4().hex, inspection, "{}") for _ in range(2)]),
    ]


def connection_to(url: str) -> Any:
    """A connection of the driver's own, not committing by itself."""
    if url.startswith("postgresql"):
        return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
    module = sqlite_module()
    if module is None:
        import sqlite3 as module
    connection = module.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def sqlite_transactions(folder: Path, body: bytes, count: int) -> float:
    """Durable transactions per second of one writer on SQLite (WAL, FULL, BEGIN IMMEDIATE)."""
    module = sqlite_module()
    if module is None:
        import sqlite3 as module
    connection = module.connect(str(folder / f"bare-{uuid.uuid4().hex}.sqlite"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for statement in TABLES:
        connection.execute(statement.format(p="bare_", u="CHAR(32)", b="BLOB"))
    work = [rows_of(body, "?") for _ in range(count)]
    start = time.perf_counter()
    for rows in work:
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in rows:
            connection.executemany(statement, values)
        connection.execute("COMMIT")
    took = time.perf_counter() - start
    connection.close()
    return count / took


def postgresql_transactions(url: str, body: bytes, count: int, connections: int = 4) -> float:
    """Durable transactions per second over this many connections to PostgreSQL."""
    address = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        for name in ("inspection", "problem", "event", "participant", "audit"):
            connection.execute(f"DROP TABLE IF EXISTS bare_{name}")  # type: ignore[call-overload]
        for statement in TABLES:
            connection.execute(statement.format(p="bare_", u="UUID", b="BYTEA"))  # type: ignore[call-overload]
    work = [[rows_of(body, "%s") for _ in range(count // connections)] for _ in range(connections)]
    lines = [psycopg.connect(address) for _ in range(connections)]

    def write(line: psycopg.Connection[Any], share: list[Rows]) -> None:
        for rows in share:
            with line.cursor() as cursor:
                for statement, values in rows:
                    cursor.executemany(statement, values)  # type: ignore[call-overload]
            line.commit()

    took = _timed(lambda pool: list(pool.map(write, lines, work)), connections)
    for line in lines:
        line.close()
    return count / took


def stored_files(folder: Path, files: Sequence[bytes], threads: int = 1) -> float:
    """Files per second: hash, write, fsync, rename, folder fsync, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)

    def store(data: bytes) -> None:
        name = hashlib.sha256(data).hexdigest()
        draft = folder / f"{name}.tmp"
        with draft.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(folder / name)
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    return len(files) / _timed(lambda pool: list(pool.map(store, files)), threads)


def _timed(work: Callable[[ThreadPoolExecutor], object], threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        work(pool)
        return time.perf_counter() - start
