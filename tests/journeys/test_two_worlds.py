"""Two copies of one peopled world, equal but for a lead and all that was done about it: to everybody who neither
handles nor reported it, every answer of either is the same, byte for byte."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inspection.actions.checkpoints import sign_heads
from inspection.actions.lead_keys import drop_old_keys, propose_transfers, rotate_key
from inspection.actions.retention import erase_old_details
from inspection.api.endpoint import DECLARATIONS
from inspection.demo.cast import PEOPLE
from inspection.domain.retention import periods
from inspection.pages.routes import PAGES
from inspection.storage import audit
from inspection.storage.db import db
from tests.support import databases
from tests.support.applications import application
from tests.support.leads import HANDLER, lead_in, step
from tests.support.visits import plan
from tests.support.world import World, jpeg, new_id, sha256

REPORTER = "inspector"
OTHERS: Final = tuple(one.username for one in PEOPLE if one.username not in (REPORTER, HANDLER))
CONDITIONS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "/problems": ({"limit": "1"}, {"status": "open"}, {"overdue": "true"}),
    "/inspections": ({"limit": "1"},),
    "/institutions": ({"limit": "1"}, {"q": "中"}),
    "/notices": ({"limit": "1"},),
    "/notifications": ({"limit": "1"},),
    "/sync": ({},),
    "/stats": tuple(
        {"group_by": by, "from": "2026-10-01", "to": "2026-12-31"} for by in ("region", "kind", "item", "severity")
    ),
    "/stats/numbers": ({"group_by": "kind"},),
    "/audit/chain": ({"after": "0"},),
    "/log": ({"kind": "lead"}, {"action": "read_lead"}),
    "/leads": ({"limit": "1"},),
}
"""What is asked of a list beside the whole of it."""


def furnish(world: World) -> None:
    """Inspections, notices, problems and proofs in several states, a petition, a plan, and what they tell people."""
    photo = jpeg()
    assert world.person(REPORTER).upload(photo).status_code == 201
    first = world.inspect({"S-01-05": [], "S-09-01": [], "S-09-09": []}, photos={sha256(photo): {}})
    notice = world.issue(first["id"])
    problems = [line["problem_id"] for line in notice["problems"]]
    proof = jpeg()
    assert world.person("school").upload(proof).status_code == 201
    handed_in = world.prove(problems[0], [sha256(proof)])
    again = jpeg()
    assert world.person("school").upload(again).status_code == 201
    world.prove(problems[1], [sha256(again)])
    assert world.review(problems[0], handed_in["id"], "return", comment="不清楚").status_code == 201
    asked = {"requested_due_on": "2027-03-01", "reason": "施工"}
    world.person("school").put(f"/problems/{problems[2]}/extensions/{new_id()}", asked)
    world.inspect({"S-01-05": []}, place=0, who="inspector2")
    world.inspect({"K-01-03": []}, place=1)
    assert plan(world, "inspector2").status_code == 201
    world.clock.go(days=40)
    world.sweep()


def live_through_a_lead(world: World) -> str:
    """Reported, read, handed over, followed, held, locked anew; another one erased. The first one's id."""
    lead_id = lead_in(world, "followed")
    handler = world.person(HANDLER)
    assert handler.get(f"/leads/{lead_id}?purpose=x").status_code == 200
    for one in handler.get("/notifications").json["items"]:
        if one["kind"] == "pending":
            assert handler.put(f"/notifications/{one['id']}/read", {}).status_code == 200
    assert step(world, lead_id, "held").status_code == 201
    lead_in(world, "transferred", of=1)
    with world.context() as ctx:
        rotate_key(ctx, "150102")
        drop_old_keys(ctx, "150102")
        propose_transfers(ctx)
    return lead_id


@contextmanager
def twin_of(world: World, folder: Path) -> Iterator[World]:
    """The same world once more: its database and its files, under the same clock."""
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()
        url = db.engine.url.render_as_string(hide_password=False)
    for path in sorted(world.data_dir.rglob("*")):
        copy = folder / path.relative_to(world.data_dir)
        copy.mkdir(parents=True, exist_ok=True) if path.is_dir() else copy.write_bytes(path.read_bytes())
    with (
        databases.twin(world.engine, url) as copied,
        application(world.engine, copied, folder, world.clock) as app,
    ):
        yield World(app, world.clock, folder, world.engine, world.places)


@dataclass
class Asked:
    """What everybody may be asked: addresses of the API and of pages, with ids that a look around found."""

    ids: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World, most: int, lead_id: str) -> Asked:
        ids: dict[str, list[str]] = {}
        for who in ("bureau", "neighbour", "league"):
            person = world.person(who)
            for name, path in (
                ("problem_id", "/problems"),
                ("inspection_id", "/inspections"),
                ("notice_id", "/notices"),
                ("institution_id", "/institutions"),
                ("assignment_id", "/assignments"),
            ):
                ids.setdefault(name, []).extend(one["id"] for one in person.get(f"{path}?limit=200").json["items"])
        bureau = world.person("bureau")
        bodies = [bureau.get(f"/inspections/{one}").json for one in dict.fromkeys(ids["inspection_id"])]
        ids["visit_id"] = [body["visit_id"] for body in bodies if "visit_id" in body]
        ids["sha256"] = re.findall(r"[0-9a-f]{64}", json.dumps([body.get("photos") for body in bodies]))
        ids["user_id"] = [one["id"] for one in world.person("secadmin").get("/users").json["items"]]
        kept = {name: list(dict.fromkeys(found))[:most] for name, found in ids.items()}
        absent = "01890000-0000-7000-8000-000000000000"
        kept = {name: [*found, "0" * 64 if name == "sha256" else absent] for name, found in kept.items()}
        return cls({**kept, "lead_id": [lead_id, absent], "code": ["school"], "year": ["2026"]})

    def addresses(self) -> Iterator[str]:
        for declared in DECLARATIONS.values():
            if declared.method == "GET":
                yield from self._filled("/api/v1", declared.path)
        for page in PAGES.values():
            if page.method == "GET":
                yield from self._filled("", page.path)

    def _filled(self, prefix: str, path: str) -> Iterator[str]:
        found = re.search(r"<(?:\w+:)?(\w+)>", path)
        for value in self.ids[found[1]] if found else [""]:
            whole = prefix + (path.replace(found[0], value) if found else path)
            yield whole
            if found is None:
                yield from (f"{whole}?{urlencode(one)}" for one in CONDITIONS.get(path, ()))
            if found and found[1] in ("lead_id", "sha256"):
                yield f"{whole}?purpose=x"


ONCE: Final = (
    (re.compile(r"nonce[-=]\"?[\w-]+"), "nonce"),
    (re.compile(r'name="(csrf_token|act)" value="[^"]*"'), r'name="\1"'),
    (re.compile(r'"request_id": ?"[0-9a-f-]{36}"'), '"request_id"'),
)
"""What is another in every answer, whatever world it is of."""

MADE_AT: Final = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*<")
"""When a workbook was made, by the machine's own clock."""


def plain(world: World, answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, without what is new each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-ID", "Date")}
    if "Set-Cookie" in headers:
        headers["Set-Cookie"] = headers["Set-Cookie"].partition("=")[0]
    body = answer.get_data()
    if "spreadsheetml" in (answer.content_type or ""):
        with ZipFile(io.BytesIO(body)) as book:
            parts = [(part.filename, MADE_AT.sub(b"", book.read(part))) for part in book.infolist()]
        headers.pop("Content-Length", None)  # of what is packed, the moment of packing with it
        body = repr(parts).encode()
    if re.match(r"text/|application/(?:problem\+)?json", answer.content_type or ""):
        text = body.decode().replace(answer.headers["X-Request-ID"], "").replace(str(world.data_dir), "")
        headers = json.loads(ONCE[0][0].sub("nonce", json.dumps(headers)))
        for pattern, said in ONCE:
            text = pattern.sub(said, text)
        if text != body.decode():
            headers["Content-Length"] = str(len(text.encode()))
            headers.pop("ETag", None)
        body = text.encode()
    return answer.status_code, headers, body


@dataclass
class Visitor:
    """Somebody in one of the worlds, with a browser and a token."""

    world: World
    username: str
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.world.app.test_client()
        with self.client.session_transaction() as session:
            session["token"] = f"token-{self.username}"

    def ask(self, method: str, address: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        headers = {"Accept-Language": "zh-CN"}
        if address.startswith("/api/"):
            headers["Authorization"] = f"Bearer token-{self.username}"
        answer = self.client.open(address, method=method, headers=headers, json=body, buffered=True)
        return plain(self.world, answer)


def differences(
    here: World, there: World, asked: Asked, people: tuple[str, ...]
) -> tuple[int, list[str], Counter[int]]:
    """How many were asked of both worlds, where the answers differ, and with which status they came."""
    count, differing, statuses = 0, [], Counter[int]()
    for who in people:
        pair = Visitor(here, who), Visitor(there, who)
        for address in asked.addresses():
            todo = [address]
            while todo:
                address = todo.pop()
                one, other = (visitor.ask("GET", address) for visitor in pair)
                count += 1
                statuses[one[0]] += 1
                if one != other:
                    differing.append(f"{who} GET {address}: {_where(one, other)}")
                if "limit=1" in address and one[0] == 200 and b"next_cursor" in one[2]:
                    following = json.loads(one[2])["next_cursor"]
                    if following and "cursor=" not in address:
                        todo.append(f"{address}&cursor={following}")
        for lead_id in asked.ids["lead_id"]:
            for address, body in (
                (f"/api/v1/leads/{lead_id}", {}),
                (f"/api/v1/leads/{lead_id}/steps/{lead_id}", {"kind": "note"}),
            ):
                if who.endswith(("inspector2", "inspector-hm", "inspector-yq")) and "steps" not in address:
                    continue  # a taken id is a conflict for whoever may report, and says nothing else
                one, other = (visitor.ask("PUT", address, body) for visitor in pair)
                count += 1
                statuses[one[0]] += 1
                if one != other:
                    differing.append(f"{who} PUT {address}: {_where(one, other)}")
    return count, differing, statuses


def _where(one: tuple[int, dict[str, str], bytes], other: tuple[int, dict[str, str], bytes]) -> str:
    if one[0] != other[0]:
        return f"{one[0]} {other[0]}"
    if one[1] != other[1]:
        return str({name: (value, other[1].get(name)) for name, value in one[1].items() if other[1].get(name) != value})
    at = next((i for i, (a, b) in enumerate(zip(one[2], other[2], strict=False)) if a != b), 0)
    return f"{one[2][max(0, at - 60) : at + 60]!r} {other[2][max(0, at - 60) : at + 60]!r}"


def compare(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, people: tuple[str, ...], most: int) -> int:
    # salts of the log's entries are chance; with the same ones equal entries have equal seals, and one more shows
    monkeypatch.setattr(audit, "secrets", SimpleNamespace(token_bytes=lambda size: b"s" * size))
    furnish(world)
    with twin_of(world, folder) as other:
        lead_id = live_through_a_lead(other)
        asked = Asked.of(world, most, lead_id)
        Asked.of(other, most, lead_id)  # whatever looking around left behind, it left in both
        count, differing, statuses = differences(world, other, asked, people)
        assert not differing, "\n".join([f"{len(differing)} of {count}", *differing])
        assert statuses[200] > count // 4
        assert {403, 404} <= set(statuses)
        for one in (world, other):
            with one.context() as ctx:
                sign_heads(ctx)
                erase_old_details(ctx, periods("").log)
        for who in OTHERS:
            assert told(world, who) == told(other, who), who
        assert told(world, HANDLER) != told(other, HANDLER)
    return count


def told(world: World, who: str) -> list[tuple[str, str]]:
    items = world.person(who).get("/notifications?limit=200").json["items"]
    return [(one["kind"], one["text"]) for one in items]


def test_nobody_else_can_tell_the_worlds_apart(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = ("school", "bureau", "league", "congress", "inspector2", "auditor")
    assert compare(world, tmp_path / "twin", monkeypatch, people, most=1) >= 300


@pytest.mark.drill
def test_nobody_at_all_can_tell_them_apart_by_anything(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare(world, tmp_path / "twin", monkeypatch, OTHERS, most=4) >= 2000


def test_the_comparison_sees_what_differs(sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One problem more, and the school, the bureau and the figures tell of it."""
    monkeypatch.setattr(audit, "secrets", SimpleNamespace(token_bytes=lambda size: b"s" * size))
    furnish(sqlite_world)
    with twin_of(sqlite_world, tmp_path / "twin") as other:
        other.inspect({"S-01-05": []})
        asked = Asked.of(sqlite_world, 1, new_id())
        _, differing, _ = differences(sqlite_world, other, asked, ("league", "auditor"))
    seen = {one.split(":")[0] for one in differing}
    assert {"league GET /api/v1/problems", "league GET /", "auditor GET /log"} <= seen
