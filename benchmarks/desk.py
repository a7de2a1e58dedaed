"""What the desk reads and the worker does, on a database of a million problems: list pages, figures, the workbook, and
the deadline pass."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import requests
from sqlalchemy import event, text

from benchmarks import crowd, deadline_pass, load
from benchmarks.desk_pages import of_desk_pages
from benchmarks.figure import ROUNDS, Figure, resident_of
from inspection import serving
from inspection.documents import workbook
from inspection.domain.actor import Grant
from inspection.schemas.queries import filters_of
from inspection.storage import accounts, problem_list
from inspection.storage.db import db
from tests.support.server import Server, free_port, serving_on
from tests.support.world import World, made_world

PAGES, STATS = 400, 12
FILTERS = {"status": "open", "severity": "serious", "region": "150100"}
PERIODS = {"one quarter": (date(2026, 4, 1), date(2026, 6, 30)), "one year": (date(2025, 7, 1), date(2026, 6, 30))}


def query(**more: str) -> str:
    return "&".join(f"{name}={value}" for name, value in {**FILTERS, **more}.items())


# The list page


def page_query(world: World) -> tuple[str, Any]:
    """The statement that a page of the list is read with, as the driver gets it."""
    seen: list[tuple[str, Any]] = []
    with world.context() as ctx:
        user = accounts.find_user_for_system(ctx.session, "region")
        assert user is not None
        actor = accounts.actor_for_system(ctx.session, user.id, recent_since=ctx.now())
        assert actor is not None

        @event.listens_for(db.engine, "before_cursor_execute")
        def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
            seen.append((statement, parameters))

        filters = filters_of({**FILTERS})
        problem_list.list_visible(actor, ctx.session, filters, ctx.today(), None, 51)
        event.remove(db.engine, "before_cursor_execute", keep)
    statement, parameters = seen[-1]
    return statement, json.loads(orjson.dumps(parameters, default=str))


@contextmanager
def bare_server(url: str, statement: tuple[str, Any]) -> Iterator[int]:
    port = free_port()
    arguments = [part.replace("wsgi:app", "benchmarks.bare_pages:app") for part in serving.command(f"127.0.0.1:{port}")]
    environment = {**os.environ, "BARE_URL": url, "BARE_QUERY": json.dumps(statement)}
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"http://127.0.0.1:{port}/api/v1/page", timeout=30).status_code == 200:
                    break
            except requests.RequestException:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def of_pages(engine: str, url: str, server: Server, world: World) -> list[Figure]:
    port = int(server.base.rsplit(":", 1)[1])
    with bare_server(url, page_query(world)) as bare_port:
        ours, limits, ratios = [], [], []
        for _ in range(ROUNDS + 1):
            limit = load.get_all(bare_port, "/page", PAGES, 4, "region")
            run = load.get_all(port, f"/problems?{query(limit='50')}", PAGES, 4, "region")
            assert run.refused == limit.refused == 0, "a page was refused"
            ours.append(run)
            limits.append(limit)
            ratios.append(run.per_second / limit.per_second)
        median = sorted(ours[1:], key=lambda run: run.per_second)[ROUNDS // 2]
        name = f"list page of 50 under three filters, 4 connections, {engine}"
        figures = [
            Figure(
                name,
                f"{median.per_second:.0f}/s, p95 {median.percentile(0.95) * 1000:.0f} ms",
                f"{statistics.median(one.per_second for one in limits[1:]):.0f}/s",
                round(statistics.median(ratios[1:]), 3),
                ">= 0.5",
            )
        ]
    caller = server.caller("region")
    at = {"first": f"/problems?{query(limit='50')}"}
    cursors = [None]
    while (page := caller.get(f"/problems?{query(limit='200')}" + cursor_of(cursors[-1])).json())["next_cursor"]:
        cursors.append(page["next_cursor"])
    for depth, share in (("half", 0.5), ("last", 0.95)):
        at[depth] = f"/problems?{query(limit='50')}" + cursor_of(cursors[int((len(cursors) - 1) * share)])
    rates = {depth: [] for depth in at}
    for _ in range(ROUNDS):
        for depth, path in at.items():
            rates[depth].append(load.get_all(port, path, PAGES // 2, 4, "region").per_second)
    medians = {depth: statistics.median(values) for depth, values in rates.items()}
    figures.append(
        Figure(
            f"the same in the middle and at the end of {len(cursors) * 200} rows, {engine}",
            f"{medians['half']:.0f}/s, {medians['last']:.0f}/s",
            f"{medians['first']:.0f}/s first page",
            round(min(medians["half"], medians["last"]) / medians["first"], 3),
            "0.7 to 1.3",
        )
    )
    return figures


def cursor_of(cursor: str | None) -> str:
    return f"&cursor={cursor}" if cursor else ""


# Figures


def recount(world: World, first: date, last: date) -> dict[str, Counter[str]]:
    """By league, from the bare rows."""
    counted: dict[str, Counter[str]] = {}
    begin, end = (f"{day.isoformat()} 00:00:00" for day in (first, last + timedelta(days=1)))
    with world.app.app_context():
        moment = "CAST(:{} AS TIMESTAMP) AT TIME ZONE 'Asia/Shanghai'" if world.engine == "postgresql" else None
        if moment is None:
            begin, end = (_utc_text(first), _utc_text(last + timedelta(days=1)))
        low, high = (moment.format(name) if moment else f":{name}" for name in ("begin", "end"))
        rows = db.session.execute(
            text(
                "SELECT i.region_code, p.status, p.due_on, p.closed_on_time,"
                f" p.found_at >= {low} AND p.found_at < {high} FROM problem p"
                " JOIN institution i ON i.id = p.institution_id WHERE i.region_code <> '150000'"
            ),
            {"begin": begin, "end": end},
        )
        for region, status, due_on, on_time, found in rows:
            row = counted.setdefault(region[:4] + "00", Counter())
            if status == "void":
                row["void"] += bool(found)
                continue
            row["problems_found"] += bool(found)
            if first.isoformat() <= str(due_on) <= last.isoformat():
                row["due"] += 1
                row["closed"] += status == "closed"
                row["closed_on_time"] += status == "closed" and bool(on_time)
                row["overdue"] += status == "open" and str(due_on) < crowd.TODAY.isoformat()
    return counted


def _utc_text(day: date) -> str:
    return f"{day - timedelta(days=1)} 16:00:00.000000"


def of_stats(engine: str, server: Server, world: World) -> list[Figure]:
    caller = server.caller("region")
    figures = []
    for name, (first, last) in PERIODS.items():
        path = f"/stats?group_by=region&from={first}&to={last}"
        rows = {row["key"]: row for row in caller.get(path).json()["rows"]}
        cells = ("problems_found", "due", "closed", "closed_on_time", "overdue", "void")
        expected = recount(world, first, last)
        same = all(rows[key][cell] == counts[cell] for key, counts in expected.items() for cell in cells)
        took = []
        for _ in range(STATS):
            begin = time.perf_counter()
            caller.get(path)
            took.append((time.perf_counter() - begin) * 1000)
        figures.append(
            Figure(
                f"stats by region, {name} of a million problems, {engine}",
                f"{statistics.median(took):.0f} ms, worst {max(took):.0f}",
                "equal to the recount" if same else "NOT equal to the recount",
                None,
                "<= 150 ms, equal",
            )
        )
    return figures


# The workbook


def family(pid: int) -> list[int]:
    """A process and all beneath it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            waiting += [int(p) for p in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], int]]:
    """How many MB of memory the processes beneath held at most beyond what they held at first."""
    before = sum(resident_of(one) for one in family(pid))
    most, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            most.append(sum(resident_of(one) for one in family(pid)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: (max(most) - before) // 1024
    finally:
        over.set()
        thread.join()


def of_workbook(engine: str, server: Server) -> list[Figure]:
    caller = server.caller("region")
    path = "/problems.xlsx?status=open"
    lines: list[bytes] = []
    ratios, ours, limits, growth, count = [], [], [], 0, 0
    for _ in range(2):
        with watched(server.process.pid) as grown:
            begin = time.perf_counter()
            answer = caller.get(path)
            ours.append(time.perf_counter() - begin)
            assert answer.status_code == 200
        growth = max(growth, grown())
        if not lines:
            lines, count = rows_of(answer.content)
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "inspection.documents.workbook", tempfile.mkdtemp()],
            input=b"\n".join(lines) + b"\n",
            stdout=subprocess.DEVNULL,
            check=True,
        )
        limits.append(time.perf_counter() - begin)
        ratios.append(ours[-1] / limits[-1])
    return [
        Figure(
            f"workbook of {count} rows, {engine}",
            f"{min(ours):.1f} s",
            f"{min(limits):.1f} s writer alone",
            round(min(ratios), 3),
            "<= 1.25",
        ),
        Figure(f"memory of the same, {engine}", f"+{growth} MB", "writer's process included", None, "<= +30 MB"),
    ]


def rows_of(data: bytes) -> tuple[list[bytes], int]:
    """What the writer was given, read back from what it wrote."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    headings = sheet[workbook.FIRST_ROW - 1]
    dates = [number for number, value in enumerate(sheet[workbook.FIRST_ROW]) if isinstance(value, date)]
    head = {
        "title": "x",
        "lines": ["x", "x"],
        "headings": headings,
        "widths": [12] * len(headings),
        "dates": dates,
        "truncated": "x",
    }
    rows = [[None if value == "" else value for value in row] for row in sheet[workbook.FIRST_ROW :]]
    return [orjson.dumps(head), *(orjson.dumps(row) for row in rows)], len(rows)


def figures(engine: str, folder: Path) -> list[Figure]:
    with made_world(engine, folder) as world:
        world.employ("region", Grant("supervisor", "150000"))
        with world.app.app_context():
            crowd.fill(db.session)
        url = world.app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False)
        world.clock.go_to(crowd.TODAY)
        with serving_on(url, folder) as server:
            return [
                *of_pages(engine, url, server, world),
                *of_desk_pages(engine, server, world, "region"),
                *of_stats(engine, server, world),
                *of_workbook(engine, server),
                *deadline_pass.of_sweep(engine, url, world),
                *deadline_pass.of_writing_beside(engine, server, world),
            ]
