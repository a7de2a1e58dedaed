"""What may follow what, and by whom, told again by hand: the oracle of the state machine.

Nothing here is taken from the system's own table. A `Life` is what a reader of the contract knows of one problem
(`turn_lives`); an `Action` is how a person tries a turn, over HTTP, and what has to come of it (`turn_attempts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.journeys.turn_attempts import (
    DEPARTMENT,
    accepted,
    agree,
    ask_withdrawal,
    decided,
    extended,
    handed_back,
    issued,
    may_accept,
    may_agree,
    may_ask_withdrawal,
    may_decide,
    may_extend,
    may_hand_back,
    may_issue,
    may_object,
    may_reopen,
    may_review,
    may_supervise,
    may_transfer,
    nothing,
    objected,
    open_only,
    proved,
    reopened,
    returned,
    send_decision,
    send_extension,
    send_notice,
    send_objection,
    send_order,
    send_proof,
    send_proof_without_its_photo,
    send_review,
    settled,
    supervised,
    theirs_only,
    transferred,
    upheld,
    withdrawn,
)
from tests.journeys.turn_lives import DONE, ELSEWHERE, PEOPLE, Life, Verdict, no
from tests.support.world import World


@dataclass(frozen=True)
class Action:
    """`move` is its name among `moves` (None: not a problem's own turn), `role` who may do it. `may` is the verdict on
    somebody who has the role and the region; `took_part` bars the colleague. `send` tries it."""

    name: str
    role: str
    move: str | None
    may: Callable[[Life, date], Verdict]
    send: Callable[[World, str, Life], Any]
    then: Callable[[Life, date], None]
    barred: bool = False


REPLY = {"department": "新城区住建局", "text": "已立案"}


ACTIONS = (
    Action("rectify", "unit", "rectify", open_only, send_proof, proved),
    Action("rectify, photo to follow", "unit", "rectify", open_only, send_proof_without_its_photo, proved),
    Action("accept", "reviewer", "accept", may_accept, send_review("accept"), accepted, barred=True),
    Action("return", "reviewer", "return", may_review, send_review("return"), returned),
    Action("ask_extension", "unit", "ask_extension", may_extend, send_extension, extended),
    Action(
        "approve_extension",
        "reviewer",
        "decide_extension",
        may_decide("extension"),
        send_decision("extension", "approve"),
        decided,
    ),
    Action(
        "deny_extension",
        "reviewer",
        "decide_extension",
        may_decide("extension"),
        send_decision("extension", "deny"),
        decided,
    ),
    Action("object", "unit", "object", may_object, send_objection, objected),
    Action(
        "uphold_objection",
        "reviewer",
        "uphold_objection",
        may_decide("objection"),
        send_decision("objection", "uphold"),
        upheld,
        barred=True,
    ),
    Action(
        "deny_objection",
        "reviewer",
        "deny_objection",
        may_decide("objection"),
        send_decision("objection", "deny"),
        decided,
        barred=True,
    ),
    Action(
        "transfer_on",
        "reviewer",
        "transfer_on",
        may_transfer,
        send_order("transfers", responsible=DEPARTMENT, reason="属校外"),
        transferred,
    ),
    Action(
        "hand_back",
        "reviewer",
        "hand_back",
        may_hand_back,
        send_order("transfers", responsible={"kind": "institution"}, reason="属本校"),
        handed_back,
    ),
    Action(
        "record_reply",
        "reviewer",
        "record_reply",
        theirs_only,
        send_order("replies", **REPLY, outcome="in_progress", replied_on=0),
        nothing,
    ),
    Action(
        "settle",
        "reviewer",
        "settle",
        theirs_only,
        send_order("replies", **REPLY, outcome="done", replied_on=0),
        settled,
        barred=True,
    ),
    Action(
        "supervise",
        "supervisor",
        "supervise",
        may_supervise,
        send_order("supervisions", reason="逾期半月", due_on=20),
        supervised,
    ),
    Action("reopen", "reviewer", "reopen", may_reopen, send_order("reopenings", reason="反弹"), reopened),
    Action("issue", "reviewer", "issue", may_issue("keep"), send_notice("keep"), issued("keep"), barred=True),
    Action("drop", "reviewer", "drop", may_issue("drop"), send_notice("drop"), issued("drop"), barred=True),
    Action("merge", "reviewer", "merge", may_issue("merge"), send_notice("merge"), issued("merge"), barred=True),
    Action(
        "transfer",
        "reviewer",
        "transfer",
        may_issue("transfer"),
        send_notice("transfer"),
        issued("transfer"),
        barred=True,
    ),
    Action("ask_withdrawal", "inspector or reviewer", None, may_ask_withdrawal, ask_withdrawal, nothing),
    Action("agree_to_withdraw", "reviewer or supervisor", None, may_agree, agree, withdrawn),
)


BY_NAME = {action.name: action for action in ACTIONS}


def verdict(action: Action, who: str, life: Life, today: date) -> Verdict:
    """What has to come of it when this person tries."""
    if not PEOPLE[who] & set(action.role.split(" or ")):
        return (403, "not_allowed")
    if who in ELSEWHERE:
        return (404, "not_found")
    due = action.may(life, today)
    if action.name == "agree_to_withdraw" and due == DONE and who == life.visit.asker:
        return no("second_person")
    if action.barred and who == "colleague" and due[1] not in BEFORE_FOUR_EYES:
        return no("four_eyes")
    return due


BEFORE_FOUR_EYES = frozenset(
    {"petition_pending", "already_decided", "already_issued", "already_withdrawn", "not_found", "wrong_state"}
)
"""Refusals that are told before anybody asks who took part: the state goes first."""


def moves(who: str, life: Life, today: date) -> set[str]:
    """What `moves` has to say to this person: exactly what he may do. Into what a finding is merged is a matter of what
    is said, not of its state."""
    by_notice = {"issue", "drop", "merge", "transfer"}
    issues = life.status == "found" and verdict(BY_NAME["drop"], who, life, today) == DONE
    return (by_notice if issues else set()) | {
        action.move
        for action in ACTIONS
        if action.move is not None and action.name not in by_notice and verdict(action, who, life, today) == DONE
    }
