"""The phone client as it is served: one version, whole or not at all, small, and nothing beside it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re

import pytest

from inspection.pages.phone import shell
from tests.support.world import World

MOST_REQUESTS = 25
MOST_BYTES = 150 * 1024


def kept_files(world: World) -> list[tuple[str, str]]:
    """The list in the service worker: path below /m/, and its integrity."""
    worker = world.app.test_client().get("/m/sw.js").get_data(as_text=True)
    found = re.search(r"^const FILES = (.*);$", worker, re.M)
    assert found is not None
    return [(path, integrity) for path, integrity in json.loads(found[1])]


def test_the_list_names_every_file_with_the_hash_of_what_is_served(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    listed = kept_files(sqlite_world)
    for path, integrity in listed:
        answer = client.get(f"/m/{path}")
        assert answer.status_code == 200, path
        assert integrity == "sha256-" + base64.b64encode(hashlib.sha256(answer.data).digest()).decode(), path
    imported = {
        name
        for path, _ in listed
        if path.endswith(".js")
        for name in re.findall(r"from '\.{1,2}/([\w/.]+)'", client.get(f"/m/{path}").get_data(as_text=True))
    }
    assert imported <= {path.removeprefix("screens/") for path, _ in listed} | {path for path, _ in listed}


def test_the_shell_is_light(sqlite_world: World) -> None:
    """Chromium on an old phone fetches all of it before the first day without signal."""
    client = sqlite_world.app.test_client()
    names = ["sw.js", *(path for path, _ in kept_files(sqlite_world))]
    sizes = [len(client.get(f"/m/{name}", headers={"Accept-Encoding": "gzip"}).data) for name in names]
    assert len(names) <= MOST_REQUESTS
    assert sum(sizes) <= MOST_BYTES


def test_the_version_is_the_same_in_the_page_in_the_worker_and_in_every_answer(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    version = shell().version
    assert f'<meta name="version" content="{version}">' in client.get("/m/").get_data(as_text=True)
    assert f"const VERSION = '{version}';" in client.get("/m/sw.js").get_data(as_text=True)
    for answer in (client.get("/api/v1/me"), client.get("/api/v1/nowhere"), client.get("/api/v1/openapi.json")):
        assert answer.headers["X-Client-Latest"] == version
    assert "X-Client-Latest" not in client.get("/healthz").headers


def test_files_are_packed_asked_for_anew_and_not_sent_twice(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    plain = client.get("/m/app.js")
    packed = client.get("/m/app.js", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Cache-Control"] == "no-cache"
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    again = client.get("/m/app.js", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_of_the_client_may_load_and_run_its_own_files_alone(sqlite_world: World) -> None:
    policy = sqlite_world.app.test_client().get("/m/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert {word for part in policy.split(";") for word in part.split()[1:]} == {"'none'", "'self'", "blob:"}


@pytest.mark.parametrize(
    "path", ["nothing.js", "../wsgi.py", "..%2fapp.py", "%2e%2e/settings.py", "__init__.py", "screens/"]
)
def test_nothing_else_is_served(sqlite_world: World, path: str) -> None:
    answer = sqlite_world.app.test_client().get(f"/m/{path}")
    assert answer.status_code == 404
