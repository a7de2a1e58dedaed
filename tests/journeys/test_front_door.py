"""What a real gunicorn says and refuses before the application is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support import databases
from tests.support.server import Server, serving_on


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        databases.copy("sqlite") as url,
        serving_on(url, tmp_path_factory.mktemp("front"), workers=1) as made,
    ):
        yield made


@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/m/", "/nothing", "/healthz"])
def test_no_answer_says_what_made_it(server: Server, path: str) -> None:
    for method in ("GET", "POST", "TRACE"):
        answer = requests.request(method, server.base + path, timeout=60)
        assert answer.headers["X-Request-ID"]
        assert not {"server", "via", "x-powered-by"} & {name.lower() for name in answer.headers}
        assert "gunicorn" not in answer.text
