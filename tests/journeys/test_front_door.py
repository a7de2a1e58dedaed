"""What a real gunicorn says and refuses, before the application is asked and while its body is read."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Final

import pytest
import requests
from gunicorn.config import Config

from inspection.domain.incoming import JSON_LIMIT
from inspection.http_worker import SILENCE_S, Line
from inspection.pages.desk import MOST_FIELDS
from tests.support import databases
from tests.support.server import Server, serving_on
from tests.support.world import new_id

WORD: Final = "<b>KanarieQ7"
CARRIED: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Type": "application/problem+json",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        databases.copy("sqlite") as url,
        serving_on(url, tmp_path_factory.mktemp("front"), workers=1) as made,
    ):
        yield made


@dataclass
class Told:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


def tell(server: Server, *pieces: bytes, ends: bool = True) -> Told:
    """These bytes as they are, and what comes back; without `ends` the line stays open on our side."""
    host, _, port = server.base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            if ends:
                line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before all was sent, and the answer is there
        answer = HTTPResponse(line)
        answer.begin()
        return Told(answer.status, dict(answer.getheaders()), answer.read())


def head(method: str, path: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Authorization: Bearer token-inspector", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def put(*more: str) -> bytes:
    return head("PUT", f"/api/v1/inspections/{new_id()}", "Content-Type: application/json", *more)


@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/m/", "/nothing", "/healthz"])
def test_no_answer_says_what_made_it(server: Server, path: str) -> None:
    for method in ("GET", "POST", "TRACE"):
        answer = requests.request(method, server.base + path, timeout=60)
        assert answer.headers["X-Request-ID"]
        assert not {"server", "via", "x-powered-by"} & {name.lower() for name in answer.headers}
        assert "gunicorn" not in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        f"{WORD}\r\n\r\n",
        f"GET /{WORD} HTTP/1.1\r\n{WORD}\r\n\r\n",
        f"GET / HTTP/9.{WORD}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        f"GET /{'a' * 5000} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nX: {WORD * 2000}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"X-{number}: x\r\n" for number in range(200)) + "\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        f"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {WORD}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nExpect: {WORD}\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_in_the_shape_of_all_refusals(server: Server, sent: str) -> None:
    told = tell(server, sent.encode())
    assert (told.status, told.code) == (400, "bad_request")
    assert CARRIED.items() <= told.headers.items()
    assert told.headers["X-Request-ID"] == json.loads(told.body)["request_id"]
    assert "Server" not in told.headers
    assert b"Kanarie" not in told.body


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}", b"2\r\n{}0\r\n\r\n", b"5\r\n{}", b"2;=\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n"],
)
def test_chunks_that_make_no_sense_are_the_senders_fault(server: Server, body: bytes) -> None:
    """Neither a fault of ours nor of the disk: the application reads them while it is at work."""
    told = tell(server, put("Transfer-Encoding: chunked"), body)
    assert (told.status, told.code) == (400, "bad_request")


def test_half_a_body_is_no_body(server: Server) -> None:
    told = tell(server, put("Content-Length: 50"), b"{}")
    assert (told.status, told.code) == (400, "bad_request")
    form = b"username=inspector&password=x"
    head_of_form = head(
        "POST", "/sign-in", "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form) + 9}"
    )
    assert tell(server, head_of_form, form).status == 400


def test_what_is_behind_a_body_is_another_request(server: Server) -> None:
    """And a shorter length than the body has makes no answer to anything else."""
    told = tell(server, put("Content-Length: 2", "Connection: close"), b'{}{"a": 1}')
    assert (told.status, told.code) == (422, "invalid")


def chunked(data: bytes, times: int) -> Iterator[bytes]:
    for _ in range(times):
        yield f"{len(data):x}\r\n".encode() + data + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("chunks", [True, False])
def test_a_body_over_the_limit_is_refused_and_the_answer_arrives(server: Server, chunks: bool) -> None:
    block, times = b" " * 2**18, JSON_LIMIT // 2**18 + 4
    if chunks:
        told = tell(server, put("Transfer-Encoding: chunked"), *chunked(block, times))
    else:
        told = tell(server, put(f"Content-Length: {len(block) * times}"), *[block] * times)
    assert (told.status, told.code) == (413, "too_large")


def test_a_line_that_goes_on_for_ever_is_left(server: Server) -> None:
    """Ten gigabytes are announced; the server takes what it is ready to, answers, and closes."""
    block = b" " * 2**20
    told = tell(server, put(f"Content-Length: {10 * 2**30}"), *[block] * 200, ends=False)
    assert (told.status, told.code) == (413, "too_large")


FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(("path", "status"), [("/sign-in", 413), ("/language", 413), ("/problems/remind", 401)])
def test_a_form_of_very_many_fields_is_not_read(server: Server, path: str, status: int) -> None:
    """Signed in or not: to take eight million bytes of them apart would take a core for seconds."""
    said = requests.post(server.base + path, data=b"a=&" * (MOST_FIELDS + 1), headers=FORM, timeout=60)
    assert said.status_code == status
    parts = {f"field{number}": (None, "x") for number in range(MOST_FIELDS)}
    assert requests.post(server.base + path, files=parts, timeout=60).status_code == status


def test_a_form_of_the_most_fields_is_read(server: Server) -> None:
    said = requests.post(f"{server.base}/sign-in", data=b"a=&" * (MOST_FIELDS - 1), headers=FORM, timeout=60)
    assert said.status_code != 413


def test_nobody_is_waited_for_without_end() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line: Any = Line(Config(), ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
        line.init()
        waits = ours.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)
    assert struct.unpack("ll", waits) == (SILENCE_S, 0)
