"""Photos and proofs: bytes in, bytes out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from inspection import downloads
from inspection.actions import evidence as actions
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.schemas.accounts import PhotoSchema
from inspection.schemas.queries import PurposeQuery

TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf")
HASH = "<hash:sha256>"


@endpoint(
    "PUT",
    f"/photos/{HASH}",
    "photo.upload",
    body=TYPES,
    returns={200: PhotoSchema(), 201: PhotoSchema()},
    refuses=("hash_mismatch", "too_many_pixels", "unsupported_image", "too_large", "storage_full"),
)
def put_photo(ctx: Context, actor: Actor, sha256: str) -> Answer:
    """Hand in a photo, or a PDF as a proof, under the SHA-256 of its bytes."""
    if request.mimetype not in TYPES:
        raise Refused("unsupported_media", expected=", ".join(TYPES))
    if (request.content_length or 0) > actions.LARGEST:
        raise Refused("too_large", limit_mb=actions.LARGEST // 2**20)
    stored = actions.store_photo(ctx, actor, sha256, request.stream)
    return Answer(stored.value, 201 if stored.created else 200)


def _derived(ctx: Context, actor: Actor, sha256: str, name: str) -> Response:
    return downloads.copy(actions.derived_copy(ctx, actor, sha256, name), sha256, name)


@endpoint(
    "GET",
    f"/photos/{HASH}/thumbnail",
    "photo.read",
    returns={200: ("image/jpeg",)},
    refuses=("not_found", "no_preview"),
)
def get_thumbnail(ctx: Context, actor: Actor, sha256: str) -> Response:
    """A small copy made from pixels alone; its longest side is 320 px."""
    return _derived(ctx, actor, sha256, "thumbnail")


@endpoint(
    "GET",
    f"/photos/{HASH}/shared",
    "photo.read",
    returns={200: ("image/jpeg",)},
    refuses=("not_found", "no_preview"),
)
def get_shared(ctx: Context, actor: Actor, sha256: str) -> Response:
    """A large copy made from pixels alone; its longest side is 1600 px."""
    return _derived(ctx, actor, sha256, "shared")


@endpoint(
    "GET",
    f"/photos/{HASH}",
    "photo.read_original",
    query=PurposeQuery(),
    returns={200: TYPES},
    refuses=("not_found",),
)
def get_original(ctx: Context, actor: Actor, query: dict[str, Any], sha256: str) -> Response:
    """The original as an attachment; each read is recorded with its purpose."""
    return downloads.original(*actions.open_original(ctx, actor, sha256, query.get("purpose")))
