"""All tables, brought together by importing their modules."""

from __future__ import annotations

from inspection.storage import (
    accounts,
    acts,
    assignments,
    attempts,
    audit,
    calendar,
    checklists,
    checkpoints,
    evidence,
    inspections,
    installation,
    institutions,
    leads,
    notices,
    notifications,
    petitions,
    problems,
    rectifications,
    resets,
    retention,
    second_factors,
    sessions,
    withdrawals,
)
from inspection.storage.db import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "acts",
    "assignments",
    "attempts",
    "audit",
    "calendar",
    "checklists",
    "checkpoints",
    "evidence",
    "inspections",
    "installation",
    "institutions",
    "leads",
    "metadata",
    "notices",
    "notifications",
    "petitions",
    "problems",
    "rectifications",
    "resets",
    "retention",
    "second_factors",
    "sessions",
    "withdrawals",
]
