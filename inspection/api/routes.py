"""All routes of the API, brought together by importing them."""

from __future__ import annotations

from inspection.api import (
    accounts,
    assignments,
    audit,
    calendar,
    checklists,
    inspections,
    institutions,
    notices,
    notifications,
    openapi,
    photos,
    problems,
    resets,
    second_factors,
    stats,
    sync,
    turns,
)
from inspection.api.endpoint import api

__all__ = [
    "accounts",
    "api",
    "assignments",
    "audit",
    "calendar",
    "checklists",
    "inspections",
    "institutions",
    "notices",
    "notifications",
    "openapi",
    "photos",
    "problems",
    "resets",
    "second_factors",
    "stats",
    "sync",
    "turns",
]
