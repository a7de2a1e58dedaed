"""The desk's cookie over TLS and over plain HTTP, what proxies say, and to which names is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inspection import serving
from inspection.app import create_app
from inspection.storage.db import db
from tests.support import databases
from tests.support.clock import HandClock
from tests.support.desk import Clerk, Opened
from tests.support.world import World

BEHIND_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@contextmanager
def served(tmp_path: Path, **settings: Any) -> Iterator[FlaskClient]:
    with databases.copy("sqlite") as url:
        app = create_app(replace(databases.settings_for(url, tmp_path), **settings), HandClock())
        yield app.test_client()
        with app.app_context():
            db.engine.dispose()


def sign_in(client: FlaskClient, **request: Any) -> TestResponse:
    form = Opened(Clerk.__new__(Clerk), "/sign-in", client.get("/sign-in", **request)).form("sign_in")
    fields = {**form.fields.to_dict(), "username": "bureau", "password": databases.PASSWORD}
    return client.post("/sign-in", data=fields, **request)


def set_cookie(response: TestResponse) -> str:
    return str(response.headers["Set-Cookie"])


def test_over_tls_the_cookie_is_one_that_no_other_host_and_no_script_can_touch(sqlite_world: World) -> None:
    cookie = set_cookie(sign_in(sqlite_world.app.test_client(), base_url="https://localhost"))
    name, _, attributes = cookie.partition("=")
    assert name == "__Host-desk"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {one.strip() for one in attributes.split(";")}
    assert "Domain" not in cookie


def test_over_plain_http_it_has_another_name_and_is_not_called_secure(sqlite_world: World) -> None:
    cookie = set_cookie(sign_in(sqlite_world.app.test_client()))
    assert cookie.startswith("desk=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


def test_a_session_from_plain_http_is_none_over_tls(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    sign_in(client)
    assert client.get("/account").status_code == 200
    assert client.get("/account", base_url="https://localhost").status_code == 401
    value = client.get_cookie("desk").value  # type: ignore[union-attr]
    secured = sqlite_world.app.test_client(use_cookies=False)
    sent = {"Cookie": f"desk={value}"}
    assert secured.get("/account", base_url="https://localhost", headers=sent).status_code == 401


def test_a_session_that_was_chosen_beforehand_is_not_the_one_that_is_entered(sqlite_world: World) -> None:
    """Somebody plants his own signed-out session, form token and all; after signing in nothing of it is left."""
    mine, theirs = sqlite_world.app.test_client(), sqlite_world.app.test_client()
    mine.get("/sign-in")
    planted = mine.get_cookie("desk").value  # type: ignore[union-attr]
    theirs.set_cookie("desk", planted)
    sign_in(theirs)
    assert theirs.get("/account").status_code == 200
    assert theirs.get_cookie("desk").value != planted  # type: ignore[union-attr]
    assert mine.get("/account").status_code == 401
    with mine.session_transaction() as before, theirs.session_transaction() as after:
        assert "token" not in before
        assert after.get("csrf_token") != before["csrf_token"]


def test_what_a_client_says_of_proxies_is_not_believed_where_none_is_counted(sqlite_world: World) -> None:
    cookie = set_cookie(sign_in(sqlite_world.app.test_client(), headers=BEHIND_TLS))
    assert cookie.startswith("desk=")
    allowed = serving.command("127.0.0.1:8000")
    assert allowed[allowed.index("--forwarded-allow-ips") + 1] == ""


def test_behind_a_proxy_that_is_counted_its_word_is_taken(tmp_path: Path) -> None:
    with served(tmp_path, proxy_hops=1) as client:
        answer = sign_in(client, headers=BEHIND_TLS)
        assert set_cookie(answer).startswith("__Host-desk=")


def test_only_the_word_of_the_counted_proxy_is_taken_for_where_a_guess_comes_from(tmp_path: Path) -> None:
    """A guesser who invents addresses is held by the one that the proxy saw."""
    guess = {"username": "bureau", "password": "wrong", "device_name": "x"}
    with served(tmp_path, proxy_hops=1) as client:
        for number in range(11):
            headers = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.7"}
            last = client.post("/api/v1/auth/login", json=guess, headers=headers)
        assert last.status_code == 429
        honest = {**guess, "password": databases.PASSWORD}
        elsewhere = {"X-Forwarded-For": "203.0.113.8"}
        assert client.post("/api/v1/auth/login", json=honest, headers=elsewhere).status_code == 201


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/me", "/m/", "/nowhere"])
def test_no_other_name_is_answered_to(tmp_path: Path, path: str) -> None:
    with served(tmp_path, trusted_hosts=("inspection.example", ".league.example")) as client:
        refused = client.get(path, base_url="http://evil.example")
        assert (refused.status_code, refused.json["code"]) == (400, "bad_request")
        assert "evil.example" not in refused.text
        for host in ("inspection.example", "a.league.example"):
            assert client.get("/sign-in", base_url=f"http://{host}").status_code == 200


def test_the_doctor_says_where_tls_is_missing(world: World) -> None:
    assert "没有 TLS" in Clerk(world, "sysadmin").open("/system").text
