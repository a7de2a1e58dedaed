"""A phone: a real Chromium, on a line of ours, that keeps account of what goes wrong in it."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Playwright, WebError, Worker
from playwright.sync_api import Error as PlaywrightError

from tests.support import databases
from tests.support.line import Line

CHROMIUM: Final = shutil.which("chromium")
LAUNCH: Final[dict[str, Any]] = {
    "executable_path": CHROMIUM,
    "args": ["--disable-gpu", "--disable-quic"],
}
"""What keeps it off the network, and lets root run it, is given by playwright itself."""
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "geolocation": {"latitude": 40.8414, "longitude": 111.7519, "accuracy": 12},
    "permissions": ["geolocation"],
    "service_workers": "allow",
}
NO_ANSWER: Final = re.compile(r"^error: .*net::ERR_")
TELL: Final = """() => {
    self.addEventListener('error', event => console.error('uncaught: ' + event.message))
    self.addEventListener('unhandledrejection', event => console.error('uncaught: ' + event.reason))
}"""
"""For a service worker, whose errors nobody hears otherwise."""
BREAK_THE_POLICY: Final = """() => new Promise((done) => {
    document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), {once: true})
    document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.invalid/x.png'}))
})"""
"""A picture from another site: refused by the policy of the page, of which the console is told."""
POLICY: Final = "Content Security Policy"
STATUS: Final = re.compile(r"the server responded with a status of (\d+)")


@dataclass
class Phone:
    """One browser profile. `told` is all that its consoles said."""

    context: BrowserContext
    line: Line
    told: list[str] = field(default_factory=list)
    _wrong: list[str] = field(default_factory=list)
    _expected: list[re.Pattern[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._listen)
        self.context.on("weberror", self._catch)
        self.context.on("serviceworker", self._attend)
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()

    def open(self, path: str = "/m/") -> Page:
        self.page.goto(path)
        return self.page

    def sign_in(self, username: str, password: str = databases.PASSWORD) -> None:
        """By the form that the page shows; what comes of it is for the test to wait for."""
        form = self.page.locator("form", has=self.page.locator("[name=password]"))
        form.locator("[name=username]").fill(username)
        form.locator("[name=password]").fill(password)
        submit_of(form).click()

    def installed(self) -> None:
        """Until its service worker answers for the page."""
        self.page.evaluate(
            """async () => {
                await navigator.serviceWorker.ready
                if (!navigator.serviceWorker.controller)
                    await new Promise(done => navigator.serviceWorker.addEventListener('controllerchange', done))
            }"""
        )

    def expects(self, pattern: str) -> None:
        """The test itself brings about errors that read so."""
        self._expected.append(re.compile(pattern))

    def faults(self) -> list[str]:
        """What went wrong in it and was neither expected nor the line's doing."""
        return [text for text in self._wrong if not self._forgiven(text)]

    def _forgiven(self, text: str) -> bool:
        if any(pattern.search(text) for pattern in self._expected):
            return True
        status = STATUS.search(text)
        if status:
            return int(status[1]) in self.line.faked
        return self.line.disturbed and bool(NO_ANSWER.match(text))

    def _listen(self, message: ConsoleMessage) -> None:
        text = f"{message.type}: {message.text} ({message.location['url']}:{message.location['lineNumber']})"
        self.told.append(text)
        if message.type in ("error", "assert"):
            self._wrong.append(text)

    def _catch(self, error: WebError) -> None:
        text = f"uncaught: {error.error.stack or error.error.message}"
        self.told.append(text)
        self._wrong.append(text)

    def _attend(self, worker: Worker) -> None:
        with suppress(PlaywrightError):  # it may be gone again
            worker.evaluate(TELL)


def submit_of(form: Locator) -> Locator:
    return form.locator("button:not([type=button]):not([type=reset]), input[type=submit]")


@dataclass
class Profile:
    """A phone whose memory outlives its browser."""

    playwright: Playwright
    line: Line
    folder: Path
    phones: list[Phone] = field(default_factory=list)

    def start(self, **changes: Any) -> Phone:
        """The browser anew, on what is there."""
        self.close()
        context = self.playwright.chromium.launch_persistent_context(
            self.folder, base_url=self.line.base, **LAUNCH, **{**PHONE, **changes}
        )
        self.phones.append(Phone(context, self.line))
        return self.phones[-1]

    def kill(self) -> None:
        """All of its processes at once, in whatever they are at. Any thread may do it."""
        pid = int(os.readlink(self.folder / "SingletonLock").rpartition("-")[2])
        process = os.pidfd_open(pid)
        try:
            os.killpg(pid, signal.SIGKILL)
            select.select([process], [], [], 10)
        finally:
            os.close(process)

    def close(self) -> None:
        """Orderly, if it still runs."""
        if self.phones:
            with suppress(PlaywrightError):
                self.phones[-1].context.close()


@contextmanager
def reopenable(playwright: Playwright, line: Line, folder: Path) -> Iterator[Profile]:
    profile = Profile(playwright, line, folder)
    try:
        yield profile
    finally:
        profile.close()
