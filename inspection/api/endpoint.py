"""The one declaration of a route. It feeds the permission check, the reading of bodies and queries, the writing of
answers, the OpenAPI document, and the test that asks every route as every account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from marshmallow import Schema, ValidationError

from inspection import logs
from inspection.actions.context import Context
from inspection.actions.sessions import authenticate
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid, pointer
from inspection.domain.incoming import JSON_LIMIT, Incoming, Read
from inspection.domain.permissions import ANYONE, acting, may, refusal
from inspection.domain.views import Page
from inspection.schemas.wire import ZONE, Wire, faults_of, reader
from inspection.web import context, cursor_of, json_response, key_of, tagged

PREFIX: Final = "/api/v1"
PAGE, LARGEST_PAGE = 50, 200

Shape = Schema | Sequence[str] | None
"""Of an answer: a schema, the media types of which its bytes are one, or nothing."""

api = Blueprint("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True)
class Declaration:
    """Everything that is to be known of a route without running it."""

    method: str
    path: str
    permission: str
    returns: Mapping[int, Shape]
    body: Schema | Sequence[str] | None = None
    read: Callable[[bytes], Read[Any]] | None = None
    query: Schema | None = None
    paged: bool = False
    listed: bool = False
    refuses: tuple[str, ...] = ()
    tag: str = ""


@dataclass(frozen=True)
class Answer:
    """What a route says: a status out of its declaration and a value for that status's schema."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


DECLARATIONS: Final[dict[str, Declaration]] = {}


def endpoint(
    method: str,
    path: str,
    permission: str,
    *,
    returns: Mapping[int, Shape],
    body: Schema | Sequence[str] | None = None,
    read: Callable[[bytes], Read[Any]] | None = None,
    query: Schema | None = None,
    paged: bool = False,
    listed: bool = False,
    refuses: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Declare a route. The function is called with the context, the actor (holding only the roles that allow this;
    not for `anyone`), what was read, and the parts of the path. What it does is said in `texts`, under `operation`.

    `returns`: status → schema, media types, or None for no content. `body`: a schema, or the media types of raw bytes.
    `listed`: the answer is a list of the schema; `paged`: and it comes in pages.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Response]:
        declaration = Declaration(
            method=method,
            path=path,
            permission=permission,
            returns=returns,
            body=body,
            read=read,
            query=query,
            paged=paged,
            listed=listed or paged,
            refuses=refuses,
            tag=function.__module__.rsplit(".", 1)[-1],
        )

        @wraps(function)
        def view(**parts: Any) -> Response:
            ctx = context()
            ZONE.set(ctx.clock.zone)
            arguments: dict[str, Any] = {}
            # a body is taken off the line before the database is asked anything: a phone on a slow line holds a
            # thread and no transaction; whether it was too large is told in its turn
            raw = _raw_body() if isinstance(body, Schema) else b""
            if permission != ANYONE:
                actor = signed_in(ctx)
                if not may(actor, permission):
                    raise Refused(refusal(actor))
                arguments["actor"] = acting(actor, permission)
            if query is not None or paged:
                arguments["query"] = _read_query(query, paged)
            if isinstance(body, Schema):
                arguments["incoming"] = _incoming(body, read, raw)
            given = function(ctx, **arguments, **parts)
            return given if isinstance(given, Response) else _written(declaration, given)

        name = f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}".replace(".", "_")
        DECLARATIONS[f"api.{name}"] = declaration
        api.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)
        return view

    return declare


def signed_in(ctx: Context) -> Actor:
    """The person behind the bearer token, as of now."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("not_signed_in")
    actor = authenticate(ctx, token.strip())
    request.environ[logs.ACCOUNT] = str(actor.id)
    return actor


def _raw_body() -> bytes | Refused:
    try:
        return read_body(JSON_LIMIT)
    except Refused as refused:
        return refused


def _incoming(schema: Schema, read: Callable[[bytes], Read[Any]] | None, raw: bytes | Refused) -> Incoming[Any]:
    if isinstance(raw, Refused):
        raise raw
    if request.mimetype != "application/json":
        raise Refused("unsupported_media", expected="application/json")
    return Incoming(
        raw=raw,
        parse=read or _plain(schema),
        client_version=request.headers.get("X-Client-Version", "")[:64] or None,
        client_clock=_moment(request.headers.get("X-Client-Clock")),
    )


def _plain(schema: Schema) -> Callable[[bytes], Read[Any]]:
    return reader(schema, lambda data: data)


def _moment(text: str | None) -> datetime | None:
    """What the sender's clock says; nothing usable is nothing, never a refusal."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and 1990 <= moment.year < 2100 else None


def read_body(limit: int) -> bytes:
    """The body's bytes; `too_large` above the limit, with the rest taken off the line so that the answer arrives."""
    if (request.content_length or 0) > limit:
        raise Refused("too_large", limit_mb=limit // 2**20)
    data = request.stream.read(limit + 1)
    if len(data) > limit:
        raise Refused("too_large", limit_mb=limit // 2**20)
    return data


def _read_query(schema: Schema | None, paged: bool) -> dict[str, Any]:
    doubled = [Fault(pointer(name), "duplicate") for name, values in request.args.lists() if len(values) > 1]
    if doubled:
        raise Refused("invalid", doubled)
    given = request.args.to_dict()
    paging: dict[str, Any] = {}
    if paged:
        cursor = given.pop("cursor", None)
        limit = _limit(given.pop("limit", None))
        paging = {"limit": limit, "after": key_of(cursor) if cursor is not None else None}
    if schema is None:
        return paging
    try:
        return {**schema.load(given), **paging}
    except ValidationError as error:
        raise Refused("invalid", faults_of(error.messages, schema)) from None


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= LARGEST_PAGE):
        raise invalid(Fault("/limit", "range", {"min": "1", "max": str(LARGEST_PAGE)}))
    return int(text)


def _written(declaration: Declaration, given: Any) -> Response:
    answer = given if isinstance(given, Answer) else Answer(given)
    shape = declaration.returns[answer.status]
    if shape is None:
        return Response(status=answer.status)
    assert isinstance(shape, Wire)
    if declaration.listed:
        page = answer.value if isinstance(answer.value, Page) else Page(answer.value, None)
        items = page.items if shape.plain else shape.dump(page.items, many=True)
        data: Any = {"items": items, "next_cursor": cursor_of(page.next_key)}
    else:
        data = shape.dump(answer.value)
    response = json_response(data, answer.status)
    response.headers.update(answer.headers)
    if declaration.method == "GET" and answer.status == HTTPStatus.OK and not declaration.listed:
        return tagged(response)
    return response
