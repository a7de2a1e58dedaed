"""The audit log: what its chain costs a submission, and how long a million entries take to verify."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import update

from benchmarks.figure import ROUNDS, Figure
from inspection.actions.verification import chain_faults
from inspection.domain import chain
from inspection.domain.chain import Entry
from inspection.storage import audit
from inspection.storage.audit import AuditDetailRow, AuditHeadRow, AuditRow
from inspection.storage.db import insert_rows
from inspection.storage.unit import unit
from tests.support.world import World, made_world, new_id

SUBMISSIONS = 60
ENTRIES, BATCH = 1_000_000, 10_000
WRONG: dict[str, Any] = {code: [] for code in ("S-01-05", "S-03-04", "S-05-06", "S-07-04", "S-08-05")}


def figures(engine: str, folder: Path) -> list[Figure]:
    with made_world(engine, folder) as world:
        return [of_submissions(world), of_verifying(world)]


def submit(world: World, count: int) -> float:
    """Milliseconds for each of so many submissions, the median."""
    taken = []
    for _ in range(count):
        body = json.dumps(world.body(0, WRONG), ensure_ascii=False).encode()
        began = time.perf_counter()
        answer = world.person("inspector").put(f"/inspections/{new_id()}", body)
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 201
    return statistics.median(taken) * 1000


def plainly(session: Any, name: str, entries: Any) -> None:
    """The same entries without a chain, as rows that nothing is sealed over."""
    del name
    rows = [
        {
            "chain": uuid.uuid4().hex[:16],
            "number": number,
            "at": one.at,
            "actor_id": one.actor.id if one.actor is not None else None,
            "action": one.action,
            "object_kind": one.object_kind,
            "object_id": one.object_id,
            "commitment": "",
            "seal": "",
        }
        for number, one in enumerate(entries)
    ]
    insert_rows(session, AuditRow, rows)


def of_submissions(world: World) -> Figure:
    submit(world, 20)
    ours, limits, ratios = [], [], []
    for _ in range(ROUNDS):
        with patch.object(audit, "_append", plainly), patch.object(audit, "entry_about_for_system", lambda *_: None):
            limit = submit(world, SUBMISSIONS)
        took = submit(world, SUBMISSIONS)
        ours.append(took)
        limits.append(limit)
        ratios.append(took / limit)
    return Figure(
        f"PUT inspection, 5 findings, with the chain, {world.engine}",
        f"{statistics.median(ours):.1f} ms",
        f"{statistics.median(limits):.1f} ms without",
        round(statistics.median(ratios), 3),
        "<= 1.15",
    )


def of_verifying(world: World) -> Figure:
    with world.context() as ctx:
        before = len(chain_faults(ctx))  # of the entries that were measured without a chain
        head = chain.start("150103")
        person = uuid.uuid4()
        at = datetime.now(UTC)
        for first in range(0, ENTRIES, BATCH):
            rows, details = [], []
            for number in range(first + 1, first + BATCH + 1):
                detail = '{"sha256":"' + "0" * 64 + '"}'
                kept = chain.commitment(b"0" * 16, detail)
                entry = Entry(head.chain, number, at, person, "store_photo", "photo", "0" * 64, kept)
                head = chain.following(head, [chain.leaf(entry)])
                rows.append(
                    {
                        "chain": head.chain,
                        "number": number,
                        "at": at,
                        "actor_id": person,
                        "action": entry.action,
                        "object_kind": entry.object_kind,
                        "object_id": entry.object_id,
                        "commitment": kept,
                        "seal": head.seal,
                    }
                )
                details.append({"chain": head.chain, "number": number, "salt": "30" * 16, "detail": detail})
            with unit(ctx.session):
                insert_rows(ctx.session, AuditRow, rows)
                insert_rows(ctx.session, AuditDetailRow, details)
        with unit(ctx.session):
            insert_rows(ctx.session, AuditHeadRow, [{"chain": head.chain, "number": 0, "seal": head.seal}])
            ctx.session.execute(update(AuditHeadRow).where(AuditHeadRow.chain == head.chain).values(number=head.number))
        began = time.perf_counter()
        for _ in range(3 * ENTRIES):
            hashlib.sha256(b"0" * 300).digest()
        limit = time.perf_counter() - began
        began = time.perf_counter()
        assert len(chain_faults(ctx)) == before
        took = time.perf_counter() - began
    return Figure(
        f"verifying {ENTRIES:,} entries of the audit log, {world.engine}",
        f"{took:.1f} s",
        f"{limit:.1f} s of hashing",
        round(took / limit, 1),
        "<= 60 s",
    )
