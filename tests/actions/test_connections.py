"""Connections that the server of the database has dropped."""

from __future__ import annotations

import pytest

from inspection.storage import db
from tests.support import databases
from tests.support.world import World


def drop_all(world: World) -> None:
    name = world.app.config["SQLALCHEMY_DATABASE_URI"].database
    databases.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def test_a_rested_connection_that_was_dropped_is_replaced_unseen(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "RESTED_S", 0.0)
    assert postgresql_world.inspect({"S-01-05": []})["state"] == "complete"
    drop_all(postgresql_world)
    assert postgresql_world.inspect({"S-01-05": []})["state"] == "complete"


def test_one_dropped_in_use_is_told_once_and_the_next_request_works(postgresql_world: World) -> None:
    bureau = postgresql_world.person("bureau")
    assert bureau.get("/problems").status_code == 200
    drop_all(postgresql_world)
    told = bureau.get("/problems")
    assert (told.status_code, told.json["code"]) == (503, "unavailable")
    assert told.headers["Retry-After"]
    assert bureau.get("/problems").status_code == 200
