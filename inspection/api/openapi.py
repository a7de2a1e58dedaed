"""The OpenAPI 3.1 document, made from the declarations."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response
from marshmallow import INCLUDE, Schema, fields

from inspection.actions.context import Context
from inspection.api.endpoint import DECLARATIONS, LARGEST_PAGE, PAGE, PREFIX, Declaration, Shape, endpoint
from inspection.domain.errors import CODES
from inspection.domain.permissions import ANYONE
from inspection.domain.texts import texts
from inspection.schemas.wire import ListOf, Part, Text, Whole, Wire
from inspection.web import json_response

ANSWERS: Final = texts("en")["answer"]
PART: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
PART_SHAPES: Final[dict[str, dict[str, Any]]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "int": {"type": "integer", "minimum": 0},
    "": {"type": "string", "pattern": "^[^/]+$"},
}


class FaultSchema(Wire):
    pointer = fields.String(metadata={"description": "RFC 6901; empty for the whole body"})
    code = Text(64)
    detail = Text(1000)


class ProblemDetailsSchema(Wire):
    """RFC 9457; some refusals carry members of their own beside these."""

    class Meta:
        unknown = INCLUDE

    type = Text(256)
    title = Text(256)
    status = Whole(400, 599)
    detail = Text(1000)
    code = Text(64)
    request_id = Text(64)
    errors = ListOf(Part(FaultSchema), most=100_000)


def _name(schema: Any) -> str:
    shape = schema if isinstance(schema, type) else type(schema)
    return str(shape.__name__.removesuffix("Schema"))


@cache
def document() -> dict[str, Any]:
    """Generated once per process: the declarations do not change."""
    spec = APISpec(
        title="School-safety inspection",
        version=version("school-safety-inspection"),
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
        info={
            "description": "Joint school-safety inspections: findings, notices, rectification, review, close-out. "
            "Errors are application/problem+json with a stable `code`; bad input lists every fault with its pointer."
        },
        servers=[{"url": PREFIX}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("ProblemDetails", schema=ProblemDetailsSchema)
    for name, declaration in DECLARATIONS.items():
        path = PART.sub(lambda part: "{" + part.group(2) + "}", declaration.path)
        spec.path(path=path, operations={declaration.method.lower(): _operation(name, declaration)})
    return spec.to_dict()


def _operation(name: str, declaration: Declaration) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name.removeprefix("api."),
        "summary": texts("en")["operation"][name.removeprefix("api.")],
        "tags": [declaration.tag],
        "parameters": _parameters(declaration),
        "responses": {str(status): _response(shape, declaration) for status, shape in declaration.returns.items()},
        "security": [] if declaration.permission == ANYONE else [{"token": []}],
    }
    for code in _refusals(declaration):
        operation["responses"].setdefault(str(CODES[code][0]), _problem(_codes_of(declaration, CODES[code][0])))
    operation["responses"]["default"] = _problem(ANSWERS["other"])
    if isinstance(declaration.body, Schema):
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": declaration.body}},
        }
    elif declaration.body is not None:
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(declaration.body, binary)}
    return operation


def _refusals(declaration: Declaration) -> list[str]:
    codes = list(declaration.refuses)
    if declaration.permission != ANYONE:
        codes += ["not_signed_in", "not_allowed"]
    if declaration.body is not None:
        codes += ["too_large", "unsupported_media"]
    if isinstance(declaration.body, Schema):
        codes += ["malformed_json", "invalid"]
    if declaration.query is not None or declaration.paged:
        codes += ["invalid"] + (["invalid_cursor"] if declaration.paged else [])
    return codes


def _codes_of(declaration: Declaration, status: int) -> str:
    return ", ".join(sorted({code for code in _refusals(declaration) if CODES[code][0] == status}))


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": "ProblemDetails"}}}


def _response(shape: Shape, declaration: Declaration) -> dict[str, Any]:
    if shape is None:
        return {"description": ANSWERS["done"]}
    if not isinstance(shape, Schema):
        return {"description": ANSWERS["bytes"], "content": {kind: {"schema": _bytes(kind)} for kind in shape}}
    if declaration.listed:
        page = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": shape},
                "next_cursor": {"type": ["string", "null"]},
            },
            "required": ["items", "next_cursor"],
        }
        return {"description": ANSWERS["page"], "content": {"application/json": {"schema": page}}}
    return {"description": ANSWERS["resource"], "content": {"application/json": {"schema": shape}}}


def _bytes(kind: str) -> dict[str, Any]:
    return {"type": "object"} if kind == "application/json" else {"type": "string", "format": "binary"}


def _parameters(declaration: Declaration) -> list[Any]:
    parameters: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": PART_SHAPES[kind or ""]}
        for kind, name in PART.findall(declaration.path)
    ]
    if declaration.query is not None:
        parameters.append({"in": "query", "schema": declaration.query})
    if declaration.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
        parameters.append({"name": "limit", "in": "query", "required": False, "schema": limit})
        parameters.append({"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}})
    return parameters


@endpoint("GET", "/openapi.json", ANYONE, returns={200: ("application/json",)})
def get_openapi(ctx: Context) -> Response:
    """This document."""
    del ctx
    return json_response(document())
