"""All pages of the desk, brought together by importing their modules."""

from __future__ import annotations

from inspection.pages import (
    account,
    calendar,
    inbox,
    inspections,
    institution_import,
    institutions,
    issuing,
    log,
    notices,
    photos,
    plan,
    problems,
    stats,
    system,
    turns,
    workbench,
)
    user_import,
    users,
from inspection.pages.desk import PAGES, desk

from inspection.pages import later  # isort: skip

__all__ = [
    "PAGES",
    "account",
    "calendar",
    "desk",
    "inbox",
    "inspections",
    "institution_import",
    "institutions",
    "issuing",
    "later",
    "log",
    "notices",
    "photos",
    "plan",
    "problems",
    "stats",
    "system",
    "turns",
    "workbench",
]
    "user_import",
    "users",
