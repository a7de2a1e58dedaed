"""Fixtures shared by all floors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support import databases
from tests.support.browser import CHROMIUM, LAUNCH
from tests.support.world import World, made_world

# the suite's cases are the same each time, the drill's are new; neither looks at how long one takes
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("drill", deadline=None)
settings.load_profile("suite")


@pytest.fixture(params=databases.ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each of the two databases."""
    return str(request.param)


@pytest.fixture
def world(engine: str, tmp_path: Path) -> Iterator[World]:
    """The system on a fresh copy of the peopled database, on each engine."""
    with made_world(engine, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_world(tmp_path: Path) -> Iterator[World]:
    """The same on SQLite alone, for what does not touch storage."""
    with made_world("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def postgresql_world(tmp_path: Path) -> Iterator[World]:
    """The same on PostgreSQL alone: SQLite's writers stand in line, so what waits for a row does so there."""
    with made_world("postgresql", tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        missing = "there is no chromium on the PATH (see `make browser`)"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(**LAUNCH)
    yield browser
    browser.close()
