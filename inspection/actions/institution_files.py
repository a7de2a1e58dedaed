"""Institutions as the desk shows them: the list with what stands open, the file of each, where changes would lead."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.inspection_records import line as inspection_line
from inspection.actions.institution_changes import answered_for
from inspection.actions.institutions import list_institutions, view
from inspection.actions.notices import list_notices
from inspection.actions.problems import line_of
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.institution_views import (
    ChangeProspects,
    InstitutionFile,
    InstitutionLine,
    Predecessor,
    ProofOutcomes,
    Recurrence,
)
from inspection.domain.institutions import CHANGES, already_decided
from inspection.domain.views import InstitutionChangeView, InstitutionView, Page
from inspection.storage import inspection_lines, institution_files, institutions, problems

MOST_PROBLEMS: Final = 200
MOST_INSPECTIONS: Final = 50
MOST_NOTICES: Final = 50
MOST_CANDIDATES: Final = 20


def list_lines(
    ctx: Context,
    actor: Actor,
    *,
    text: str | None,
    kind: str | None,
    region: str | None,
    inspected: tuple[date | None, date | None],
    after: tuple[str, ...] | None,
    limit: int,
) -> Page[InstitutionLine]:
    """Institutions in scope by name, each with what is unfinished there."""
    listed = list_institutions(
        ctx,
        actor,
        text=text,
        kind=kind,
        region=region,
        inspected_from=inspected[0],
        inspected_to=inspected[1],
        after=after,
        limit=limit,
    )
    counts = institution_files.unfinished_by(actor, ctx.session, [one.id for one in listed.items], ctx.today())
    return Page([InstitutionLine(one, *counts.get(one.id, (0, 0))) for one in listed.items], listed.next_key)


def get_file(ctx: Context, actor: Actor, institution_id: UUID) -> InstitutionFile:
    """一校一档. Raises `not_found`."""
    found = institution_files.get_with_successor(actor, ctx.session, institution_id)
    if found is None:
        raise Refused("not_found")
    row, successor, seen = found
    regions = institutions.region_names_for_system(ctx.session)
    of_it = {"institution": institution_id}
    visits = inspection_lines.list_newest(actor, ctx.session, of_it, None, MOST_INSPECTIONS + 1)
    rows = institution_files.problems(actor, ctx.session, institution_id, MOST_PROBLEMS + 1)
    issued = list_notices(ctx, actor, institution_id, None, MOST_NOTICES)
    own = institutions.own_of(actor, ctx.session)
    return InstitutionFile(
        about=view(row, regions),
        successor=(row.successor_id, successor, seen) if row.successor_id and successor else None,
        predecessors=[Predecessor(*one) for one in institution_files.predecessors(actor, ctx.session, institution_id)],
        inspections=[inspection_line(own, one) for one in visits[:MOST_INSPECTIONS]],
        more_inspections=len(visits) > MOST_INSPECTIONS,
        problems=[line_of(ctx, one[:-1]) for one in rows[:MOST_PROBLEMS]],
        more_problems=len(rows) > MOST_PROBLEMS,
        recurrences=_recurrences(ctx, rows),
        proofs=_proofs(ctx, institution_id),
        notices=issued.items,
        more_notices=issued.next_key is not None,
        changes=[
            InstitutionChangeView(one.kind, one.effective_on, one.before, one.after, one.reason, by, one.at)
            for one, by in institution_files.changes_for_system(ctx.session, institution_id)
        ],
        regions=regions,
    )


def _recurrences(ctx: Context, rows: Any) -> list[Recurrence]:
    numbers = {str(row.id): row.number for row in rows}
    return [
        Recurrence(line_of(ctx, row[:-1]), [(UUID(one), numbers.get(one)) for one in row.recurrence_of])
        for row in rows
        if row.recurrence_of
    ]


def _proofs(ctx: Context, institution_id: UUID) -> ProofOutcomes:
    counts = institution_files.proofs_for_system(ctx.session, institution_id)
    return ProofOutcomes(
        counts.get("accepted", 0), counts.get("returned", 0), counts.get("lapsed", 0), counts.get(None, 0)
    )


def get_change_prospects(ctx: Context, actor: Actor, institution_id: UUID, text: str | None) -> ChangeProspects:
    """Before a change is decided. `text`: what the successor's name has in it. Raises `not_found`."""
    row = institutions.get(actor, ctx.session, institution_id)
    if row is None:
        raise Refused("not_found")
    names = institutions.region_names_for_system(ctx.session)
    family = [row.id, *(one.id for one in institutions.predecessors_for_system(ctx.session, row.id))]
    unfinished = len(problems.unfinished_of_for_system(ctx.session, family))
    closed, answered = row.closed_on is not None, answered_for(ctx, row)
    found = institutions.list_visible(
        actor, ctx.session, text=text, kind=None, region_prefix=None, after=None, limit=MOST_CANDIDATES + 1
    )
    inside = [grant.region_prefix for grant in actor.grants if grant.region_code]
    return ChangeProspects(
        about=view(row, names),
        kinds=[
            kind
            for kind in CHANGES
            if not already_decided(kind, closed=closed, answered_for=answered, unfinished=unfinished)
        ],
        unfinished=unfinished,
        planned=institution_files.count_planned_for_system(ctx.session, row.id),
        regions=[
            (code, name)
            for code, name in sorted(names.items())
            if code != row.region_code and any(code.startswith(prefix) for prefix in inside)
        ],
        candidates=[view(one, names) for one in found if one.id != row.id and one.closed_on is None] if text else [],
    )


def about(ctx: Context, actor: Actor, institution_id: UUID) -> InstitutionView:
    """One institution without its history. Raises `not_found`."""
    row = institutions.get(actor, ctx.session, institution_id)
    if row is None:
        raise Refused("not_found")
    return view(row, institutions.region_names_for_system(ctx.session))
