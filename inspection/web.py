"""What the API and the pages share of a request: its context, and how an answer is made."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Response, current_app, request

from inspection.actions.context import Context
from inspection.domain.errors import Refused

DRAIN_LIMIT: Final = 64 * 1024 * 1024


def context() -> Context:
    """The context of this request, made by the application."""
    made: Context = current_app.extensions["inspection"].context()
    return made


def drain() -> None:
    """Take what is left of the body off the line, within bounds: a sender that is cut off in mid-body sees a broken
    connection instead of the answer, and tries for ever."""
    left = DRAIN_LIMIT
    while left > 0:
        chunk = request.stream.read(256 * 1024)
        if not chunk:
            return
        left -= len(chunk)


def json_response(data: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(data, default=_plain_value), status=status, content_type="application/json")


def _plain_value(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def key_of(cursor: str) -> tuple[str, ...]:
    """The keyset position that a cursor stands for. Raises `invalid_cursor`."""
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, binascii.Error):
        raise Refused("invalid_cursor") from None
    if not isinstance(key, list) or not all(isinstance(part, str) and "\0" not in part for part in key):
        raise Refused("invalid_cursor")
    return tuple(key)


def cursor_of(key: tuple[str, ...] | None) -> str | None:
    """What to ask the next page by; None at the end."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode() if key is not None else None


def compressed(response: Response) -> Response:
    """In gzip where the asker takes it; for answers that are large and hold nothing that the asker chose."""
    response.headers["Vary"] = "Accept-Encoding"
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def tagged(response: Response) -> Response:
    """With a strong ETag of its bytes; 304 if the asker has them."""
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response
