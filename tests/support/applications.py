"""Applications that serve one test's database after another's. To make one takes a tenth of a second, and all that
SQLAlchemy has learned of a statement is kept with its engine."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from flask import Flask, has_request_context, request
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from inspection.app import Parts, create_app
from inspection.domain.clock import Clock
from inspection.storage import evidence_store
from inspection.storage.audit_key import AuditKey
from inspection.storage.db import db
from inspection.storage.vault import Vault
from tests.support import databases

_idle: Final[dict[str, list[Flask]]] = defaultdict(list)


class Compiled(BytecodeCache):
    """Templates that this process has compiled once."""

    known: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


@contextmanager
def application(engine: str, url: str, data_dir: Path, clock: Clock) -> Iterator[Flask]:
    """One on this database, nobody else's meanwhile."""
    app = _idle[engine].pop() if _idle[engine] else _made(url, data_dir)
    _move(app, url, data_dir, clock)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        _idle[engine].append(app)
        unrecorded = app.extensions["unrecorded"]
        app.extensions["unrecorded"] = []
    assert not unrecorded, unrecorded


def _made(url: str, data_dir: Path) -> Flask:
    app = create_app(databases.settings_for(url, data_dir))
    app.jinja_env.bytecode_cache = Compiled()
    with app.app_context():
        engine = db.engine
    _connect_by_url(engine)
    _watch(app, engine)
    return app


WRITES: Final = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)\b(?! SET last_used_at=)")
"""Not that somebody is still there: when a session was last used is noted by whatever request uses it."""

LOGS: Final = frozenset({"audit_log", "lead_log", "audit_detail", "audit_head"})
UNRECORDED: Final = frozenset({"sign_in_attempt"})
"""What is written without an entry of its own: the counting of attempts."""
RENEWED: Final = "token"
"""A desk's session goes on under another token when its person's rights changed, at its next request, whatever that is;
the log says so."""


def _watch(app: Flask, engine: Engine) -> None:
    """Whatever a request commits stands in the log; and to look writes nothing but that it was looked."""
    app.extensions["unrecorded"] = []

    @event.listens_for(engine, "after_cursor_execute")
    def _write(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if cursor.rowcount and (found := WRITES.match(statement)) is not None:
            connection.info.setdefault("written", set()).add(found[1])

    @event.listens_for(engine, "rollback")
    def _forget(connection: Any) -> None:
        if not connection.invalidated:
            connection.info.pop("written", None)

    @event.listens_for(engine, "commit")
    def _judge(connection: Any) -> None:
        written = connection.info.pop("written", set()) - UNRECORDED
        if not has_request_context() or not written:
            return
        looked = request.method in ("GET", "HEAD", "OPTIONS")
        if written.isdisjoint({"audit_log", "lead_log"}) or (looked and not written <= LOGS | {RENEWED}):
            app.extensions["unrecorded"].append(f"{request.method} {request.path}: {sorted(written)}")


def _connect_by_url(engine: Engine) -> None:
    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        positional, others = dialect.create_connect_args(engine.url)
        arguments[:] = positional
        named.update(others)


def _move(app: Flask, url: str, data_dir: Path, clock: Clock) -> None:
    settings = databases.settings_for(url, data_dir)
    app.config.update(SECRET_KEY=settings.secret_key, SQLALCHEMY_DATABASE_URI=make_url(url))
    app.extensions["inspection"] = Parts(
        settings=settings,
        clock=clock,
        evidence=evidence_store.from_url(settings.evidence_url, settings.data_dir),
        audit_key=AuditKey(settings.audit_key),
        vault=Vault(settings.lead_keys),
    )
    with app.app_context():
        db.engine.url = make_url(url)
