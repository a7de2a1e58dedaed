"""Somebody at a desk: opens pages, fills in the forms that stand on them, and sends them, as a browser without
JavaScript does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

from flask.testing import FlaskClient
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.test import EnvironBuilder, TestResponse, encode_multipart

from tests.support.world import World


@dataclass
class PageForm:
    """A form of a page with what it holds before anybody types."""

    action: str
    method: str
    id: str
    fields: MultiDict[str, str] = field(default_factory=MultiDict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.fields.get("form", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.loose: list[tuple[str, dict[str, str]]] = []
        self._form: PageForm | None = None
        self._select: tuple[PageForm, str] | None = None
        self._area: tuple[PageForm, str, list[str]] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._form = PageForm(given.get("action", ""), given.get("method", "get"), given.get("id", ""))
            self.forms.append(self._form)
        form = self._form
        if given.get("form"):
            self.loose.append((tag, given))
            return
        if form is None or "disabled" in given:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(form, given, name)
        elif tag == "button" and given.get("type", "submit") == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._select = (form, name)
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select is not None:
            owner, of = self._select
            value = given.get("value", "")
            owner.choices[of].append(value)
            if "selected" in given or of not in owner.fields:
                owner.fields[of] = value
        elif tag == "textarea" and name:
            self._area = (form, name, [])

    def _input(self, form: PageForm, given: dict[str, str], name: str) -> None:
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.fields.add(name, given.get("value", "on"))
        elif kind not in ("submit", "file"):
            form.fields.add(name, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[2].append(data)
        elif not self._silent:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            form, name, parts = self._area
            form.fields.add(name, "".join(parts).removeprefix("\n"))
            self._area = None


@dataclass
class Opened:
    """A page as it was answered."""

    clerk: Clerk
    path: str
    response: TestResponse

    def __post_init__(self) -> None:
        self.status = self.response.status_code
        self.html = self.response.get_data(as_text=True) if "text/html" in self.response.content_type else ""
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links = reader.forms, reader.links
        self.text = " ".join(" ".join(reader.text).split())
        for tag, given in reader.loose:  # a field that says which form it belongs to
            owner = next(form for form in self.forms if form.id == given["form"])
            if tag == "input" and "disabled" not in given:
                reader._input(owner, given, given.get("name", ""))

    def form(self, name: str) -> PageForm:
        """The form of this name; the test fails where there is none."""
        return next(form for form in self.forms if form.name == name)

    def has_form(self, name: str) -> bool:
        return any(form.name == name for form in self.forms)

    def send(self, form: str | PageForm, files: dict[str, Any] | None = None, **fields: Any) -> Opened:
        """Fill in and send; names with dots are given with `__`. Leads on where the answer leads."""
        given = self.form(form) if isinstance(form, str) else form
        values = MultiDict(given.fields.items(multi=True))
        for name, value in fields.items():
            name = name.replace("__", ".")
            values.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
        to = urljoin(self.path, given.action or self.path)
        if given.method.lower() != "post":
            pairs = [(name, value) for name, value in values.items(multi=True)]
            return self.clerk.open(to.partition("?")[0] + "?" + urlencode(pairs))
        data: Any = values
        if files is not None:
            data = MultiDict(values.items(multi=True))
            for name, file in files.items():
                data.setlist(name, file if isinstance(file, list) else [file])
        return self.clerk.post(to, data, multipart=files is not None)


@dataclass
class Clerk:
    """Somebody of the cast with a session; `spoken` is what the browser asks for."""

    world: World
    username: str | None
    spoken: str = "zh-CN"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.world.app.test_client()
        if self.username is not None:
            with self.client.session_transaction() as session:
                session["token"] = f"token-{self.username}"

    def open(self, path: str) -> Opened:
        return self._lead(path, self.client.get(path, headers=self._headers(), buffered=True))

    def post(self, path: str, data: Any, multipart: bool = False, follow: bool = True) -> Opened:
        kind = "application/x-www-form-urlencoded"
        if multipart:  # in one piece, so that the client holds no file open
            with closing(EnvironBuilder(data=data)) as fields:
                boundary, data = encode_multipart(CombinedMultiDict([fields.form, fields.files]))
            kind = f"multipart/form-data; boundary={boundary}"
        response = self.client.post(path, data=data, content_type=kind, headers=self._headers(), buffered=True)
        return self._lead(path, response) if follow else Opened(self, path, response)

    def _lead(self, path: str, response: TestResponse) -> Opened:
        if response.status_code in (302, 303):
            return self.open(urljoin(path, response.headers["Location"]))
        return Opened(self, path, response)

    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": self.spoken}

    def ends(self) -> None:
        """The session ends behind the back of the open page."""
        with self.client.session_transaction() as session:
            session["token"] = "nobody's"

    def pages(self, *paths: str) -> Iterator[Opened]:
        for path in paths:
            yield self.open(path)
