"""The one renderer of refusals for pages: what happened, what is safe, what to do. Words that were typed come back."""

from __future__ import annotations

from contextlib import suppress

import orjson
from flask import Response, g, request

from inspection.domain.errors import Refused
from inspection.pages.desk import language, page, refusal_view, signed_in
from inspection.pages.forms import OWN, Form
from inspection.web import context, drain


def render(refused: Refused) -> Response:
    """A page that says so. Who is signed out, or whose form is of an earlier session, finds his words again."""
    if refused.status in (401, 413, 415):
        drain()
    form: Form = g.get("form") or Form()
    typed = form.kept() if request.method == "POST" else []
    spoken = language()
    if refused.status >= 500:
        g.bare = True  # a frame would ask the database again
    elif "actor" not in g:
        with suppress(Refused):  # at an address that is nowhere nobody was asked for yet
            signed_in(context())
    view = refusal_view(refused, spoken)
    if refused.code == "not_signed_in":
        response = page(
            "sign_in.html",
            401,
            refusal=view if request.method == "POST" or "token" in g else None,
            to=request.full_path.rstrip("?") if request.method == "GET" else "/",
            again=again_of(typed) if typed else None,
            ended=True,
        )
        response.headers["WWW-Authenticate"] = 'Session realm="inspection"'
        return response
    response = page(
        "refused.html",
        refused.status,
        refusal=view,
        typed=form.words() if typed else [],
        again=_as_sent(typed) if refused.code == "stale_form" and typed else None,
        to=request.full_path.rstrip("?"),
        request_id=g.get("request_id", ""),
    )
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def again_of(typed: list[tuple[str, str]]) -> str:
    """A form as it was sent, to be shown again after signing in: where it went, and what was in it."""
    return orjson.dumps([request.full_path.rstrip("?"), _as_sent(typed)]).decode()


def _as_sent(typed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items(multi=True) if name in ("form", "act")] + typed


def read_again(text: str | None) -> tuple[str, list[tuple[str, str]]] | None:
    """The reverse of `again_of`; None for anything else."""
    try:
        to, fields = orjson.loads(text or "")
        read = [(str(name), str(value)) for name, value in fields]
    except (ValueError, TypeError):
        return None
    if not isinstance(to, str):
        return None
    return to, [(name, value) for name, value in read if name in ("form", "act") or name not in OWN]
