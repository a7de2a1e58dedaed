"""The API page at `/api/docs`: the OpenAPI document as a page, rendered here, with nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, render_template, request

from inspection.api.endpoint import DECLARATIONS, Declaration
from inspection.api.openapi import PART, document
from inspection.domain.permissions import ALLOWED, ANYONE
from inspection.domain.texts import language_of, texts
from inspection.web import page

docs = Blueprint("docs", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One property or parameter: `type` in words, `link` the schema that it names, `limits` what else it must be."""

    name: str
    type: str
    link: str | None
    required: bool
    limits: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    anchor: str
    summary: str
    roles: str
    parameters: list[Line]
    body: Line | None
    answers: list[tuple[str, Line]]


@docs.get("/api/docs")
def show() -> Response:
    """Every operation by subject, every shape with its fields."""
    language = language_of(request.headers.get("Accept-Language", ""))
    spec = document()
    ordered = sorted(DECLARATIONS.items(), key=lambda item: item[1].tag)
    groups = [
        (tag, [_operation(name, declaration, spec) for name, declaration in items])
        for tag, items in groupby(ordered, key=lambda item: item[1].tag)
    ]
    schemas = {name: _lines(schema) for name, schema in sorted(spec["components"]["schemas"].items())}
    words = texts(language)["docs"]
    return page(
        render_template(
            "docs.html", language=language.replace("_", "-"), t=words, info=spec["info"], groups=groups, schemas=schemas
        )
    )


def _operation(name: str, declaration: Declaration, spec: dict[str, Any]) -> Operation:
    path = PART.sub(lambda part: "{" + part.group(2) + "}", declaration.path)
    shown = spec["paths"][path][declaration.method.lower()]
    roles = "" if declaration.permission == ANYONE else ", ".join(sorted(ALLOWED[declaration.permission]))
    body = shown.get("requestBody", {}).get("content", {})
    return Operation(
        method=declaration.method,
        path=spec["servers"][0]["url"] + path,
        anchor=name,
        summary=declaration.summary,
        roles=roles,
        parameters=[_line(p["name"], p["schema"], p.get("required", False)) for p in shown.get("parameters", ())],
        body=next((_line(kind, content["schema"], True) for kind, content in body.items()), None),
        answers=[(status, _answer(answer)) for status, answer in sorted(shown["responses"].items())],
    )


def _answer(answer: dict[str, Any]) -> Line:
    for content in answer.get("content", {}).values():
        schema = content["schema"]
        if "properties" in schema and "items" in schema["properties"]:
            schema = schema["properties"]["items"]
        return _line(answer["description"], schema, False)
    return Line(answer["description"], "", None, False, "")


def _lines(schema: dict[str, Any]) -> list[Line]:
    needed = schema.get("required", ())
    return [_line(name, shape, name in needed) for name, shape in schema.get("properties", {}).items()]


def _line(name: str, shape: dict[str, Any], required: bool) -> Line:
    link, many = _reference(shape)
    kind = shape.get("type", "")
    words = kind if isinstance(kind, str) else " | ".join(kind)
    if link is not None:
        words = f"[{link}]" if many else link
    elif shape.get("format"):
        words = f"{words} ({shape['format']})"
    return Line(name, words, link, required, _limits(shape))


def _reference(shape: dict[str, Any]) -> tuple[str | None, bool]:
    """The schema that a shape names, and whether it is a list of it."""
    for key in ("items", "additionalProperties"):
        if isinstance(shape.get(key), dict):
            return _reference(shape[key])[0], True
    for alternative in shape.get("anyOf", ()) or shape.get("allOf", ()):
        if _reference(alternative)[0] is not None:
            return _reference(alternative)
    reference = shape.get("$ref")
    return (str(reference).rpartition("/")[2] if reference else None), False


def _limits(shape: dict[str, Any]) -> str:
    said = [
        f"{key} {shape[key]}" for key in ("minLength", "maxLength", "minimum", "maximum", "maxItems") if key in shape
    ]
    if "enum" in shape:
        said.append(" · ".join(str(value) for value in shape["enum"]))
    if "pattern" in shape:
        said.append(str(shape["pattern"]))
    return ", ".join(said)
