"""All routes of the API, brought together by importing them."""

from __future__ import annotations

from inspection.api import (
    accounts,
    assignments,
    calendar,
    checklists,
    inspections,
    institutions,
    leads,
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
    "calendar",
    "checklists",
    "inspections",
    "institutions",
    "leads",
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
