"""Issuing a notice: findings become orders with a number and a deadline, in a document that never changes again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from inspection.actions.context import Context, new_id
from inspection.actions.issuing import apply_issue, fact_of
from inspection.actions.notice_documents import as_document, frozen_row
from inspection.actions.paging import cut, moment, position
from inspection.actions.turns import overtaken
from inspection.actions.visits import visit_flags
from inspection.actions.withdrawals import withdrawn_meanwhile
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.documents import NoticeDocument
from inspection.domain.errors import Fault, Refused
from inspection.domain.incoming import Incoming
from inspection.domain.notices import ORDERING, Acknowledgement, Issue, faults_of, frozen_service
from inspection.domain.problem_views import AcknowledgementView, NoticeLine, NoticeRowView, NoticeView
from inspection.domain.problems import number as problem_number
from inspection.domain.views import Page, Stored
from inspection.storage import accounts, evidence, inspections, institutions, notices, problems
from inspection.storage.db import insert_rows
from inspection.storage.inspections import InspectionRow
from inspection.storage.institutions import InstitutionRow
from inspection.storage.notices import AcknowledgementRow
from inspection.storage.notices import NoticeRow as IssuedRow
from inspection.storage.problems import ProblemRow
from inspection.storage.unit import once_more, unit


@once_more
def issue_notice(ctx: Context, actor: Actor, notice_id: UUID, incoming: Incoming[Issue]) -> Stored[NoticeView]:
    """Findings that are kept become `open` with number and deadline, dropped ones `void`; what runs already gets its
    number only. All in one unit, the document's bytes included.

    Raises `conflict`, `not_found`, `already_issued`, `document_number_taken`, `four_eyes`, `wrong_state` (anything but
    keeping what runs already), `already_withdrawn`, `invalid`.
    """
    known = notices.find_for_system(ctx.session, notice_id)
    if known is not None:
        if known.issuer_id != actor.id or known.content_sha256 != incoming.sha256:
            raise Refused("conflict")
        return Stored(_view(ctx, known), created=False)
    read = incoming.read
    issue = read.value
    if issue is None or not issue.inspection_ids:
        raise Refused("invalid", read.faults or [Fault("/inspection_ids", "required")])
    with unit(ctx.session):
        row = _issue_in_unit(ctx, actor, notice_id, incoming, issue)
        return Stored(_view(ctx, row), created=True)


class _NotIssued(Exception):
    """Carries what would have been issued out of a unit that is given up."""

    def __init__(self, document: NoticeDocument) -> None:
        super().__init__()
        self.document = document


def preview_notice(ctx: Context, actor: Actor, incoming: Incoming[Issue]) -> NoticeDocument:
    """The notice exactly as it would read: it is issued and given up before it stands. Raises what issuing raises."""
    read = incoming.read
    if read.value is None or not read.value.inspection_ids:
        raise Refused("invalid", read.faults or [Fault("/inspection_ids", "required")])
    try:
        with unit(ctx.session):
            row = _issue_in_unit(ctx, actor, new_id(), incoming, read.value)
            raise _NotIssued(as_document(row.frozen, row.document_number, row.issued_on))
    except _NotIssued as given_up:
        return given_up.document


def _issue_in_unit(ctx: Context, actor: Actor, notice_id: UUID, incoming: Incoming[Issue], issue: Issue) -> IssuedRow:
    if issue.service.photo is not None:
        accounts.lock_person_for_system(ctx.session, actor.id)
    of_inspections = inspections.lock_many(actor, ctx.session, issue.inspection_ids)
    if {row.id for row in of_inspections} != set(issue.inspection_ids) or not of_inspections:
        raise Refused("not_found")
    institution = institutions.get_for_system(ctx.session, of_inspections[0].institution_id)
    rows = problems.lock_of_inspections_for_system(ctx.session, issue.inspection_ids)
    _check_state(ctx, actor, institution, of_inspections, rows, issue)
    found = [row for row in rows if row.status != "void"]
    start = deadlines.notice_start(issue.issued_on, issue.service.on)
    inspected_on = min(min(row.inspected_on, ctx.clock.date_of(row.received_at)) for row in of_inspections)
    facts = [fact_of(row) for row in found]
    faults = [*incoming.read.faults, *faults_of(issue, facts, inspected_on, ctx.today(), start)]
    if len({row.institution_id for row in of_inspections}) > 1:
        faults.append(Fault("/inspection_ids", "different_institutions"))
    if faults:
        raise Refused("invalid", faults)
    return _issue(ctx, actor, notice_id, incoming, issue, institution, of_inspections, found, start)


def _check_state(
    ctx: Context,
    actor: Actor,
    institution: InstitutionRow,
    of_inspections: Sequence[InspectionRow],
    found: Sequence[ProblemRow],
    issue: Issue,
) -> None:
    issued = next((row.notice_id for row in of_inspections if row.notice_id is not None), None)
    if issued is not None:
        raise Refused("already_issued", extra=_issued_meanwhile(ctx, issued))
    if any(row.withdrawn_at is not None for row in of_inspections):
        gone = next(row for row in of_inspections if row.withdrawn_at is not None)
        raise withdrawn_meanwhile(ctx, gone, "already_withdrawn")
    if notices.number_taken_for_system(ctx.session, institution.region_code, issue.document_number):
        raise Refused("document_number_taken")
    named = {decision.problem_id for decision in issue.items}
    for row in found:
        wanted = issue.decision_on(fact_of(row)).action
        if (row.status == "void" and row.id in named) or (row.status not in ("void", "found") and wanted != "keep"):
            raise overtaken(ctx, row)
    if actor.id in inspections.took_part_for_system(ctx.session, issue.inspection_ids):
        raise Refused("four_eyes")


def _issued_meanwhile(ctx: Context, notice_id: UUID) -> dict[str, str]:
    """By whom and when, for whoever comes too late."""
    notice = notices.find_for_system(ctx.session, notice_id)
    assert notice is not None
    by = accounts.names_for_system(ctx.session, {notice.issuer_id})[notice.issuer_id]
    at = ctx.clock.local(notice.issued_at).isoformat()
    return {"notice_id": str(notice_id), "document_number": notice.document_number, "issued_by": by, "issued_at": at}


def _issue(
    ctx: Context,
    actor: Actor,
    notice_id: UUID,
    incoming: Incoming[Issue],
    issue: Issue,
    institution: InstitutionRow,
    of_inspections: Sequence[InspectionRow],
    found: Sequence[ProblemRow],
    start: date,
) -> IssuedRow:
    year = issue.issued_on.year
    sequence = notices.next_sequence_for_system(ctx.session, institution.region_code, year)
    position = 0
    for row in found:
        if issue.decision_on(fact_of(row)).action in ORDERING:
            position += 1
            row.number = problem_number(institution.region_code, year, sequence, position)
            row.notice_id = notice_id
    decided, flags = apply_issue(ctx, actor, issue, found, notice_id, start)
    ctx.session.flush()
    flags += visit_flags(ctx, of_inspections)
    for inspection in of_inspections:
        inspection.notice_id = notice_id
    frozen = {
        "inspection_ids": [str(row.id) for row in of_inspections],
        "inspected_on": sorted({row.inspected_on.isoformat() for row in of_inspections}),
        "institution_name": institution.name,
        "region_name": "".join(institutions.region_names_upward_for_system(ctx.session, institution.region_code)),
        "department": actor.organisation,
        "signer": issue.signer,
        "opinion": issue.opinion,
        "service": frozen_service(issue.service),
        "rows": [frozen_row(row, decision.action) for row, decision in decided],
        "flags": flags,
    }
    document = ctx.render_notice(as_document(frozen, issue.document_number, issue.issued_on))
    insert_rows(
        ctx.session,
        IssuedRow,
        [
            {
                "id": notice_id,
                "institution_id": institution.id,
                "document_number": issue.document_number,
                "district": institution.region_code,
                "year": year,
                "sequence": sequence,
                "issuer_id": actor.id,
                "issued_on": issue.issued_on,
                "issued_at": ctx.now(),
                "content_sha256": incoming.sha256,
                "body": incoming.raw,
                "frozen": frozen,
                "document": document,
                "document_sha256": hashlib.sha256(document).hexdigest(),
            },
        ],
    )
    if issue.service.photo is not None:
        evidence.name_photos(
            actor,
            ctx.session,
            subject="notice",
            subject_id=notice_id,
            institution_id=institution.id,
            hashes=[issue.service.photo],
            here=evidence.uploaded_by(actor, ctx.session, [issue.service.photo]),
            at=ctx.now(),
        )
    _tell_unit(ctx, institution, issue, notice_id, found)
    ctx.record(actor, "issue_notice", "notice", notice_id, number=issue.document_number, sha256=incoming.sha256)
    made = notices.find_for_system(ctx.session, notice_id)
    assert made is not None
    return made


def _tell_unit(
    ctx: Context, institution: InstitutionRow, issue: Issue, notice_id: UUID, found: Sequence[ProblemRow]
) -> None:
    running = [row for row in found if row.status == "open" and row.due_on is not None]
    params = {
        "document_number": issue.document_number,
        "notice_id": str(notice_id),
        "institution": institution.name,
        "count": len(running),
        "due_on": min((row.due_on.isoformat() for row in running if row.due_on), default=None),
    }
    ctx.tell("notice_issued", ("unit",), institution.id, institution.region_code, None, params)


def list_notices(
    ctx: Context,
    actor: Actor,
    institution_id: UUID | None,
    after: tuple[str, ...] | None,
    limit: int,
    *,
    acknowledged: bool | None = None,
) -> Page[NoticeLine]:
    """Notices in scope, the newest first; those alone that are `acknowledged`, or are not."""
    begin = position(after, moment, UUID)
    rows = notices.list_visible(actor, ctx.session, institution_id, begin, limit + 1, acknowledged=acknowledged)
    return cut(rows, limit, lambda row: (row[0].issued_at.isoformat(), str(row[0].id)), lambda row: _line(*row))


def unacknowledged(ctx: Context, actor: Actor) -> list[NoticeLine]:
    """Notices in scope of whose receipt nobody has said anything, the oldest first."""
    return [_line(row, None) for row in notices.unacknowledged(actor, ctx.session)]


def _line(row: IssuedRow, acknowledged_at: datetime | None) -> NoticeLine:
    return NoticeLine(
        id=row.id,
        document_number=row.document_number,
        institution_id=row.institution_id,
        institution_name=row.frozen["institution_name"],
        issued_on=row.issued_on,
        signer=row.frozen["signer"],
        problems=sum(line["action"] in ORDERING for line in row.frozen["rows"]),
        acknowledged_at=acknowledged_at,
    )


def get_notice(ctx: Context, actor: Actor, notice_id: UUID) -> NoticeView:
    row = notices.get(actor, ctx.session, notice_id)
    if row is None:
        raise Refused("not_found")
    return _view(ctx, row)


@once_more
def acknowledge_notice(
    ctx: Context, actor: Actor, notice_id: UUID, incoming: Incoming[Acknowledgement]
) -> Stored[NoticeView]:
    """签收, once per notice. Raises `not_found`, `conflict` (acknowledged otherwise already), `invalid`."""
    with unit(ctx.session):
        notice = notices.get(actor, ctx.session, notice_id)
        if notice is None:
            raise Refused("not_found")
        known = notices.acknowledgement_for_system(ctx.session, notice_id)
        if known is not None:
            if known.user_id != actor.id or known.content_sha256 != incoming.sha256:
                raise Refused("conflict")
            return Stored(_view(ctx, notice), created=False)
        given = incoming.load()
        insert_rows(
            ctx.session,
            AcknowledgementRow,
            [
                {
                    "notice_id": notice_id,
                    "user_id": actor.id,
                    "name": given.name,
                    "title": given.title,
                    "acknowledged_at": ctx.now(),
                    "content_sha256": incoming.sha256,
                    "body": incoming.raw,
                },
            ],
        )
        problems.add_events_for_system(
            ctx.session,
            [
                ctx.event(UUID(row["problem_id"]), actor, "acknowledged", notice_id=str(notice_id), name=given.name)
                for row in notice.frozen["rows"]
                if row["action"] in ORDERING
            ],
        )
        ctx.record(actor, "acknowledge_notice", "notice", notice_id)
        return Stored(_view(ctx, notice), created=True)


def _view(ctx: Context, row: IssuedRow) -> NoticeView:
    given = notices.acknowledgement_for_system(ctx.session, row.id)
    return NoticeView(
        id=row.id,
        document_number=row.document_number,
        institution_id=row.institution_id,
        inspection_ids=[UUID(text) for text in row.frozen["inspection_ids"]],
        issued_on=row.issued_on,
        issued_at=row.issued_at,
        signer=row.frozen["signer"],
        opinion=row.frozen["opinion"],
        service=row.frozen["service"],
        content_sha256=row.content_sha256,
        document_sha256=row.document_sha256,
        problems=[
            NoticeRowView(
                problem_id=UUID(line["problem_id"]),
                number=line["number"],
                action=line["action"],
                text=line["text"],
                place=line["place"],
                severity=line["severity"],
                status=line["status"],
                due_on=date.fromisoformat(line["due_on"]) if line["due_on"] else None,
                provisional=line["provisional"],
            )
            for line in row.frozen["rows"]
        ],
        flags=row.frozen["flags"],
        acknowledgement=AcknowledgementView(given.name, given.title, given.acknowledged_at) if given else None,
    )
