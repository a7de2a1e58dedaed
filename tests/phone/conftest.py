"""A phone in a test's hand: a Chromium on a line of ours to a server of ours. Whatever goes wrong in a page without
the test expecting it fails the test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError

from tests.support import databases
from tests.support.browser import PHONE, Phone, Profile, reopenable
from tests.support.line import Line
from tests.support.site import ENGINE, Site, site_on

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def processes() -> int:
    """Of the server that answer requests."""
    return 1


@pytest.fixture
def site(processes: int, tmp_path: Path) -> Iterator[Site]:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with databases.copy(ENGINE) as url, site_on(url, data_dir, processes) as made:
        yield made


@pytest.fixture
def line(site: Site) -> Iterator[Line]:
    with Line(site.base) as made:
        yield made


@pytest.fixture
def phones(
    browser: Browser, line: Line, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Phone]]:
    """Hands out phones; each knows nothing of the others."""
    made: list[Phone] = []

    def another(**changes: Any) -> Phone:
        made.append(Phone(browser.new_context(base_url=line.base, **{**PHONE, **changes}), line))
        return made[-1]

    yield another
    if request.node.stash.get(FAILED, False):
        show(made, line, tmp_path)
    for phone in made:
        phone.context.close()
    blame(made)


@pytest.fixture
def phone(phones: Callable[..., Phone]) -> Phone:
    return phones()


@pytest.fixture
def profile(playwright: Playwright, line: Line, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Profile]:
    """A phone that can be killed and started again."""
    with reopenable(playwright, line, tmp_path / "profile") as made:
        yield made
        if request.node.stash.get(FAILED, False):
            show(made.phones, line, tmp_path)
    blame(made.phones)


def blame(phones: list[Phone]) -> None:
    faults = [fault for phone in phones for fault in phone.faults()]
    assert not faults, "\n".join(faults)


def show(phones: list[Phone], line: Line, folder: Path) -> None:
    """For whoever reads why a test failed: the pages, the consoles and the line."""
    for number, phone in enumerate(phones):
        picture = folder / f"phone{number}.png"
        with suppress(PlaywrightError):
            phone.page.screenshot(path=picture, timeout=5000)
            print(phone.page.url, picture)
        print("\n".join(phone.told))
    print(line.told())
