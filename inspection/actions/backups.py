"""Taking in a phone's backup: each part as if the phone had sent it, and whatever is wrong with one, the rest."""

from __future__ import annotations

import errno
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import IO, Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.evidence import store_photo
from inspection.actions.notices import acknowledge_notice
from inspection.actions.petitions import ask
from inspection.actions.rectifications import submit_rectification
from inspection.actions.submission import submit_inspection
from inspection.domain.actor import Actor
from inspection.domain.backups import Backup, Entry, Outcome, Part, Photo
from inspection.domain.errors import Refused
from inspection.domain.incoming import JSON_LIMIT, Incoming, Read
from inspection.domain.permissions import HANDING_IN_DAYS, acting, may
from inspection.domain.views import Stored
from inspection.storage import accounts, evidence
from inspection.storage.unit import unit

log = logging.getLogger("inspection")

Readers = Mapping[str, Callable[[bytes], Read[Any]]]
"""How the body of each kind is read; handed in because the shapes stand beside actions, not beneath them."""

Act = Callable[[Context, Actor, Entry, UUID, Incoming[Any]], Stored[Any]]
ACTS: Final[dict[str, tuple[str, Act]]] = {
    "inspection": (
        "inspection.submit",
        lambda ctx, actor, entry, _, body: submit_inspection(ctx, actor, entry.id, body),
    ),
    "rectification": (
        "problem.rectify",
        lambda ctx, actor, entry, problem, body: submit_rectification(ctx, actor, problem, entry.id, body),
    ),
    "extension": (
        "problem.ask_extension",
        lambda ctx, actor, entry, problem, body: ask(ctx, actor, problem, entry.id, "extension", body),
    ),
    "objection": (
        "problem.object",
        lambda ctx, actor, entry, problem, body: ask(ctx, actor, problem, entry.id, "objection", body),
    ),
    "acknowledgement": (
        "notice.acknowledge",
        lambda ctx, actor, _, notice, body: acknowledge_notice(ctx, actor, notice, body),
    ),
}
"""The permission and the action of each kind: those of its address."""

WITH_PHOTOS: Final = ("inspection", "rectification")


def owner_of(ctx: Context, backup: Backup) -> Actor | None:
    """Whose backup it is, as of now; None for an account of another installation, or one that is disabled."""
    recent_since = ctx.now() - timedelta(days=HANDING_IN_DAYS)
    return accounts.actor_for_system(ctx.session, backup.user_id, recent_since=recent_since)


def take_in(
    ctx: Context, actor: Actor, backup: Backup, sha256: str, parts: Iterable[Part], readers: Readers
) -> list[Outcome]:
    """Hand in every part in the name of its owner, each in a unit of its own: records, then photos, in the order of
    the file, of which `sha256` is the digest. Again the same is harmless. Nothing is raised for what is wrong with a
    part; its outcome tells."""
    with unit(ctx.session):
        ctx.record(
            None,
            "import_backup",
            "backup",
            sha256,
            user_id=str(actor.id),
            made_at=backup.made_at,
            entries=len(backup.entries),
            photos=len(backup.photos),
        )
    outcomes = [_outcome(ctx, actor, backup, part, readers) for part in parts]
    return _with_missing(ctx, outcomes)


def _outcome(ctx: Context, actor: Actor, backup: Backup, part: Part, readers: Readers) -> Outcome:
    what = part.what
    if not part.whole:
        return Outcome(what, "cut_off")
    ctx.session.rollback()  # whatever the part before left open
    try:
        if isinstance(what, Photo):
            stored: Stored[Any] = store_photo(ctx, _acting(actor, "photo.upload"), what.sha256, part.stream)
        else:
            subject = what.subject
            if subject is None:
                return Outcome(what, "not_understood")
            permission, act = ACTS[what.kind]
            allowed = _acting(actor, permission)
            body = Incoming(_body(what, part.stream), readers[what.kind], backup.client_version[:64] or None)
            stored = act(ctx, allowed, what, subject, body)
    except Refused as refused:
        return Outcome(what, "refused", refused)
    except OSError as error:
        log.error("evidence or backup not usable", exc_info=error)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return Outcome(what, "refused", Refused("storage_full" if full else "unavailable"))
    except Exception as error:  # a fault of ours in one part is no reason to lose the others
        log.error("unexpected, of a part of a backup", exc_info=error)
        return Outcome(what, "refused", Refused("internal_error"))
    return Outcome(what, "taken_in" if stored.created else "there_already")


def _acting(actor: Actor, permission: str) -> Actor:
    if not may(actor, permission):
        raise Refused("not_allowed")
    return acting(actor, permission)


def _body(entry: Entry, stream: IO[bytes]) -> bytes:
    """The very bytes that the phone froze. Raises `too_large`, `hash_mismatch`."""
    if entry.length > JSON_LIMIT:
        raise Refused("too_large", limit_mb=JSON_LIMIT // 2**20)
    raw = stream.read()
    actual = hashlib.sha256(raw).hexdigest()
    if actual != entry.sha256:
        raise Refused("hash_mismatch", actual=actual)
    return raw


def _with_missing(ctx: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Each record with the number of photos that it still waits for."""
    records = {
        index: one.what.id
        for index, one in enumerate(outcomes)
        if one.is_in and isinstance(one.what, Entry) and one.what.kind in WITH_PHOTOS
    }
    missing = evidence.missing_by_subject_for_system(ctx.session, list(records.values()))
    return [
        replace(one, missing=len(missing[records[index]])) if index in records else one
        for index, one in enumerate(outcomes)
    ]
