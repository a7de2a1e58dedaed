"""All pages of the desk, brought together by importing their modules."""

from __future__ import annotations

from inspection.pages import account, inspections, issuing, photos, problems, turns, workbench
from inspection.pages.desk import PAGES, desk

from inspection.pages import later  # isort: skip

__all__ = ["PAGES", "account", "desk", "inspections", "issuing", "later", "photos", "problems", "turns", "workbench"]
