"""The API page at `/api/docs`: the OpenAPI document as a page, rendered here, with nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, render_template, request

from inspection.api.endpoint import DECLARATIONS, Declaration
from inspection.api.openapi import ANSWERS, PART, document
from inspection.domain.permissions import ALLOWED, ANYONE, EVERYONE
from inspection.domain.texts import language_of, texts

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
    words = texts(language)
    groups = [
        (tag, words["subject"][tag], [_operation(name, declaration, spec, words) for name, declaration in items])
        for tag, items in groupby(ordered, key=lambda item: item[1].tag)
    ]
    schemas = {name: _lines(schema) for name, schema in sorted(spec["components"]["schemas"].items())}
    html = render_template(
        "docs.html",
        language=language.replace("_", "-"),
        t=words["docs"],
        info=spec["info"],
        groups=groups,
        schemas=schemas,
    )
    return Response(html, content_type="text/html; charset=utf-8", headers={"Vary": "Accept-Language"})


def _operation(
    name: str, declaration: Declaration, spec: dict[str, Any], words: Mapping[str, Mapping[str, str]]
) -> Operation:
    path = PART.sub(lambda part: "{" + part.group(2) + "}", declaration.path)
    shown = spec["paths"][path][declaration.method.lower()]
    said = {english: words["answer"][code] for code, english in ANSWERS.items()}
    body = shown.get("requestBody", {}).get("content", {})
    return Operation(
        method=declaration.method,
        path=spec["servers"][0]["url"] + path,
        anchor=name,
        summary=words["operation"][name.removeprefix("api.")],
        roles=_roles(declaration.permission, words),
        parameters=[_line(p["name"], p["schema"], p.get("required", False)) for p in shown.get("parameters", ())],
        body=next((_line(kind, content["schema"], True) for kind, content in body.items()), None),
        answers=[(status, _answer(answer, said)) for status, answer in sorted(shown["responses"].items())],
    )


def _roles(permission: str, words: Mapping[str, Mapping[str, str]]) -> str:
    if permission == ANYONE:
        return words["docs"]["anyone"]
    if ALLOWED[permission] == EVERYONE:
        return words["docs"]["everyone"]
    named = ((words["role"][role], role) for role in sorted(ALLOWED[permission]))
    return words["docs"]["between"].join(word if word == role else f"{word} ({role})" for word, role in named)


def _answer(answer: dict[str, Any], said: Mapping[str, str]) -> Line:
    about = said.get(answer["description"], answer["description"])
    for content in answer.get("content", {}).values():
        return _line(about, content["schema"], False)
    return Line(about, "", None, False, "")


def _lines(schema: dict[str, Any]) -> list[Line]:
    needed = schema.get("required", ())
    return [_line(name, shape, name in needed) for name, shape in schema.get("properties", {}).items()]


def _line(name: str, shape: dict[str, Any], required: bool) -> Line:
    words, link = _type(shape)
    return Line(name, words, link, required, _limits(shape))


def _type(shape: dict[str, Any]) -> tuple[str, str | None]:
    """A shape in words, as it is served: [X] is a list of X, {…: X} an object whose values are X, {items: [X], …} an
    object with these members. And the schema that is named in it."""
    if "$ref" in shape:
        name = str(shape["$ref"]).rpartition("/")[2]
        return name, name
    if "properties" in shape:
        members = {name: _type(inner) for name, inner in shape["properties"].items()}
        words = ", ".join(f"{name}: {words}" for name, (words, _) in members.items())
        return f"{{{words}}}", next((link for _, link in members.values() if link), None)
    if "anyOf" in shape:
        parts = [_type(alternative) for alternative in shape["anyOf"]]
        return " | ".join(words for words, _ in parts), next((link for _, link in parts if link), None)
    kinds = [shape["type"]] if isinstance(shape.get("type"), str) else list(shape.get("type", ()))
    link = None
    for key, form in (("items", "[{}]"), ("additionalProperties", "{{…: {}}}")):
        if isinstance(shape.get(key), dict):
            inner, link = _type(shape[key])
            kinds[0] = form.format(inner or "…")
    if "format" in shape:
        kinds[0] += f" ({shape['format']})"
    return " | ".join(kinds), link


def _limits(shape: dict[str, Any]) -> str:
    said = [
        f"{key} {shape[key]}" for key in ("minLength", "maxLength", "minimum", "maximum", "maxItems") if key in shape
    ]
    if "enum" in shape:
        said.append(" · ".join(str(value) for value in shape["enum"]))
    if "pattern" in shape:
        said.append(str(shape["pattern"]))
    return ", ".join(said)
