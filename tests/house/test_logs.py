"""What is logged: lines of JSON in which nothing stands that somebody wrote, is called or holds."""

from __future__ import annotations

import ast
import errno
import io
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
import requests
import sqlalchemy
from sqlalchemy.exc import IntegrityError, OperationalError

from inspection import logs, worker
from inspection.http_worker import Log
from tests.support import databases, server
from tests.support.desk import Clerk
from tests.support.holdings import credit_code
from tests.support.server import environment_for, serving_on
from tests.support.world import World, jpeg, new_id, sha256

ROOT: Final = Path(__file__).parents[2]
CANARY: Final = "KanarieQ7"
LEVELS: Final = ("debug", "info", "warning", "error", "critical", "exception")


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, as it would be written."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logs.Lines())
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def lines(text: str) -> list[dict[str, Any]]:
    """Each is an object of the fields that are allowed; nothing else is printed."""
    read = [json.loads(line) for line in text.splitlines()]
    allowed = {"at", "level", "logger", "event", "request_id", "error", "causes", "stack", *logs.FIELDS}
    for line in read:
        assert {"at", "level", "logger", "event"} <= line.keys() <= allowed, line
    assert text.isascii()
    return read


def written(message: Any, *args: Any, logger: str = "inspection.x", **options: Any) -> dict[str, Any]:
    """One event as it would be written. It goes to no handler: what pytest keeps of a test has to be text."""
    found = options.get("exc_info")
    error = (type(found), found, found.__traceback__) if isinstance(found, BaseException) else found
    made = logging.getLogger(logger).makeRecord(
        logger, logging.ERROR, __file__, 0, message, args, error, extra=options.get("extra")
    )
    (line,) = lines(logs.Lines().format(made))
    return line


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as found:
        return found


# ---- the shape of a line


def test_no_text_begins_a_line_of_its_own() -> None:
    forged = 'x\r\n{"level": "info"}\u2028\x85\x1b[31m\udc80'
    for line in (written(forged), written("said", extra={"whom": forged}), written("%s", forged, logger="other")):
        assert "\n" not in json.dumps(line)
        assert all(" " <= letter <= "~" for value in line.values() for letter in str(value))


def test_texts_have_their_longest() -> None:
    line = written("a" * 10_000, extra={"whom": "b" * 10_000})
    assert (len(line["event"]), len(line["whom"])) == (200, 200)


def test_what_a_text_was_filled_with_is_not_said() -> None:
    assert CANARY not in str(written(f"%s of %s {'x'}", CANARY, 7))
    assert written("took %d ms for %r", 12, CANARY, logger="apscheduler.x")["event"] == "took 12 ms for '...'"
    assert CANARY not in str(written("%(name)s", {"name": CANARY}, logger="other"))
    wrongly = logging.makeLogRecord({"name": "other", "msg": "filled %d %d", "args": (CANARY,)})
    assert json.loads(logs.Lines().format(wrongly))["event"] == "filled %d %d"


def test_fields_that_nobody_named_are_left_out() -> None:
    line = written("said", extra={"username": CANARY, "subject": "s", "count": 3})
    assert (line["subject"], line["count"], "username" in line) == ("s", 3, False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, CANARY, f"/{CANARY}"), "ENOSPC"),
        (OperationalError(f"SELECT '{CANARY}'", {"name": CANARY}, RuntimeError(CANARY)), None),
        (ValueError(CANARY), None),
        (KeyError(CANARY), None),
    ],
)
def test_an_error_is_told_by_its_kind_and_place(error: Exception, code: str | None) -> None:
    found = raised(error, raised(LookupError(CANARY)))
    line = written("failed", exc_info=found)
    assert line["error"].endswith(type(error).__name__)
    assert line["causes"] == ["builtins.LookupError"]
    assert line["stack"][-1].startswith("tests/house/test_logs.py:")
    assert line.get("code") == code
    assert CANARY not in json.dumps(line)


def test_the_code_of_a_database_is_kept(world: World) -> None:
    """SQLSTATE or SQLite's name: what is wrong is known without what it was wrong with."""
    with world.context() as ctx, pytest.raises(IntegrityError) as refused:
        ctx.session.execute(sqlalchemy.text(f"INSERT INTO region (code, name) VALUES (NULL, '{CANARY}')"))
    line = written("failed", exc_info=raised(refused.value))
    assert line["code"] in ("23502", "SQLITE_CONSTRAINT")
    assert CANARY not in json.dumps(line)


def test_a_line_that_cannot_be_written_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError(CANARY)

    assert written("said", extra={"whom": Broken()})["whom"] == "..."
    assert capfd.readouterr().err == ""


# ---- who says it


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in ROOT.glob("inspection/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "log":
                assert called.attr in LEVELS, f"{path}:{called.lineno}"
                yield path, node


def test_events_are_constant_and_their_fields_are_named() -> None:
    found = list(calls())
    assert len(found) >= 10
    for path, call in found:
        at = f"{path}:{call.lineno}"
        assert [type(argument) for argument in call.args] == [ast.Constant], at
        for keyword in call.keywords:
            assert keyword.arg in ("extra", "exc_info"), at
            if keyword.arg == "extra":
                assert isinstance(keyword.value, ast.Dict), at
                names = {getattr(key, "value", None) for key in keyword.value.keys}
                assert names <= {*logs.FIELDS, "request_id"}, at


def test_loggers_are_ours_and_set_up_in_one_place() -> None:
    for path in ROOT.glob("inspection/**/*.py"):
        source = path.read_text(encoding="utf-8")
        assert "basicConfig" not in source or path.name == "logs.py", path
        assert source.count("getLogger(") == source.count('getLogger("inspection') or path.name == "logs.py", path


# ---- faults of the application


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError(f"SELECT {CANARY}", {"name": CANARY}, RuntimeError(CANARY)), 503),
        (IntegrityError(f"INSERT {CANARY}", {"name": CANARY}, RuntimeError(CANARY)), 409),
        (OSError(errno.EIO, CANARY, CANARY), 503),
        (RuntimeError(CANARY), 500),
    ],
)
def test_a_fault_is_found_by_its_request_and_tells_nobodys_words(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(**_: Any) -> Any:
        raise error

    monkeypatch.setitem(sqlite_world.app.view_functions, "api.accounts_me", fails)
    with listening() as heard:
        answer = sqlite_world.app.test_client().get(
            f"/api/v1/me?q={CANARY}", headers={"Authorization": f"Bearer {CANARY}", "X-Client-Version": CANARY}
        )
        logging.getLogger("inspection.x").error("afterwards")
    assert answer.status_code == status
    about, after = lines(heard.getvalue())
    assert about["request_id"] == answer.headers["X-Request-ID"]
    assert "request_id" not in after
    assert CANARY not in heard.getvalue()


def test_who_is_refused_is_told_with_the_code_and_his_account(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the API and at the desk; of what succeeds nobody is told, and of a stranger there is nothing to tell."""
    school, bureau = sqlite_world.person("school"), sqlite_world.person("bureau")
    desk = Clerk(sqlite_world, "bureau")
    form = desk.open(f"/plan/new?institution={sqlite_world.places[3]}")
    environs: list[dict[str, Any]] = []
    inner = sqlite_world.app.wsgi_app

    def kept(environ: dict[str, Any], start: Any) -> Any:
        environs.append(environ)
        return inner(environ, start)

    monkeypatch.setattr(sqlite_world.app, "wsgi_app", kept)
    asked = [
        school.get("/leads"),
        school.get(f"/institutions/{sqlite_world.places[3]}"),
        bureau.get("/me"),
        sqlite_world.app.test_client().get("/api/v1/me"),
        Clerk(sqlite_world, "school").open("/users").response,
        desk.client.post("/problems/remind", headers={"Sec-Fetch-Site": "cross-site"}),
        form.send("plan").response,
        desk.client.get(f"/photos/{'0' * 64}/shared", headers={"Accept": "image/*"}),
    ]
    told = []
    for answer, environ in zip(asked, environs, strict=True):
        with listening() as heard:
            left = SimpleNamespace(headers=list(answer.headers), status=answer.status, sent=1)
            Log.access(SimpleNamespace(), left, None, environ, timedelta(0))  # type: ignore[arg-type]
        (line,) = lines(heard.getvalue())
        told.append((line["status"], line.get("code"), line.get("account")))
    assert told == [
        (403, "not_allowed", school.id),
        (404, "not_found", school.id),
        (200, None, None),
        (401, "not_signed_in", None),
        (403, "not_allowed", school.id),
        (403, "forged_form", bureau.id),
        (422, "invalid", bureau.id),
        (404, "not_found", bureau.id),
    ]


def test_a_pass_over_the_deadlines_tells_numbers(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = sqlite_world.open_problem()
    from inspection.domain import deadlines

    def plan(*_: Any) -> Any:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(deadlines, "plan_stages", plan)
    sqlite_world.clock.go(days=40)
    with listening() as heard:
        worker.pass_over(sqlite_world.app)
    told = lines(heard.getvalue())
    assert [line["subject"] for line in told if line["event"] == "set aside"] == [problem["id"]]
    assert any(line["event"] == "swept" for line in told)
    assert CANARY not in heard.getvalue()


# ---- a real server, a real worker, a real command


def raw(base: str, sent: bytes) -> bytes:
    """What a socket gets back for these bytes."""
    host, _, port = base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def work(environment: dict[str, str], folder: Path) -> str:
    """What the scheduler's process says until it has made a pass and is told to end."""
    complained = folder / "worker.log"
    process = server._forks.Process(
        target=server._command, args=(environment, ("worker",), str(folder / "worker.out"), str(complained))
    )
    process.start()
    deadline = time.monotonic() + 60
    while "swept" not in (complained.read_text() if complained.exists() else "") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    process.join(30)
    assert process.exitcode == 0
    return complained.read_text()


def test_a_server_a_worker_and_a_command_tell_nothing_of_anybody(tmp_path: Path) -> None:
    word = f"{CANARY}之"
    with databases.copy("sqlite") as url:
        environment = environment_for(url, tmp_path)
        with serving_on(url, tmp_path, workers=1) as made:
            caller = made.caller("inspector")
            places = caller.get("/institutions?q=云杉").json()["items"]
            about = {"name": word, "telephone": CANARY, "address": word, "kind": "school", "region_code": "150102"}
            about |= {"credit_code": credit_code(7), "competent_department": word}
            said = [
                made.caller("bureau").put(f"/institutions/{new_id()}", about),
                caller.put(f"/inspections/{new_id()}", {"institution_id": places[0]["id"], "note": word}),
                caller.put(f"/inspections/{CANARY}", b"{" + word.encode()),
                caller.get(f"/problems?text={word}"),
                caller.call(
                    "GET", "/me", headers={"User-Agent": CANARY, "Referer": CANARY, "Cookie": f"desk={CANARY}"}
                ),
                caller.upload(sha256(picture := jpeg()), picture),
                requests.post(
                    f"{made.base}/api/v1/auth/login",
                    json={"username": CANARY, "password": CANARY, "device_name": CANARY},
                    timeout=30,
                ),
                requests.post(f"{made.base}/sign-in", data={"username": CANARY, "password": CANARY}, timeout=30),
                requests.get(f"{made.base}/{CANARY}?{CANARY}", timeout=30),
            ]
            statuses = [answer.status_code for answer in said]
            assert statuses[0] == 201, said[0].text
            assert max(statuses) < 500
            for sent in (
                f"GET /{CANARY} HTTP/1.1\r\n{CANARY}\r\n\r\n",
                f"{CANARY}\r\n\r\n",
                f"GET /{CANARY} HTTP/9.{CANARY}\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: x\r\nX: {CANARY * 5000}\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: {CANARY}\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
            ):
                assert b"\r\n\r\n{" in raw(made.base, sent.encode())
            engine = sqlalchemy.create_engine(url)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("DROP TABLE problem_event"))
            engine.dispose()
            for path in (f"/problems?text={word}", f"/problems/{new_id()}", f"/sync?since={CANARY}"):
                caller.get(path)
            broken = caller.get("/stats")
        told = {
            "server": (tmp_path / "server.log").read_text(),
            "worker": work(environment, tmp_path),
            "command": server.run_command(environment, "verify").stderr,
        }
    answered = [line for line in lines(told["server"]) if line["event"] == "answered"]
    assert {line["route"] for line in answered if "route" in line} >= {"/api/v1/problems", "/api/v1/me", "/sign-in"}
    assert {"method", "status", "ms", "bytes", "request_id"} <= answered[0].keys()
    assert broken.headers["X-Request-ID"] in {line["request_id"] for line in answered}
    for text in told.values():
        lines(text)
        for secret in (CANARY, "token-", databases.PASSWORD, "云杉", "SELECT"):
            assert secret not in text


def test_what_is_documented_are_the_fields() -> None:
    documented = (ROOT / "docs/web.md").read_text(encoding="utf-8")
    assert [name for name in ("error", "causes", "stack", *logs.FIELDS) if f"`{name}`" not in documented] == []
