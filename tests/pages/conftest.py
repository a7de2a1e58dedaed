"""Pages stand on actions that are tested on both databases: in the suite each test of a page runs on one of the two,
half of them on either; those of pages with questions of their own, and all in the drill, on both."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import settings

from tests.support.databases import ENGINES

QUESTIONS = (
    "counts",
    "queries",
    "users",
    "user_import",
    "institutions",
    "institution_import",
    "inspections",
    "log",
    "plan",
)
"""Subjects with statements of their own."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if settings.get_current_profile_name() == "drill":
        return
    spared = [item for item in items if _is_spared(item)]
    if spared:
        items[:] = [item for item in items if item not in set(spared)]
        config.hook.pytest_deselected(items=spared)


def _is_spared(item: pytest.Item) -> bool:
    if item.path.parent.name != "pages" or not isinstance(item, pytest.Function):
        return False
    if item.path.stem.removeprefix("test_") in QUESTIONS:
        return False
    engine = item.callspec.params.get("engine") if hasattr(item, "callspec") else None
    return engine is not None and engine != ENGINES[zlib.crc32(item.originalname.encode()) % len(ENGINES)]
