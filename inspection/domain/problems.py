"""The life of a problem: which turn may follow which state, by whom. Phone, desk and server all read this table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from checklists.model import Checklist
from inspection.domain.inspections import Finding, is_r2

STATUSES: Final = ("found", "open", "submitted", "closed", "void", "transferred")
UNFINISHED: Final = frozenset({"found", "open", "submitted"})
FINISHED: Final = frozenset({"closed", "void", "transferred"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One kind of move: from which states, to which (None: the state stays), under which permission.

    `by_notice` turns are made by issuing the notice; `permission` None is the system's own turn.
    A turn that is not `offered` is known to the table but answered `409 not_yet`.
    """

    action: str
    sources: frozenset[str]
    target: str | None
    permission: str | None
    by_notice: bool = False
    offered: bool = True


TURNS: Final = (
    Turn("issue", frozenset({"found"}), "open", "notice.issue", by_notice=True),
    Turn("drop", frozenset({"found"}), "void", "notice.issue", by_notice=True),
    Turn("merge", frozenset({"found"}), "void", "notice.issue", by_notice=True, offered=False),
    Turn("transfer", frozenset({"found"}), "transferred", "notice.issue", by_notice=True, offered=False),
    Turn("rectify", frozenset({"open"}), "submitted", "problem.rectify"),
    Turn("proof_incomplete", frozenset({"submitted"}), "open", None),
    Turn("accept", frozenset({"submitted"}), "closed", "problem.review"),
    Turn("return", frozenset({"submitted"}), "open", "problem.review"),
    Turn("ask_extension", frozenset({"open"}), None, "problem.ask_extension", offered=False),
    Turn("decide_extension", frozenset({"open"}), None, "problem.decide_extension", offered=False),
    Turn("object", frozenset({"found", "open"}), None, "problem.object", offered=False),
    Turn("uphold_objection", frozenset({"found", "open"}), "void", "problem.decide_objection", offered=False),
    Turn("reopen", frozenset({"closed"}), "open", "problem.review", offered=False),
    Turn("withdraw", frozenset({"found", "open", "submitted"}), "void", "notice.issue", offered=False),
)
BY_ACTION: Final = {turn.action: turn for turn in TURNS}


def allowed(action: str, status: str) -> bool:
    """Whether the state table lets this turn follow this state."""
    return status in BY_ACTION[action].sources


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of a problem: its state, and the date of whoever holds it (None: finished)."""

    status: str
    clock_on: date | None


@dataclass(frozen=True, slots=True)
class Move:
    """A turn that this actor may make now, and until which date it is his to make without being late."""

    action: str
    until: date | None


def moves(facts: Facts, permissions: Collection[str], *, took_part: bool) -> tuple[Move, ...]:
    """What the actor may do with a problem now. `took_part` in the inspection bars from issuing and closing."""
    possible = []
    for turn in TURNS:
        if not turn.offered or turn.permission not in permissions or facts.status not in turn.sources:
            continue
        if took_part and (turn.by_notice or turn.action == "accept"):
            continue
        possible.append(Move(turn.action, facts.clock_on))
    return tuple(possible)


def holder(status: str, responsible_kind: str) -> str | None:
    """Whose clock runs: the issuer's, the unit's, the reviewer's, a department's, or nobody's (finished)."""
    if status == "found":
        return "issuer"
    if status == "open":
        return "department" if responsible_kind == "department" else "unit"
    return "reviewer" if status == "submitted" else None


def state_after_return(number: str | None, *, at_once: bool) -> str:
    """A returned proof opens the problem again; one that no notice has numbered yet is a finding again,
    unless it runs without a notice (R2 and findings of 0 days)."""
    return "open" if number is not None or at_once else "found"


def runs_at_once(red_line: str | None, due_days: int) -> bool:
    """R2 and 0-day findings need no notice to run: they are due on the day they are received."""
    return red_line == "R2" or due_days == 0


@dataclass(frozen=True, slots=True)
class Found:
    """A problem as a submission makes it, before it has an id."""

    finding: Finding
    item_text: str
    severity: str
    due_days: int
    red_line: str | None
    photo_rule: str
    responsible_kind: str
    responsible_name: str | None
    recommendation: tuple[str, ...]
    basis: tuple[tuple[str, str | None, str], ...]
    advice: str
    status: str
    at_once: bool


def found_by(findings: Sequence[Finding], checklist: Checklist, default_days: int) -> list[Found]:
    """The problems that a submission's findings make. `found`, but R2 and 0-day ones are `open`,
    and what was fixed on the spot is `submitted`: the fix is the proof of its first round."""
    problems = []
    for finding in findings:
        item = checklist.item(finding.item_code) if finding.item_code else None
        red_line = "R2" if is_r2(finding, checklist) else None
        days = finding.due_days
        if days is None:
            days = item.due_days if item is not None and item.due_days is not None else default_days
        at_once = runs_at_once(red_line, days)
        status = "submitted" if finding.fixed else "open" if at_once else "found"
        problems.append(
            Found(
                finding=finding,
                item_text=item.text if item else "",
                severity=finding.severity or (item.severity if item else None) or "general",
                due_days=days,
                red_line=red_line,
                photo_rule=item.photo if item else "optional",
                responsible_kind=finding.responsible_kind or (item.responsible if item else "institution"),
                responsible_name=finding.responsible_name,
                recommendation=item.recommendation if item else (),
                basis=tuple((b.law, b.article, b.status) for b in item.legal_basis) if item else (),
                advice=item.advice if item else "",
                status=status,
                at_once=at_once,
            )
        )
    return problems


def number(district: str, document_year: int, notice_seq: int, row: int) -> str:
    """`150102-2026-0042-03`: district, year, notice of the district in that year, row of the notice.
    Given at issuing, so that a list has no gap from which something withheld could be guessed."""
    return f"{district}-{document_year}-{notice_seq:04d}-{row:02d}"


def may_second(second: UUID, took_part: frozenset[UUID], reviewer: UUID) -> bool:
    """The second person at a critical close-out: neither the reviewer nor anybody of the inspection."""
    return second != reviewer and second not in took_part
