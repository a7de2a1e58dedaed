"""How long a transaction of PostgreSQL may take: never as long as the overlap of what a phone asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as TooLong
from sqlalchemy.orm import Session

from inspection.actions.sync import OVERLAP
from inspection.actions.verification import verify
from inspection.schemas.inspections import read_inspection
from inspection.storage import db as database
from inspection.storage import migrations
from inspection.storage.db import db
from inspection.storage.unit import unit
from tests.support.world import World, jpeg, made_world


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """PostgreSQL that ends everything after a fifth of a second."""
    monkeypatch.setattr(database, "LIMITS", dict.fromkeys(database.LIMITS, "200ms"))
    with made_world("postgresql", tmp_path) as made:
        yield made


def shown(world: World) -> dict[str, str]:
    with world.app.app_context():
        rows = db.session.execute(
            text("SELECT name, current_setting(name) AS value FROM pg_settings WHERE name LIKE '%\\_timeout'")
        )
        return {row.name: row.value for row in rows}


def test_no_transaction_of_postgresql_lives_as_long_as_the_overlap(postgresql_world: World) -> None:
    known = shown(postgresql_world)
    assert (known["lock_timeout"], known["statement_timeout"], known["idle_in_transaction_session_timeout"]) == (
        "30s",
        "1min",
        "1min",
    )
    assert known.get("transaction_timeout", "5min") == "5min"
    assert OVERLAP.total_seconds() >= 2 * database.LONGEST_S


@pytest.mark.parametrize("slow", ["statement", "idle"])
def test_what_takes_too_long_is_ended_by_the_database(impatient: World, slow: str) -> None:
    with impatient.app.app_context():
        db.session.execute(text("UPDATE installation SET demo = true"))
        if slow == "idle":
            sleep(0.5)
        with pytest.raises(SQLAlchemyError):
            db.session.execute(text("SELECT pg_sleep(0.4)"))
        db.session.rollback()
        assert db.session.execute(text("SELECT demo FROM installation")).scalar() is False


def test_a_row_that_is_held_too_long_is_not_waited_for(postgresql_world: World) -> None:
    held = text("SELECT 1 FROM installation FOR UPDATE")
    with postgresql_world.app.app_context(), db.engine.connect() as other:
        other.execute(held)
        db.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            db.session.execute(held)
        db.session.rollback()


def test_a_transaction_of_many_short_statements_is_not_committed_late(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the server knows of it."""
    monkeypatch.setattr(database, "LONGEST_S", 0.05)

    def work(session: Session) -> None:
        with unit(session):
            session.execute(text("UPDATE installation SET demo = true"))
            sleep(0.1)

    with postgresql_world.context() as ctx:
        with pytest.raises(TooLong):
            work(ctx.session)
        assert ctx.session.execute(text("SELECT demo FROM installation")).scalar() is False


def test_revisions_of_the_schema_and_a_long_verification_have_the_time_they_need(
    impatient: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient.person("inspector").upload(jpeg())
    with impatient.context() as ctx:
        faults = verify(ctx, lambda body: read_inspection(body).value)  # type: ignore[arg-type, return-value]
        monkeypatch.setattr(type(ctx.evidence), "rehash", lambda _, name: [sleep(0.5), name][1])
        assert list(faults) == []
        ctx.session.rollback()
        monkeypatch.setattr(database, "LONGEST_S", 0.0)
        migrations.downgrade(db.engine, "0002")
        migrations.upgrade(db.engine)
