"""Visits that a bureau plans, what a phone shows of them, and their flags."""

from __future__ import annotations

from typing import Any

from tests.support.world import World, new_id


def plan(world: World, *usernames: str, who: str = "bureau", **changes: Any) -> Any:
    body: dict[str, Any] = {
        "institution_id": world.places[0],
        "checklist": {"code": "school"},
        "planned_on": "2026-11-25",
        "inspectors": [{"user_id": world.person(name).id} for name in usernames],
    }
    return world.person(who).put(f"/assignments/{new_id()}", body | changes)


def to_do(world: World, username: str) -> list[str]:
    """What a person's phone shows as his tasks."""
    return [task["id"] for task in world.person(username).get("/sync").json["assignments"]]


def flags(resource: dict[str, Any]) -> set[str]:
    return {flag["code"] for flag in resource["flags"]}
