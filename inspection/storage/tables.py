"""All tables, brought together by importing their modules."""

from __future__ import annotations

from inspection.storage import (
    accounts,
    audit,
    calendar,
    checklists,
    evidence,
    inspections,
    installation,
    institutions,
    notices,
    notifications,
    orders,
    petitions,
    problems,
    rectifications,
)
from inspection.storage.db import Base

metadata = Base.metadata

__all__ = [
    "accounts",
    "audit",
    "calendar",
    "checklists",
    "evidence",
    "inspections",
    "installation",
    "institutions",
    "metadata",
    "notices",
    "notifications",
    "orders",
    "petitions",
    "problems",
    "rectifications",
]
