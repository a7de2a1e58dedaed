"""gunicorn's worker as it stands before this application."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from gunicorn import glogging, util
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.workers import gthread
from werkzeug.exceptions import ClientDisconnected

from inspection import armour, logs
from inspection.actions.context import new_id
from inspection.api import problem_json
from inspection.domain.errors import Refused
from inspection.domain.texts import LANGUAGES

log = logging.getLogger("inspection.http")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Answer(wsgi.Response):
    """An answer that does not say what made it: who looks for a server with a known fault learns nothing here."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


SILENCE_S: Final = 60
"""How long a thread waits for the next bytes of a request that has begun. A proxy that buffers waits in its place; who
sends one byte each minute is that proxy's to refuse."""


class Line(gthread.TConn):
    """A connection on which nobody is waited for without end. What is sent may take its time, as on a slow phone."""

    def init(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_S, 0))
        super().init()


class Worker(gthread.ThreadWorker):
    """Threads, as gunicorn has them, whose answers are ours from their first line."""

    def init_process(self) -> None:
        wsgi.Response = Answer
        gthread.TConn = Line
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = understood(self.wsgi)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """What is no request, or an answer that went wrong, in the shape of all refusals. gunicorn's own page says
        what it has read, and in which words its parser failed."""
        del req, addr
        ours = not isinstance(exc, ParseException)
        refused, request_id = Refused("internal_error" if ours else "bad_request"), str(new_id())
        if ours:
            log.error("not answered", exc_info=exc, extra={"request_id": request_id, "status": refused.status})
        else:
            log.info(
                "no request",
                extra={"request_id": request_id, "status": refused.status, "fault": type(exc).__name__},
            )
        try:
            util.write_nonblock(client, _plain_answer(refused, request_id))
        except OSError:  # who sends such things seldom waits
            log.debug("not heard")


def _plain_answer(refused: Refused, request_id: str) -> bytes:
    body = problem_json.body_of(refused, LANGUAGES[0], request_id)
    headers = {
        **armour.carried_by(armour.REST, refused.status),
        "Content-Type": problem_json.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-ID": request_id,
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def understood(app: Wsgi) -> Wsgi:
    """The application behind a body that is either whole or refused."""

    def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = Body(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
        return app(environ, start_response)

    return called


class Body:
    """A request's body. Chunks that make no sense, and a body that ends before it is as long as was said, are refused
    as the sender's: else half a form is taken for a form, and half a chunk for a fault of the disk."""

    def __init__(self, sent: Any, length: int) -> None:
        self._sent, self._left = sent, length

    def read(self, size: int = -1) -> bytes:
        try:
            taken: bytes = self._sent.read(size)
        except (ParseException, OSError):
            raise ClientDisconnected from None
        self._left -= len(taken)
        if self._left > 0 and not 0 <= size <= len(taken):
            raise ClientDisconnected
        return taken


class Log(glogging.Logger):
    """gunicorn's two logs in the shape of all others. A request is told by its route and not by its address: what
    stands behind a question mark is nobody's to keep."""

    def setup(self, cfg: Any) -> None:
        logs.set_up()
        self.cfg = cfg
        self.loglevel = self.LOG_LEVELS[cfg.loglevel]
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True

    def access(self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: timedelta) -> None:
        """A line for each request, when its answer has left. Of one that was refused it says why, and to which
        account: whoever tries doors is found by it."""
        del req
        status = int(str(resp.status).partition(" ")[0])
        log.info(
            "answered",
            extra={
                "request_id": next((value for name, value in resp.headers if name.lower() == "x-request-id"), None),
                "method": environ["REQUEST_METHOD"],
                "route": environ.get(logs.ROUTE),
                "status": status,
                "ms": round(request_time.total_seconds() * 1000),
                "bytes": resp.sent,
                "code": environ.get(logs.REFUSED),
                "account": environ.get(logs.ACCOUNT) if status >= HTTPStatus.BAD_REQUEST else None,
            },
        )
