"""The problem list, and one problem with everything that happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.paging import cut, position
from inspection.actions.turns import facts_of, holder_of
from inspection.domain import clocks, deadlines
from inspection.domain import problems as rules
from inspection.domain.actor import Actor, Grant
from inspection.domain.chain import Head
from inspection.domain.deadlines import Basis
from inspection.domain.documents import printed_basis
from inspection.domain.errors import Refused
from inspection.domain.permissions import acting, may
from inspection.domain.problem_views import (
    ClocksView,
    EventView,
    ExportedProblem,
    PetitionView,
    ProblemDetail,
    ProblemView,
    RectificationView,
    ReviewView,
)
from inspection.domain.problems import Move
from inspection.domain.views import FlagView, Page, Receipt
from inspection.storage import (
    accounts,
    evidence,
    inspections,
    institutions,
    petitions,
    problem_list,
    problems,
    rectifications,
)
from inspection.storage.petitions import PetitionRow
from inspection.storage.problems import EventRow, ProblemRow
from inspection.storage.rectifications import RectificationRow, ReviewRow

MOST_COUNTED: Final = 10_000
"""No count is made to go on for longer than this takes: a desk that opens a list of a million has no use for it."""


def list_problems(
    ctx: Context, actor: Actor, filters: Mapping[str, Any], after: tuple[str, ...] | None, limit: int
) -> Page[ProblemView]:
    """Problems in scope in the order in which they were found. `filters` by the names of `schemas.queries`; absent or
    None does not filter."""
    today, wanted = ctx.today(), _as_asked(ctx, filters)
    rows = problem_list.list_visible(actor, ctx.session, wanted, today, position(after, UUID), limit + 1)
    return cut(rows, limit, lambda row: (str(row.id),), lambda row: _line(today, *row))


def states_of(ctx: Context, actor: Actor, problem_ids: Sequence[UUID]) -> dict[UUID, ProblemView]:
    """Lines of those of these problems that are in scope, by id."""
    rows = problem_list.lines_of(actor, ctx.session, problem_ids)
    return {line.id: line for line in (line_of(ctx, row) for row in rows)}


def count_problems(ctx: Context, actor: Actor, filters: Mapping[str, Any]) -> int:
    """How many the list and the workbook have under these filters; `MOST_COUNTED` stands for as many or more."""
    return problem_list.count_visible(actor, ctx.session, _as_asked(ctx, filters), ctx.today(), MOST_COUNTED)


def _as_asked(ctx: Context, filters: Mapping[str, Any]) -> dict[str, Any]:
    """Days on which something was found, as the moments between which it was."""
    wanted = {name: value for name, value in filters.items() if name not in ("found_from", "found_to")}
    if filters.get("found_from") is not None:
        wanted["found_from"] = ctx.clock.start_of(filters["found_from"])
    if filters.get("found_to") is not None:
        wanted["found_before"] = ctx.clock.start_of(filters["found_to"] + timedelta(days=1))
    return wanted


def export_problems(ctx: Context, actor: Actor, filters: Mapping[str, Any]) -> Iterator[ExportedProblem]:
    """The whole list under the same filters, as it is read."""
    today = ctx.today()
    for row in problem_list.stream_visible(actor, ctx.session, _as_asked(ctx, filters), today):
        held = row.petition_due_on is not None
        running = row.status == "open" and row.due_on is not None
        yield ExportedProblem(
            number=row.number,
            institution=row.name,
            region_code=row.region_code,
            item_code=row.item_code,
            text=row.text,
            place=row.place,
            severity=row.severity,
            status=row.status,
            round=row.round,
            due_on=row.due_on,
            deadline_class=deadlines.classify(row.due_on, today, held=held) if running else None,
            holder=rules.holder(row.status, held=held),
            responsible=row.responsible_name,
            found_on=ctx.clock.date_of(row.found_at),
            finished_on=ctx.clock.date_of(row.finished_at) if row.finished_at else None,
            closed_on_time=row.closed_on_time,
            supervised_on=row.supervised_on,
        )


def view(ctx: Context, row: ProblemRow, institution_name: str) -> ProblemView:
    """One line of the list."""
    known: list[Any] = [getattr(row, column.name, institution_name) for column in problem_list.LISTED]
    return _line(ctx.today(), *known)


def line_of(ctx: Context, row: Sequence[Any]) -> ProblemView:
    """A line of the list from the columns of `problem_list.LISTED`."""
    return _line(ctx.today(), *row)


def _line(
    today: date,
    problem_id: UUID,
    inspection_id: UUID,
    notice_id: UUID | None,
    number: str | None,
    item_code: str | None,
    photo_rule: str,
    institution_id: UUID,
    institution_name: str,
    region_code: str,
    text: str,
    place: str | None,
    severity: str,
    red_line: str | None,
    status: str,
    number_of_round: int,
    due_on: date | None,
    due_basis: Basis | None,
    clock_on: date,
    petition: str | None,
    petition_due_on: date | None,
    supervised_on: date | None,
) -> ProblemView:
    """From the columns of `problem_list.LISTED`. Overdue is computed here and nowhere stored."""
    held = petition_due_on is not None
    deadline_class = None
    if status == "open" and due_on is not None:
        deadline_class = deadlines.classify(due_on, today, held=held)
    return ProblemView(
        problem_id,
        inspection_id,
        notice_id,
        number,
        item_code,
        photo_rule,
        institution_id,
        institution_name,
        region_code,
        text,
        place,
        severity,
        red_line,
        status,
        number_of_round,
        due_on,
        deadline_class == "overdue",
        deadline_class,
        deadlines.is_provisional(due_basis),
        rules.holder(status, held=held),
        clock_on,
        petition,
        supervised_on is not None and status not in rules.FINISHED,
    )


def view_of(ctx: Context, row: ProblemRow) -> ProblemView:
    return view(ctx, row, institutions.get_for_system(ctx.session, row.institution_id).name)


def get_problem(ctx: Context, actor: Actor, problem_id: UUID) -> ProblemDetail:
    """Facts, rounds, clocks, timeline, and what this actor may do next."""
    row = problems.get(actor, ctx.session, problem_id)
    if row is None:
        raise Refused("not_found")
    proofs = rectifications.of_problem_for_system(ctx.session, row.id)
    reviews = rectifications.reviews_of_problem_for_system(ctx.session, row.id) if proofs else []
    asked = petitions.of_problem_for_system(ctx.session, row.id)
    names = accounts.names_for_system(ctx.session, _people(reviews, asked))
    events = problems.events_for_system(ctx.session, row.id)
    return ProblemDetail(
        summary=view_of(ctx, row),
        item_text=row.item_text,
        quantity=row.quantity,
        photos=row.photos,
        basis=[{**one, "printed": printed_basis(one["law"], one["article"], one["status"])} for one in row.basis],
        advice=row.advice,
        recommendation=row.recommendation,
        responsible_kind=row.responsible_kind,
        responsible_name=row.responsible_name,
        due_days=row.due_days,
        closed_on_time=row.closed_on_time,
        clocks=_clocks(ctx, row, events),
        recurrence_of=[UUID(earlier) for earlier in row.recurrence_of],
        merged=problems.merged_into_for_system(ctx.session, row.id),
        merged_into=row.merged_into_id,
        petitions=[petition_view(one, names) for one in asked],
        rounds=_rounds(ctx, row, proofs, reviews, names),
        timeline=[EventView(event.at, event.actor_name, event.event, event.detail) for event in events],
        moves=_moves(ctx, actor, row, proofs),
    )


def _clocks(ctx: Context, row: ProblemRow, events: Sequence[EventRow]) -> ClocksView:
    happened = [clocks.Happened(ctx.clock.date_of(event.at), event.event, event.detail) for event in events]
    return ClocksView(
        holder=holder_of(row),
        until=None if row.status in rules.FINISHED else row.clock_on,
        issue_due_on=row.issue_due_on,
        ordered_due_on=row.ordered_due_on,
        extended_due_on=row.extended_due_on,
        due_on=row.due_on,
        review_due_on=row.review_due_on,
        petition_due_on=row.petition_due_on,
        supervision_due_on=row.supervision_due_on,
        held_days=clocks.held_days(happened, ctx.today()),
        late=clocks.late_days(happened, ctx.today()),
    )


def _moves(ctx: Context, actor: Actor, row: ProblemRow, proofs: Sequence[RectificationRow]) -> Sequence[Move]:
    """By the state table, for those permissions whose roles see this problem."""
    granted = set()
    sees: dict[tuple[Grant, ...], bool] = {actor.grants: True}
    for permission in {turn.permission for turn in rules.TURNS if turn.permission}:
        held = acting(actor, permission)
        if may(actor, permission) and held.grants not in sees:
            sees[held.grants] = problems.get(held, ctx.session, row.id) is not None
        if sees.get(held.grants):
            granted.add(permission)
    took_part = bool(granted) and actor.id in inspections.took_part_for_system(ctx.session, [row.inspection_id])
    petition = petitions.find_for_system(ctx.session, row.petition_id) if row.petition_id is not None else None
    asked_on = ctx.clock.date_of(petition.asked_at) if petition is not None else None
    decide_on = deadlines.petition_due_on(asked_on, ctx.calendar()) if asked_on is not None else None
    own_proof = any(proof.id == row.rectification_id and proof.submitter_id == actor.id for proof in proofs)
    facts = facts_of(row, decide_on)
    return rules.moves(facts, granted, ctx.today(), took_part=took_part, own_proof=own_proof)


def _people(reviews: Sequence[ReviewRow], asked: Sequence[PetitionRow]) -> set[UUID]:
    """Everybody who is named in the rounds and the requests."""
    named = [(review.reviewer_id, review.second_reviewer_id) for review in reviews]
    named += [(petition.asked_by_id, petition.decided_by_id) for petition in asked]
    return {person for pair in named for person in pair if person is not None}


def _rounds(
    ctx: Context,
    row: ProblemRow,
    proofs: Sequence[RectificationRow],
    reviews: Sequence[ReviewRow],
    names: Mapping[UUID, str],
) -> list[RectificationView]:
    waiting = [proof.id for proof in proofs if proof.whole_at is None]
    missing = evidence.missing_by_subject_for_system(ctx.session, waiting)
    return [
        rectification_view(
            proof,
            row.status,
            missing.get(proof.id, ()),
            [
                ReviewView(
                    id=review.id,
                    decision=review.decision,
                    comment=review.comment,
                    method=review.method,
                    reviewer=names[review.reviewer_id],
                    second_reviewer=names[review.second_reviewer_id] if review.second_reviewer_id else None,
                    new_due_on=review.new_due_on,
                    photos=review.photos,
                    decided_at=review.decided_at,
                )
                for review in reviews
                if review.rectification_id == proof.id
            ],
        )
        for proof in proofs
    ]


def rectification_view(
    proof: RectificationRow,
    problem_status: str,
    missing: Sequence[str],
    reviews: Sequence[ReviewView] = (),
    log: Head | None = None,
) -> RectificationView:
    """A proof as its unit and its reviewer see it; the receipt stands once every photo named is stored, and names the
    entry `log` of the audit log where that was asked for."""
    receipt = None
    if proof.whole_at is not None and proof.receipt_code is not None:
        receipt = Receipt(
            code=proof.receipt_code,
            received_at=proof.received_at,
            completed_at=proof.whole_at,
            content_sha256=proof.content_sha256,
            photos=sorted(proof.photos),
            log=log,
        )
    return RectificationView(
        id=proof.id,
        problem_id=proof.problem_id,
        round=proof.round,
        description=proof.description,
        completed_on=proof.completed_on,
        photos=proof.photos,
        on_the_spot=proof.on_the_spot,
        received_at=proof.received_at,
        content_sha256=proof.content_sha256,
        state="incomplete" if proof.whole_at is None else "complete",
        missing_photos=missing,
        receipt=receipt,
        outcome=proof.outcome,
        problem_status=problem_status,
        flags=[FlagView(flag["code"], flag["pointer"]) for flag in proof.flags],
        reviews=reviews,
    )


def petition_view(row: PetitionRow, names: Mapping[UUID, str]) -> PetitionView:
    return PetitionView(
        id=row.id,
        kind=row.kind,
        reason=row.reason,
        requested_due_on=row.requested_due_on,
        old_due_on=row.old_due_on,
        holds=row.holds and row.decision is None,
        asked_by=names[row.asked_by_id],
        asked_at=row.asked_at,
        state="pending" if row.decision is None else row.decision,
        comment=row.comment,
        decided_by=names[row.decided_by_id] if row.decided_by_id else None,
        decided_at=row.decided_at,
        after_due_on=row.after_due_on,
    )
