"""All pages of the desk, brought together by importing their modules."""

from __future__ import annotations

from inspection.pages import (
    account,
    calendar,
    checklists,
    inbox,
    inspections,
    institution_import,
    institutions,
    issuing,
    leads,
    log,
    notices,
    photos,
    plan,
    problems,
    second_factor,
    stats,
    system,
    turns,
    user_import,
    users,
    workbench,
)
from inspection.pages.desk import PAGES, desk

__all__ = [
    "PAGES",
    "account",
    "calendar",
    "checklists",
    "desk",
    "inbox",
    "inspections",
    "institution_import",
    "institutions",
    "issuing",
    "leads",
    "log",
    "notices",
    "photos",
    "plan",
    "problems",
    "second_factor",
    "stats",
    "system",
    "turns",
    "user_import",
    "users",
    "workbench",
]
