"""Every route that takes something, before what it takes: nothing at all, what it does not understand, too much."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from inspection import web
from inspection.pages.routes import PAGES
from tests.support.addresses import declared, filled
from tests.support.desk import Clerk
from tests.support.world import World, made_world

DRAINED: Final = 2**20
LARGEST: Final = 64 * 2**20
"""No route takes more: a table of people, a checklist, ten photos."""
KINDS: Final = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "image/jpeg",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world("sqlite", tmp_path_factory.mktemp("bodies")) as made:
        yield made


class Endless(io.RawIOBase):
    """A body of which more always comes, and how much of it was taken."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        size = min(len(into), 2**18)
        into[:size] = bytes(size)
        self.taken += size
        return size


def ask(world: World, who: str | None, method: str, path: str, **options: Any) -> TestResponse:
    headers: dict[str, str] = options.pop("headers", {})
    if path.startswith("/api/"):
        headers |= {"Authorization": f"Bearer token-{who}"} if who else {}
        return world.app.test_client().open(path, method=method, headers=headers, buffered=True, **options)
    return Clerk(world, who).client.open(path, method=method, headers=headers, buffered=True, **options)


def unsafe() -> list[tuple[str, str]]:
    return [(method, filled(path, None)) for method, path, _ in declared() if method != "GET"]


@pytest.mark.parametrize("who", [None, "bureau"])
def test_nothing_and_nonsense_are_refused_in_the_shape_of_the_address(world: World, who: str | None) -> None:
    """404 of what is nowhere counts as well; a redirection leads to a page that says what is wrong."""
    for number, (method, path) in enumerate(unsafe()):
        for options in ({}, {"data": b"\xff\x00=", "content_type": KINDS[number % len(KINDS)]}):
            answer = ask(world, who, method, path, **options)
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
            if path.startswith("/api/"):
                assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("who", [None, "school"])
def test_of_a_body_with_too_great_a_length_nothing_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, who: str | None
) -> None:
    """What is taken off the line so that the answer arrives is within bounds, and thrown away."""
    monkeypatch.setattr(web, "DRAIN_LIMIT", DRAINED)
    for method, path in unsafe():
        assert taken(world, who, method, path, CONTENT_LENGTH=str(10 * 2**30)) <= DRAINED + 2**19, (method, path)


@pytest.mark.parametrize("who", ["bureau", "school"])
def test_chunks_that_never_end_are_taken_as_far_as_the_route_goes(
    world: World, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Each route of the API, and a page of each limit."""
    monkeypatch.setattr(web, "DRAIN_LIMIT", DRAINED)
    of_limit = {page.limit: ("POST", filled(page.path, None)) for page in PAGES.values() if page.method != "GET"}
    for method, path in [one for one in unsafe() if one[1].startswith("/api/")] + list(of_limit.values()):
        assert taken(world, who, method, path) <= LARGEST + DRAINED + 2**19, (method, path)


def taken(world: World, who: str | None, method: str, path: str, **more: str) -> int:
    """How much is taken of a body that does not end, before it is refused."""
    body = Endless()
    given = {"wsgi.input": io.BufferedReader(body, 2**18), "wsgi.input_terminated": True, **more}
    kind = KINDS[0] if path.startswith("/api/") else KINDS[1]
    answer = ask(world, who, method, path, headers={"Content-Type": kind}, environ_overrides=given)
    assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
    return body.taken
