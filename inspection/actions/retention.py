"""What is kept no longer than its purpose asks, and erased by the worker each day; each erasure is on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from inspection.actions.context import Context, new_id
from inspection.actions.evidence import PDF, SIZES
from inspection.domain.errors import Refused
from inspection.domain.retention import RECORDS, Periods
from inspection.domain.verify_audit import ERASING, ROTATING, SIGNING
from inspection.images import previews
from inspection.storage import audit, evidence, retention
from inspection.storage.audit import APART
from inspection.storage.unit import unit

BATCH: Final = 100


def erase_expired(ctx: Context, periods: Periods) -> dict[str, int]:
    """Everything that is due today; how many of each class were erased. Again is harmless, and goes on where an earlier
    run broke off."""
    return {
        "originals": sum(1 for _ in _originals(ctx, periods.originals)),
        "log": erase_old_details(ctx, periods.log),
        "messages": _rows(ctx, "messages", retention.erase_messages_for_system, periods.messages),
        "sessions": _rows(ctx, "sessions", retention.erase_sessions_for_system, periods.sessions),
        "unnamed": sum(1 for _ in _unnamed(ctx, periods.unnamed)),
    }


def due(ctx: Context, periods: Periods) -> dict[str, int]:
    """How many photos are due, up to a hundred of each class, and how many inspections await their appraisal for the
    archive (`records`)."""
    now = ctx.now()
    return {
        "originals": len(retention.due_originals_for_system(ctx.session, now - periods.originals, BATCH)),
        "unnamed": len(retention.unnamed_for_system(ctx.session, now - periods.unnamed, BATCH)),
        "records": retention.records_before_for_system(ctx.session, now - RECORDS),
    }


def erase_old_details(ctx: Context, kept: timedelta) -> int:
    """Erase what entries say that are older than they are kept; in how many chains. The chains stay valid: what is gone
    without such a record is a fault."""
    with unit(ctx.session):
        erased = audit.erase_details_for_system(ctx.session, ctx.now() - kept, (ERASING, SIGNING, ROTATING))
        for name, first, last in erased:
            kind = APART if name.endswith(APART) else "audit_log"
            ctx.record(None, ERASING, kind, name, chain=name, first=first, last=last)
    return len(erased)


def _originals(ctx: Context, kept: timedelta) -> Iterator[str]:
    """An original leaves a copy without metadata, of which the record goes on to show its pictures."""
    before = ctx.now() - kept
    while found := retention.due_originals_for_system(ctx.session, before, BATCH):
        for sha256 in found:
            _keep_copy(ctx, sha256)
            if not _erase(ctx, sha256, retention.is_due(before)):
                return  # it is needed again, since a moment ago: the next run sees it as it is then
            yield sha256


def _unnamed(ctx: Context, kept: timedelta) -> Iterator[str]:
    before = ctx.now() - kept
    while found := retention.unnamed_for_system(ctx.session, before, BATCH):
        for sha256 in found:
            if not _erase(ctx, sha256, retention.is_unnamed(before)):
                return
            yield sha256


def _keep_copy(ctx: Context, sha256: str) -> None:
    """Before the original goes: what is shown of it is evidence of its own, under its own digest. What has no picture,
    as a document, leaves none; nor does what a run that broke off has erased already."""
    row = evidence.get_photo_for_system(ctx.session, sha256)
    assert row is not None
    if row.copy_sha256 is not None or row.type == PDF or not ctx.evidence.exists(sha256):
        return
    ctx.session.rollback()  # decoding takes long; no transaction is held meanwhile
    target = ctx.evidence.derived(sha256, "shared")
    if not target.exists():
        with ctx.evidence.local(sha256) as source:
            if not previews.make(source, target, SIZES["shared"]):
                return
    copy = _keep(ctx, target)
    with unit(ctx.session):
        evidence.set_copy_for_system(ctx.session, sha256, copy)


def _keep(ctx: Context, path: Path) -> str:
    with path.open("rb") as stream:
        received = ctx.evidence.receive(stream, 2**31)
    try:
        ctx.evidence.keep(received)
    finally:
        ctx.evidence.discard(received)
    return received.sha256


def _erase(ctx: Context, sha256: str, condition: ColumnElement[bool]) -> bool:
    """Erase a file if this still holds of it; whoever hands it in again in the same moment waits for the unit, and
    finds it gone."""
    with unit(ctx.session):
        row = retention.lock_if_for_system(ctx.session, sha256, condition)
        if row is None:
            return False
        row.erased_at = ctx.now()
        ctx.record(None, "erase_original", "photo", sha256, copy=row.copy_sha256)
        ctx.session.flush()
        ctx.evidence.erase(sha256)
    return True


def _rows(ctx: Context, what: str, erase: Callable[[Session, datetime], int], kept: timedelta) -> int:
    """Rows that are older than they are kept; how many, which is all that is put on record."""
    with unit(ctx.session):
        count = erase(ctx.session, ctx.now() - kept)
        if count:
            ctx.record(None, f"erase_{what}", "installation", what, count=count)
    return count


def hold(ctx: Context, institution_id: UUID, reason: str) -> UUID:
    """Nothing that was handed in about this institution is erased from now on, whatever its age: the procuratorate's
    written request, carried out by the system administrator. Raises `not_found`."""
    hold_id = new_id()
    with unit(ctx.session):
        if not retention.hold_for_system(ctx.session, hold_id, institution_id, reason, ctx.now()):
            raise Refused("not_found")
        ctx.record(None, "begin_hold", "institution", institution_id, hold=str(hold_id))
    return hold_id


def end_holds(ctx: Context, institution_id: UUID) -> int:
    """End all holds of an institution; how many there were."""
    with unit(ctx.session):
        ended = retention.holds_for_system(ctx.session, institution_id)
        for row in ended:
            row.ended_at = ctx.now()
            ctx.record(None, "end_hold", "institution", institution_id, hold=str(row.id))
    return len(ended)
