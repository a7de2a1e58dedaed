"""The line between a phone and the server as it is in the field: it goes dead, it swallows what it was given, and
sometimes somebody else answers."""

from __future__ import annotations

import hashlib
import http.client
import math
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal
from urllib.parse import urlsplit

HOP_BY_HOP: Final = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
PORTAL: Final = "<!doctype html><title>Wi-Fi</title><form action=/login><input name=username><button>上网认证</button>"

ALWAYS: Final = math.inf
"""Times."""

Where = Literal["start", "halfway", "end"]


@dataclass(frozen=True)
class Request:
    """The head of what a phone sends; `path` with its query."""

    method: str
    path: str
    headers: Message
    length: int

    @property
    def counts(self) -> bool:
        return self.path.startswith("/api/")


Predicate = Callable[[Request], bool]


def to(method: str, prefix: str = "/api/") -> Predicate:
    """Requests of this method to a path that begins so."""
    return lambda request: request.method == method and request.path.startswith(prefix)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, status: int, body: str | bytes, content_type: str, headers: Mapping[str, str]) -> Answer:
        data = body.encode() if isinstance(body, str) else body
        own = (("Content-Type", content_type), ("Content-Length", str(len(data))), ("Cache-Control", "no-store"))
        return cls(status, (*own, *headers.items()), data)


@dataclass(frozen=True)
class Exchange:
    """What was asked and what came of it: `status` as the phone got it, `served` as the server said it; None where
    nothing came. `size` and `sha256` are of the body as far as the line took it from the phone."""

    method: str
    path: str
    status: int | None
    served: int | None
    size: int
    sha256: str


@dataclass
class Plan:
    """What happens to the next requests that fit."""

    fits: Predicate
    left: float
    loses: Literal["request", "answer"] | None = None
    where: Where = "start"
    answer: Answer | None = None


class Gone(Exception):
    """The connection ends here, without a word."""


class Line:
    """A proxy in threads; `base` is the address that the phone knows. It hands on what it is given, byte by byte, and
    says nothing of itself."""

    def __init__(self, target: str) -> None:
        self.target: Final = (urlsplit(target).hostname or "", urlsplit(target).port or 80)
        self.log: Final[list[Exchange]] = []
        self.dead = False
        self.disturbed = False
        """Whether anything ever got lost here: that a browser misses an answer tells nothing then."""
        self.faked: Final[set[int]] = set()
        """Statuses that no server gave."""
        self.one_each = False
        """Whether a connection carries one exchange only. A browser silently asks again when a connection that has
        served before breaks, so a loss would never be seen; from the first planned one on, none serves twice."""
        self._portal = False
        self._plans: list[Plan] = []
        self._to_pass: float = ALWAYS
        self._also: Callable[[], object] | None = None
        self._changed: Final = threading.Condition()
        self._sockets: Final[set[socket.socket]] = set()
        self._idle: Final[set[socket.socket]] = set()
        self._ear: Final = Ear(self)
        self.base: Final = f"http://127.0.0.1:{self._ear.server_address[1]}"

    # what a test does to it

    def cut(self) -> None:
        """Every connection breaks now, and every new one at once. What was under way is in the log a moment later."""
        with self._changed:
            self._cut()

    def portal(self) -> None:
        """Whatever is asked, a login page answers."""
        with self._changed:
            self._portal = True

    def restore(self) -> None:
        """From here on everything passes; what was planned is forgotten."""
        with self._changed:
            self.dead = self._portal = False
            self._to_pass, self._also = ALWAYS, None
            self._plans.clear()
            self._changed.notify_all()

    def lose_answers(self, fits: Predicate, times: float = 1, where: Where = "start") -> None:
        """The server does its work, and the phone does not hear of it; or hears half of it."""
        self._plan(Plan(fits, times, "answer", where))

    def lose_requests(self, fits: Predicate, times: float = 1, where: Where = "start") -> None:
        """The server does not hear of it, or it breaks off halfway, for the server too; at the `end`, the phone has
        sent all of it."""
        self._plan(Plan(fits, times, "request", where))

    def answer(
        self,
        fits: Predicate,
        status: int,
        body: str | bytes = b"",
        content_type: str = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        times: float = 1,
    ) -> None:
        """Somebody else answers in the server's place."""
        self._plan(Plan(fits, times, answer=Answer.of(status, body, content_type, headers or {})))
        self.faked.add(status)

    def cut_at(self, number: int, also: Callable[[], object] | None = None) -> None:
        """The line goes dead as the message of this number is about to pass: the first is 1, and requests and answers
        of the API count alike. `also` is done at that moment, by another thread than the test's."""
        with self._changed:
            self._to_pass, self._also = number - 1, also

    def seen(self, method: str, prefix: str = "/api/") -> list[Exchange]:
        """What is over of this method to a path that begins so."""
        return [one for one in list(self.log) if one.method == method and one.path.startswith(prefix)]

    def until(self, true: Callable[[list[Exchange]], object], timeout: float = 20) -> None:
        """Wait for what the log shows, or the line itself."""
        with self._changed:
            if not self._changed.wait_for(lambda: true(self.log), timeout):
                raise AssertionError("it did not come to that:\n" + self.told())

    def told(self) -> str:
        """The log for a reader."""
        return "\n".join(f"{one.method} {one.path} {one.size} B: {one.status} ({one.served})" for one in list(self.log))

    def __enter__(self) -> Line:
        self._ear.listening.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.cut()
        self._ear.shutdown()
        self._ear.server_close()

    # what its threads ask

    def _plan(self, plan: Plan) -> None:
        with self._changed:
            self._plans.append(plan)
            if plan.loses:
                self.disturbed = self.one_each = True
                for connection in self._idle:
                    hang_up(connection)

    def _cut(self, sparing: socket.socket | None = None) -> None:
        self.dead = self.disturbed = True
        for connection in self._sockets - {sparing}:
            hang_up(connection)
        self._changed.notify_all()

    @contextmanager
    def holding(self, connection: socket.socket) -> Iterator[None]:
        """While it is open, a cut ends it."""
        with self._changed:
            if self.dead:
                raise Gone
            self._sockets.add(connection)
        try:
            yield
        finally:
            with self._changed:
                self._sockets.discard(connection)
                self._idle.discard(connection)

    def idle(self, connection: socket.socket, idle: bool) -> None:
        with self._changed:
            if idle:
                self._idle.add(connection)
            else:
                self._idle.discard(connection)

    def plan_for(self, request: Request) -> Plan | None:
        with self._changed:
            if self._portal:
                return Plan(to(request.method), 1, answer=Answer.of(200, PORTAL, "text/html; charset=utf-8", {}))
            for plan in self._plans:
                if plan.left > 0 and plan.fits(request):
                    plan.left -= 1
                    return plan
        return None

    def let_pass(self, request: Request, connection: socket.socket) -> None:
        """One message on: raises `Gone` if it is the one at which the line goes dead. Its own connection then ends a
        moment after the others, when that has been noted."""
        if not request.counts:
            return
        with self._changed:
            if self.dead:
                raise Gone
            self._to_pass -= 1
            if self._to_pass >= 0:
                return
            if self._also is not None:
                self._also()
            self._cut(sparing=connection)
        raise Gone

    def note(self, exchange: Exchange) -> None:
        with self._changed:
            self.disturbed |= exchange.status is None
            self.log.append(exchange)
            self._changed.notify_all()


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Ear(ThreadingHTTPServer):
    """Takes the phone's calls."""

    daemon_threads = False  # they are waited for at the end
    request_queue_size = 64

    def __init__(self, line: Line) -> None:
        self.line: Final = line
        self.listening: Final = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        super().__init__(("127.0.0.1", 0), Call)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks the name service who we are

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self.line.dead

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break here all the time, and are meant to."""


class Call(BaseHTTPRequestHandler):
    """One connection of the phone, and its exchanges one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Ear

    def handle(self) -> None:
        with suppress(Gone, OSError, http.client.HTTPException), self.server.line.holding(self.connection):
            super().handle()

    def handle_one_request(self) -> None:
        self.server.line.idle(self.connection, True)
        super().handle_one_request()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def exchange(self) -> None:
        line = self.server.line
        line.idle(self.connection, False)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, self.headers, length)
        plan = line.plan_for(request)
        losing = plan.loses if plan else None
        taken, answer, served = b"", None, None
        try:
            taken = self.rfile.read(self._taken(request, plan))
            if plan and losing == "request":
                if plan.where == "halfway":
                    self._give_up(request, taken)
            elif plan and plan.answer:
                answer = plan.answer
            else:
                line.let_pass(request, self.connection)
                answer = self._ask(request, taken)
                served = answer.status
                line.let_pass(request, self.connection)
        except BaseException:
            answer = None
            raise
        finally:
            # before the phone can know of it, so that whoever hears from the phone finds it here
            status = answer.status if answer and not losing else None
            sha256 = hashlib.sha256(taken).hexdigest()
            line.note(Exchange(request.method, request.path, status, served, len(taken), sha256))
        if answer and not losing:
            self._reply(request, answer)
            return
        if answer and plan and plan.where != "start":
            self._reply(request, answer, len(answer.body) // 2)
        raise Gone

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_PATCH = exchange

    @staticmethod
    def _taken(request: Request, plan: Plan | None) -> int:
        if plan is None or plan.loses != "request":
            return request.length
        return {"start": 0, "halfway": request.length // 2, "end": request.length}[plan.where]

    @contextmanager
    def _server(self, request: Request) -> Iterator[http.client.HTTPConnection]:
        """A connection of its own, with the head already sent on it."""
        upstream = http.client.HTTPConnection(*self.server.line.target, timeout=120)
        try:
            upstream.connect()
            with self.server.line.holding(upstream.sock):
                upstream.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        upstream.putheader(name, value)
                upstream.putheader("Connection", "close")
                upstream.endheaders()
                yield upstream
        finally:
            upstream.close()

    def _ask(self, request: Request, body: bytes) -> Answer:
        with self._server(request) as upstream:
            upstream.send(body)
            with upstream.getresponse() as response:
                return Answer(response.status, tuple(response.getheaders()), response.read())

    def _give_up(self, request: Request, half: bytes) -> None:
        with self._server(request) as upstream:
            upstream.send(half)

    def _reply(self, request: Request, answer: Answer, only: int | None = None) -> None:
        bodiless = request.method == "HEAD" or answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if not bodiless and all(name.lower() != "content-length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        if self.server.line.one_each:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless:
            self.wfile.write(answer.body[:only])
