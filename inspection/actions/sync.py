"""What a phone needs for a day without signal, whole or what changed since it last asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from inspection.actions import assignments as planning
from inspection.actions.audit import chain_after
from inspection.actions.checklists import copy_for
from inspection.actions.context import Context
from inspection.actions.evidence import LARGEST
from inspection.actions.institutions import view as institution_view
from inspection.actions.problems import view as problem_view
from inspection.domain.actor import Actor
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.problems import FINISHED
from inspection.domain.sync import Reached
from inspection.domain.views import SyncView, Tombstone
from inspection.images.facts import JPEG_PIXELS, OTHER_PIXELS
from inspection.storage import accounts, assignments, calendar, checklists, deltas, installation, institutions
from inspection.storage.assignments import AssignmentRow
from inspection.storage.installation import InstallationRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.problems import ProblemRow

OVERLAP: Final = timedelta(minutes=10)
"""A row may be committed later than its time says; no transaction lives as long as this (`storage/db.py`)."""

YEARS_BACK, YEARS_AHEAD = 1, 1


def sync(ctx: Context, actor: Actor, since: Reached | None, log: int | None) -> SyncView:
    """With `since` (an earlier `next`), what changed after it and what is to be forgotten; whole without it, and where
    the actor's rights changed meanwhile or time has not run on evenly since. `log`: see `chain_after`."""
    known = installation.get_for_system(ctx.session)
    assert known is not None
    reached = _reached(ctx, known)  # before anything else is read: what happens from here on is told the next time
    after = _after(ctx, actor, since, reached)
    to_do = assignments.own_to_do(actor, ctx.session)
    if since is None or after is None:
        found = list(deltas.unfinished_visible(actor, ctx.session))
        tasks, deleted = list(to_do), []
    else:
        changed = deltas.changed_visible(actor, ctx.session, after)
        found = [row for row in changed if row.status not in FINISHED]
        if since.revision != reached.revision:
            found = list(deltas.unfinished_visible(actor, ctx.session))
        touched = set(assignments.own_changed(actor, ctx.session, after))
        tasks = [row for row in to_do if row.id in touched]
        deleted = [
            *(Tombstone("problem", row.id) for row in changed if row.status in FINISHED),
            *(Tombstone("assignment", gone) for gone in sorted(touched - {row.id for row in to_do})),
            *_moved_away(ctx, actor, after),
        ]
    held = {row.institution_id for row in found} | {row.institution_id for row in tasks}
    regions = institutions.region_names_for_system(ctx.session)
    return SyncView(
        full=after is None,
        assignments=planning.views(ctx, tasks),
        institutions=[institution_view(place, regions) for place in _places(ctx, actor, after, held)],
        checklists=_checklists(ctx, actor, after, to_do, tasks),
        calendar=[
            (year, calendar.year_for_system(ctx.session, year))
            for year in range(ctx.today().year - YEARS_BACK, ctx.today().year + YEARS_AHEAD + 1)
        ],
        problems=_lines(ctx, found),
        deleted=deleted,
        limits={
            "photo_bytes": LARGEST,
            "jpeg_pixels": JPEG_PIXELS,
            "other_pixels": OTHER_PIXELS,
            "handing_in_days": HANDING_IN_DAYS,
            "overlap_s": int(OVERLAP.total_seconds()),
        },
        server_time=reached.at,
        installation_id=known.installation_id,
        next=str(reached),
        log=chain_after(ctx, actor, log),
    )


def _reached(ctx: Context, known: InstallationRow) -> Reached:
    """How far an answer made now reaches. The revision rises when the calendar changes, and again when the dates of
    what runs have been computed by it."""
    return Reached(
        at=ctx.now(),
        revision=known.calendar_revision + known.recomputed_revision,
        entry=installation.last_entry_for_system(ctx.session),
    )


def _after(ctx: Context, actor: Actor, since: Reached | None, reached: Reached) -> datetime | None:
    """From when on changes are told; None: everything is. A clock that was set back shows in the log: an entry that
    came after the earlier answer and carries an earlier time."""
    if since is None or since.at > reached.at + OVERLAP:
        return None
    after = since.at - OVERLAP
    if since.entry is not None:
        earliest = installation.earliest_after_for_system(ctx.session, since.entry)
        if since.entry > (reached.entry or 0) or (earliest is not None and earliest < after):
            return None
    return None if accounts.rights_changed_for_system(ctx.session, actor.id, after) else after


def _places(ctx: Context, actor: Actor, after: datetime | None, held: Collection[UUID]) -> list[InstitutionRow]:
    """All that are not closed yet, or that changed; and those to which what is told belongs, closed or not."""
    today = ctx.today()
    return [
        place
        for place in institutions.all_visible(actor, ctx.session, after, today)
        if place.id in held
        or (place.changed_at > after if after is not None else place.closed_on is None or place.closed_on > today)
    ]


def _moved_away(ctx: Context, actor: Actor, after: datetime) -> list[Tombstone]:
    """Institutions that are the actor's no longer, and the problems of theirs that a phone may hold."""
    gone = institutions.moved_away(actor, ctx.session, after)
    theirs = deltas.held_after_for_system(ctx.session, gone, after)
    return [*(Tombstone("institution", one) for one in gone), *(Tombstone("problem", one) for one in theirs)]


def _checklists(
    ctx: Context, actor: Actor, after: datetime | None, to_do: Sequence[AssignmentRow], told: Sequence[AssignmentRow]
) -> list[dict[str, object]]:
    """The newest version of each, and those that the tasks name; after a moment, of what was published or planned."""
    newest = checklists.list_for_system(ctx.session)
    named = {(row.checklist_code, row.checklist_version) for row in told}
    known = {(checklist.code, checklist.version) for checklist in newest}
    if after is not None:
        codes = checklists.published_since_for_system(ctx.session, after)
        newest = [checklist for checklist in newest if checklist.code in codes]
        named |= {(row.checklist_code, row.checklist_version) for row in to_do if row.checklist_code in codes}
    shown = [*newest, *checklists.versions_for_system(ctx.session, named - known)]
    return [copy_for(actor, checklist).as_document() for checklist in sorted(shown, key=lambda c: (c.code, c.version))]


def _lines(ctx: Context, rows: list[ProblemRow]) -> list[object]:
    names = institutions.names_for_system(ctx.session, {row.institution_id for row in rows})
    return [problem_view(ctx, row, names[row.institution_id]) for row in rows]
