"""What protects, with and without: everything that a page carries and leaves behind, and an original read on record."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from flask.testing import FlaskClient

from benchmarks.audit_log import WRONG
from benchmarks.figure import ROUNDS, Figure
from inspection import logs
from inspection.actions import evidence
from inspection.actions.context import Context
from inspection.http_worker import Log
from inspection.pages import desk
from tests.support.photos import photo
from tests.support.world import World, made_world, sha256

TIMES = 200


def figures(engine: str, folder: Path) -> list[Figure]:
    with made_world(engine, folder) as world:
        for _ in range(3):
            world.inspect(WRONG)
        return [of_page(world), of_original(world)]


def of_page(world: World) -> Figure:
    """The list of problems in a browser's session."""
    client = world.app.test_client()
    with client.session_transaction() as session:
        session["token"] = "token-bureau"
    return compared(
        f"a page with its headers, forms' tokens, log line, {world.engine}",
        lambda: shown(client, "/problems"),
        lambda: unprotected(world),
    )


def of_original(world: World) -> Figure:
    data = photo(7)
    assert world.person("inspector").upload(data).status_code == 201

    def read() -> None:
        assert world.person("inspector").get(f"/photos/{sha256(data)}?purpose=bench").status_code == 200

    return compared(f"an original with its read on record, {world.engine}", read, unrecorded)


def shown(client: FlaskClient, path: str) -> None:
    """A page, and its line of the log as the server writes it."""
    began = time.perf_counter()
    answer = client.get(path, buffered=True)
    assert answer.status_code == 200
    took = timedelta(seconds=time.perf_counter() - began)
    told = SimpleNamespace(headers=list(answer.headers), status=answer.status, sent=len(answer.data))
    Log.access(SimpleNamespace(), told, None, answer.request.environ, took)  # type: ignore[arg-type]


@contextmanager
def unprotected(world: World) -> Iterator[None]:
    """Neither headers nor ids, no forms' tokens, no log."""
    with (
        patch.object(world.app, "before_request_funcs", {}),
        patch.object(world.app, "after_request_funcs", {}),
        patch.object(world.app, "teardown_request_funcs", {}),
        patch.object(desk, "generate_csrf", lambda: ""),
        patch.object(desk, "nonce", lambda: ""),
        patch.object(Log, "access", lambda *_: None),
    ):
        yield


@contextmanager
def unrecorded() -> Iterator[None]:
    """Nor a transaction for the record."""
    with patch.object(Context, "record", lambda *_, **__: None), patch.object(evidence, "unit", nullcontext):
        yield


def compared(name: str, run: Callable[[], Any], without: Callable[[], Any]) -> Figure:
    ours, limits = [], []
    with Path("/dev/null").open("w") as nowhere:
        handler = logging.StreamHandler(nowhere)
        handler.setFormatter(logs.Lines())
        logger = logging.getLogger(logs.OURS)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            median(run)
            for _ in range(ROUNDS):
                ours.append(median(run))
                with without():
                    limits.append(median(run))
        finally:
            logger.removeHandler(handler)
    took, limit = statistics.median(ours), statistics.median(limits)
    return Figure(name, f"+{took - limit:.2f} ms", f"{limit:.2f} ms without", round(took / limit, 3), "<= +3 ms")


def median(run: Callable[[], Any]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000
