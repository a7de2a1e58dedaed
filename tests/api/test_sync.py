"""What a phone needs for a day without signal: whole, small, and nothing missed in between."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as TooLong
from sqlalchemy.orm import Session

from checklists.loader import published
from checklists.model import from_document
from inspection.actions.checklists import publish
from inspection.actions.sync import OVERLAP
from inspection.actions.verification import verify
from inspection.domain.actor import Grant
from inspection.schemas.inspections import read_inspection
from inspection.storage import db as database
from inspection.storage import migrations
from inspection.storage.db import db
from inspection.storage.institutions import InstitutionRow
from inspection.storage.problems import EventRow
from inspection.storage.unit import unit
from tests.support.world import World, jpeg, made_world, new_id


def sync(world: World, who: str = "inspector", since: str | None = None) -> dict[str, Any]:
    answer = world.person(who).get("/sync" + (f"?since={since}" if since else ""))
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def later(world: World, who: str = "inspector") -> tuple[dict[str, Any], str]:
    """A first whole answer, and its `next` at a time when the overlap no longer reaches back to it."""
    first = sync(world, who)
    world.clock.go(minutes=11)
    return first, sync(world, who, first["next"])["next"]


def task(world: World, who: str = "inspector", place: int = 0, **changes: Any) -> str:
    """A planned visit; its id."""
    body = {
        "institution_id": world.places[place],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-24",
        "inspectors": [{"user_id": world.person(who).id}],
    }
    made = world.person("bureau").put(f"/assignments/{new_id()}", body | changes)
    assert made.status_code == 201, made.json
    return str(made.json["id"])


def change(world: World, place: int, who: str = "league", **body: Any) -> None:
    given = {"effective_on": "2026-11-23", "reason": "区划调整"} | body
    made = world.person(who).put(f"/institutions/{world.places[place]}/changes/{new_id()}", given)
    assert made.status_code == 201, made.json


def publish_second(world: World) -> None:
    """Version 2 of the checklist for schools."""
    with world.context() as ctx:
        assert publish(ctx, from_document(published()["school", 1].as_document() | {"version": 2}))


def forgotten(seen: dict[str, Any], kind: str) -> list[str]:
    return [gone["id"] for gone in seen["deleted"] if gone["kind"] == kind]


def ids(items: list[dict[str, Any]]) -> set[str]:
    return {item["id"] for item in items}


def test_an_inspector_gets_everything_for_the_day(world: World) -> None:
    problem = world.open_problem()
    body = {
        "institution_id": world.places[0],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-24",
        "inspectors": [{"user_id": world.person("inspector").id}],
    }
    task = world.person("bureau").put(f"/assignments/{new_id()}", body).json
    seen = sync(world)
    assert seen["full"] is True
    assert ids(seen["assignments"]) == {task["id"]}
    assert ids(seen["institutions"]) == set(world.places[:6])
    assert [checklist["code"] for checklist in seen["checklists"]] == ["kindergarten", "school", "tutoring"]
    assert any(
        item["red_line"] == "R1"
        for checklist in seen["checklists"]
        for section in checklist["sections"]
        for item in section["items"]
    )
    assert ids(seen["problems"]) == {problem["id"]}
    assert [year["year"] for year in seen["calendar"]] == [2025, 2026, 2027]
    assert seen["limits"]["photo_bytes"] == 25 * 1024 * 1024
    assert sync(world, "inspector2")["assignments"] == []
    assert seen["installation_id"] == sync(world, "school")["installation_id"]


def test_a_unit_gets_its_own_and_the_checklist_without_r1(world: World) -> None:
    own = world.open_problem()
    world.inspect({"K-01-01": []}, place=1)
    seen = sync(world, "school")
    assert ids(seen["institutions"]) == {world.places[0]}
    assert ids(seen["problems"]) == {own["id"]}
    assert seen["assignments"] == []
    assert "R1" not in str(seen["checklists"])
    assert sync(world, "stranger")["problems"] == []


def test_a_delta_holds_what_changed_and_what_to_forget(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    quiet = sync(world, since=moment)
    assert (quiet["full"], quiet["institutions"], quiet["checklists"], quiet["problems"], quiet["deleted"]) == (
        False,
        [],
        [],
        [],
        [],
    )
    proof = world.prove(problem["id"])
    changed = sync(world, since=moment)
    assert [(line["id"], line["status"]) for line in changed["problems"]] == [(problem["id"], "submitted")]
    world.clock.go(minutes=11)
    assert world.review(problem["id"], proof["id"], "accept").status_code == 201
    after = sync(world, since=changed["next"])
    assert after["deleted"] == [{"kind": "problem", "id": problem["id"]}]
    rename = {"kind": "rename", "name": "新名", "reason": "x", "effective_on": "2026-11-23"}
    world.person("bureau").put(f"/institutions/{world.places[3]}/changes/{new_id()}", rename)
    assert [place["name"] for place in sync(world, since=moment)["institutions"]] == ["新名"]


def test_tasks_that_are_done_or_cancelled_are_forgotten(world: World) -> None:
    people = [world.person(name).id for name in ("inspector", "inspector2")]
    body = {
        "institution_id": world.places[0],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-24",
        "inspectors": [{"user_id": one} for one in people],
    }
    bureau = world.person("bureau")
    done, cancelled = (bureau.put(f"/assignments/{new_id()}", body).json["id"] for _ in range(2))
    _, moment = later(world)
    world.inspect({}, assignment_id=done)
    bureau.put(f"/assignments/{cancelled}/cancellation", {"reason": "x"})
    mine, colleagues = sync(world, since=moment), sync(world, "inspector2", moment)
    assert {gone["id"] for gone in mine["deleted"]} == {done, cancelled}
    assert {gone["id"] for gone in colleagues["deleted"]} == {cancelled}
    assert ids(colleagues["assignments"]) == {done}  # the others of the team still have theirs to do


def test_an_institution_that_moved_away_is_forgotten_with_its_problems(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    move = {"kind": "move", "region_code": "150103", "reason": "x", "effective_on": "2026-11-23"}
    world.person("league").put(f"/institutions/{world.places[0]}/changes/{new_id()}", move)
    assert sync(world, since=moment)["deleted"] == [
        {"kind": "institution", "id": world.places[0]},
        {"kind": "problem", "id": problem["id"]},
    ]
    arrived = sync(world, "demo-inspector-hm", moment)
    assert ids(arrived["institutions"]) == {world.places[0]}
    assert arrived["deleted"] == []
    stranger = sync(world, "demo-inspector-yq", moment)
    assert (stranger["institutions"], stranger["deleted"]) == ([], [])


def test_who_is_of_a_unit_and_an_inspector_forgets_what_moved_away_too(world: World) -> None:
    world.employ("both", Grant("unit", None, uuid.UUID(world.places[3])), Grant("edu_inspector", "150102"))
    world.clock.go(minutes=20)
    moment = sync(world, "both")["next"]
    change(world, 0, kind="move", region_code="150103")
    assert forgotten(sync(world, "both", moment), "institution") == [world.places[0]]


def test_rights_that_changed_make_it_whole_again(world: World) -> None:
    _, moment = later(world)
    body = {
        "from_user_id": world.person("inspector").id,
        "to_user_id": world.person("demo-inspector-hm").id,
        "reason": "x",
        "signed_by": "x",
    }
    assert world.person("secadmin").put(f"/handovers/{new_id()}", body).status_code == 201
    seen = sync(world, "demo-inspector-hm", moment)
    assert seen["full"] is True
    assert set(world.places[:6]) < ids(seen["institutions"])


def test_what_is_committed_late_is_not_missed(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    world.clock.go(minutes=30)
    with world.app.app_context():
        writer = db.engine.connect()
    happened = world.clock.now()
    row = {
        "id": uuid.uuid4(),
        "problem_id": uuid.UUID(problem["id"]),
        "at": happened,
        "event": "rechecked",
        "detail": {},
    }
    writer.execute(insert(EventRow.__table__), row)  # type: ignore[arg-type]
    world.clock.go(minutes=1)
    meanwhile = sync(world, since=moment)
    assert meanwhile["problems"] == []
    writer.commit()
    writer.close()
    caught = sync(world, since=meanwhile["next"])
    assert ids(caught["problems"]) == {problem["id"]}


def versions(seen: dict[str, Any]) -> list[tuple[str, int]]:
    return [(checklist["code"], checklist["version"]) for checklist in seen["checklists"]]


def test_a_task_comes_with_the_version_of_the_checklist_that_it_names(world: World) -> None:
    publish_second(world)
    _, moment = later(world)
    newest = [("kindergarten", 1), ("school", 2), ("tutoring", 1)]
    assert versions(sync(world)) == newest
    task(world, checklist={"code": "school", "version": 1})
    assert versions(sync(world)) == sorted([("school", 1), *newest])
    task(world, who="inspector2")
    assert versions(sync(world, since=moment)) == [("school", 1)]
    assert versions(sync(world, "inspector2", moment)) == []  # he has the newest already


def test_a_new_version_leaves_the_one_that_a_task_names(world: World) -> None:
    task(world)
    _, moment = later(world)
    publish_second(world)
    assert versions(sync(world, since=moment)) == [("school", 1), ("school", 2)]


def test_an_institution_is_there_until_it_is_closed_and_while_work_waits_there(world: World) -> None:
    problem = world.open_problem(place=3)
    planned = task(world, place=4, planned_on="2026-11-25")
    change(world, 3, kind="merge", successor_id=world.places[1], open_problems="follow")
    change(world, 5, kind="close", open_problems="end")
    _, moment = later(world)
    assert ids(sync(world)["institutions"]) == {world.places[place] for place in (0, 1, 2, 3, 4)}
    world.clock.go_to(date(2026, 12, 2))
    change(world, 0, kind="close", open_problems="end")
    seen = sync(world)
    assert ids(seen["institutions"]) == {world.places[place] for place in (1, 2, 3, 4)}
    assert (ids(seen["problems"]), ids(seen["assignments"])) == ({problem["id"]}, {planned})
    world.inspect({}, place=3, rechecks=[{"problem_id": problem["id"], "fixed": False}])
    told = sync(world, since=moment)
    # the one was closed meanwhile; the other before, and the problem told is one of its
    assert ids(told["institutions"]) == {world.places[0], world.places[3]}
    assert ids(told["problems"]) == {problem["id"]}


def test_a_task_leaves_the_phone_with_its_institution_and_is_called_off(world: World) -> None:
    planned = task(world)
    _, moment = later(world)
    change(world, 0, kind="move", region_code="150103")
    gone = sync(world, since=moment)
    assert (forgotten(gone, "assignment"), gone["assignments"]) == ([planned], [])
    assert sync(world)["assignments"] == []
    world.clock.go(minutes=11)
    change(world, 0, kind="move", region_code="150102")
    back = sync(world, since=gone["next"])
    assert (forgotten(back, "assignment"), back["assignments"]) == ([planned], [])
    assert ids(back["institutions"]) == {world.places[0]}


def test_an_institution_that_arrives_brings_its_unfinished_problems(world: World) -> None:
    problem = world.open_problem()
    made = world.inspect({"S-01-05": []})
    assert world.person("inspector").get(f"/problems/{made['problems'][0]['id']}").status_code == 200
    world.clock.go(minutes=20)
    moment = sync(world, "demo-inspector-hm")["next"]
    world.clock.go(minutes=20)
    change(world, 0, kind="move", region_code="150103")
    arrived = sync(world, "demo-inspector-hm", moment)
    assert arrived["full"] is False
    assert ids(arrived["institutions"]) == {world.places[0]}
    assert ids(arrived["problems"]) == {problem["id"], made["problems"][0]["id"]}


def test_a_chain_of_mergers_brings_the_problems_to_the_last_unit_and_takes_them_from_the_others(world: World) -> None:
    world.employ("middle", Grant("unit", None, uuid.UUID(world.places[4])))
    problem = world.open_problem(place=3)
    _, before = later(world, "school")
    change(world, 3, kind="merge", successor_id=world.places[4], open_problems="follow")
    world.clock.go(minutes=20)
    _, moment = later(world, "middle")
    assert ids(sync(world, "middle")["problems"]) == {problem["id"]}
    assert sync(world, "school", before)["problems"] == []
    change(world, 4, kind="merge", successor_id=world.places[0], open_problems="follow")
    assert ids(sync(world, "school", before)["problems"]) == {problem["id"]}
    assert ids(sync(world, "school", before)["institutions"]) == {world.places[3], world.places[4]}
    left = sync(world, "middle", moment)
    assert left["deleted"] == [
        {"kind": "institution", "id": world.places[3]},
        {"kind": "problem", "id": problem["id"]},
    ]


def test_a_rename_reaches_the_lines_of_the_problems(world: World) -> None:
    problem = world.open_problem()
    _, moment = later(world)
    change(world, 0, kind="rename", name="云杉高级中学")
    (line,) = sync(world, since=moment)["problems"]
    assert (line["id"], line["institution_name"]) == (problem["id"], "云杉高级中学")


def test_what_is_finished_after_its_institution_moved_away_is_forgotten_too(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    _, moment = later(world)
    change(world, 0, kind="move", region_code="150103")
    world.clock.go(minutes=30)
    assert world.review(problem["id"], proof["id"], "accept", who="neighbour").status_code == 201
    gone = sync(world, since=moment)
    assert forgotten(gone, "problem") == [problem["id"]]
    assert forgotten(gone, "institution") == [world.places[0]]


def test_a_calendar_that_changed_brings_all_dates_again(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    _, moment = later(world)
    day = world.person("sysadmin").get("/calendar/2026").json
    rest = sorted({*day["rest_days"], "2026-11-25", "2026-11-26"})
    body = {key: day[key] for key in ("revision", "announced", "work_days", "terms")} | {"rest_days": rest}
    assert world.person("sysadmin").put("/calendar/2026", body).status_code == 200
    changed = sync(world, since=moment)
    assert [(line["id"], line["clock_on"]) for line in changed["problems"]] == [
        (made["problems"][0]["id"], "2026-11-30")
    ]
    world.clock.go(minutes=11)
    assert sync(world, since=sync(world, since=changed["next"])["next"])["problems"] == []


def test_every_revision_brings_what_runs_again_whatever_its_timeline_says(world: World) -> None:
    """The calendar's change and the dates computed by it are units of their own: a phone may ask in between."""
    problem = world.open_problem()
    _, moment = later(world)
    for raised in ("calendar_revision", "recomputed_revision"):
        with world.app.app_context():
            db.session.execute(text(f"UPDATE installation SET {raised} = {raised} + 1"))
            db.session.commit()
        told = sync(world, since=moment)
        assert (told["full"], ids(told["problems"])) == (False, {problem["id"]})
        moment = told["next"]
        assert sync(world, since=moment)["problems"] == []


@pytest.mark.parametrize("asked_meanwhile", [True, False])
def test_a_clock_that_was_set_back_loses_nothing(world: World, asked_meanwhile: bool) -> None:
    problem = world.open_problem()
    start = world.clock.now()
    world.clock.go(hours=1)
    moment = sync(world)["next"]
    world.clock.set(start + timedelta(minutes=20))
    world.prove(problem["id"])
    if asked_meanwhile:
        world.clock.set(start + timedelta(minutes=25))
        assert sync(world, since=moment)["full"] is True
    world.clock.set(start + timedelta(hours=2))
    seen = sync(world, since=moment)
    assert [(line["id"], line["status"]) for line in seen["problems"]] == [(problem["id"], "submitted")]
    assert seen["full"] is True
    world.clock.go(minutes=11)
    assert sync(world, since=seen["next"])["full"] is False


def test_a_database_that_was_put_back_makes_it_whole(sqlite_world: World) -> None:
    moment, revision, _ = sync(sqlite_world)["next"].split("~")
    assert sync(sqlite_world, since=f"{moment}~{revision}~999999")["full"] is True


def test_a_plain_moment_is_a_since_too(world: World) -> None:
    problem = world.open_problem()
    world.clock.go(hours=1)
    plain = sync(world)["server_time"]
    assert datetime.fromisoformat(plain).tzinfo is not None
    world.clock.go(hours=1)
    seen = sync(world, since=plain.replace("+", "%2B"))
    assert (seen["full"], seen["institutions"], ids(seen["problems"])) == (False, [], {problem["id"]})


def test_a_specialist_never_gets_r1(world: World) -> None:
    specialist = world.employ("expert", Grant("specialist", "150102"))
    assert "R1" not in str(sync(world, "expert")["checklists"])
    copy = specialist.get("/checklists/school").json
    assert copy == world.person("school").get("/checklists/school").json
    for who in ("inspector", "procurator"):
        assert "R1" in str(world.person(who).get("/checklists/school").json)
    for who in ("bureau", "league", "secadmin"):
        assert "R1" not in str(world.person(who).get("/checklists/school").json)


@pytest.mark.parametrize(
    "since",
    [
        "yesterday",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "",
        "2026-11-23T10:00:00Z~1",
        "2026-11-23T10:00:00Z~1~x",
        "2026-11-23T10:00:00~1~1",
        "2026-11-23T10:00:00Z~1~" + "9" * 40,
    ],
)
def test_a_moment_that_is_none_is_refused(sqlite_world: World, since: str) -> None:
    refused = sqlite_world.person("inspector").get(f"/sync?since={since}")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/since")


def test_a_moment_in_the_future_makes_it_whole(sqlite_world: World) -> None:
    assert sync(sqlite_world, since="2030-01-01T00:00:00Z")["full"] is True


def test_a_day_for_two_hundred_institutions_is_small(world: World) -> None:
    """Two hundred institutions with ten unfinished problems each, and a checklist of each kind."""
    with world.context() as ctx, unit(ctx.session) as session:
        template = session.get(InstitutionRow, uuid.UUID(world.places[0]))
        assert template is not None
        for number in range(194):
            session.add(
                InstitutionRow(
                    id=uuid.uuid4(),
                    name=f"第{number:03d}小学",
                    kind="school",
                    region_code="150102",
                    credit_code=None,
                    competent_department=template.competent_department,
                    profile={**template.profile, "students": 300 + number},
                    created_at=ctx.now(),
                    changed_at=ctx.now(),
                    closed_on=None,
                    successor_id=None,
                )
            )
    world.open_problem()
    with world.app.app_context():
        columns = [c.name for c in db.metadata.tables["problem"].columns]
        kept = ", ".join(f'"{c}"' for c in columns if c not in ("id", "institution_id", "number"))
        source = db.session.execute(text("SELECT id FROM problem")).scalar()
        places = db.session.execute(text("SELECT id FROM institution WHERE region_code = '150102'")).scalars().all()
        for place in places:
            for _ in range(10):
                made = uuid.uuid4().hex if world.engine == "sqlite" else uuid.uuid4()
                db.session.execute(
                    text(
                        f"INSERT INTO problem (id, institution_id, number, {kept}) "
                        f"SELECT :made, :place, NULL, {kept} FROM problem WHERE id = :source"
                    ),
                    {"made": made, "place": place, "source": source},
                )
        db.session.commit()
    answer = world.person("inspector").call("GET", "/sync", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    seen = gzip.decompress(answer.data)
    assert seen.count(b'"due_on"') >= 2000
    assert len(answer.data) < 400_000


@pytest.fixture
def postgresql_world(tmp_path: Path) -> Iterator[World]:
    with made_world("postgresql", tmp_path) as made:
        yield made


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
