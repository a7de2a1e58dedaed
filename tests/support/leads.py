"""Leads as tests make them, with words in them that must not be met anywhere else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.support.world import World, new_id

HANDLER = "procurator"
CANARIES = ("金丝雀", "canary-lead", "canary-place", "canary-receipt", "canary-step")


def lead_body(world: World, of: int = 0, **changes: Any) -> dict[str, Any]:
    now = world.clock.local(world.clock.now())
    return {
        "institution_id": world.places[of],
        "observed_at": (now - timedelta(minutes=20)).isoformat(),
        "place": "宿舍楼 canary-place",
        "category": "injury_or_abuse",
        "child_safe_now": "unknown",
        "police_called_at": None,
        "police_receipt": None,
        "text": "手臂多处淤青 金丝雀 canary-lead",
        **changes,
    }


def report(world: World, who: str = "inspector", lead_id: str | None = None, **changes: Any) -> TestResponse:
    return world.person(who).put(f"/leads/{lead_id or new_id()}", lead_body(world, **changes))


STEPS: dict[str, dict[str, str]] = {
    "police_called": {"agency": "110指挥中心 canary-step"},
    "handed_over": {"station": "东街派出所", "receipt": "canary-receipt"},
    "followed": {"text": "公安已立案 canary-step"},
    "transferred": {"case_file": "呼新检未〔2026〕1号"},
    "note": {"text": "已电话联系 canary-step"},
    "held": {"text": "公安要求保留"},
    "released": {"text": "保留解除"},
}


def step(
    world: World, lead_id: str, kind: str, who: str = "procurator", step_id: str | None = None, **changes: Any
) -> TestResponse:
    body = {"kind": kind, "at": world.clock.local(world.clock.now()).isoformat(), **STEPS[kind], **changes}
    return world.person(who).put(f"/leads/{lead_id}/steps/{step_id or new_id()}", body)


def read(world: World, lead_id: str, who: str = HANDLER, purpose: str | None = "办理") -> Any:
    return world.person(who).get(f"/leads/{lead_id}" + (f"?purpose={purpose}" if purpose else ""))


def key_file(world: World) -> Path:
    return world.data_dir / "lead-keys" / "150102"


def lead_in(world: World, state: str, **changes: Any) -> str:
    """The id of a lead that has come so far."""
    made = report(world, **changes)
    assert made.status_code == 201, made.json
    lead_id = str(made.json["id"])
    for kind, reached in (
        ("police_called", "called"),
        ("handed_over", "handed_over"),
        ("followed", "followed"),
        ("transferred", "transferred"),
    ):
        if state == "created":
            break
        taken = step(world, lead_id, kind)
        assert (taken.status_code, taken.json["state"]) == (201, reached), taken.json
        if reached == state:
            break
    return lead_id


def dump(session: Session) -> str:
    """Everything that the database holds, as text."""
    from inspection.storage import tables

    rows = [
        str([value.hex() + value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in row])
        for table in tables.metadata.sorted_tables
        for row in session.execute(text(f"SELECT * FROM {table.name}"))
    ]
    return "\n".join(rows)
