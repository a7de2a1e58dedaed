"""A database as large as a region's after years: a million problems, a tenth of them unfinished, ten thousand
institutions. Made by plain inserts, so that it stands within minutes."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from inspection.storage.accounts import RoleRow, UserRow
from inspection.storage.clocks import NEVER
from inspection.storage.inspections import InspectionRow
from inspection.storage.institutions import InstitutionRow, RegionRow
from inspection.storage.problems import LOOK_NOW, ProblemRow

PROBLEMS, INSTITUTIONS, PER_INSPECTION, BATCH = 1_000_000, 10_000, 10, 10_000
TODAY: Final = datetime.now(ZoneInfo("Asia/Shanghai")).date()
DAYS: Final = 4 * 365
ITEMS: Final = [f"S-{section:02d}-{number:02d}" for section in range(1, 10) for number in range(1, 7)]
KINDS: Final = ("school", "kindergarten", "tutoring_centre")
SEVERITIES: Final = ("general", "general", "general", "serious", "serious", "critical")
RECOMMENDATIONS: Final = ([], ["A"], ["A", "B"], ["B"], ["C"])


def fill(session: Session, problems: int = PROBLEMS, institutions: int = INSTITUTIONS) -> None:
    """Rows as the actions would have left them; the same rows on every run but for their ids."""
    rng = random.Random(20261123)
    regions = [code for code in session.scalars(select(RegionRow.code).order_by(RegionRow.code)) if code != "150000"]
    inspector = session.scalar(select(UserRow.id).where(UserRow.username == "inspector"))
    places = [(uuid7(), regions[number % len(regions)]) for number in range(institutions)]
    _insert(session, InstitutionRow, (_institution(number, *place) for number, place in enumerate(places)))
    people = [(uuid7(), place) for place, _ in places]
    _insert(session, UserRow, (_head(number, one) for number, (one, _) in enumerate(people)))
    _insert(session, RoleRow, (_head_of(one, place) for one, place in people))
    visits = problems // PER_INSPECTION
    made = [(uuid7(), *places[number % institutions], number * DAYS // visits) for number in range(visits)]
    _insert(session, InspectionRow, (_inspection(one, inspector) for one in made))
    _insert(session, ProblemRow, (_problem(rng, made[number // PER_INSPECTION]) for number in range(problems)))
    session.execute(text("ANALYZE"))
    session.commit()
    engine = session.get_bind()
    if engine.dialect.name == "postgresql":  # what years of autovacuum have done: an index says by itself what is seen
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM ANALYZE"))


def _insert(session: Session, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.execute(insert(table.__table__), batch)
            batch = []
    if batch:
        session.execute(insert(table.__table__), batch)
    session.commit()


def _institution(number: int, institution_id: uuid.UUID, region: str) -> dict[str, Any]:
    at = datetime(2022, 1, 1, tzinfo=UTC)
    return {
        "id": institution_id,
        "name": f"第{number:05d}单位",
        "kind": KINDS[number % 3],
        "region_code": region,
        "credit_code": None,
        "competent_department": "教育局",
        "profile": {},
        "created_at": at,
        "changed_at": at,
        "closed_on": None,
        "successor_id": None,
    }


def _head(number: int, user_id: uuid.UUID) -> dict[str, Any]:
    """Whoever answers for an institution."""
    return {
        "id": user_id,
        "username": f"head{number:05d}",
        "name": f"校长{number:05d}",
        "organisation": f"第{number:05d}单位",
        "password_hash": "",
        "sex": None,
        "created_at": datetime(2022, 1, 1, tzinfo=UTC),
        "disabled_at": None,
    }


def _head_of(user_id: uuid.UUID, institution_id: uuid.UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "user_id": user_id,
        "role": "unit",
        "region_code": None,
        "institution_id": institution_id,
        "since_at": datetime(2022, 1, 1, tzinfo=UTC),
        "ended_at": None,
    }


def _moment(day: int) -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC) - timedelta(days=DAYS - day)


def _inspection(made: tuple[uuid.UUID, uuid.UUID, str, int], inspector: uuid.UUID | None) -> dict[str, Any]:
    inspection_id, institution_id, region, day = made
    at = _moment(day)
    return {
        "id": inspection_id,
        "institution_id": institution_id,
        "region_code": region,
        "visit_id": inspection_id,
        "submitter_id": inspector,
        "mode": "joint",
        "checklist_code": "school",
        "checklist_version": 1,
        "supersedes_id": None,
        "started_at": at,
        "finished_at": at,
        "inspected_on": at.date(),
        "received_at": at,
        "client_version": None,
        "clock_offset_s": None,
        "content_sha256": "0" * 64,
        "body": b"{}",
        "answered": [],
        "counts": {"S-02-01": 80, "S-02-02": 80 - day % 3},
        "flags": [],
        "issue_due_on": at.date() + timedelta(days=3),
        "complete_at": at,
        "receipt_code": "AAAA-AAAA",
        "notice_id": _notice(inspection_id, day),
        "withdrawn_at": None,
    }


def _notice(inspection_id: uuid.UUID, day: int) -> uuid.UUID | None:
    """One for each inspection; those of the last three days wait for theirs."""
    return inspection_id if day < DAYS - 3 else None


def _problem(rng: random.Random, made: tuple[uuid.UUID, uuid.UUID, str, int]) -> dict[str, Any]:
    inspection_id, institution_id, region, day = made
    at = _moment(day)
    due = at.date() + timedelta(days=rng.choice((7, 15, 30)))
    unfinished = day > DAYS * 88 // 100 and rng.random() < 0.84
    closed = not unfinished and rng.random() < 0.95
    status = "open" if unfinished else "closed" if closed else "void"
    return {
        "id": uuid7(),
        "inspection_id": inspection_id,
        "institution_id": institution_id,
        "region_code": region,
        "pointer": "/answers/S-01-01",
        "item_code": rng.choice(ITEMS),
        "item_text": "最近一次全员未成年人保护专项培训",
        "text": "二楼东侧空置教室未上锁，无人巡查",
        "place": "二楼东",
        "quantity": 1,
        "photos": [],
        "severity": rng.choice(SEVERITIES),
        "red_line": None,
        "recommendation": rng.choice(RECOMMENDATIONS),
        "basis": [],
        "advice": "纳入巡查",
        "photo_rule": "optional",
        "responsible_kind": "institution",
        "responsible_name": None,
        "due_days": 15,
        "at_once": False,
        "status": status,
        "round": 1,
        "due_on": due,
        "ordered_due_on": due,
        "extended_due_on": None,
        "due_basis": None,
        "issue_due_on": at.date() + timedelta(days=3),
        "review_due_on": None,
        "clock_on": due,
        "since_on": at.date(),
        "stage_on": NEVER if not unfinished else LOOK_NOW,
        "number": None,
        "notice_id": _notice(inspection_id, day),
        "rectification_id": None,
        "petition_id": None,
        "petition_kind": None,
        "petition_due_on": None,
        "objected": False,
        "merged_into_id": None,
        "recurrence": 0,
        "recurrence_of": [],
        "supervised_on": None,
        "supervision_due_on": None,
        "found_at": at,
        "finished_at": None if unfinished else at + timedelta(days=10),
        "closed_on_time": rng.random() < 0.8 if closed else None,
        "version": 1,
    }
