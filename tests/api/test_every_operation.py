"""Every operation succeeds for somebody, as the served document says; and before it does, it is tried with everything
that a table has a column for and a client has no business to set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema_rs
import pytest
from marshmallow import Schema
from pyotp import TOTP
from werkzeug.test import TestResponse

from inspection.actions.setup import create_first_administrator
from inspection.api.endpoint import DECLARATIONS
from inspection.domain.actor import Grant
from inspection.storage import tables
from tests.support import databases
from tests.support.addresses import filled
from tests.support.changes import counted
from tests.support.holdings import PLACES, Furnisher, Holding, credit_code
from tests.support.leads import lead_in
from tests.support.world import Person, World, made_world, new_id

COLUMNS: Final = sorted({column.name for table in tables.metadata.tables.values() for column in table.columns})
INNER: Final = ("id", "created_at")
READERS: Final = ("bureau", "school", "inspector", "secadmin", "congress")
QUERIES: Final = {
    "/photos/<hash:sha256>": "?purpose=x",
    "/stats": "?group_by=kind",
    "/stats/numbers": "?group_by=kind",
}


@dataclass
class Watch:
    """Looks at each answer that people get, and tries each operation with too much before its first success."""

    world: World
    document: dict[str, Any]
    commits: Callable[[], int]
    succeeded: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def operation(self, method: str, path: str) -> str:
        found, _ = self.world.app.url_map.bind("localhost").match(f"/api/v1{path.partition('?')[0]}", method)
        return str(found)

    def judge(self, operation: str, answer: TestResponse) -> None:
        """What came is what the document says of this status."""
        if answer.status_code >= 300:
            return
        self.succeeded.add(operation)
        declared = DECLARATIONS[operation]
        path = declared.path
        for part in ("uuid:", "hash:", "int:"):
            path = path.replace(f"<{part}", "<")
        steps = ["paths", path.replace("<", "{").replace(">", "}"), declared.method.lower(), "responses"]
        said = self.document
        for step in [*steps, str(answer.status_code)]:
            said = said[step]
        if "content" not in said:
            if answer.data:
                self.faults.append(f"{operation}: more than nothing")
        elif answer.mimetype not in said["content"]:
            self.faults.append(f"{operation}: {answer.mimetype}")
        elif answer.is_json:
            schema = {**self.document, **said["content"][answer.mimetype]["schema"]}
            error = next(iter(jsonschema_rs.Draft202012Validator(schema).iter_errors(answer.json)), None)
            if error is not None:
                self.faults.append(f"{operation}: {error.message} at {error.instance_path}")

    def overfill(self, operation: str, body: Any, send: Any) -> None:
        """The body that is about to be taken, and besides it what nobody asked for: refused at each, nothing done."""
        schema = DECLARATIONS[operation].body
        if operation in self.tried or not isinstance(schema, Schema) or not isinstance(body, dict):
            return
        self.tried.add(operation)
        before = self.commits()
        foreign = [name for name in COLUMNS if name not in schema.load_fields]
        answer = send({**dict.fromkeys(foreign, "x"), **body})
        told = {one["pointer"]: one["code"] for one in answer.json.get("errors", ())}
        silent = [name for name in foreign if told.get(f"/{name}") != "unknown_key"]
        if answer.status_code != 422 or silent:
            self.faults.append(f"{operation}: {answer.status_code}, silent of {silent[:5]}")
        for at, changed in within(body):
            answer = send(changed)
            if answer.status_code != 422:
                self.faults.append(f"{operation} at {at}: {answer.status_code}")
        if self.commits() != before:
            self.faults.append(f"{operation}: something was written")


def within(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with a column's name in each kind of object that lies in it, one at a time."""
    met: set[tuple[str, ...]] = set()

    def walk(value: Any, at: tuple[str, ...], kind: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(value, dict):
            if at and kind not in met:
                met.add(kind)
                for name in INNER:
                    if name not in value:
                        yield f"/{'/'.join(at)}/{name}", placed(body, (*at, name))
            for key, below in value.items():
                yield from walk(below, (*at, key), (*kind, key))
        if isinstance(value, list):
            for index, below in enumerate(value):
                yield from walk(below, (*at, str(index)), (*kind, "…"))

    yield from walk(body, (), ())


def placed(body: dict[str, Any], at: tuple[str, ...]) -> dict[str, Any]:
    """A copy with an `x` there."""
    made = json.loads(json.dumps(body))
    below = made
    for step in at[:-1]:
        below = below[int(step)] if isinstance(below, list) else below[step]
    below[at[-1]] = "x"
    return dict(made)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watch, Holding]]:
    """An institution with all that can hang on it, and the rest that can be done."""
    with (
        made_world("sqlite", tmp_path_factory.mktemp("operations")) as world,
        counted(world) as commits,
        pytest.MonkeyPatch.context() as patch,
    ):
        watch = Watch(world, world.app.test_client().get("/api/v1/openapi.json").json, commits)
        genuine = Person.call

        def call(self: Person, method: str, path: str, **options: Any) -> TestResponse:
            operation = watch.operation(method, path)
            if method != "GET":
                data = options.get("json") or (
                    json.loads(options["data"]) if options.get("content_type") == "application/json" else None
                )
                kept = {name: value for name, value in options.items() if name not in ("json", "data", "content_type")}
                watch.overfill(operation, data, lambda body: genuine(self, method, path, json=body, **kept))
            answer = genuine(self, method, path, **options)
            watch.judge(operation, answer)
            return answer

        patch.setattr(Person, "call", call)
        held = Furnisher(world, PLACES[0], "{} 之".format).holding()
        the_rest(world, held)
        yield watch, held


def the_rest(world: World, held: Holding) -> None:
    """What nobody has to do so that an institution has everything, in an order in which it can be done."""
    bureau, league, secadmin = (world.person(who) for who in ("bureau", "league", "secadmin"))
    problems = held.problems

    def at(path: str) -> str:
        return filled(path, held)

    def put(who: Person, path: str, body: Any) -> None:
        answer = who.put(path, body)
        assert answer.status_code in (200, 201), (path, answer.text)

    decided = {"decision": "approve", "comment": "同意"}
    put(bureau, f"/problems/{problems['asked']}/extensions/{held.ids['extension_id']}/decision", decided)
    upheld = {"decision": "deny", "comment": "不同意"}
    put(bureau, f"/problems/{problems['objected']}/objections/{held.ids['objection_id']}/decision", upheld)
    reply = {
        "department": f"{held.token} 之",  # as the furnisher has it
        "outcome": "in_progress",
        "text": "正在办理",
        "replied_on": world.today.isoformat(),
        "method": "desk",
    }
    put(bureau, f"/problems/{problems['transferred']}/replies/{new_id()}", reply)
    put(bureau, f"/problems/{problems['closed']}/reopenings/{new_id()}", {"reason": "复发"})
    put(league, f"/inspections/{held.ids['waiting_id']}/withdrawals/{held.ids['withdrawal_id']}/decision", decided)
    put(bureau, at("/assignments/<uuid:assignment_id>/cancellation"), {"reason": "改期"})
    put(bureau, at("/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end"), {"reason": "配偶已调离"})
    put(world.person(held.place.unit), at("/notifications/<uuid:notification_id>/read"), {})
    known = dict(world.person("sysadmin").get("/calendar/2027").json)
    del known["year"]
    put(world.person("sysadmin"), "/calendar/2027", known)
    about = {"name": "云杉第九小学", "kind": "school", "region_code": "150102", "credit_code": credit_code(9)}
    put(bureau, f"/institutions/{new_id()}", {**about, "competent_department": "新城区教育局"})
    for who in ("leaving", "following"):
        world.employ(who, Grant("edu_inspector", "150102"))
    leaving, following = world.person("leaving"), world.person("following")
    moved = {"from_user_id": leaving.id, "to_user_id": following.id, "reason": "调任", "signed_by": "何建平"}
    put(secadmin, f"/handovers/{new_id()}", moved)
    login = {"username": "following", "password": databases.PASSWORD, "device_name": "手机"}
    assert following.call("POST", "/auth/login", json=login).status_code == 201
    devices = following.get("/auth/devices").json["items"]
    other = next(one["id"] for one in devices if not one["current"])
    assert following.call("DELETE", f"/auth/devices/{other}").status_code == 204
    change = {"old": databases.PASSWORD, "new": "Quite another 1"}
    assert following.call("POST", "/auth/password", json=change).status_code == 204
    with world.context() as ctx:
        code = create_first_administrator(ctx, "newcomer")
    chosen = {"username": "newcomer", "code": code, "password": databases.PASSWORD, "device_name": "手机"}
    assert leaving.call("POST", "/auth/activation", json=chosen).status_code == 201
    the_lead(world)
    the_second_factor(world, leaving)
    the_lost_password(world, leaving)
    for declared in DECLARATIONS.values():
        if declared.method == "GET":
            for who in READERS:
                world.person(who).get(at(declared.path) + QUERIES.get(declared.path, ""))


def the_lead(world: World) -> None:
    lead_id = lead_in(world, "called")
    assert world.person("procurator").get(f"/leads/{lead_id}?purpose=办理").status_code == 200


def the_second_factor(world: World, person: Person) -> None:
    def call(method: str, what: str, **body: Any) -> Any:
        answer = person.call(method, f"/auth/second-factor{what}", json=body)
        assert answer.status_code in (200, 204), (what, answer.text)
        return answer.json

    def code() -> str:
        world.clock.go(seconds=30)
        return TOTP(secret).at(world.clock.now())

    secret = call("PUT", "/secret", password=databases.PASSWORD)["secret"]
    call("PUT", "", otp=code())
    call("PUT", "/recovery-codes", otp=code())
    call("POST", "/removal", password=databases.PASSWORD, otp=code())


def the_lost_password(world: World, person: Person) -> None:
    """Let in again by two administrators; and ninety days later the one that was chosen is too old."""
    world.employ("second-secadmin", Grant("secadmin", "150000"))
    at = f"/users/{person.id}/resets/{new_id()}"
    asked = world.person("secadmin").put(at, {"reason": "手机丢失，本人到场核实", "second_factor": False})
    assert asked.status_code == 201, asked.text
    agreed = world.person("second-secadmin").put(f"{at}/decision", {"decision": "approve"})
    assert agreed.status_code == 200, agreed.text
    assert world.person("secadmin").get(at.rpartition("/")[0]).status_code == 200
    chosen = {"username": person.username, "code": agreed.json["code"], "password": "Steppe-Wind-7"}
    activated = world.person("secadmin").call("POST", "/auth/activation", json={**chosen, "device_name": "手机"})
    assert activated.status_code == 201, activated.text
    world.clock.go(days=91)
    another = {"username": person.username, "old": "Steppe-Wind-7", "new": "Another-Wind-8"}
    changed = world.person("secadmin").call("POST", "/auth/expired-password", json=another)
    assert changed.status_code == 204, changed.text


def test_every_operation_succeeds_for_somebody_as_the_document_says(lived: tuple[Watch, Holding]) -> None:
    watch, _ = lived
    assert watch.succeeded == set(DECLARATIONS)
    assert not watch.faults, "\n".join(watch.faults)


def test_every_body_was_tried_with_every_column(lived: tuple[Watch, Holding]) -> None:
    """Roles, owners, states, moments and ids are set by what one does and never by what one sends."""
    watch, _ = lived
    assert len(COLUMNS) > 150
    assert watch.tried == {name for name, one in DECLARATIONS.items() if isinstance(one.body, Schema)}
