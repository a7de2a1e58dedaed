"""What a phone needs for a day without signal: whole, small, and nothing missed in between."""

from __future__ import annotations

import gzip
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from checklists.loader import published
from checklists.model import from_document
from inspection.actions.checklists import publish
from inspection.domain.actor import Grant
from inspection.storage.db import db
from inspection.storage.institutions import InstitutionRow
from inspection.storage.problems import EventRow
from inspection.storage.unit import unit
from tests.support.world import World, new_id


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


def publish_second(world: World) -> None:
    """Version 2 of the checklist for schools."""
    with world.context() as ctx:
        assert publish(ctx, from_document(published()["school", 1].as_document() | {"version": 2}))


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


def test_a_line_tells_what_its_proof_takes_and_where_it_belongs(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    fresh = sync(world, "school")["problems"][0]
    assert (fresh["inspection_id"], fresh["notice_id"], fresh["photo_rule"]) == (made["id"], None, "optional")
    notice = world.issue(made["id"])
    (line,) = sync(world, "school")["problems"]
    assert (line["inspection_id"], line["notice_id"]) == (made["id"], notice["id"])
    detail = world.problem(line["id"], "school")
    assert {name: detail[name] for name in line} == line
    assert world.person("school").get("/problems").json["items"] == [line]


def test_a_team_is_named_with_its_organisations(world: World) -> None:
    people = [world.person(name) for name in ("inspector", "procurator")]
    planned = task(world, inspectors=[{"user_id": one.id} for one in people])
    (seen,) = sync(world)["assignments"]
    (listed,) = world.person("bureau").get("/assignments").json["items"]
    assert seen == listed
    assert seen["id"] == planned
    known = {one.id: one.get("/me").json for one in people}
    assert {one["user_id"]: (one["name"], one["organisation"]) for one in seen["inspectors"]} == {
        person: (me["name"], me["organisation"]) for person, me in known.items()
    }
    assert len({one["organisation"] for one in seen["inspectors"]}) == 2


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
