"""What another site can make a browser send, and what a wrong key opens: every page that acts, every route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from inspection.domain.permissions import ANYONE
from inspection.pages.routes import PAGES
from tests.support.addresses import declared, filled
from tests.support.changes import counted
from tests.support.desk import Clerk
from tests.support.holdings import PLACES, Furnisher, Holding
from tests.support.world import World, made_world, new_id

ACCOUNTS: Final = (None, "bureau", "school", "inspector", "secadmin")
ACTS: Final = [page for page in PAGES.values() if page.method != "GET"]
FOREIGN: Final = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "nonsense"},
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Holding]]:
    with made_world("sqlite", tmp_path_factory.mktemp("forgery")) as world:
        yield world, Furnisher(world, PLACES[0], "{} 之".format).holding()


def token_of(clerk: Clerk) -> str:
    """The token that stands in this session's forms."""
    return next(form.fields["csrf_token"] for form in clerk.open("/").forms if "csrf_token" in form.fields)


def sent(clerk: Clerk, path: str, token: str | None, **headers: str) -> TestResponse:
    fields = {"csrf_token": token} if token is not None else {}
    return clerk.client.post(path, data=fields, headers=headers, buffered=True)


@pytest.mark.parametrize("who", ACCOUNTS)
def test_no_act_without_the_forms_own_token_nor_from_another_site(full: tuple[World, Holding], who: str | None) -> None:
    """Every page that acts, as everybody. Who may not act is told that, and nothing is done either way."""
    world, held = full
    clerk = Clerk(world, who)
    token, strangers = token_of(clerk), token_of(Clerk(world, "league"))
    with counted(world) as commits:
        before = commits()
        for number, act in enumerate(ACTS):
            path = filled(act.path, held)
            without = sent(clerk, path, (None, "", "x", strangers)[number % 4])
            assert without.status_code in ((409,) if act.permission == ANYONE else (401, 403, 409)), path
            forged = sent(clerk, path, token, **FOREIGN[number % len(FOREIGN)])
            assert forged.status_code == 403, (path, FOREIGN[number % len(FOREIGN)])
        assert commits() == before


@pytest.mark.parametrize("headers", FOREIGN)
def test_every_act_refuses_every_other_site(full: tuple[World, Holding], headers: dict[str, str]) -> None:
    world, held = full
    clerk = Clerk(world, "bureau")
    token = token_of(clerk)
    for act in ACTS:
        assert sent(clerk, filled(act.path, held), token, **headers).status_code == 403, act.path


def test_ones_own_form_is_taken(full: tuple[World, Holding]) -> None:
    """The same request from here, with the token: it is looked at, and refused for what is in it if at all."""
    world, held = full
    clerk = Clerk(world, "bureau")
    for headers in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        fields = {"csrf_token": token_of(clerk), "act": new_id()}
        path = filled("/problems/<uuid:problem_id>/transfer", held)
        assert clerk.client.post(path, data=fields, headers=headers, buffered=True).status_code == 422


@pytest.mark.parametrize("who", ["bureau", "school", "secadmin"])
def test_a_session_opens_no_route_of_the_api_and_a_token_no_page(full: tuple[World, Holding], who: str) -> None:
    world, held = full
    clerk = Clerk(world, who)
    bearer = {"Authorization": f"Bearer token-{who}"}
    with counted(world) as commits:
        before = commits()
        for method, path, permission in declared():
            address = filled(path, held)
            if permission != ANYONE and path.startswith("/api/"):
                body: dict[str, Any] = {} if method == "GET" else {"json": {}}
                answer = clerk.client.open(address, method=method, buffered=True, **body)
                assert answer.status_code == 401, (method, path)
            elif permission != ANYONE:
                answer = world.app.test_client().open(address, method=method, headers=bearer, buffered=True)
                assert answer.status_code == 401, (method, path)
        assert commits() == before


def test_of_two_keys_each_opens_its_own(full: tuple[World, Holding]) -> None:
    """A browser's session beside a token changes nothing of who asks."""
    world, _ = full
    clerk = Clerk(world, "secadmin")
    bearer = {"Authorization": "Bearer token-school"}
    assert clerk.client.get("/api/v1/me", headers=bearer).json["username"] == "school"
    assert clerk.client.get("/users", headers=bearer).status_code == 200
    assert clerk.client.get("/problems", headers=bearer).status_code == 403


@pytest.mark.parametrize("who", ACCOUNTS)
def test_to_ask_the_api_twice_changes_no_row(full: tuple[World, Holding], who: str | None) -> None:
    """The second answer is the first. An original alone is looked at on record."""
    world, held = full
    client = world.app.test_client()
    headers = {"Authorization": f"Bearer token-{who}"} if who else {}
    with counted(world) as commits:
        wrote = set()
        for method, path, _ in declared():
            if method == "GET" and path.startswith("/api/"):
                before, address = commits(), filled(path, held)
                first, second = (client.get(address, headers=headers, buffered=True) for _ in range(2))
                assert first.status_code == second.status_code < 500, path
                assert "Access-Control-Allow-Origin" not in first.headers
                if first.is_json and first.status_code == 200:
                    assert first.json == second.json, path
                if commits() != before:
                    wrote.add(path)
        assert wrote <= {"/api/v1/photos/<hash:sha256>"}


def test_what_is_written_is_counted(full: tuple[World, Holding]) -> None:
    """An original that is looked at, to begin with."""
    world, held = full
    with counted(world) as commits:
        before = commits()
        assert world.person("bureau").get(f"/photos/{held.ids['sha256']}?purpose=x").status_code == 200
        assert commits() != before
