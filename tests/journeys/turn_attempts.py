"""How each turn is tried over HTTP (`send_…`), when it may be done (`may_…`, `…_only`), and what it does to a `Life`.

Nothing here is taken from the system's own table: `turn_model` puts them together by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.journeys.turn_lives import DONE, Life, Verdict, no
from tests.support.world import World, jpeg, new_id, sha256


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
