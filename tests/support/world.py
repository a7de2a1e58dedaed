"""The system under test as its users meet it: people who send requests, and a clock that the test moves."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from checklists.loader import published
from inspection.actions.accounts import create_account
from inspection.actions.context import Context
from inspection.actions.sweep import Swept, sweep
from inspection.app import parts_of
from inspection.demo.answers import failing_value, passing_answers
from inspection.demo.cast import INSTITUTIONS
from inspection.domain.actor import Grant
from inspection.storage.audit import AuditDetailRow, AuditRow
from tests.support import databases
from tests.support.applications import application
from tests.support.clock import HandClock

CODES = {"school": "school", "kindergarten": "kindergarten", "tutoring_centre": "tutoring"}
pictures = iter(range(1, 10_000_000))


def new_id() -> str:
    return str(uuid.uuid4())


def jpeg(size: tuple[int, int] = (64, 48)) -> bytes:
    """A small genuine photo, unlike any other of this run."""
    number = next(pictures)
    image = Image.new("RGB", size, (number % 256, number // 256 % 256, number // 65536 % 256))
    made = io.BytesIO()
    image.save(made, "JPEG", comment=f"{number}".encode())
    return made.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def in_database(world: World, identifier: str) -> str:
    """An id as the tables of this engine hold it, for statements of a test's own."""
    return identifier.replace("-", "") if world.engine == "sqlite" else identifier


@dataclass
class Person:
    """Somebody of the cast with a token."""

    world: World
    username: str

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer token-{self.username}", **options.pop("headers", {})}
        client = self.world.app.test_client()
        return client.open(f"/api/v1{path}", method=method, headers=headers, buffered=True, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def put(self, path: str, body: Any, **options: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.call("PUT", path, data=data, content_type="application/json", **options)

    def upload(self, data: bytes, name: str | None = None, content_type: str = "image/jpeg") -> TestResponse:
        return self.call("PUT", f"/photos/{name or sha256(data)}", data=data, content_type=content_type)

    @property
    def id(self) -> str:
        return str(self.get("/me").json["id"])


class Logged(NamedTuple):
    """An entry of the audit log: who did it, to what, and what it says."""

    actor_id: uuid.UUID | None
    object_id: str
    detail: dict[str, Any]


@dataclass
class World:
    """`places` are the ids of the demo's institutions in their order."""

    app: Flask
    clock: HandClock
    data_dir: Path
    engine: str
    places: list[str] = field(default_factory=list)

    def person(self, username: str) -> Person:
        return Person(self, username)

    def employ(self, username: str, *grants: Grant) -> Person:
        """Somebody who is not of the cast."""
        with self.context() as ctx:
            create_account(ctx, username, username, "新城区", databases.PASSWORD, grants)
            databases.give_token(ctx, username)
        return self.person(username)

    @contextmanager
    def context(self) -> Iterator[Context]:
        with self.app.app_context():
            yield parts_of(self.app).context()

    @property
    def today(self) -> date:
        return self.clock.today()

    def sweep(self) -> Swept:
        with self.context() as ctx:
            return sweep(ctx)

    def body(self, place: int = 0, wrong: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """An inspection in which all passes but `wrong`: code → findings (a list), {} for none given."""
        institution = INSTITUTIONS[place]
        checklist = published()[CODES[institution.kind], 1]
        attributes = {k: v for k, v in institution.profile.items() if k not in ("students", "staff")}
        answers = passing_answers(checklist, attributes, self.today)
        for code, findings in (wrong or {}).items():
            item = checklist.item(code)
            assert item is not None
            answers[code] = {"value": failing_value(item, self.today)}
            if findings:
                answers[code]["findings"] = findings
        now = self.clock.local(self.clock.now())
        return {
            "institution_id": self.places[place],
            "visit_id": new_id(),
            "mode": "joint",
            "checklist": {"code": checklist.code, "version": 1},
            "started_at": (now - timedelta(hours=2)).isoformat(),
            "finished_at": now.isoformat(),
            "attributes": attributes,
            "answers": answers,
            "participants": [{"user_id": None, "name": "陈立衡", "organisation": "检察院"}],
            **changes,
        }

    def inspect(self, wrong: dict[str, Any], place: int = 0, who: str = "inspector", **changes: Any) -> dict[str, Any]:
        """Handed in; the answer."""
        response = self.person(who).put(f"/inspections/{new_id()}", self.body(place, wrong, **changes))
        assert response.status_code == 201, response.json
        return dict(response.json)

    def notice_body(self, *inspection_ids: str, items: Any = (), **changes: Any) -> dict[str, Any]:
        return {
            "inspection_ids": list(inspection_ids),
            "document_number": f"教改〔2026〕{new_id()[:8]}号",
            "issued_on": self.today.isoformat(),
            "signer": "乌兰",
            "items": list(items),
            "service": {"method": "in_app", "on": self.today.isoformat()},
            **changes,
        }

    def issue(self, *inspection_ids: str, who: str = "bureau", items: Any = (), **changes: Any) -> dict[str, Any]:
        body = self.notice_body(*inspection_ids, items=items, **changes)
        response = self.person(who).put(f"/notices/{new_id()}", body)
        assert response.status_code == 201, response.json
        return dict(response.json)

    def open_problem(self, code: str = "S-01-05", place: int = 0) -> dict[str, Any]:
        """A problem that a notice has opened."""
        made = self.inspect({code: []}, place)
        notice = self.issue(made["id"])
        return dict(self.person("bureau").get(f"/problems/{notice['problems'][0]['problem_id']}").json)

    def prove(self, problem_id: str, photos: Any = (), who: str = "school", **changes: Any) -> dict[str, Any]:
        body = {
            "description": "已整改",
            "completed_on": self.today.isoformat(),
            "photos": {photo: {} for photo in photos},
            **changes,
        }
        response = self.person(who).put(f"/problems/{problem_id}/rectifications/{new_id()}", body)
        assert response.status_code == 201, response.json
        return dict(response.json)

    def review(
        self, problem_id: str, proof_id: str, decision: str, who: str = "bureau", **changes: Any
    ) -> TestResponse:
        body = {"rectification_id": proof_id, "decision": decision, "comment": "已核", "method": "desk", **changes}
        return self.person(who).put(f"/problems/{problem_id}/reviews/{new_id()}", body)

    def problem(self, problem_id: str, who: str = "bureau") -> dict[str, Any]:
        return dict(self.person(who).get(f"/problems/{problem_id}").json)

    def logged(self, action: str) -> list[Logged]:
        """The entries of an action in the audit log, the oldest first."""
        said = (AuditDetailRow.chain == AuditRow.chain) & (AuditDetailRow.number == AuditRow.number)
        columns = select(AuditRow.actor_id, AuditRow.object_id, AuditDetailRow.detail).join(AuditDetailRow, said)
        with self.context() as ctx:
            rows = ctx.session.execute(columns.where(AuditRow.action == action).order_by(AuditRow.seq)).all()
        return [Logged(actor_id, object_id, json.loads(detail)) for actor_id, object_id, detail in rows]

    def told(self, who: str) -> list[tuple[str, str | None]]:
        """(kind, problem) of every notification of a person, the oldest first."""
        items = self.person(who).get("/notifications?limit=200").json["items"]
        return [(item["kind"], item["problem_id"]) for item in reversed(items)]


@contextmanager
def made_world(engine: str, data_dir: Path) -> Iterator[World]:
    clock = HandClock()
    with databases.copy(engine) as url, application(engine, url, data_dir, clock) as app:
        world = World(app, clock, data_dir, engine)
        names = [place.name for place in INSTITUTIONS]
        seen = Person(world, "league").get("/institutions?limit=200").json["items"]
        found = {item["name"]: item["id"] for item in seen}
        world.places = [found[name] for name in names]
        yield world
