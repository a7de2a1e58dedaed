"""The one renderer of refusals for JSON (RFC 9457), and the id under which a request is found again."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import Any, Final

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, SecurityError

from inspection import logs
from inspection.actions.context import new_id
from inspection.domain.errors import CODES, Refused
from inspection.domain.texts import detail, fault_text, language_of, title
from inspection.web import drain

log = logging.getLogger("inspection")

HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media",
    503: "unavailable",
}


MEDIA_TYPE: Final = "application/problem+json"
MACHINES: Final = ("/api/", "/m/", "/healthz", "/readyz", "/assets/")
"""Where nobody reads a page."""


def register(
    app: Flask,
    *,
    unusable: tuple[type[Exception], ...],
    twin: type[Exception],
    page: Callable[[Refused], Response],
) -> None:
    """Handlers on the application: a blueprint's would not see unknown addresses. `unusable` are the database's
    errors that pass by themselves, `twin` the one of a key that was taken in the same moment; `page` renders refusals
    for people."""

    def answer(refused: Refused) -> Response:
        request.environ[logs.REFUSED] = refused.code
        nowhere = isinstance(request.routing_exception, SecurityError)  # a page would link into a site that is not ours
        return render(refused) if nowhere or request.path.startswith(MACHINES) else page(refused)

    @app.before_request
    def _identify() -> None:
        g.request_id = str(new_id())
        logs.REQUEST_ID.set(g.request_id)
        if request.url_rule is not None:
            request.environ[logs.ROUTE] = request.url_rule.rule

    @app.after_request
    def _carry(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        return response

    @app.teardown_request
    def _forget(error: BaseException | None) -> None:
        del error
        logs.REQUEST_ID.set("")

    @app.errorhandler(Refused)
    def _refused(refused: Refused) -> Response:
        return answer(refused)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        code = HTTP_CODES.get(error.code or 500)
        if code is None:
            code = "bad_request" if 400 <= (error.code or 500) < 500 else "internal_error"
        response = answer(Refused(code))
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after"):
                response.headers[name] = value
        return response

    def _database(error: Exception) -> Response:
        log.error("database not usable", exc_info=error)
        return answer(Refused("unavailable"))

    for kind in unusable:
        app.register_error_handler(kind, _database)

    @app.errorhandler(twin)
    def _twin(error: Exception) -> Response:
        log.error("a key was taken twice in a row", exc_info=error)
        return answer(Refused("lost_race"))

    @app.errorhandler(OSError)
    def _storage(error: OSError) -> Response:
        log.error("evidence not usable", exc_info=error)
        return answer(Refused("storage_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unavailable"))

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.error("unexpected", exc_info=error)
        return answer(Refused("internal_error"))


def render(refused: Refused) -> Response:
    """`application/problem+json` with every fault, in the asker's language."""
    if refused.status in (401, 403, 413, 415):
        drain()
    language = language_of(request.headers.get("Accept-Language", ""))
    body = body_of(refused, language, g.get("request_id", ""))
    response = Response(body, status=refused.status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = "zh-CN" if language == "zh_CN" else "en"
    response.headers["Vary"] = "Accept-Language"
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    if refused.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="inspection"'
    return response


def body_of(refused: Refused, language: str, request_id: str) -> bytes:
    """The bytes of a refusal to a machine."""
    body: dict[str, Any] = {
        "type": f"urn:inspection:error:{refused.code}",
        "title": title(refused.code, language),
        "status": refused.status,
        "detail": detail(refused.code, language, refused.params),
        "code": refused.code,
        "request_id": request_id,
    }
    if refused.faults:
        body["errors"] = [
            {"pointer": f.pointer, "code": f.code, "detail": fault_text(f.code, language, f.params)}
            for f in refused.faults
        ]
    body.update(refused.extra)
    return orjson.dumps(body)


assert set(HTTP_CODES.values()) <= set(CODES)
