"""Forms of the desk: what was typed, under which id it is done, and what is wrong with it.

A form's body is read by the very reader that reads the API's: there are no rules here. A field's name is the pointer
of what it fills, with dots: `responsible.name` is `/responsible/name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from werkzeug.datastructures import MultiDict

from inspection.actions.context import new_id
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming, Read
from inspection.domain.texts import fault_text

T = TypeVar("T")

OWN: Final = frozenset({"csrf_token", "form", "act", "password", "old", "new", "again", "otp"})
"""Fields that are never handed on when a form is kept over a new sign-in: those of the form itself, and secrets."""


@dataclass
class Form:
    """One submitted form (or none). `refused` is why it was not done; then, or where it is `kept_open`, the page is
    shown again with its words."""

    fields: MultiDict[str, str] = field(default_factory=MultiDict)
    refused: Refused | None = None
    kept_open: bool = False

    @property
    def name(self) -> str:
        return self.fields.get("form", "")

    @property
    def act(self) -> UUID:
        """The id under which this is done, made when the page was: a second click does nothing twice."""
        try:
            return UUID(self.fields.get("act", ""))
        except ValueError:
            raise Refused("bad_request") from None

    def text(self, name: str) -> str | None:
        """What was typed, as typed; None for nothing."""
        typed = self.fields.get(name, "").replace("\r\n", "\n")
        return typed if typed.strip() else None

    def many(self, name: str) -> list[str]:
        return [value for value in self.fields.getlist(name) if value]

    def number(self, name: str) -> int | str | None:
        """A whole number, or what was typed in its place, for the reader to refuse."""
        typed = (self.text(name) or "").strip()
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else typed or None

    def body(self, *names: str, **more: Any) -> dict[str, Any]:
        """An object of these fields, of which those left empty are absent, and of what is given."""
        typed = {name: self.text(name) for name in names}
        return {name: value for name, value in {**typed, **more}.items() if value is not None}

    def kept(self) -> list[tuple[str, str]]:
        """All that was typed."""
        return [(name, value) for name, value in self.fields.items(multi=True) if name not in OWN]

    def words(self) -> list[tuple[str, str]]:
        """What of it was typed by hand and says something, for somebody to read or copy."""
        return [(name, value) for name, value in self.kept() if value.strip() and not _HANDLE.fullmatch(value)]


_HANDLE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|[a-z_]+|[A-Za-z0-9+/]{100,}={0,2}")
"""An id, a hash, a code or a file: nobody typed it."""


def incoming(body: Mapping[str, Any], read: Callable[[bytes], Read[T]], clock: datetime | None = None) -> Incoming[T]:
    """A form's body as if it had come over the wire."""
    return Incoming(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), read, client_version="desk", client_clock=clock)


def field_of(pointer: str) -> str:
    """The field that a fault points at."""
    return pointer.removeprefix("/").replace("/", ".")


@dataclass(frozen=True)
class Shown:
    """A form as a template draws it: empty, or as it was when it was refused."""

    name: str
    act: UUID
    typed: MultiDict[str, str] | None
    faults: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, name: str, form: Form, language: str) -> Shown:
        """The form of this name; fresh, unless it is the one that is shown again."""
        if form.name != name or (form.refused is None and not form.kept_open):
            return cls(name, new_id(), None, {})
        told = faults_by_field(form.refused.faults if form.refused is not None else (), language)
        taken = (
            form.refused is not None and form.refused.code == "conflict"
        )  # what is written under the old id stays; this would be another act
        return cls(name, new_id() if taken else form.act, form.fields, told)

    def value(self, name: str, default: Any = "") -> str:
        """What was typed, else the default."""
        if self.typed is not None:
            return self.typed.get(name, "")
        return "" if default is None else str(default)

    def chosen(self, name: str, value: str, default: bool = False) -> bool:
        """Whether this box or choice is marked."""
        return value in self.typed.getlist(name) if self.typed is not None else default

    def wrong(self, name: str) -> Sequence[str]:
        return self.faults.get(name, ())


def faults_by_field(faults: Sequence[Fault], language: str) -> dict[str, list[str]]:
    """What is wrong with each field, in words."""
    told: dict[str, list[str]] = {}
    for fault in faults:
        told.setdefault(field_of(fault.pointer), []).append(fault_text(fault.code, language, fault.params))
    return told


def faults_elsewhere(faults: Sequence[Fault], language: str) -> list[tuple[str, str]]:
    """Every fault for the summary on top: (field, text)."""
    return [(field_of(fault.pointer), fault_text(fault.code, language, fault.params)) for fault in faults]
