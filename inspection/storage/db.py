"""The database: the only module that knows Flask-SQLAlchemy, and the only place with SQL of one dialect.

Everybody else sees a `Session`. Times are aware UTC on both engines; JSON is text, so that PostgreSQL's kin and
SQLite read it alike.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from math import inf
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Insert,
    MetaData,
    String,
    Table,
    Text,
    event,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DisconnectionError, TimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

NAMING: Final = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


Processor = Callable[[Any], Any]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime never enters the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain data as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        del dialect
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        del dialect
        return None if value is None else orjson.loads(value)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime(), str: String(), dict[str, Any]: Json(), list[Any]: Json()}


class OneEngineSession(Session):
    """A session on the application's one engine; it need not ask each statement which database it is for."""

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:
        super().__init__(**options)
        self.engine = db.engine

    def get_bind(self, *_: Any, **__: Any) -> Engine:
        return self.engine


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": OneEngineSession})


def engine_options(url: URL, threads: int = 8) -> dict[str, Any]:
    """Options for the engine: pooled connections on PostgreSQL, SQLite ≥ 3.51.3 where its wheel exists."""
    if url.get_backend_name() != "sqlite":
        return {"pool_size": threads, "max_overflow": 2, "pool_timeout": 20}
    options: dict[str, Any] = {"connect_args": {"timeout": 30}}
    module = sqlite_module()
    if module is not None:
        options["module"] = module
    return options


def sqlite_module() -> Any:
    """SQLite without the WAL-reset fault, from its wheel; None where there is no such wheel (not x86-64)."""
    try:
        import pysqlite3.dbapi2 as module
    except ImportError:
        return None
    return module


WAL_RESET_FIXED: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""Versions that carry the fix of SQLite's WAL-reset corruption: 3.51.3 and later, and two backports."""


def wal_is_safe(version: tuple[int, ...]) -> bool:
    return version >= WAL_RESET_FIXED[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in WAL_RESET_FIXED[1:]
    )


def prepare_engine(engine: Engine) -> None:
    """Durable settings and real transactions on SQLite: BEGIN IMMEDIATE for writing units, BEGIN for the rest.
    Elsewhere, connections that have rested are asked whether they still live, and no transaction lives long."""
    if engine.dialect.name != "sqlite":
        _ask_the_rested(engine)
        _limit(engine)
        return
    dbapi: Any = engine.dialect.dbapi
    journal = "WAL" if wal_is_safe(dbapi.sqlite_version_info) else "TRUNCATE"

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would not open a transaction for a SELECT
        for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


RESTED_S = 2.0
"""A connection used within so many seconds is taken to live: asking each time would cost a round trip per unit."""


def _ask_the_rested(engine: Engine) -> None:
    @event.listens_for(engine, "checkout")
    def _out(connection: Any, record: Any, _: Any) -> None:
        if monotonic() - record.info.get("used_at", 0.0) < RESTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError from error  # the pool replaces it and asks the next

    @event.listens_for(engine, "checkin")
    def _in(_: Any, record: Any) -> None:
        record.info["used_at"] = monotonic()


LONGEST_S: Final = 300
"""No transaction is committed later than so many seconds after its begin: a phone's delta relies on it."""

LIMITS: Final = {
    "lock_timeout": "30s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "transaction_timeout": f"{LONGEST_S}s",
}
"""What PostgreSQL itself ends. The last one is known to servers from 17 on; before them it is asked at the commit."""

_SET_KNOWN: Final = (
    "SELECT set_config(known.name, wanted.value, %s) FROM pg_settings AS known"
    " JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) ON wanted.name = known.name"
)


def _limit(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SET_KNOWN, (False, list(LIMITS), list(LIMITS.values())))
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.info["begun_at"] = monotonic()
        if connection.get_execution_options().get("write", False):  # the schema's revisions take as long as they take
            lift_limits(connection)

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        if monotonic() - connection.info["begun_at"] > LONGEST_S:
            raise TimeoutError(f"a transaction of more than {LONGEST_S} s is not committed")


def lift_limits(connection: Connection) -> None:
    """For a transaction that writes nothing a phone waits for: it may take as long as it needs."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_SET_KNOWN, (True, list(LIMITS), ["0"] * len(LIMITS)))
        connection.info["begun_at"] = inf


_writers = threading.Lock()


@contextmanager
def write_queue(engine: Engine) -> Iterator[None]:
    """On SQLite, writers wait in line: threads on a lock, processes on a file lock beside the database.
    SQLite's own busy handler sleeps, which costs half a second at the tail. Elsewhere there is no line."""
    path = lock_path(engine)
    if path is None:
        yield
        return
    with _writers, path.open("ab") as handle, _flocked(handle):
        yield


def lock_path(engine: Engine) -> Path | None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database + ".write-lock")


@contextmanager
def _flocked(handle: IO[bytes]) -> Iterator[None]:
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def insert_rows(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert one row, or many that all give the same columns. A value that many of them share (a moment, what a message
    says) is made ready for the driver once; SQLAlchemy's own way does it row by row, which takes longer than the
    insert."""
    if not rows:
        return
    connection = session.connection()
    statement, processors = _insert_of(table.__table__, tuple(rows[0]), connection.dialect)
    ready = [_ready(process, [row[name] for row in rows]) for name, process in processors.items()]
    values = list(zip(*ready, strict=True))
    if not connection.dialect.positional:
        connection.exec_driver_sql(statement, [dict(zip(processors, one, strict=True)) for one in values])
    else:
        connection.exec_driver_sql(statement, values)


def _ready(process: Processor | None, values: list[Any]) -> list[Any]:
    if process is None:
        return values
    shared = {id(value): value for value in values}
    ready = {key: process(value) for key, value in shared.items()}
    return [ready[id(value)] for value in values]


@lru_cache(64)
def _insert_of(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, dict[str, Processor | None]]:
    """The statement, and what makes a value of each of its columns ready for the driver, in the statement's order."""
    statement = insert(table).inline().compile(dialect=dialect, column_keys=columns)
    in_order = [column for column in table.columns if column.key in columns]
    return str(statement), {one.key: one.type.dialect_impl(dialect).bind_processor(dialect) for one in in_order}


def insert_or_ignore(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving out those whose key exists already; how many were new.
    The one statement of the house that is not the same on every database."""
    if not rows:
        return 0
    result = session.execute(
        _insert_or_ignore(table.__table__, session.get_bind().dialect.name),
        list(rows),
        execution_options={"preserve_rowcount": True},
    )
    assert isinstance(result, CursorResult)
    assert 0 <= result.rowcount <= len(rows)
    return result.rowcount


def insert_or_ignore_from(session: Session, table: Any, columns: Sequence[str], rows: Any) -> int:
    """The same for rows that a query finds."""
    statement = _insert_or_ignore(table.__table__, session.get_bind().dialect.name).from_select(columns, rows)
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)
    return result.rowcount


def deleted_count(session: Session, statement: Delete) -> int:
    """Run it; how many rows are gone."""
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


@cache
def _insert_or_ignore(table: Table, dialect: str) -> Insert:
    statement: Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table).on_conflict_do_nothing()
    return statement


def is_usable_url(text: str) -> bool:
    """Whether this is a database address of a kind that is supported."""
    try:
        return make_url(text).drivername in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg", "postgresql")
    except Exception:
        return False
