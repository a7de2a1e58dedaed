"""Who tells what came of a question: the words of an answer, and the rows of the database."""

from __future__ import annotations

import io
import shutil
import sqlite3
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from inspection.storage import tables
from inspection.storage.db import db
from tests.support import databases
from tests.support.access import KNOWS, LEADS, PLACES, PREFIX, Cell
from tests.support.holdings import lead_word_of, name_of, person_of, token_of
from tests.support.world import World


def words_in(answer: TestResponse) -> bytes:
    """All that an answer says: its headers, its body, and what is packed in it."""
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    return heads + b"\n\n" + data


def foreign(cell: Cell, answer: TestResponse, own: set[str]) -> list[str]:
    """The words of places and people that this reader has no business with. A picture's copy holds none at all."""
    said, known = words_in(answer), KNOWS.get(cell.who or "", set())
    if answer.mimetype == "image/jpeg" and cell.path.endswith(("/thumbnail", "/shared")):
        own, known = set(), set()
    words = [token_of(place) for place in PLACES if place not in own]
    words += [word(place) for word in (person_of, name_of) for place in PLACES if place not in known]
    told = LEADS.get(cell.who or "", set()) if cell.key[1].startswith("/leads") else set()
    words += [lead_word_of(place) for place in PLACES if place not in told]
    return [word for word in words if word.encode() in said]


ATTEMPTS: Final = {"sign_in_attempt", "failed_sign_in", "audit_log", "audit_detail", "audit_head"}
LEAD_READ: Final = {"lead_log", "audit_detail", "audit_head"}
BOOKKEEPING: Final = {
    "/sign-in": ATTEMPTS,
    "/activation": ATTEMPTS,
    f"{PREFIX}/auth/login": ATTEMPTS,
    f"{PREFIX}/auth/activation": ATTEMPTS,
    f"{PREFIX}/photos/<hash:sha256>": {"audit_log", "audit_detail", "audit_head"},
    "/leads/<uuid:lead_id>": LEAD_READ,
    f"{PREFIX}/leads/<uuid:lead_id>": LEAD_READ,
}
"""What a refusal or a reading writes down: attempts that are counted, originals and leads that were read."""


@dataclass
class Rows:
    """The database as a whole: whether anything was written since it was last looked at, and what. `copy` is what it
    was at the beginning: a file, or a database's name."""

    world: World
    copy: str = ""
    _known: dict[str, list[Any]] = field(default_factory=dict)
    _watch: sqlite3.Connection | None = None
    _mark: Any = None

    def open(self) -> Rows:
        self._known = self.read()
        self.let_go()
        self.copy = f"t{uuid.uuid4().hex}"
        if self.world.engine == "sqlite":
            shutil.copyfile(self.path, self._snapshot)
        else:
            databases.admin(f"CREATE DATABASE {self.copy} TEMPLATE {self.path.name} STRATEGY file_copy")
        self._mark = self._marked()
        return self

    def close(self) -> None:
        self.let_go()
        databases.drop(self.world.engine, self.copy)

    @property
    def path(self) -> Path:
        with self.world.app.app_context():
            return Path(str(db.engine.url.database))

    @property
    def _snapshot(self) -> str:
        return str(make_url(databases.url_of("sqlite", self.copy)).database)

    def let_go(self) -> None:
        """No connection is held any more."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        with self.world.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _marked(self) -> Any:
        """What differs after any commit of anybody's."""
        if self.world.engine == "sqlite":
            if self._watch is None:
                self._watch = sqlite3.connect(self.path)
            return self._watch.execute("PRAGMA data_version").fetchone()[0]
        with self.world.app.app_context(), db.engine.connect() as connection:
            return connection.execute(text("SELECT pg_snapshot_xmax(pg_current_snapshot())")).scalar()

    def read(self) -> dict[str, list[Any]]:
        with self.world.app.app_context(), db.engine.connect() as connection:
            known = tables.metadata.tables.items()
            return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in known}

    def touched(self) -> bool:
        """Whether there was a commit since the last look."""
        return bool(self._marked() != self._mark)

    def changed(self) -> set[str]:
        """The tables that have other rows than at the beginning."""
        if not self.touched():
            return set()
        now = self.read()
        self._mark = self._marked()
        return {name for name in now if now[name] != self._known[name]}

    def restore(self) -> None:
        """As it was at the beginning."""
        self.let_go()
        if self.world.engine == "sqlite":
            for suffix in ("-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self._snapshot, self.path)
        else:
            databases.drop("postgresql", self.path.name)
            databases.admin(f"CREATE DATABASE {self.path.name} TEMPLATE {self.copy} STRATEGY file_copy")
        self._mark = self._marked()
