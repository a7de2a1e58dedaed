"""The life of a problem: which turn may follow which state, by whom. Phone, desk and server all read this table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from checklists.model import Checklist
from inspection.domain.inspections import Finding, is_r2

STATUSES: Final = ("found", "open", "submitted", "closed", "void", "transferred")
UNFINISHED: Final = frozenset({"found", "open", "submitted", "transferred"})
FINISHED: Final = frozenset({"closed", "void"})
REOPEN_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of a problem. `clock_on` is the date of whoever holds it (the day it ended, once
    finished), `due_on` the unit's. `petition` is what the unit has asked and nobody has decided (`extension` or
    `objection`), `decide_on` until when that is to be done. `whole`: the photos of the waiting proof are all here."""

    status: str
    clock_on: date
    due_on: date | None = None
    petition: str | None = None
    decide_on: date | None = None
    objected: bool = False
    supervised: bool = False
    whole: bool = True


Guard = Callable[[Facts, date], str | None]
"""What beyond the state stands against a turn, as a code of `domain/errors.py`; None: nothing."""


def _nothing_else(facts: Facts, today: date) -> str | None:
    del facts, today
    return None


def _nothing_pending(facts: Facts, today: date) -> str | None:
    del today
    return "petition_pending" if facts.petition is not None else None


def _may_object(facts: Facts, today: date) -> str | None:
    return _nothing_pending(facts, today) or ("already_decided" if facts.objected else None)


def _extension_pending(facts: Facts, today: date) -> str | None:
    del today
    return None if facts.petition == "extension" else "already_decided"


def _objection_pending(facts: Facts, today: date) -> str | None:
    del today
    return None if facts.petition == "objection" else "already_decided"


def _may_close(facts: Facts, today: date) -> str | None:
    return _nothing_pending(facts, today) or (None if facts.whole else "proof_incomplete")


def _not_supervised(facts: Facts, today: date) -> str | None:
    del today
    return "already_supervised" if facts.supervised else None


def _within_a_year(facts: Facts, today: date) -> str | None:
    return "too_late_to_reopen" if today > facts.clock_on + timedelta(days=REOPEN_DAYS) else None


def _by_the_holder(facts: Facts) -> date | None:
    return facts.clock_on


def _by_the_unit(facts: Facts) -> date | None:
    return facts.due_on or facts.clock_on


def _by_decision(facts: Facts) -> date | None:
    return facts.decide_on or facts.clock_on


def _within_the_year(facts: Facts) -> date | None:
    return facts.clock_on + timedelta(days=REOPEN_DAYS)


def _any_time(facts: Facts) -> date | None:
    del facts
    return None


@dataclass(frozen=True, slots=True)
class Turn:
    """One kind of move: from which states, to which (None: the state stays), under which permission.

    `also` is a second target and when it is taken. `by_notice` turns are made by issuing the notice, `ends` the
    problem: neither is for those who took part in the inspection. `permission` None: the system's own turn.
    `guard` is what else stands against it, `until` the date until which it is made in time."""

    action: str
    sources: frozenset[str]
    target: str | None
    permission: str | None
    by_notice: bool = False
    ends: bool = False
    also: tuple[str, str] | None = None
    guard: Guard = _nothing_else
    until: Callable[[Facts], date | None] = _by_the_holder


_NO_NUMBER: Final = ("found", "no number yet")
_PENDING: Final = frozenset({"found", "open", "submitted"})

TURNS: Final = (
    Turn("issue", frozenset({"found"}), "open", "notice.issue", by_notice=True),
    Turn("drop", frozenset({"found"}), "void", "notice.issue", by_notice=True),
    Turn("merge", frozenset({"found"}), "void", "notice.issue", by_notice=True),
    Turn("transfer", frozenset({"found"}), "transferred", "notice.issue", by_notice=True),
    Turn("rectify", frozenset({"open"}), "submitted", "problem.rectify", until=_by_the_unit),
    Turn("proof_incomplete", frozenset({"submitted"}), "open", None, also=_NO_NUMBER),
    Turn("proof_whole", frozenset({"open", "found"}), "submitted", None),
    Turn("accept", frozenset({"submitted"}), "closed", "problem.review", ends=True, guard=_may_close),
    Turn("return", frozenset({"submitted"}), "open", "problem.review", also=_NO_NUMBER, guard=_nothing_pending),
    Turn(
        "ask_extension",
        frozenset({"open"}),
        None,
        "problem.ask_extension",
        guard=_nothing_pending,
        until=_by_the_unit,
    ),
    Turn(
        "decide_extension",
        frozenset({"open", "submitted"}),
        None,
        "problem.decide_extension",
        guard=_extension_pending,
        until=_by_decision,
    ),
    Turn("object", frozenset({"found", "open"}), None, "problem.object", guard=_may_object, until=_by_the_unit),
    Turn(
        "uphold_objection",
        _PENDING,
        "void",
        "problem.decide_objection",
        ends=True,
        guard=_objection_pending,
        until=_by_decision,
    ),
    Turn(
        "deny_objection",
        _PENDING,
        None,
        "problem.decide_objection",
        ends=True,
        guard=_objection_pending,
        until=_by_decision,
    ),
    Turn(
        "transfer_on",
        frozenset({"open", "transferred"}),
        "transferred",
        "problem.transfer",
        guard=_nothing_pending,
        until=_any_time,
    ),
    Turn("hand_back", frozenset({"transferred"}), "open", "problem.transfer", until=_any_time),
    Turn("record_reply", frozenset({"transferred"}), None, "problem.record_reply"),
    Turn("settle", frozenset({"transferred"}), "closed", "problem.record_reply", ends=True),
    Turn(
        "supervise",
        frozenset({"open", "submitted", "transferred"}),
        None,
        "problem.supervise",
        guard=_not_supervised,
        until=_any_time,
    ),
    Turn(
        "reopen",
        frozenset({"closed"}),
        "open",
        "problem.reopen",
        also=("transferred", "a department's"),
        guard=_within_a_year,
        until=_within_the_year,
    ),
    Turn("withdraw", UNFINISHED | {"closed"}, "void", None),
    Turn("take_up_again", frozenset({"void"}), "open", None, also=("transferred", "a department's")),
    Turn("end", UNFINISHED, "void", None),
)
BY_ACTION: Final = {turn.action: turn for turn in TURNS}


def refusal(action: str, facts: Facts, today: date) -> str | None:
    """Why this turn may not follow, as a code; None where it may. Who asks is another matter."""
    turn = BY_ACTION[action]
    if facts.status not in turn.sources:
        return "wrong_state"
    return turn.guard(facts, today)


@dataclass(frozen=True, slots=True)
class Move:
    """A turn that this actor may make now, and until which date it is his to make without being late."""

    action: str
    until: date | None


def moves(
    facts: Facts, permissions: Collection[str], today: date, *, took_part: bool, own_proof: bool = False
) -> tuple[Move, ...]:
    """What the actor may do with a problem now. `took_part` in the inspection bars from issuing and ending, having
    handed in the waiting proof (`own_proof`) from accepting it."""
    return tuple(
        Move(turn.action, turn.until(facts))
        for turn in TURNS
        if turn.permission in permissions
        and not (took_part and (turn.by_notice or turn.ends))
        and not (own_proof and turn.action == "accept")
        and refusal(turn.action, facts, today) is None
    )


HOLDERS: Final = {"found": "issuer", "submitted": "reviewer", "transferred": "department"}


def holder(status: str, *, held: bool = False) -> str | None:
    """Whose clock runs: the issuer's, the unit's, the reviewer's, a department's, or nobody's (finished).
    `held`: a petition has stopped the unit's clock until the reviewer decides it."""
    if status == "open":
        return "reviewer" if held else "unit"
    return HOLDERS.get(status)


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
    department: str | None
    recommendation: tuple[str, ...]
    basis: tuple[tuple[str, str | None, str], ...]
    advice: str
    status: str
    at_once: bool


def found_by(findings: Sequence[Finding], checklist: Checklist, default_days: int) -> list[Found]:
    """The problems that a submission's findings make. `found`, but R2 and 0-day ones are `open`,
    and what was fixed on the spot is `submitted`: the fix is the proof of its first round.

    Only a finding can be a department's: what runs is for the institution to make safe until the bureau transfers it;
    `department` is the one that was named."""
    problems = []
    for finding in findings:
        item = checklist.item(finding.item_code) if finding.item_code else None
        red_line = "R2" if is_r2(finding, checklist) else None
        days = finding.due_days
        if days is None:
            days = item.due_days if item is not None and item.due_days is not None else default_days
        at_once = runs_at_once(red_line, days)
        status = "submitted" if finding.fixed else "open" if at_once else "found"
        kind = finding.responsible_kind or (item.responsible if item else "institution")
        problems.append(
            Found(
                finding=finding,
                item_text=item.text if item else "",
                severity=finding.severity or (item.severity if item else None) or "general",
                due_days=days,
                red_line=red_line,
                photo_rule=item.photo if item else "optional",
                responsible_kind=kind if status == "found" else "institution",
                responsible_name=finding.responsible_name if status == "found" or kind == "institution" else None,
                department=finding.responsible_name if status != "found" and kind == "department" else None,
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
