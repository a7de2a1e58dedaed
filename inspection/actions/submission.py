"""Handing in an inspection: judged before the unit, stored with everything it leads to inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from checklists.engine import Flag
from checklists.model import Checklist
from inspection.actions.context import Context
from inspection.actions.findings import add_problems
from inspection.actions.inspections import view
from inspection.actions.withdrawals import supersede
from inspection.domain import deadlines
from inspection.domain import inspections as rules
from inspection.domain.actor import Actor
from inspection.domain.assignments import assignment_flags
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.inspections import Submission
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.views import InspectionView, Stored
from inspection.storage import accounts, assignments, checklists, evidence, inspections, institutions, problems
from inspection.storage.db import insert_rows
from inspection.storage.inspections import InspectionRow, ParticipantRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.unit import once_more, unit


@dataclass(frozen=True, slots=True)
class _Judged:
    """A submission without faults, and what was made of it before the unit."""

    submission: Submission
    checklist: Checklist
    institution: InstitutionRow
    inspected_on: date
    circumstances: rules.Circumstances
    received_at: datetime
    offset_s: float | None
    findings: Sequence[rules.Finding]
    rechecked: Sequence[tuple[Mapping[str, Any], UUID]]
    flags: Sequence[Flag]


@once_more
def submit_inspection(
    ctx: Context, actor: Actor, inspection_id: UUID, incoming: Incoming[Submission]
) -> Stored[InspectionView]:
    """Take in an inspection: its findings become problems, its photos a manifest.

    The same bytes again are answered with the resource as it is now. Raises `conflict`, `not_found` (institution out
    of scope), `invalid` with every fault of shape and of the checklist. Nothing that is merely odd is refused.
    """
    if inspections.exists_for_system(ctx.session, inspection_id):
        return Stored(_known(ctx, actor, inspection_id, incoming.sha256), created=False)
    judged = _judge(ctx, actor, incoming)
    with unit(ctx.session):
        named = judged.submission.photos
        if named:
            accounts.lock_person_for_system(ctx.session, actor.id)
        superseded = judged.submission.supersedes
        left = supersede(ctx, actor, superseded, inspection_id) if superseded is not None else None
        if left is not None:
            judged = replace(judged, flags=[*judged.flags, Flag(left, "/supersedes")])
        here = evidence.uploaded_by(actor, ctx.session, named)
        row = _insert(ctx, actor, inspection_id, incoming, judged, whole=here >= set(named))
        lines = add_problems(
            ctx,
            actor,
            inspection_id,
            judged.institution,
            rules_found=judged.findings,
            checklist=judged.checklist,
            inspected_on=judged.inspected_on,
        )
        _add_rechecks(ctx, actor, inspection_id, judged)
        if judged.submission.assignment_id is not None and not judged.submission.goes_ahead:
            assignments.done_by_for_system(
                ctx.session,
                judged.submission.assignment_id,
                judged.institution.id,
                actor.id,
                inspection_id,
                superseded,
                ctx.now(),
            )
        evidence.name_photos(
            actor,
            ctx.session,
            subject="inspection",
            subject_id=inspection_id,
            institution_id=judged.institution.id,
            hashes=named,
            here=here,
            at=ctx.now(),
        )
        complete = row.complete_at is not None
        ctx.record(actor, "submit_inspection", "inspection", inspection_id, sha256=incoming.sha256, complete=complete)
        return Stored(view(ctx, row, lines=lines, photos=sorted(named)), created=True)


def _known(ctx: Context, actor: Actor, inspection_id: UUID, sha256: str) -> InspectionView:
    known = inspections.find_for_system(ctx.session, inspection_id)
    assert known is not None
    if known.submitter_id != actor.id or known.content_sha256 != sha256:
        raise Refused("conflict")
    return view(ctx, known)


def _judge(ctx: Context, actor: Actor, incoming: Incoming[Submission]) -> _Judged:
    """Scope, then every fault at once, then the flags; reads only."""
    read = incoming.read
    submission = read.value
    if submission is None:
        raise Refused("invalid", read.faults)
    institution = institutions.get(actor, ctx.session, submission.institution_id)
    moved = institution is None
    if institution is None:
        institution = institutions.get_lately(actor, ctx.session, submission.institution_id, _lately(ctx))
    if institution is None:
        raise Refused("not_found")
    moved = moved and actor.own.isdisjoint({institution.id, institution.successor_id})
    ctx.session.expunge(institution)  # read after the unit has ended this transaction
    faults = list(read.faults)
    checklist, newest = checklists.find_with_newest_for_system(
        ctx.session, submission.checklist_code, submission.checklist_version
    )
    if checklist is None:
        raise Refused("invalid", [*faults, Fault("/checklist", "unknown_checklist")])
    received_at = ctx.now()
    # a clock that runs ahead is flagged; nothing was inspected after it was received
    inspected_on = ctx.clock.date_of(min(submission.finished_at, received_at))
    circumstances = rules.Circumstances(rules.attributes_of(submission, institution.profile), ctx.calendar().terms)
    outcome = rules.judge(submission, checklist, circumstances, inspected_on)
    faults += [Fault(f.pointer, f.code, f.params) for f in outcome.faults]
    faults += rules.manifest_faults(submission)
    rechecked, recheck_faults, recheck_flags = _rechecks(ctx, actor, submission, institution.id)
    faults += recheck_faults
    if faults:
        raise Refused("invalid", faults)
    found = rules.findings(submission, checklist, outcome.failing)
    offset = received_at - incoming.client_clock if incoming.client_clock else None
    flags = [
        *outcome.flags,
        *rules.oddities(
            submission,
            found=found,
            checklist=checklist,
            newest_version=newest,
            institution_kind=institution.kind,
            received_at=received_at,
            clock_offset=offset,
            organisation=actor.organisation,
            institution_closed=institution.closed_on is not None and institution.closed_on <= inspected_on,
            institution_moved=moved,
        ),
        *_assignment(ctx, actor, submission),
        *recheck_flags,
        *_after_the_role(actor, submission),
    ]
    return _Judged(
        submission=submission,
        checklist=checklist,
        institution=institution,
        inspected_on=inspected_on,
        circumstances=circumstances,
        received_at=received_at,
        offset_s=offset.total_seconds() if offset is not None else None,
        findings=found,
        rechecked=rechecked,
        flags=flags,
    )


def _after_the_role(actor: Actor, submission: Submission) -> list[Flag]:
    """What was captured while the role was held is taken for some days; what was begun after it ended is so marked."""
    over = actor.ended_at is not None and submission.started_at > actor.ended_at
    return [Flag("role_ended_before", "/started_at")] if over else []


def _lately(ctx: Context) -> datetime:
    """Who saw an institution after this moment may still hand in what he captured there."""
    return ctx.now() - timedelta(days=HANDING_IN_DAYS)


def _assignment(ctx: Context, actor: Actor, submission: Submission) -> list[Flag]:
    """What is odd about the task that the submission names: nothing of it refuses field work."""
    if submission.assignment_id is None:
        return []
    row = assignments.find_for_system(ctx.session, submission.assignment_id)
    if row is None or row.institution_id != submission.institution_id:
        return [Flag("assignment_unknown", "/assignment_id")]
    own = [one for one in assignments.team_of_for_system(ctx.session, [row.id]) if one.user_id == actor.id]
    sections = own[0].sections if own else None
    return assignment_flags(submission, cancelled=row.cancelled_at is not None, assigned=bool(own), sections=sections)


def _rechecks(
    ctx: Context, actor: Actor, submission: Submission, institution_id: UUID
) -> tuple[list[tuple[Mapping[str, Any], UUID]], list[Fault], list[Flag]]:
    """Which rechecks speak of unfinished problems of this institution, or of one that was merged into it; the others
    are kept and flagged."""
    rechecked: list[tuple[Mapping[str, Any], UUID]] = []
    faults: list[Fault] = []
    flags: list[Flag] = []
    merged = institutions.predecessors_for_system(ctx.session, institution_id) if submission.rechecks else ()
    here = {institution_id, *(earlier.id for earlier in merged)}
    for index, recheck in enumerate(submission.rechecks):
        problem = problems.get_lately(actor, ctx.session, recheck["problem_id"], _lately(ctx))
        at = f"/rechecks/{index}"
        if problem is None or problem.institution_id not in here:
            flags.append(Flag("recheck_unknown", at))
            continue
        if problem.photo_rule == "forbidden":
            faults += [
                Fault(f"{at}/photos/{position}", "photo_forbidden", {"item": problem.item_code})
                for position in range(len(recheck.get("photos") or ()))
            ]
        if problem.finished_at is not None:
            flags.append(Flag("recheck_of_finished", at))
        else:
            rechecked.append((recheck, problem.id))
    return rechecked, faults, flags


def _insert(
    ctx: Context, actor: Actor, inspection_id: UUID, incoming: Incoming[Submission], judged: _Judged, *, whole: bool
) -> InspectionRow:
    """The record and its participants; if no photo is missing it is complete at once. The row is no part of the
    session: nothing else of it is read in this unit."""
    submission = judged.submission
    values = {
        "id": inspection_id,
        "institution_id": judged.institution.id,
        "region_code": judged.institution.region_code,
        "visit_id": submission.visit_id,
        "submitter_id": actor.id,
        "mode": submission.mode,
        "checklist_code": judged.checklist.code,
        "checklist_version": judged.checklist.version,
        "supersedes_id": submission.supersedes,
        "started_at": submission.started_at,
        "finished_at": submission.finished_at,
        "inspected_on": judged.inspected_on,
        "received_at": judged.received_at,
        "client_version": incoming.client_version,
        "clock_offset_s": judged.offset_s,
        "content_sha256": incoming.sha256,
        "body": incoming.raw,
        "answered": list(submission.answers),
        "counts": rules.counts_of(submission, judged.checklist),
        "flags": [{"code": flag.code, "pointer": flag.pointer} for flag in judged.flags],
        "circumstances": judged.circumstances.as_kept(),
        "issue_due_on": deadlines.issue_due_on(ctx.clock.date_of(judged.received_at), ctx.calendar()),
        "complete_at": judged.received_at if whole else None,
        "receipt_code": rules.short_code(incoming.sha256) if whole else None,
        "notice_id": None,
        "withdrawn_at": None,
    }
    insert_rows(ctx.session, InspectionRow, [values])
    rows = [
        {
            "inspection_id": inspection_id,
            "position": position,
            "user_id": person.get("user_id"),
            "name": person["name"],
            "organisation": person["organisation"],
        }
        for position, person in enumerate(submission.participants)
    ]
    insert_rows(ctx.session, ParticipantRow, rows)
    return InspectionRow(**values)


def _add_rechecks(ctx: Context, actor: Actor, inspection_id: UUID, judged: _Judged) -> None:
    events = [
        ctx.event(
            problem_id,
            actor,
            "rechecked",
            inspection_id=str(inspection_id),
            fixed=recheck["fixed"],
            note=recheck.get("note"),
            photos=list(recheck.get("photos") or ()),
        )
        for recheck, problem_id in judged.rechecked
    ]
    problems.add_events_for_system(ctx.session, events)
