"""What is wrong with this installation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import text

from inspection.actions.context import Context
from inspection.actions.readiness import in_the_way
from inspection.actions.setup import is_demo
from inspection.actions.verification import orphans
from inspection.domain.actor import incompatible
from inspection.domain.second_factor import ADVISED
from inspection.domain.system import Finding, Workers
from inspection.storage import accounts, installation, leads
from inspection.storage.db import wal_is_safe

OLDEST_PILLOW: Final = (13, 0, 0)
SILENCE: Final = timedelta(minutes=5)
SWEEP_SILENCE: Final = timedelta(minutes=45)
MOST_NAMED: Final = 20


def examine(ctx: Context, data_dir: Path, *, proxy_hops: int, every_file: bool = True) -> Iterator[Finding]:
    """One finding after the other. `proxy_hops`: how many proxies stand in front. `every_file`: also look for files
    that no row speaks of, which takes as long as there are files."""
    faults = in_the_way(ctx)
    if faults:
        yield from (Finding(False, code) for code in faults)
        return
    yield Finding(True, "usable")
    yield _database(ctx)
    pillow = version("Pillow")
    sound = tuple(int(part) for part in pillow.split(".")[:3]) >= OLDEST_PILLOW
    yield Finding(sound, "pillow" if sound else "pillow_old", {"version": pillow})
    closed = data_dir.stat().st_mode & 0o022 == 0
    yield Finding(closed, "folder_closed" if closed else "folder_open", {"path": str(data_dir)})
    for key in (data_dir / "secret-key", ctx.audit_key.path):
        if key.exists():
            closed = key.stat().st_mode & 0o077 == 0
            yield Finding(closed, "key_closed" if closed else "key_open", {"path": str(key)})
    if ctx.audit_key.is_half_changed():
        yield Finding(False, "key_half_changed", {"path": str(ctx.audit_key.path)})
    yield from _lead_keys(ctx)
    yield _clock(ctx, data_dir)
    yield _worker(ctx)
    year = ctx.today().year
    known = year in ctx.calendar().announced_years
    yield Finding(known, "calendar_announced" if known else "calendar_unannounced", {"year": year})
    for aside in installation.list_set_aside_for_system(ctx.session):
        yield Finding(False, "set_aside", {"subject": str(aside.subject_id), "error": aside.error})
    if every_file:
        left = len(orphans(ctx))
        yield Finding(True, "orphans" if left else "no_orphans", {"count": left})
    demo = is_demo(ctx)
    unprotected = sorted(ADVISED - ctx.factor_roles)
    if unprotected and not demo:
        yield Finding(False, "second_factor_optional", {"roles": ", ".join(unprotected)})
    else:
        yield Finding(True, "second_factor")
    held = accounts.roles_by_username_for_system(ctx.session)
    unfit = sorted(who for who, roles in held.items() if incompatible(roles))
    if unfit:
        yield Finding(False, "roles_unfit", {"who": ", ".join(unfit[:MOST_NAMED])})
    else:
        yield Finding(True, "roles_fit")
    yield Finding(True, "tls") if proxy_hops else Finding(demo, "tls_missing")


def workers(ctx: Context) -> Workers:
    """When the worker last did something."""
    heartbeat = installation.heartbeat_for_system(ctx.session, "worker")
    return Workers(heartbeat.at, heartbeat.swept_at) if heartbeat is not None else Workers(None, None)


def _lead_keys(ctx: Context) -> Iterator[Finding]:
    """One finding where all is well, so that it does not tell which regions have leads."""
    missing = [key for key in leads.keys_for_system(ctx.session) if not ctx.vault.has(key.region_code, key.key_id)]
    exposed = list(ctx.vault.exposed())
    for key in missing:
        about = {"region": key.region_code, "key": key.key_id, "path": str(ctx.vault.path(key.region_code))}
        yield Finding(False, "lead_key_missing", about)
    for path in exposed:
        yield Finding(False, "key_open", {"path": str(path)})
    if not missing and not exposed:
        yield Finding(True, "lead_keys")


def _database(ctx: Context) -> Finding:
    if ctx.session.get_bind().dialect.name != "sqlite":
        return Finding(True, "postgresql", {"version": ctx.session.scalar(text("SHOW server_version"))})
    number = ctx.session.scalar(text("SELECT sqlite_version()")) or ""
    parts = tuple(int(part) for part in number.split("."))
    return Finding(True, "sqlite" if wal_is_safe(parts) else "sqlite_without_wal", {"version": number})


def _clock(ctx: Context, data_dir: Path) -> Finding:
    """The system's clock against the newest time on record: a clock that ran backwards misjudges deadlines."""
    newest = max((os.stat(path).st_mtime for path in data_dir.glob("*.sqlite*")), default=0.0)
    behind = newest - ctx.now().timestamp()
    return Finding(True, "clock") if behind < 60 else Finding(False, "clock_behind", {"seconds": int(behind)})


def _worker(ctx: Context) -> Finding:
    heartbeat = installation.heartbeat_for_system(ctx.session, "worker")
    if heartbeat is None:
        return Finding(False, "worker_never")
    if ctx.now() - heartbeat.at > SILENCE:
        return Finding(False, "worker_silent", {"at": f"{ctx.clock.local(heartbeat.at):%Y-%m-%d %H:%M}"})
    if heartbeat.swept_at is None or ctx.now() - heartbeat.swept_at > SWEEP_SILENCE:
        return Finding(False, "sweep_late", {"minutes": int(SWEEP_SILENCE.total_seconds() // 60)})
    return Finding(True, "worker", {"at": f"{ctx.clock.local(heartbeat.swept_at):%Y-%m-%d %H:%M}"})
