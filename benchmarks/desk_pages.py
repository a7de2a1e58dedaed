"""The desk's pages on a database of a million problems: the first page, the list under three filters, the figures by
region. Their time beside that of their own queries, how long a reader waits, how heavy a page is."""

from __future__ import annotations

import gzip
import re
import statistics
import time
from typing import Any, Final
from urllib.parse import urlencode

import requests
from sqlalchemy import Engine, event

from benchmarks.figure import Figure
from inspection.storage.db import db
from tests.support import databases
from tests.support.server import Server
from tests.support.world import World

TIMES, WARM = 60, 5
FILTERS: Final = {"status": "open", "severity": "serious", "region": "150100"}
PAGES: Final = {
    "workbench": "/",
    "problem list, three filters": "/problems?" + urlencode(FILTERS),
    "figures by region, a quarter": "/stats?"
    + urlencode({"group_by": "region", "from": "2026-04-01", "to": "2026-06-30"}),
}


def of_desk_pages(engine: str, server: Server, world: World, username: str) -> list[Figure]:
    """Each page: over the line from a worker that has served it before, and in this process with its queries timed."""
    figures = []
    for name, path in PAGES.items():
        waits, size = _waits(server, path, username)
        whole, asked, statements = _inside(world, path, username)
        figures.append(
            Figure(
                f"{name}: server time, {engine}",
                f"{whole * 1000:.1f} ms, {statements} queries",
                f"{asked * 1000:.1f} ms its queries",
                round(whole / asked, 2),
                "<= 3, <= 12 queries",
            )
        )
        p95 = sorted(waits)[int(len(waits) * 0.95)]
        figures.append(
            Figure(
                f"{name}: a reader waits (p95), {engine}",
                f"{p95 * 1000:.0f} ms, {size / 1000:.1f} KB packed",
                "150 ms, 100 KB",
                round(p95 / 0.15, 3),
                "<= 1",
            )
        )
    return figures


def _waits(server: Server, path: str, username: str) -> tuple[list[float], int]:
    with requests.Session() as browser:
        form = browser.get(f"{server.base}/sign-in", timeout=60).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', form)[-1]
        known = {"csrf_token": token, "form": "sign_in", "username": username, "password": databases.PASSWORD}
        browser.post(f"{server.base}/sign-in", data=known, timeout=60).raise_for_status()
        waits = []
        for number in range(TIMES + WARM):
            began = time.perf_counter()
            answer = browser.get(server.base + path, timeout=60)
            if number >= WARM:
                waits.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
    return waits, len(gzip.compress(answer.content, 6))


def _inside(world: World, path: str, username: str) -> tuple[float, float, int]:
    """Medians: the whole of a request, and its queries alone, put to the driver again and read to their ends; and how
    many those are."""
    with world.app.app_context():
        database = db.engine
    asked: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        asked.append((statement, parameters))

    client = world.app.test_client()
    with client.session_transaction() as session:
        session["token"] = f"token-{username}"
    wholes = []
    for number in range(TIMES // 2 + WARM):
        began = time.perf_counter()
        assert client.get(path, buffered=True).status_code == 200
        if number >= WARM:
            wholes.append(time.perf_counter() - began)
    event.listen(database, "before_cursor_execute", keep)
    try:
        client.get(path, buffered=True)
    finally:
        event.remove(database, "before_cursor_execute", keep)
    return statistics.median(wholes), statistics.median(_bare(database, asked)), len(asked)


def _bare(database: Engine, asked: list[tuple[str, Any]]) -> list[float]:
    """Seconds for all of these, so many times."""
    taken = []
    connection = database.raw_connection()
    try:
        cursor = connection.cursor()
        for _ in range(TIMES // 2):
            began = time.perf_counter()
            for statement, parameters in asked:
                cursor.execute(statement, parameters)
                if cursor.description is not None:
                    cursor.fetchall()
            taken.append(time.perf_counter() - began)
            connection.rollback()
    finally:
        connection.close()
    return taken
