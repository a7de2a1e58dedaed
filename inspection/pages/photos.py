"""Photos as the desk shows them: copies without metadata; an original with its purpose on record."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from inspection import downloads, logs
from inspection.actions import evidence as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.pages.desk import deed, page, place
from inspection.pages.forms import Form, incoming
from inspection.schemas.queries import read_purpose

NOTHING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path fill="#e5e6eb" d="M0 0h4v3H0z"/>'
    '<path stroke="#86909c" stroke-width=".08" d="M1 .6 3 2.4M3 .6 1 2.4"/></svg>'
)
"""In the place of a picture that cannot be shown."""


@place("/photos/<hash:sha256>/thumbnail", "photo.read")
def thumbnail(ctx: Context, actor: Actor, sha256: str) -> Response:
    """The small copy."""
    return _derived(ctx, actor, sha256, "thumbnail")


@place("/photos/<hash:sha256>/shared", "photo.read")
def shared(ctx: Context, actor: Actor, sha256: str) -> Response:
    """The large copy."""
    return _derived(ctx, actor, sha256, "shared")


def _derived(ctx: Context, actor: Actor, sha256: str, name: str) -> Response:
    try:
        path = actions.derived_copy(ctx, actor, sha256, name)
    except Refused as refused:
        if request.accept_mimetypes.accept_html:  # somebody opened it, and reads
            raise
        request.environ[logs.REFUSED] = refused.code
        return Response(NOTHING, refused.status, content_type="image/svg+xml")
    return downloads.copy(path, sha256, name)


@place("/photos/<hash:sha256>", "photo.read_original")
def photo(ctx: Context, actor: Actor, sha256: str) -> Response:
    """One photo, and the form by which its original is fetched."""
    del ctx, actor
    return page("photo.html", sha256=sha256)


@deed("/photos/<hash:sha256>/original", "photo.read_original", again=photo)
def original(ctx: Context, actor: Actor, form: Form, sha256: str) -> Response:
    """The bytes as they came; the read is recorded with its purpose."""
    given = incoming(form.body("purpose"), read_purpose).load()
    return downloads.original(*actions.open_original(ctx, actor, sha256, given.get("purpose")))
