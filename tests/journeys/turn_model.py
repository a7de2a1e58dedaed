"""What may follow what, and by whom, told again by hand: the oracle of the state machine.

Nothing here is taken from the system's own table. A `Life` is what a reader of the contract knows of one problem; an
`Action` is how a person tries a turn, over HTTP, and what has to come of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from inspection.domain.actor import Grant
from tests.support.world import World, jpeg, new_id, sha256

ELSEWHERE = ("stranger", "neighbour")
PEOPLE = {
    # account → the roles by which it may turn a problem; the first of each kind stands in the problem's own region
    "school": {"unit"},
    "stranger": {"unit"},
    "bureau": {"reviewer"},
    "colleague": {"reviewer"},  # of the same bureau, and a member of the inspecting team
    "neighbour": {"reviewer"},
    "league": {"supervisor"},
    "inspector": {"inspector"},
    "inspector2": {"inspector"},
    "procurator": {"inspector"},
    "firefighter": {"inspector"},  # a specialist
    "congress": set[str](),
    "sysadmin": set[str](),
    "secadmin": set[str](),
    "auditor": set[str](),
}
KINDS = ("school", "stranger", "bureau", "colleague", "neighbour", "league", "inspector", "congress")
"""One for each way in which a verdict can differ; the others add names, not verdicts."""

READERS = ("school", "bureau", "colleague", "league", "inspector", "procurator")


def people(world: World) -> None:
    """Those who are not of the cast."""
    world.employ("colleague", Grant("reviewer", "150102"))
    world.employ("firefighter", Grant("specialist", "150102"))


@dataclass
class Visit:
    """One inspection with its problems. `asked`: a withdrawal that waits, by its id."""

    id: str
    issued: bool = False
    withdrawn: bool = False
    asked: str | None = None
    asker: str | None = None
    lives: list[Life] = field(default_factory=list)


@dataclass
class Life:
    """`clock` is what the server said of the unit's date; whether it is right is the calendar's test, not this one."""

    id: str
    visit: Visit
    status: str
    due: date | None = None
    at_once: bool = False
    numbered: bool = False
    department: bool = False
    petition: str | None = None
    holds: bool = False
    objected: bool = False
    denied: set[date] = field(default_factory=set)
    petitions: dict[str, str] = field(default_factory=dict)
    proof: str | None = None
    photo: bytes | None = None
    whole: bool = True
    supervised: bool = False
    round: int = 1
    ended_on: date | None = None

    def holder(self) -> str | None:
        if self.status == "open":
            return "reviewer" if self.holds else "unit"
        return {"found": "issuer", "submitted": "reviewer", "transferred": "department"}.get(self.status)

    def deadline_class(self, today: date) -> str | None:
        if self.status != "open" or self.due is None:
            return None
        if self.holds or today < self.due:
            return "not_due"
        return "due_today" if today == self.due else "overdue"

    def end(self, status: str, today: date) -> None:
        self.status, self.ended_on = status, today
        self.petition, self.holds = None, False


Verdict = tuple[int, str | None]
DONE: Verdict = (201, None)


def no(code: str) -> Verdict:
    return (409, code)


def inspect(
    world: World, codes: tuple[str, ...], who: str = "inspector", fixed: str | None = None, at_once: str | None = None
) -> Visit:
    """An inspection whose team is `who`, a procurator and a colleague of the bureau."""
    colleague = {"user_id": world.person("colleague").id, "name": "同事", "organisation": "新城区教育局"}
    wrong: dict[str, Any] = {code: [] for code in codes}
    if at_once is not None:
        wrong[at_once] = [{"fact": "无人值守", "due_days": 0}]
    if fixed is not None:
        wrong[fixed] = [{"fact": "未锁", "fixed_on_the_spot": {"note": "已锁", "photos": []}}]
    made = world.inspect(wrong, who=who, participants=[colleague])
    visit = Visit(made["id"])
    for problem in made["problems"]:
        life = Life(problem["id"], visit, problem["status"], at_once=problem["status"] == "open")
        if problem["status"] == "submitted":
            life.proof = world.problem(life.id)["rounds"][-1]["id"]
        visit.lives.append(life)
    return visit


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


def put(world: World, who: str, address: str, body: dict[str, Any]) -> Any:
    """The answer, with what was sent: the same bytes again must change nothing."""
    answer = world.person(who).put(address, body)
    answer.sent = (address, body)
    return answer


def own(life: Life, kind: str) -> str:
    return f"/problems/{life.id}/{kind}/{new_id()}"


# Proofs and reviews


def send_proof(world: World, who: str, life: Life) -> Any:
    body = {"description": "已整改", "completed_on": world.today.isoformat(), "photos": {}}
    return keep_proof(put(world, who, own(life, "rectifications"), body), life, None)


def send_proof_without_its_photo(world: World, who: str, life: Life) -> Any:
    photo = jpeg()
    body = {"description": "已整改", "completed_on": world.today.isoformat(), "photos": {sha256(photo): {}}}
    return keep_proof(put(world, who, own(life, "rectifications"), body), life, photo)


def keep_proof(answer: Any, life: Life, photo: bytes | None) -> Any:
    if answer.status_code == 201:
        life.proof, life.photo, life.whole = answer.json["id"], photo, photo is None
    return answer


def proved(life: Life, today: date) -> None:
    del today
    life.status = "submitted"


def open_only(life: Life, today: date) -> Verdict:
    del today
    return DONE if life.status == "open" else no("wrong_state")


def send_review(decision: str) -> Callable[[World, str, Life], Any]:
    def send(world: World, who: str, life: Life) -> Any:
        body = {"rectification_id": life.proof or new_id(), "decision": decision, "comment": "已核", "method": "desk"}
        return put(world, who, own(life, "reviews"), body)

    return send


def may_review(life: Life, today: date) -> Verdict:
    del today
    if life.status != "submitted":
        return no("wrong_state")
    return no("petition_pending") if life.petition else DONE


def may_accept(life: Life, today: date) -> Verdict:
    verdict = may_review(life, today)
    return no("proof_incomplete") if verdict == DONE and not life.whole else verdict


def accepted(life: Life, today: date) -> None:
    life.due = life.due or today
    life.end("closed", today)


def returned(life: Life, today: date) -> None:
    del today
    life.status = "open" if life.numbered or life.at_once else "found"
    life.round += 1
    life.proof, life.photo, life.whole = None, None, True


# Petitions


def send_extension(world: World, who: str, life: Life) -> Any:
    later = max(world.today, life.due or world.today) + timedelta(days=40)
    return keep_petition(world, who, life, "extension", {"requested_due_on": later.isoformat(), "reason": "围墙须重建"})


def send_objection(world: World, who: str, life: Life) -> Any:
    return keep_petition(world, who, life, "objection", {"reason": "并非本校"})


def keep_petition(world: World, who: str, life: Life, kind: str, body: dict[str, Any]) -> Any:
    address = own(life, f"{kind}s")
    answer = put(world, who, address, body)
    if answer.status_code == 201:
        life.petitions[kind] = address
    return answer


def may_extend(life: Life, today: date) -> Verdict:
    del today
    if life.status != "open":
        return no("wrong_state")
    return no("petition_pending") if life.petition else DONE


def extended(life: Life, today: date) -> None:
    assert life.due is not None
    life.petition = "extension"
    life.holds = today <= life.due and life.due not in life.denied


def may_object(life: Life, today: date) -> Verdict:
    del today
    if life.status not in ("found", "open"):
        return no("wrong_state")
    if life.petition:
        return no("petition_pending")
    return no("already_decided") if life.objected else DONE


def objected(life: Life, today: date) -> None:
    del today
    life.petition, life.holds, life.objected = "objection", life.status == "open", True


def send_decision(kind: str, decision: str) -> Callable[[World, str, Life], Any]:
    def send(world: World, who: str, life: Life) -> Any:
        address = life.petitions.get(kind) or own(life, f"{kind}s")
        return put(world, who, f"{address}/decision", {"decision": decision, "comment": f"经研究 {new_id()}"})

    return send


def may_decide(kind: str) -> Callable[[Life, date], Verdict]:
    def may(life: Life, today: date) -> Verdict:
        del today
        if kind not in life.petitions:
            return (404, "not_found")
        return DONE if life.petition == kind else no("already_decided")

    return may


def decided(life: Life, today: date) -> None:
    del today
    life.petition, life.holds = None, False


def upheld(life: Life, today: date) -> None:
    life.end("void", today)


# Orders of the desk

DEPARTMENT = {"kind": "department", "name": "新城区住建局"}


def send_order(kind: str, **body: Any) -> Callable[[World, str, Life], Any]:
    def send(world: World, who: str, life: Life) -> Any:
        days = {name: (world.today + timedelta(days=n)).isoformat() for name, n in body.items() if isinstance(n, int)}
        return put(world, who, own(life, kind), body | days)

    return send


def may_transfer(life: Life, today: date) -> Verdict:
    del today
    if life.status not in ("open", "transferred"):
        return no("wrong_state")
    return no("petition_pending") if life.petition else DONE


def transferred(life: Life, today: date) -> None:
    del today
    life.status, life.department, life.due = "transferred", True, None


def may_hand_back(life: Life, today: date) -> Verdict:
    if life.status == "open":  # it was never transferred: a fault of what is said, once the state allows the address
        return no("petition_pending") if life.petition else (422, "invalid")
    return theirs_only(life, today)


def handed_back(life: Life, today: date) -> None:
    del today
    life.status, life.department = "open", False


def theirs_only(life: Life, today: date) -> Verdict:
    del today
    return DONE if life.status == "transferred" else no("wrong_state")


def settled(life: Life, today: date) -> None:
    life.end("closed", today)


def may_supervise(life: Life, today: date) -> Verdict:
    del today
    if life.status not in ("open", "submitted", "transferred"):
        return no("wrong_state")
    return no("already_supervised") if life.supervised else DONE


def supervised(life: Life, today: date) -> None:
    del today
    life.supervised = True


def may_reopen(life: Life, today: date) -> Verdict:
    if life.status != "closed":
        return no("wrong_state")
    assert life.ended_on is not None
    return no("too_late_to_reopen") if today > life.ended_on + timedelta(days=365) else DONE


def reopened(life: Life, today: date) -> None:
    del today
    life.status = "transferred" if life.department and life.due is None else "open"
    life.ended_on, life.supervised, life.proof, life.photo, life.whole = None, False, None, None, True
    life.round += 1


# The notice


def send_notice(action: str) -> Callable[[World, str, Life], Any]:
    def send(world: World, who: str, life: Life) -> Any:
        items: list[dict[str, Any]] = []
        for other in life.visit.lives:
            item: dict[str, Any] = {"problem_id": other.id, "action": "keep", "reason": "核实"}
            if other.status == "void" and other is not life:
                continue
            if other is life:
                item["action"] = action
                if action == "transfer":
                    item["responsible"] = DEPARTMENT
                if action == "merge":
                    item["into"] = next(one.id for one in life.visit.lives if one is not life)
            items.append(item)
        return put(world, who, f"/notices/{new_id()}", world.notice_body(life.visit.id, items=items))

    return send


def may_issue(action: str) -> Callable[[Life, date], Verdict]:
    def may(life: Life, today: date) -> Verdict:
        del today
        if life.visit.issued:
            return no("already_issued")
        if life.visit.withdrawn:
            return no("already_withdrawn")
        if life.status == "void" or (life.status != "found" and action != "keep"):
            return no("wrong_state")
        into = next(other for other in life.visit.lives if other is not life)
        return (422, "invalid") if action == "merge" and into.status in ("closed", "void") else DONE

    return may


def issued(action: str) -> Callable[[Life, date], None]:
    def then(life: Life, today: date) -> None:
        life.visit.issued = True
        for other in life.visit.lives:
            chosen = action if other is life else "keep"
            if other.petition == "objection":
                other.petition, other.holds = None, False
            if other.status != "found":
                other.numbered = other.numbered or other.status != "void"
                continue
            if chosen in ("drop", "merge"):
                other.end("void", today)
            elif chosen == "transfer":
                other.status, other.department, other.numbered = "transferred", True, True
            else:
                other.status, other.numbered = "open", True

    return then


# Withdrawing the inspection


def ask_withdrawal(world: World, who: str, life: Life) -> Any:
    address = f"/inspections/{life.visit.id}/withdrawals/{new_id()}"
    answer = put(world, who, address, {"reason": "误选学校"})
    if answer.status_code == 201:
        life.visit.asked, life.visit.asker = address, who
    return answer


def may_ask_withdrawal(life: Life, today: date) -> Verdict:
    del today
    if life.visit.withdrawn:
        return no("already_withdrawn")
    return no("withdrawal_pending") if life.visit.asked else DONE


def agree(world: World, who: str, life: Life) -> Any:
    address = life.visit.asked or f"/inspections/{life.visit.id}/withdrawals/{new_id()}"
    return put(world, who, f"{address}/decision", {"decision": "approve", "comment": f"属实 {new_id()}"})


def may_agree(life: Life, today: date) -> Verdict:
    del today
    if life.visit.asked is None:
        return (404, "not_found")
    return no("already_decided") if life.visit.withdrawn else DONE


def withdrawn(life: Life, today: date) -> None:
    life.visit.withdrawn = True
    for other in life.visit.lives:
        if other.status != "void":
            other.end("void", today)


def nothing(life: Life, today: date) -> None:
    del life, today


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
