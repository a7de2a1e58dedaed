"""The one declaration of a page and of an act on it. It feeds the permission check, the reading of the address, the
frame around each page, and the test that opens every page as every account.

A page (`place`) only shows; an act (`deed`) is a POST that does one thing under an id made with the form, and then
leads on. Refused, the page it came from is shown again with every word in its place and what stands against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf, validate_csrf
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import ValidationError as ForgedToken

from inspection import logs
from inspection.actions.context import Context
from inspection.actions.sessions import authenticate_at_desk
from inspection.actions.workbench import frame
from inspection.armour import nonce
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import JSON_LIMIT
from inspection.domain.permissions import ANYONE, acting, may, refusal
from inspection.domain.texts import desk_texts, language_of, texts
from inspection.pages import wording
from inspection.pages.forms import Form, Shown, faults_by_field, faults_elsewhere
from inspection.schemas.wire import ZONE, faults_of
from inspection.web import context, key_of

ROWS: Final = 50
NAV: Final = (
    ("workbench", "account.self"),
    ("issuing", "notice.issue"),
    ("problems", "problem.read"),
    ("review", "problem.review"),
    ("inspections", "inspection.read"),
    ("institutions", "institution.read"),
    ("notices", "notice.read"),
    ("plan", "assignment.read"),
    ("leads", "lead.read"),
    ("stats", "stats.read"),
    ("users", "account.list"),
    ("checklists", "checklist.read"),
    ("calendar", "calendar.read"),
    ("system", "system.examine"),
    ("log", "audit.read"),
)
"""The places in their order, each for those who may go there; each is the endpoint of its first page."""

TYPED_LIMIT: Final = 8 * 2**20
"""Bytes of all that is typed into a form or carried on in it. Files beside it wait on the disk, what is typed in
memory; who may not act sends no files."""

MOST_FIELDS: Final = 10_000
"""Of a form: with more, reading it would take seconds, whoever sent it. Of parts with files Flask takes a thousand."""

GONE: Final = ("not_signed_in", "not_allowed", "second_factor_required", "not_found")
"""Refused so, there is no page to show the form on again."""

desk = Blueprint("desk", __name__, template_folder="templates")


@dataclass(frozen=True)
class Declaration:
    """All that is to be known of a page or an act without opening it. `limit`: bytes of an act's body."""

    method: str
    path: str
    permission: str
    limit: int = JSON_LIMIT


PAGES: Final[dict[str, Declaration]] = {}


@dataclass(frozen=True)
class Query:
    """What stands behind the question mark of a page. `given` as typed; `values` as read, empty where `faults` say
    what is senseless; `after` is where the last page ended."""

    given: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    after: tuple[str, ...] | None = None

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def link(self, **changes: Any) -> str:
        """This page under other conditions, from its beginning. None takes a condition away."""
        wanted = {**self.given, **changes}
        kept = {name: value for name, value in wanted.items() if value not in (None, "")}
        return request.path + ("?" + urlencode(kept) if kept else "")


def place(
    path: str, permission: str, *, query: Schema | None = None, name: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Declare a page. The function is called with the context, the actor (holding only the roles that allow this; not
    for `anyone`), the `Query` where a schema of it is given, and the parts of the path."""

    def declare(function: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(function)
        def view(**parts: Any) -> Response:
            ctx = _begin()
            arguments: dict[str, Any] = {}
            if permission != ANYONE:
                arguments["actor"] = _allowed(ctx, permission)
            if query is not None:
                arguments["query"] = _query(query)
            shown: Response = function(ctx, **arguments, **parts)
            return shown

        _declare(view, Declaration("GET", path, permission), name)
        return view

    return declare


def deed(
    path: str,
    permission: str,
    *,
    again: Callable[..., Response] | None = None,
    limit: int = JSON_LIMIT,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Declare an act. The function is called with the context, the actor, the `Form`, and the parts of the path; it
    leads on with `done`, or raises `Refused`: then the page `again` is shown with the form as it was."""

    def declare(function: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(function)
        def view(**parts: Any) -> Response:
            ctx = _begin()
            arguments, barred = _who_acts(ctx, permission)
            g.form = _form(limit, barred)
            _from_here()
            if barred:
                raise barred
            _own_form()
            try:
                shown: Response = function(ctx, form=g.form, **arguments, **parts)
                return shown
            except Refused as refused:
                if again is None or refused.code in GONE:
                    raise
                g.form.refused = refused
                _say_refusal(refused)
                response = again(**{key: value for key, value in parts.items() if key in again.parts})  # type: ignore[attr-defined]
                response.status_code = refused.status
                return response

        _declare(view, Declaration("POST", path, permission, limit), name)
        return view

    return declare


def _declare(view: Any, declaration: Declaration, name: str | None) -> None:
    endpoint = name or view.__name__
    assert f"desk.{endpoint}" not in PAGES, endpoint
    PAGES[f"desk.{endpoint}"] = declaration
    view.parts = frozenset(part.partition(":")[2].rstrip(">") or part for part in _parts(declaration.path))
    methods = [declaration.method]
    desk.add_url_rule(declaration.path, endpoint, view, methods=methods, provide_automatic_options=False)


def _parts(path: str) -> list[str]:
    return [piece.partition("<")[2].partition(">")[0] for piece in path.split("/") if "<" in piece]


def _who_acts(ctx: Context, permission: str) -> tuple[dict[str, Any], Refused | None]:
    """The actor of an act, or why nobody may act: known before the form is read, said when its words are kept."""
    if permission == ANYONE:
        return {}, None
    try:
        return {"actor": _allowed(ctx, permission)}, None
    except Refused as refused:
        return {}, refused
    finally:
        ctx.session.rollback()  # nothing is held open while the form comes over a slow line


def _form(limit: int, barred: Refused | None) -> Form:
    """What was sent; raises `too_large` above the limit, of which nothing was read. Who may not act sends no files:
    only what is typed is read, so that it can be shown again; nor does a form of fields alone."""
    typed = min(limit, TYPED_LIMIT)
    fields = request.mimetype == "application/x-www-form-urlencoded"
    request.max_content_length = typed if barred or fields else limit
    request.max_form_memory_size = typed
    try:
        if fields and request.get_data().count(b"&") >= MOST_FIELDS:
            raise RequestEntityTooLarge
        return Form(MultiDict(request.form))
    except RequestEntityTooLarge:
        request.max_content_length = None  # so that the rest can be taken off the line
        raise barred or Refused("too_large", limit_mb=limit // 2**20) from None


def _begin() -> Context:
    ctx = context()
    ZONE.set(ctx.clock.zone)
    g.setdefault("form", Form())
    return ctx


def language() -> str:
    """The one that was chosen here, else the browser's."""
    chosen = session.get("language")
    return chosen if chosen in ("zh_CN", "en") else language_of(request.headers.get("Accept-Language", ""))


def signed_in(ctx: Context) -> Actor:
    """The person behind this browser's session, as of now; it goes on under another token where his rights changed.
    Raises `not_signed_in`."""
    if "actor" not in g:
        g.actor, renewed = authenticate_at_desk(ctx, session.get("token", ""))
        request.environ[logs.ACCOUNT] = str(g.actor.id)
        if renewed is not None:
            session["token"] = renewed
    actor: Actor = g.actor
    return actor


def _allowed(ctx: Context, permission: str) -> Actor:
    actor = signed_in(ctx)
    if not may(actor, permission):
        raise Refused(refusal(actor))
    return acting(actor, permission)


def _from_here() -> None:
    """A form that another site sends is refused, whatever it carries. The browser says where it comes from; one that
    says nothing has the form's own token to show."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or origin.partition("://")[2] == request.host
    if not own:
        raise Refused("forged_form")


def _own_form() -> None:
    """A form of an earlier session is not acted on, nor thrown away: its words are shown, to be sent or not."""
    try:
        validate_csrf(request.form.get("csrf_token", ""))
    except ForgedToken:
        raise Refused("stale_form") from None


def _query(schema: Schema) -> Query:
    """Several values of one name are one with commas, as the API has them; what is left empty is not asked."""
    lists = {name: ",".join(dict.fromkeys(v for v in values if v)) for name, values in request.args.lists()}
    given = {name: value for name, value in lists.items() if value}
    cursor = given.pop("cursor", None)
    try:
        after = key_of(cursor) if cursor is not None else None
    except Refused:
        return Query(given, faults=(Fault("/cursor", "not_allowed_here"),))
    try:
        return Query(given, schema.load(given), after=after)
    except ValidationError as error:
        return Query(given, faults=tuple(faults_of(error.messages, schema)))


def wrong_in(query: Query) -> dict[str, list[str]]:
    """What is senseless behind the question mark, by field."""
    return faults_by_field(query.faults, language())


# What pages are made of


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page in its frame, in which nothing runs that was not served here."""
    spoken = language()
    html = render_template(f"desk/{template}", **{"nonce": nonce(), **_frame(spoken), **values})
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = spoken.replace("_", "-")
    return response


def _frame(spoken: str) -> dict[str, Any]:
    actor: Actor | None = g.get("actor")
    ctx = context()
    shown = frame(ctx, actor) if actor is not None and not g.get("bare") else None
    words = texts(spoken)
    return {
        "t": desk_texts(spoken),
        "words": words,
        "language": spoken.replace("_", "-"),
        "say": wording.Wording(spoken, ctx.clock),
        "today": ctx.today(),
        "actor": actor,
        "frame": shown,
        "nav": [(name, url_for(f"desk.{name}")) for name, permission in NAV if actor and may(actor, permission)],
        "may": lambda permission: actor is not None and may(actor, permission),
        "form_of": lambda name: Shown.of(name, g.get("form") or Form(), spoken),
        "csrf": generate_csrf,
        "refusal": g.get("refusal"),
    }


def _say_refusal(refused: Refused) -> None:
    """What stands on top of the page that is shown again; with the words, where their form may be gone."""
    request.environ[logs.REFUSED] = refused.code
    g.refusal = refusal_view(refused, language())
    if refused.status == 409:
        g.refusal["typed"] = g.form.words()


def refusal_view(refused: Refused, spoken: str) -> dict[str, Any]:
    """A refusal in words: what happened, every fault with its field, and who was first where somebody was."""
    words = texts(spoken)
    own = desk_texts(spoken)["common"]["refusal"].get(refused.code)
    return {
        "code": refused.code,
        "title": words["title"][refused.code],
        "detail": own or words["detail"][refused.code].format_map(_Gaps(refused.params)),
        "faults": faults_elsewhere(refused.faults, spoken),
        "meanwhile": refused.extra.get("meanwhile", ()),
        "extra": refused.extra,
    }


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def done(text: str, to: str) -> Response:
    """Lead on after an act, saying what was done."""
    flash(text)
    return _to(to)


def _to(address: str) -> Response:
    return redirect(address, 303, Response)


def here(address: str | None, otherwise: str = "/") -> str:
    """An address to lead on to, if it is one of this site's."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable():
        return otherwise  # browsers pass over tabs and line breaks: "/\t/elsewhere" is another site
    return address
