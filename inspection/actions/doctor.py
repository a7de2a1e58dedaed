"""What is wrong with this installation, in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import text

from inspection.actions.context import Context
from inspection.actions.readiness import is_ready
from inspection.actions.verification import orphans
from inspection.storage import installation
from inspection.storage.db import wal_is_safe

OLDEST_PILLOW: Final = (13, 0, 0)
SILENCE: Final = timedelta(minutes=5)
SWEEP_SILENCE: Final = timedelta(minutes=45)


def examine(ctx: Context, data_dir: Path) -> Iterator[tuple[bool, str]]:
    """(well, what was found), one finding after the other."""
    faults = is_ready(ctx)
    yield (not faults, "database, schema and evidence store are usable" if not faults else "; ".join(faults))
    if faults:
        return
    yield _sqlite(ctx)
    pillow = tuple(int(part) for part in version("Pillow").split(".")[:3])
    yield (
        pillow >= OLDEST_PILLOW,
        f"Pillow {version('Pillow')}" + ("" if pillow >= OLDEST_PILLOW else " has known heap overflows in its decoder"),
    )
    mode = data_dir.stat().st_mode & 0o077
    yield (
        mode & 0o022 == 0,
        f"{data_dir} is not writable by others" if mode & 0o022 == 0 else f"{data_dir} is writable by others",
    )
    key = data_dir / "secret-key"
    if key.exists():
        closed = key.stat().st_mode & 0o077 == 0
        yield (closed, "the secret key is readable by its owner alone" if closed else f"{key} is readable by others")
    yield _clock(ctx, data_dir)
    yield _worker(ctx)
    calendar = ctx.calendar()
    this_year = ctx.today().year
    known = this_year in calendar.announced_years
    yield (
        known,
        f"the calendar of {this_year} is " + ("announced" if known else "not announced: dates are provisional"),
    )
    for aside in installation.list_set_aside_for_system(ctx.session):
        yield (False, f"set aside by the deadline pass: {aside.subject_id}: {aside.error}")
    left = len(orphans(ctx))
    yield (True, f"{left} files without a row (harmless leftovers of broken uploads)" if left else "no orphaned files")
    yield (True, "TLS: put a proxy with TLS in front; this server itself speaks plain HTTP")


def _sqlite(ctx: Context) -> tuple[bool, str]:
    if ctx.session.get_bind().dialect.name != "sqlite":
        return True, f"PostgreSQL {ctx.session.scalar(text('SHOW server_version'))}"
    number = ctx.session.scalar(text("SELECT sqlite_version()")) or ""
    parts = tuple(int(part) for part in number.split("."))
    if wal_is_safe(parts):
        return True, f"SQLite {number} in WAL mode"
    return True, f"SQLite {number} can corrupt a WAL: running with a rollback journal, which is slower"


def _clock(ctx: Context, data_dir: Path) -> tuple[bool, str]:
    """The system's clock against the newest time on record: a clock that ran backwards misjudges deadlines."""
    newest = max((os.stat(path).st_mtime for path in data_dir.glob("*.sqlite*")), default=0.0)
    behind = newest - ctx.now().timestamp()
    return behind < 60, "the clock runs" if behind < 60 else f"the clock is {int(behind)} s behind the database's files"


def _worker(ctx: Context) -> tuple[bool, str]:
    heartbeat = installation.heartbeat_for_system(ctx.session, "worker")
    if heartbeat is None:
        return False, "no worker has ever run: start `inspection worker`"
    if ctx.now() - heartbeat.at > SILENCE:
        return False, f"the worker was last alive at {ctx.clock.local(heartbeat.at):%Y-%m-%d %H:%M}"
    if heartbeat.swept_at is None or ctx.now() - heartbeat.swept_at > SWEEP_SILENCE:
        return False, "the worker is alive, but has not finished a deadline pass for 45 minutes"
    return True, f"the worker is alive; last deadline pass {ctx.clock.local(heartbeat.swept_at):%Y-%m-%d %H:%M}"
