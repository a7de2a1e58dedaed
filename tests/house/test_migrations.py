"""Migrations: up, down, up again, without drift, with data, on both databases; and what the database itself refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from inspection.actions.setup import mark_demo, prepare
from inspection.actions.verification import mission_faults
from inspection.app import create_app, parts_of
from inspection.storage import migrations, tables
from inspection.storage.db import db
from tests.support import databases
from tests.support.clock import HandClock
from tests.support.desk import Clerk
from tests.support.world import World, jpeg, made_world, new_id, sha256


def test_up_with_data_down_to_nothing_and_up_again_without_drift(engine: str, tmp_path: Path) -> None:
    with databases.empty_database(engine) as url:
        app = create_app(databases.settings_for(url, tmp_path), HandClock())
        with app.app_context():
            for _ in range(2):
                migrations.upgrade(db.engine)
                prepare(parts_of(app).context())
                db.session.remove()
                command.check(migrations.configuration(db.engine))
                names = set(inspect(db.engine).get_table_names())
                assert names == set(tables.metadata.tables) | {"alembic_version"}
                migrations.downgrade(db.engine, "base")
                assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
            db.engine.dispose()


def test_the_head_is_the_one_that_is_written_down() -> None:
    heads = ScriptDirectory(str(migrations.FOLDER)).get_heads()
    assert heads == [migrations.head_revision()]


RELEASED = {
    "0001_first_schema.py": "f81416ebe94d1025e35b497bef6edcb36150afc255f345856e7be4f7bb3b8f36",
    "0002_turns.py": "d6df4d7397cdd24416f9fddcadf158ec67533b324a00e980b8f882435e6c5b04",
    "0003_planning.py": "3f024e97b76c38464256f5b60a80fa7cb6e33df0d44fb84ad24cd876a1d2d82c",
    "0004_deadline_pass.py": "d69876430decb9752acfa5a554c25559714361b7d241d568a3ffdb26f80fd3fb",
    "0005_where_it_is.py": "c8e750fcd33774bfe04b4308580cd9ae00904e60fc7037014f7c1dad2fe44342",
    "0006_desk.py": "558c19671b2826fb61e6b5d1db684104b3bdb80652e836d4881e68175233d865",
    "0007_audit_chain.py": "572b0d68b4a2ca1d999e4173bd61150e5583dcfa9ed16505cab1c4b2af20df4f",
    "0008_attempts.py": "e69d30b22474080d25fd5e3ca20ff18d01410443f504b99d76eac66f7c012775",
    "0009_leads.py": "90e7611c0fc0f8ad99e1c94bae929d125ed9421c95b6b951e6684337bf3ae0fd",
    "0010_sign_in.py": "e6d2ca1939d01c274332467b92511ea37d0947c9241021850e5829719acd1a71",
    "0011_retention.py": "2db0d0c73a3319ce88564dc8beaaabf25407ebeb53c3a464347927389c45bf3d",
}
"""An installation that is at a revision never runs it again: what is to change comes with a new one."""


def test_released_revisions_stay_as_they_were() -> None:
    revisions = sorted((migrations.FOLDER / "versions").glob("*.py"))
    assert {one.name: sha256(one.read_bytes()) for one in revisions[:-1]} == RELEASED


def test_readiness_tells_a_schema_that_is_not_the_newest(engine: str, tmp_path: Path) -> None:
    with databases.empty_database(engine) as url:
        app = create_app(databases.settings_for(url, tmp_path), HandClock())
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.json["status"]) == (503, "not_ready")
        assert "migrate" in answer.json["faults"][0]
        with app.app_context():
            db.engine.dispose()


@pytest.mark.parametrize("table", ["audit_log", "problem_event", "stage_fact", "checklist"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_what_is_insert_only_is_so_in_the_database_itself(world: World, table: str, change: str) -> None:
    world.inspect({"S-09-01": []}, photos={sha256(jpeg()): {}})
    column = {"checklist": "sha256 = 'x'", "stage_fact": "stage = 'x'", "audit_log": "action = 'x'"}.get(
        table, "event = 'x'"
    )
    with world.app.app_context():
        before = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        assert before
        with pytest.raises(DatabaseError, match="never changed or removed"):
            db.session.execute(text(change.format(table, column)))
        db.session.rollback()
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == before


def test_every_row_survives_down_to_the_first_release_and_up_again(engine: str, tmp_path: Path) -> None:
    with made_world(engine, tmp_path) as world:
        made = world.inspect({"S-01-05": [], "S-09-01": [], "S-09-09": []})
        world.issue(made["id"])
        proof = world.prove(made["problems"][0]["id"])
        world.sweep()
        before = {one["id"]: world.problem(one["id"]) for one in made["problems"]}
        numbers = world.person("league").get("/stats/numbers?group_by=kind").json
        with world.app.app_context():
            db.session.remove()
            migrations.downgrade(db.engine, "0001")
            assert db.session.execute(text("SELECT count(*) FROM problem")).scalar() == len(before)
            db.session.remove()
            migrations.upgrade(db.engine)
            db.engine.dispose()
        assert {problem_id: world.problem(problem_id) for problem_id in before} == before
        assert world.person("league").get("/stats/numbers?group_by=kind").json == numbers
        assert world.review(made["problems"][0]["id"], proof["id"], "accept").status_code == 201
        assert world.sweep().messages == 0  # what was said is not said again
        with world.context() as ctx:
            assert list(mission_faults(ctx)) == []


def test_who_lost_sight_of_an_institution_is_known_from_changes_of_before(engine: str, tmp_path: Path) -> None:
    with made_world(engine, tmp_path) as world:
        change = {"kind": "move", "region_code": "150103", "effective_on": world.today.isoformat(), "reason": "划转"}
        assert (
            world.person("league").put(f"/institutions/{world.places[0]}/changes/{new_id()}", change).status_code == 201
        )
        columns = text("SELECT before_region_code, before_successor_id FROM institution_change")
        with world.app.app_context():
            assert db.session.execute(columns).all() == [("150102", None)]
            db.session.remove()
            migrations.downgrade(db.engine, "0003")
            migrations.upgrade(db.engine)
            assert db.session.execute(columns).all() == [("150102", None)]
            db.session.remove()
        late = world.person("inspector").put(f"/inspections/{new_id()}", world.body(0, wrong={"S-01-05": []}))
        assert late.status_code == 201
        assert "institution_moved" in {flag["code"] for flag in late.json["flags"]}


@pytest.mark.parametrize("demo", [False, True])
def test_who_is_signed_in_stays_so_and_passwords_begin_their_time(engine: str, tmp_path: Path, demo: bool) -> None:
    """At the upgrade: a desk is known by its half a day, and nobody is sent for another password on that day; demo
    accounts never are."""
    with made_world(engine, tmp_path) as world:
        clerk = Clerk(world, None)
        signed = {"username": "bureau", "password": databases.PASSWORD}
        clerk.open("/sign-in").send("sign_in", **signed)
        phone = world.app.test_client().post("/api/v1/auth/login", json=signed | {"device_name": "手机"}).json
        with world.context() as ctx:
            if demo:
                mark_demo(ctx)
        with world.app.app_context():
            db.session.remove()
            migrations.downgrade(db.engine, "0008")
            migrations.upgrade(db.engine)
            db.engine.dispose()
            desks = db.session.execute(text("SELECT device_name, desk FROM token")).all()
            ages = db.session.execute(text("SELECT password_set_at FROM user_account")).scalars().all()
            db.session.remove()
        assert {name for name, desk in desks if desk} == {"Web"}
        assert {name for name, desk in desks if not desk} == {"test", "手机"}
        assert {age is None for age in ages} == {demo}
        assert clerk.open("/account").status == 200
        headers = {"Authorization": f"Bearer {phone['token']}"}
        assert world.app.test_client().get("/api/v1/me", headers=headers).status_code == 200
