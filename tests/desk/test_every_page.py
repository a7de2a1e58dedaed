"""Every page of the desk, as it is found by following links: nothing sticks out at any width or size of text, nothing
is closed to those who see, hear or touch otherwise, and nothing goes wrong in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.desk.conftest import NARROW, WIDE, Desk
from tests.support import axe
from tests.support.browser import BREAK_THE_POLICY, POLICY

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}")
ELSEWHERE = re.compile(r"^/(m|api|assets)/|\.(xlsx|docx|csv)|/(shared|thumbnail)$|^#")
SEEN: set[str] = set()
"""Kinds of page that an earlier role has been through: one look at each is enough in the suite."""

WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINKS = "() => [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"
OPEN = "() => { for (const one of document.querySelectorAll('details')) one.open = true }"
LARGE = "scale => { document.documentElement.style.fontSize = `${scale}%` }"


def kind_of(address: str) -> str:
    """Which page it is, whatever it shows."""
    return ID.sub("…", address.partition("?")[0].partition("#")[0])


@pytest.mark.short_drill
@pytest.mark.parametrize(
    "username", ["bureau", "league", "procurator", "inspector", "school", "congress", "sysadmin", "secadmin", "auditor"]
)
def test_every_page_of_a_role(desks: Callable[..., Desk], username: str) -> None:
    desk = desks()
    desk.expected = {403, 404}
    page = desk.sign_in(username)
    waiting, faults = ["/"], []
    while waiting:
        address = waiting.pop(0)
        answer = page.goto(desk.base + address)
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{address}: {answer.status}")
            continue
        for link in page.evaluate(LINKS):
            if link.startswith("/") and not ELSEWHERE.search(link) and (kind := kind_of(link)) not in SEEN:
                SEEN.add(kind)
                waiting.append(link)
        page.evaluate(OPEN)
        faults += [f"{address}: {one}" for one in axe.violations(page)]
        for size, scale in ((WIDE, 200), (NARROW, 100), (NARROW, 200)):
            page.set_viewport_size(size)
            page.evaluate(LARGE, scale)
            if (out := page.evaluate(WIDTH)) > 1:
                faults.append(f"{address}: {out} px too wide at {size['width']} and {scale} %")
        page.evaluate(LARGE, 100)
        page.set_viewport_size(WIDE)
    assert not faults, "\n".join(faults)


def test_a_page_that_breaks_its_policy_would_be_a_fault(desks: Callable[..., Desk]) -> None:
    """The tests above fail with whatever the console is told of; this is of it."""
    desk = desks()
    assert desk.open("/sign-in").evaluate(BREAK_THE_POLICY) == "img-src"
    desk.page.wait_for_load_state("networkidle")
    assert [POLICY in one for one in desk.wrong] == [True]
    desk.wrong.clear()


def test_signing_in_and_what_is_refused(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.expected = {401, 403, 404, 422}
    for address in ("/", "/sign-in", "/activation", "/problems"):
        desk.open(address)
        assert axe.violations(desk.page) == [], address
    desk.sign_in("bureau")
    for address in ("/nothing", "/users", "/problems?due_before=never"):
        desk.open(address)
        assert axe.violations(desk.page) == [], address
