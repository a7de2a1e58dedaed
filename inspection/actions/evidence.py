"""Photos and proofs: taking them in, and showing them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.proofs import begin_review
from inspection.actions.turns import turned
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.inspections import short_code
from inspection.domain.permissions import ALLOWED, IN_SCOPE
from inspection.domain.views import PhotoView, Stored
from inspection.images import facts, previews
from inspection.storage import evidence, inspections, problems, rectifications
from inspection.storage.accounts import lock_person_for_system
from inspection.storage.evidence import PhotoRow
from inspection.storage.evidence_store import Received, TooLarge
from inspection.storage.unit import once_more, unit

LARGEST: Final = 25 * 1024 * 1024
SIZES: Final = {"thumbnail": 320, "shared": 1600}
PDF: Final = "application/pdf"


@once_more
def _record(ctx: Context, actor: Actor, photo: dict[str, Any]) -> bool:
    """Row, upload and every record that waited for it, in one unit."""
    sha256 = photo["sha256"]
    with unit(ctx.session):
        lock_person_for_system(ctx.session, actor.id)
        again = evidence.take_back_for_system(ctx.session, sha256, ctx.now())
        if again and not ctx.evidence.exists(sha256):
            raise Refused("lost_race")  # it was erased between file and row; the next try stores it
        new = evidence.add_photo(actor, ctx.session, photo, ctx.now())
        for subject, subject_id in evidence.mark_arrived(actor, ctx.session, sha256, ctx.now()):
            if not evidence.missing_for_system(ctx.session, subject_id):
                complete(ctx, actor, subject, subject_id)
        if new or again:
            ctx.record(actor, "store_photo", "photo", sha256, type=photo["type"], size=photo["size"])
    return new


def store_photo(ctx: Context, actor: Actor, sha256: str, stream: IO[bytes]) -> Stored[PhotoView]:
    """Take in a file under its hash: durable before it is recorded, and recorded before it is answered.

    Again the same is harmless. Raises `too_large`, `hash_mismatch`, `unsupported_image`, `too_many_pixels`.
    """
    ctx.session.rollback()  # a phone on a slow line holds no transaction
    try:
        received = ctx.evidence.receive(stream, LARGEST)
    except TooLarge:
        raise Refused("too_large", limit_mb=LARGEST // 2**20) from None
    try:
        if received.sha256 != sha256:
            raise Refused("hash_mismatch", actual=received.sha256)
        photo = _examine(actor, received)
        ctx.evidence.keep(received)
    finally:
        ctx.evidence.discard(received)
    return Stored(_shown(photo), _record(ctx, actor, photo))


def _examine(actor: Actor, received: Received) -> dict[str, Any]:
    """What the file is, by its content alone."""
    type_ = facts.sniff(received.head)
    if type_ is None or (type_ == PDF and "unit" not in actor.roles):
        raise Refused("unsupported_image")
    try:
        found = facts.read_facts(received.path)
    except facts.TooManyPixels:
        raise Refused("too_many_pixels") from None
    except facts.Unsupported:
        raise Refused("unsupported_image") from None
    return {
        "sha256": received.sha256,
        "size": received.size,
        "type": found.type,
        "width": found.width,
        "height": found.height,
        "facts": {"taken_at": found.taken_at, "location": found.location},
    }


def complete(ctx: Context, actor: Actor, subject: str, subject_id: UUID) -> None:
    """The last photo of a record has arrived: the receipt is issued, and a proof's reviewer gets his days."""
    if subject == "inspection":
        inspection = inspections.find_for_system(ctx.session, subject_id)
        assert inspection is not None
        inspections.mark_complete_for_system(ctx.session, subject_id, short_code(inspection.content_sha256), ctx.now())
        ctx.record(actor, "complete_inspection", "inspection", subject_id)
    elif subject == "rectification":
        _complete_rectification(ctx, actor, subject_id)


def _complete_rectification(ctx: Context, actor: Actor, rectification_id: UUID) -> None:
    known = rectifications.find_for_system(ctx.session, rectification_id)
    assert known is not None
    problem = problems.lock_for_system(ctx.session, known.problem_id)
    proof = rectifications.lock_for_system(ctx.session, rectification_id)  # as it is now: it may have lapsed meanwhile
    assert problem is not None
    assert proof is not None
    proof.whole_at = ctx.now()
    proof.receipt_code = short_code(proof.content_sha256)
    if proof.outcome == "lapsed" and problem.status in ("found", "open") and problem.round == proof.round:
        proof.outcome = None  # late but whole, and nothing else was handed in: it counts from its record as before
        problem.status, problem.rectification_id = "submitted", proof.id
    if problem.status == "submitted" and problem.rectification_id == proof.id:
        begin_review(ctx, problem)
        turned(ctx, actor, problem, "proof_whole", rectification_id=str(proof.id))
    ctx.record(actor, "complete_rectification", "rectification", rectification_id)


def derived_copy(ctx: Context, actor: Actor, sha256: str, name: str) -> Path:
    """The file of a derived copy, `thumbnail` or `shared`, made when it is first asked for.
    Raises `not_found`, `no_preview`."""
    photo = evidence.find_photo(actor, ctx.session, sha256)
    if photo is None:
        raise Refused("not_found")
    if photo.type == PDF:
        raise Refused("no_preview")
    kept = photo.sha256 if photo.erased_at is None else photo.copy_sha256
    if kept is None:
        raise Refused("no_preview")
    ctx.session.rollback()  # decoding takes long; no transaction is held meanwhile
    target = ctx.evidence.derived(sha256, name)
    if not target.exists():
        with ctx.evidence.local(kept) as source:
            if not previews.make(source, target, SIZES[name]):
                raise Refused("no_preview")
    return target


def open_original(ctx: Context, actor: Actor, sha256: str, purpose: str | None) -> tuple[IO[bytes], PhotoView]:
    """The bytes as they came, for their uploader and for reviewers, supervisors and procurators in scope.
    Each read is recorded with its purpose. Raises `not_found`, `not_allowed`, `invalid` (no purpose), `erased`."""
    photo = evidence.find_photo(actor.holding(IN_SCOPE), ctx.session, sha256)
    if photo is None:
        raise Refused("not_found")
    own = evidence.is_uploader(actor, ctx.session, sha256)
    readers = actor.holding(ALLOWED["photo.read_others_original"])
    if not own and evidence.find_photo(readers, ctx.session, sha256, own=False) is None:
        raise Refused("not_allowed")
    if not own and not purpose:
        raise invalid(Fault("/purpose", "required"))
    if photo.erased_at is not None:
        raise Refused("erased")
    view = _view(photo)
    with unit(ctx.session):
        ctx.record(actor, "read_original", "photo", sha256, purpose=purpose, own=own)
    return ctx.evidence.open(sha256), view


def _view(row: PhotoRow) -> PhotoView:
    return _shown({name: getattr(row, name) for name in ("sha256", "type", "width", "height", "size", "facts")})


def _shown(photo: Mapping[str, Any]) -> PhotoView:
    return PhotoView(
        sha256=photo["sha256"],
        type=photo["type"],
        width=photo["width"],
        height=photo["height"],
        bytes=photo["size"],
        taken_at=photo["facts"].get("taken_at"),
        has_location=photo["facts"].get("location") is not None,
    )
