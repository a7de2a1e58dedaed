"""Whether anything was written at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from inspection.storage.db import sqlite_module
from tests.support.world import World


@contextmanager
def counted(world: World) -> Iterator[Callable[[], int]]:
    """A number that is another one after each commit that changed a byte of this SQLite database, the log included."""
    assert world.engine == "sqlite"
    path = world.app.config["SQLALCHEMY_DATABASE_URI"].database
    module = sqlite_module()  # the very one that the application writes with: of two, each breaks the other's locks
    with closing(module.connect(path, isolation_level=None)) as connection:
        yield lambda: int(connection.execute("PRAGMA data_version").fetchone()[0])
