"""What a notice does to each finding: kept with a number and a date, dropped, merged into another, transferred."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from inspection.actions.context import Context
from inspection.actions.orders import move_to_department
from inspection.actions.petitions import apply_decision
from inspection.actions.turns import make_void, set_clock, set_due, settle_petition, tell_of, turned
from inspection.domain import deadlines
from inspection.domain.actor import Actor
from inspection.domain.inspections import is_lower
from inspection.domain.notices import Decision, Fact, Issue
from inspection.domain.petitions import PetitionDecision
from inspection.storage import petitions
from inspection.storage.problems import ProblemRow


def fact_of(row: ProblemRow) -> Fact:
    return Fact(
        id=row.id,
        status=row.status,
        severity=row.severity,
        responsible_kind=row.responsible_kind,
        responsible_name=row.responsible_name,
        objected=row.petition_kind == "objection",
    )


def apply_issue(
    ctx: Context, actor: Actor, issue: Issue, found: Sequence[ProblemRow], notice_id: UUID, start: date
) -> tuple[list[tuple[ProblemRow, Decision]], list[dict[str, str]]]:
    """Make every decision of a notice; the decisions in their order, and what is odd about them."""
    flags: list[dict[str, str]] = []
    decided = []
    for row in found:
        decision = issue.decision_on(fact_of(row))
        apply_to(ctx, actor, row, decision, notice_id, start, flags)
        decided.append((row, decision))
    for row, decision in decided:
        if decision.action == "merge" and decision.into is not None:
            target = next(other for other in found if other.id == decision.into)
            turned(ctx, actor, target, "merged_here", merged_id=str(row.id), text=row.text, photos=row.photos)
    return decided, flags


def apply_to(
    ctx: Context,
    actor: Actor,
    row: ProblemRow,
    decision: Decision,
    notice_id: UUID,
    start: date,
    flags: list[dict[str, str]],
) -> None:
    about: dict[str, Any] = {"notice_id": str(notice_id), "reason": decision.reason}
    _decide_objection(ctx, actor, row, decision)
    if row.status != "found" and decision.action != "drop":
        if decision.due_on or decision.fact or decision.place or decision.severity or decision.responsible_kind:
            flags.append({"code": "running_kept", "problem_id": str(row.id)})
        turned(ctx, actor, row, "numbered", **about, number=row.number)
        return
    if decision.action == "drop":
        if row.status == "found":  # dropping what the unit objected to has upheld the objection already
            make_void(ctx, row)
            turned(ctx, actor, row, "dropped", **about)
        return
    if decision.action == "merge":
        make_void(ctx, row)
        row.merged_into_id = decision.into
        turned(ctx, actor, row, "merged", **about, into=str(decision.into))
        return
    corrected = _correct(row, decision)
    about |= {"number": row.number, "corrected": corrected}
    if "severity" in corrected and is_lower(row.severity, than=corrected["severity"]) and not decision.reason:
        flags.append({"code": "severity_lowered_without_reason", "problem_id": str(row.id)})
    if decision.action == "transfer":
        row.responsible_kind = "department"
        move_to_department(ctx, row, decision.due_on, start)
        turned(
            ctx,
            actor,
            row,
            "transferred",
            **about,
            department=row.responsible_name,
            department_due_on=row.clock_on.isoformat(),
        )
        tell_of(ctx, row, "transferred", ("unit",), department=row.responsible_name)
        if row.responsible_name is None:
            flags.append({"code": "department_unnamed", "problem_id": str(row.id)})
        return
    row.status = "open"
    row.responsible_kind = "institution"  # kept, it is the institution's to rectify, whoever was named at first
    if decision.due_on is not None:
        row.due_on, row.due_basis = decision.due_on, None
    else:
        set_due(row, deadlines.computed(start, row.due_days, ctx.calendar()))
    assert row.due_on is not None
    row.ordered_due_on = row.due_on
    row.since_on = ctx.today()
    set_clock(row)
    turned(ctx, actor, row, "issued", **about, due_on=row.due_on.isoformat())


def _decide_objection(ctx: Context, actor: Actor, row: ProblemRow, decision: Decision) -> None:
    """A pending objection is decided by the notice: kept or merged denies it, dropped upholds it; transferred, it has
    its way in another form."""
    if row.petition_id is None or row.petition_kind != "objection":  # a later date, asked for of what runs, waits on
        return
    if decision.action == "transfer":
        settle_petition(ctx, row)
        return
    petition = petitions.lock_for_system(ctx.session, row.petition_id)
    assert petition is not None
    word = "uphold" if decision.action == "drop" else "deny"
    apply_decision(ctx, actor, row, petition, PetitionDecision(word, decision.reason or ""))


def _correct(row: ProblemRow, decision: Decision) -> dict[str, Any]:
    """What the notice says otherwise than the finding: field → what the finding said."""
    corrections = {
        "text": decision.fact,
        "place": decision.place,
        "severity": decision.severity,
        "responsible_kind": decision.responsible_kind,
        "responsible_name": decision.responsible_name,
    }
    before = {}
    for name, value in corrections.items():
        if value is not None and value != getattr(row, name):
            before[name] = getattr(row, name)
            setattr(row, name, value)
    return before
