"""What a phone needs for a day without signal, whole or what changed since it last asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from inspection.actions import assignments as planning
from inspection.actions.checklists import copy_for
from inspection.actions.context import Context
from inspection.actions.evidence import LARGEST
from inspection.actions.institutions import view as institution_view
from inspection.actions.problems import view as problem_view
from inspection.domain.actor import Actor
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.problems import FINISHED
from inspection.domain.views import SyncView, Tombstone
from inspection.images.facts import JPEG_PIXELS, OTHER_PIXELS
from inspection.storage import accounts, assignments, calendar, checklists, installation, institutions, problems
from inspection.storage.problems import ProblemRow

OVERLAP: Final = timedelta(minutes=10)
"""A row may be committed later than its time says; no transaction lives as long as this."""

YEARS_BACK, YEARS_AHEAD = 1, 1


def sync(ctx: Context, actor: Actor, since: datetime | None) -> SyncView:
    """With `since` (an earlier `next`), what changed after it and what is to be forgotten; whole without it, and where
    the actor's rights changed meanwhile or the moment lies in the future."""
    now = ctx.now()
    after = since - OVERLAP if since is not None and since <= now + OVERLAP else None
    if after is not None and accounts.rights_changed_for_system(ctx.session, actor.id, after):
        after = None
    to_do = assignments.own_to_do(actor, ctx.session)
    places = institutions.all_visible(actor, ctx.session, after)
    if after is None:
        found = list(problems.unfinished_visible(actor, ctx.session))
        held = {row.institution_id for row in found}
        places = [place for place in places if place.closed_on is None or place.id in held]
        deleted: list[Tombstone] = []
    else:
        changed = problems.changed_visible(actor, ctx.session, after)
        found = [row for row in changed if row.status not in FINISHED]
        moved = set(assignments.own_changed(actor, ctx.session, after))
        deleted = [
            *(Tombstone("problem", row.id) for row in changed if row.status in FINISHED),
            *(Tombstone("assignment", gone) for gone in sorted(moved - {row.id for row in to_do})),
            *_moved_away(ctx, actor, after),
        ]
        to_do = [row for row in to_do if row.id in moved]
    regions = institutions.region_names_for_system(ctx.session)
    known = installation.get_for_system(ctx.session)
    assert known is not None
    return SyncView(
        full=after is None,
        assignments=planning.views(ctx, to_do),
        institutions=[institution_view(place, regions) for place in places],
        checklists=_checklists(ctx, actor, after),
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
        server_time=now,
        installation_id=known.installation_id,
        next=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )


def _moved_away(ctx: Context, actor: Actor, after: datetime) -> list[Tombstone]:
    """Institutions that are the actor's no longer, and their unfinished problems."""
    gone = institutions.moved_away(actor, ctx.session, after)
    theirs = problems.unfinished_of_for_system(ctx.session, gone)
    return [*(Tombstone("institution", one) for one in gone), *(Tombstone("problem", one) for one in theirs)]


def _checklists(ctx: Context, actor: Actor, after: datetime | None) -> list[dict[str, object]]:
    """The newest version of each; after a moment, of those of which one was published."""
    newest = checklists.list_for_system(ctx.session)
    if after is not None:
        codes = checklists.published_since_for_system(ctx.session, after)
        newest = [checklist for checklist in newest if checklist.code in codes]
    return [copy_for(actor, checklist).as_document() for checklist in newest]


def _lines(ctx: Context, rows: list[ProblemRow]) -> list[object]:
    names = institutions.names_for_system(ctx.session, {row.institution_id for row in rows})
    return [problem_view(ctx, row, names[row.institution_id]) for row in rows]
