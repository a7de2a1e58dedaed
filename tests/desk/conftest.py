"""A desk in a test's hands: a Chromium before a site with the demo's story. Whatever goes wrong in a page without the
test expecting it fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

from tests.support import databases
from tests.support.demo import demo_site
from tests.support.site import Site

WIDE: Final = {"width": 1440, "height": 900}
NARROW: Final = {"width": 390, "height": 844}
STATUS: Final = re.compile(r"the server responded with a status of (\d+)")


@dataclass
class Desk:
    """One browser profile; `expected` are statuses that the test itself brings about."""

    context: BrowserContext
    base: str
    expected: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._listen)
        self.context.on("weberror", self._catch)
        self.page: Page = self.context.new_page()

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, username: str, password: str = databases.PASSWORD) -> Page:
        self.open("/")
        self.page.locator("main [name=username]").fill(username)
        self.page.locator("main [name=password]").fill(password)
        self.page.locator("main form button").click()
        self.page.locator("nav").wait_for()
        return self.page

    def go(self, place: str) -> Page:
        """By the places that stand on every page."""
        self.page.locator("nav").get_by_role("link", name=place, exact=True).click()
        return self.page

    def _listen(self, message: ConsoleMessage) -> None:
        status = STATUS.search(message.text)
        if status and int(status[1]) in self.expected:
            return
        if message.type in ("error", "warning", "assert"):
            self.wrong.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _catch(self, error: WebError) -> None:
        self.wrong.append(f"uncaught: {error.error.stack or error.error.message}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data_dir: Path = tmp_path_factory.mktemp("desk") / "data"
    data_dir.mkdir()
    with demo_site(data_dir) as made:
        yield made


@pytest.fixture
def desks(browser: Browser, site: Site) -> Iterator[Callable[..., Desk]]:
    """Hands out desks; each knows nothing of the others."""
    made: list[Desk] = []

    def another(**changes: Any) -> Desk:
        options = {"viewport": WIDE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **changes}
        made.append(Desk(browser.new_context(**options), site.base))
        return made[-1]

    yield another
    for desk in made:
        desk.context.close()
    wrong = [fault for desk in made for fault in desk.wrong]
    assert not wrong, "\n".join(wrong)
