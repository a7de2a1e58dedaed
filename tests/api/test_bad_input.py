"""Whatever is thrown at it: a clear refusal, nothing half-written, never a fault of ours."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy import text

from inspection.storage.accounts import RoleRow, find_user_for_system
from inspection.storage.db import db
from tests.support.holdings import PLACES, Furnisher
from tests.support.world import World, new_id, sha256

DEEP = b'{"answers":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b'{"mode": "\xff\xfe"}', 400, "malformed_json"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": "\\ud800"}', 400, "malformed_json"),
        (DEEP, 400, "malformed_json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"pad": "' + b"x" * (5 * 2**20) + b'"}', 413, "too_large"),
    ],
)
def test_bodies_that_are_none(world: World, raw: bytes, status: int, code: str) -> None:
    for who, path in (
        ("inspector", f"/inspections/{new_id()}"),
        ("bureau", f"/notices/{new_id()}"),
    ):
        answer = world.person(who).put(path, raw)
        assert (answer.status_code, answer.json["code"]) == (status, code), path
        assert answer.content_type == "application/problem+json"
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


HOSTILE: list[Any] = [
    None,
    True,
    -1,
    0,
    10**18,
    1.5,
    "",
    "x" * 100_000,
    "\u0000",
    "a\u0007b",
    [],
    {},
    [[]],
    {"$ne": 1},
    "2026-13-45",
    "9999-12-31",
    "' OR 1=1 --",
    "0190" * 9,
]
FIELDS = [
    *("institution_id", "assignment_id", "visit_id", "mode", "supersedes", "checklist", "sections", "started_at"),
    *("finished_at", "location", "attributes", "answers", "other_findings", "rechecks", "r2_calls", "photos"),
    *("participants", "signatures"),
]


@pytest.mark.parametrize("field", FIELDS)
def test_hostile_values_in_every_field(sqlite_world: World, field: str) -> None:
    inspector = sqlite_world.person("inspector")
    for value in HOSTILE:
        answer = inspector.put(f"/inspections/{new_id()}", {**sqlite_world.body(), field: value})
        assert answer.status_code in (201, 404, 422), (field, str(value)[:40], answer.status_code)
        if answer.status_code == 422:
            # without their section declared, answers stand outside it
            at = (f"/{field}", "/answers") if field == "sections" else (f"/{field}",)
            assert all(error["pointer"].startswith(at) for error in answer.json["errors"]), (field, value)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_as_answers(sqlite_world: World, value: Any) -> None:
    inspector = sqlite_world.person("inspector")
    for code in ("S-01-01", "S-01-03", "S-01-05", "S-02-01", "S-02-02", "S-08-03"):
        for answer in ({"value": value}, {"value": "no", "findings": value}, {"value": "no", "note": value}, value):
            body = sqlite_world.body()
            body["answers"][code] = answer
            got = inspector.put(f"/inspections/{new_id()}", body)
            assert got.status_code in (201, 422), (code, str(answer)[:60])
            if got.status_code == 422:
                assert all(error["pointer"].startswith("/answers") for error in got.json["errors"])


def test_nothing_is_half_written(world: World) -> None:
    with world.app.app_context():
        tables = ("inspection", "problem", "problem_event", "manifest", "participant", "audit_log", "notification")
        before = {t: db.session.execute(text(f"SELECT count(*) FROM {t}")).scalar() for t in tables}
    body = world.body(wrong={"S-09-01": [], "S-01-05": []})
    body["answers"]["S-01-01"] = {"value": "maybe"}
    assert world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 422
    with world.app.app_context():
        assert {t: db.session.execute(text(f"SELECT count(*) FROM {t}")).scalar() for t in tables} == before


def test_unknown_addresses_and_methods(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    for path in ("/api/v1/nothing", "/api/v1/problems/not-a-uuid", "/m/nothing", "/api/v2/me"):
        answer = client.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    wrong = client.post("/api/v1/problems")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]


def test_a_lost_database_is_told_with_retry_after(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from inspection.storage import sessions

    def lost(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(sessions, "known_by_token_for_system", lost)
    answer = sqlite_world.person("bureau").get("/problems")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert "gone" not in answer.get_data(as_text=True)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
    ignored_auth,
]
"""All but the acceptance checks: the document describes shapes, while hashes, scopes, states and the checklist's own
rules refuse much that has the right shape."""


def hold_every_role(world: World) -> None:
    """`school` reviews, inspects and supervises as well, so that no route is closed to the fuzzer."""
    with world.app.app_context():
        user = find_user_for_system(db.session(), "school")
        assert user is not None
        for role in ("edu_inspector", "reviewer", "supervisor", "secadmin"):
            row = RoleRow(id=uuid.uuid4(), user_id=user.id, role=role, region_code="150000", since_at=user.created_at)
            db.session.add(row)
        db.session.commit()


UNCLOSED = r"Exception ignored in. <_io.FileIO name=\d+ mode='rb\+'"


# the client reads a workbook from its open file and leaves it to the collector; a server closes it
@pytest.mark.short_drill
@pytest.mark.filterwarnings(rf"ignore:{UNCLOSED}:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_served_document_and_the_server_agree(sqlite_world: World, mode: GenerationMode) -> None:
    hold_every_role(sqlite_world)
    fuzz(sqlite_world, "school", mode, most=12)


# and so with photos
@pytest.mark.drill
@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("who", ["bureau", "school", "inspector", "league", "congress", "secadmin", "sysadmin"])
def test_they_agree_for_every_role_about_what_is_there(sqlite_world: World, who: str, mode: GenerationMode) -> None:
    """Addresses are those of an institution's things, so that what is sent gets as far as it can."""
    fuzz(sqlite_world, who, mode, most=40, held=Furnisher(sqlite_world, PLACES[0], "{} 之".format).holding().ids)


def fuzz(world: World, who: str, mode: GenerationMode, most: int, held: Mapping[str, str] | None = None) -> None:
    """Each operation as somebody; its address is that of a thing in `held`, where there is one."""
    loaded = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    operations = [found.ok() for found in loaded.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:
        there = {name: value for name, value in (held or {}).items() if f"{{{name}}}" in operation.path}
        if not (operation.method.upper() == "DELETE" and there):  # or the fuzzer signs itself out
            try_out(operation, f"Bearer token-{who}", mode, most, there)


def try_out(operation: Any, token: str, mode: GenerationMode, most: int, there: Mapping[str, str]) -> None:
    headers = {"Authorization": token, "Accept-Encoding": "identity"}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=most, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def agree(case: Case) -> None:
        case.path_parameters.update(there)
        case.call_and_validate(headers=headers, checks=CHECKS)

    agree()


def test_the_document_is_public_and_complete(sqlite_world: World) -> None:
    document = sqlite_world.app.test_client().get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert "/problems/{problem_id}/reviews/{review_id}" in document["paths"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert json.dumps(document)


@pytest.mark.parametrize("limit", ["0" * 8 + "1" + "9" * 20, "000000001999999999999999", "0", "201", "-1", "1e2", "１"])
def test_a_limit_that_is_none_is_refused(sqlite_world: World, limit: str) -> None:
    for path in ("/problems", "/institutions", "/notifications", "/inspections"):
        answer = sqlite_world.person("bureau").get(f"{path}?limit={limit}")
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/limit")


def test_a_line_break_at_the_end_is_no_part_of_a_pattern(sqlite_world: World) -> None:
    for query in ("status=open%0A", "region=150102%0A"):
        assert sqlite_world.person("bureau").get(f"/problems?{query}").status_code == 422
    body = sqlite_world.body(photos={sha256(b"x") + "\n": {}})
    assert sqlite_world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 422
