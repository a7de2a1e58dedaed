"""The deadline pass on a database of a million problems, alone and with somebody writing beside it."""

from __future__ import annotations

import json
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from benchmarks import bare, crowd, load
from benchmarks.field import WRONG, inspections
from benchmarks.figure import ROUNDS, Figure
from inspection.actions.sweep import sweep
from inspection.storage.db import db
from tests.support.server import Server
from tests.support.world import World

DUE = 1000


def make_due(world: World, count: int) -> None:
    """So many problems are a day late and nobody has heard of it; everything else has been looked at."""
    yesterday = crowd.TODAY - timedelta(days=1)
    with world.app.app_context():
        db.session.execute(text("UPDATE problem SET stage_on = '9999-12-31' WHERE stage_on < '9999-12-31'"))
        chosen = [
            row[0]
            for row in db.session.execute(
                text(
                    "SELECT id FROM problem WHERE status = 'open' AND id NOT IN (SELECT subject_id FROM stage_fact)"
                    f" ORDER BY id LIMIT {count}"
                )
            )
        ]
        for problem_id in chosen:
            db.session.execute(
                text(
                    f"UPDATE problem SET due_on = '{yesterday}', clock_on = '{yesterday}', stage_on = '2000-01-01'"
                    " WHERE id = :id"
                ),
                {"id": problem_id},
            )
        db.session.commit()


def of_sweep(engine: str, url: str, world: World) -> list[Figure]:
    ours, limits, ratios, said = [], [], [], 0
    for _ in range(ROUNDS):
        make_due(world, DUE)
        with world.context() as ctx:
            begin = time.perf_counter()
            swept = sweep(ctx)
            took = time.perf_counter() - begin
        assert swept.looked_at == DUE, swept
        said = swept.messages
        make_due(world, DUE)
        limit = bare_pass(engine, url, said)
        ours.append(took)
        limits.append(limit)
        ratios.append(took / limit)
    return [
        Figure(
            f"deadline pass, {DUE} due of 100,000 open, {said} messages, {engine}",
            f"{statistics.median(ours) * 1000:.0f} ms",
            f"{statistics.median(limits) * 1000:.0f} ms bare",
            round(statistics.median(ratios), 2),
            "<= 3",
        )
    ]


def bare_pass(engine: str, url: str, messages: int) -> float:
    """Seconds for one `SELECT` of what is due and the inserts that a pass over it makes, in one transaction."""
    mark = "%s" if engine == "postgresql" else "?"
    connection = bare.connection_to(url)
    cursor = connection.cursor()
    for name, columns in (
        (
            "fact",
            "subject CHAR(36), round INTEGER, due TEXT, stage TEXT, at TEXT, PRIMARY KEY (subject, round, due, stage)",
        ),
        (
            "message",
            "id CHAR(36) PRIMARY KEY, person CHAR(36), kind TEXT, problem CHAR(36), params TEXT, at TEXT, read TEXT",
        ),
        ("event", "id CHAR(36) PRIMARY KEY, problem CHAR(36), at TEXT, actor TEXT, name TEXT, event TEXT, detail TEXT"),
    ):
        cursor.execute(f"DROP TABLE IF EXISTS bare_{name}")
        cursor.execute(f"CREATE TABLE bare_{name} ({columns})")
    cursor.execute("CREATE INDEX bare_m1 ON bare_message (person, id)")
    cursor.execute("CREATE INDEX bare_m2 ON bare_message (problem)")
    cursor.execute("CREATE INDEX bare_e1 ON bare_event (problem, id)")
    cursor.execute("CREATE INDEX bare_e2 ON bare_event (at)")
    connection.commit()
    params = json.dumps(
        {"number": None, "institution": "第00001单位", "text": "x" * 40, "due_on": "2026-11-22", "days": 1}
    )
    now = "2026-11-23T10:00:00"
    begin = time.perf_counter()
    cursor.execute(f"SELECT * FROM problem WHERE status = 'open' AND stage_on <= {mark}", (crowd.TODAY.isoformat(),))
    due = [uuid.UUID(str(row[0])).hex for row in cursor.fetchall()]
    facts = [(one, 1, "2026-11-22", stage, now) for one in due for stage in ("-7", "-3", "-1", "0", "+1")]
    people = [(uuid.uuid4().hex, one, "overdue", one, params, now, None) for one in (due + due)[:messages]]
    events = [(uuid.uuid4().hex, one, now, None, None, "overdue", "{}") for one in due]
    for name, rows in (("fact", facts), ("message", people), ("event", events)):
        marks = ", ".join([mark] * len(rows[0]))
        cursor.executemany(f"INSERT INTO bare_{name} VALUES ({marks})", rows)
    connection.commit()
    took = time.perf_counter() - begin
    connection.close()
    return took


@contextmanager
def passing(world: World) -> Iterator[None]:
    """A deadline pass in this process."""

    def work() -> None:
        with world.context() as ctx:
            sweep(ctx)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def of_writing_beside(engine: str, server: Server, world: World) -> list[Figure]:
    """Inspections handed in without and beside a deadline pass of another process, which is over before they are."""
    port = int(server.base.rsplit(":", 1)[1])
    body = world.body(wrong=WRONG)
    load.put_all(port, inspections(body, 40), 2)
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(load.put_all(port, inspections(body, 100), 2).percentile(0.95))
        make_due(world, 2 * DUE)
        with passing(world):
            beside.append(load.put_all(port, inspections(body, 100), 2).percentile(0.95))
    return [
        Figure(
            f"PUT inspection beside a pass over {2 * DUE} due, p95, {engine}",
            f"{statistics.median(beside) * 1000:.0f} ms",
            f"{statistics.median(alone) * 1000:.0f} ms alone",
            round(statistics.median(b / a for a, b in zip(alone, beside, strict=True)), 2),
            "<= 2",
        )
    ]
