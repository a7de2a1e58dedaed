"""For every operation of the API that takes a body, one that is in order for a holding: what would be done if it were
allowed. And what a form of the desk says, whatever it asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from tests.support import databases
from tests.support.holdings import Holding, credit_code
from tests.support.leads import lead_body
from tests.support.world import World, jpeg, new_id

Body = Callable[[World, Holding], Any]


def _soon(world: World, days: int = 30) -> str:
    return (world.today + timedelta(days=days)).isoformat()


def _plan(world: World, held: Holding) -> Any:
    return {
        "institution_id": held.ids["institution_id"],
        "checklist": {"code": "school"},
        "planned_on": _soon(world, 3),
        "inspectors": [{"user_id": held.people["second"]}],
    }


def _submission(world: World, held: Holding) -> Any:
    return world.body(0, {"S-08-05": []}, institution_id=held.ids["institution_id"])


def _notice(world: World, held: Holding) -> Any:
    return world.notice_body(held.ids["unissued_id"])


def _year(world: World, _: Holding) -> Any:
    body = dict(world.person("sysadmin").get("/calendar/2026").json)
    del body["year"]
    return body


DECISION: Final = {"comment": "经研究"}
BODIES: Final[dict[tuple[str, str], Body]] = {
    ("POST", "/auth/login"): lambda _, held: {
        "username": held.place.unit,
        "password": databases.PASSWORD,
        "device_name": "x",
    },
    ("POST", "/auth/activation"): lambda _, __: {
        "username": "waits",
        "code": "x",
        "password": "A new long 1",
        "device_name": "x",
    },
    ("POST", "/auth/password"): lambda _, __: {"old": databases.PASSWORD, "new": "Another long 1"},
    ("POST", "/auth/expired-password"): lambda _, held: {
        "username": held.place.unit,
        "old": databases.PASSWORD,
        "new": "Another long 1",
    },
    ("PUT", "/auth/second-factor"): lambda _, __: {"otp": "000000"},
    ("PUT", "/auth/second-factor/secret"): lambda _, __: {"password": databases.PASSWORD},
    ("PUT", "/auth/second-factor/recovery-codes"): lambda _, __: {"otp": "000000"},
    ("POST", "/auth/second-factor/removal"): lambda _, __: {"password": databases.PASSWORD, "otp": "000000"},
    ("PUT", "/users/<uuid:user_id>/resets/<uuid:reset_id>"): lambda _, __: {
        "reason": "手机丢失，本人到场核实",
        "second_factor": False,
    },
    ("PUT", "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision"): lambda _, __: {"decision": "approve"},
    ("PUT", "/leads/<uuid:lead_id>"): lambda world, held: lead_body(world, institution_id=held.ids["institution_id"]),
    ("PUT", "/leads/<uuid:lead_id>/steps/<uuid:step_id>"): lambda world, _: {
        "kind": "police_called",
        "at": world.clock.local(world.clock.now()).isoformat(),
        "agency": "110指挥中心",
    },
    ("PUT", "/calendar/<int:year>"): _year,
    ("PUT", "/institutions/<uuid:institution_id>"): lambda _, held: {
        "name": "新学校",
        "kind": "school",
        "region_code": held.place.region,
        "credit_code": credit_code(99),
        "competent_department": "教育局",
    },
    ("PUT", "/institutions/<uuid:institution_id>/changes/<uuid:change_id>"): lambda world, __: {
        "kind": "correct",
        "reason": "x",
        "effective_on": world.today.isoformat(),
        "address": "x",
    },
    ("PUT", "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>"): lambda _, held: {
        "user_id": held.people["inspector"],
        "reason": "x",
    },
    ("PUT", "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end"): lambda _, __: {"reason": "x"},
    ("PUT", "/assignments/<uuid:assignment_id>"): _plan,
    ("PUT", "/assignments/<uuid:assignment_id>/cancellation"): lambda _, __: {"reason": "x"},
    ("PUT", "/handovers/<uuid:handover_id>"): lambda world, held: {
        "from_user_id": held.ids["user_id"],
        "to_user_id": world.person("demo-unit-yq").id,
        "reason": "x",
        "signed_by": "x",
    },
    ("PUT", "/inspections/<uuid:inspection_id>"): _submission,
    ("PUT", "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>"): lambda _, __: {"reason": "x"},
    ("PUT", "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision"): lambda _, __: {
        "decision": "approve",
        **DECISION,
    },
    ("PUT", "/photos/<hash:sha256>"): lambda _, __: jpeg(),
    ("PUT", "/notices/<uuid:notice_id>"): _notice,
    ("PUT", "/notices/<uuid:notice_id>/acknowledgement"): lambda _, __: {"name": "x", "title": "x"},
    ("PUT", "/notifications/<uuid:notification_id>/read"): lambda _, __: {},
    ("PUT", "/problems/<uuid:problem_id>/rectifications/<uuid:rectification_id>"): lambda world, __: {
        "description": "x",
        "completed_on": world.today.isoformat(),
        "photos": {},
    },
    ("PUT", "/problems/<uuid:problem_id>/reviews/<uuid:review_id>"): lambda _, held: {
        "rectification_id": held.ids["rectification_id"],
        "decision": "accept",
        "method": "desk",
        **DECISION,
    },
    ("PUT", "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>"): lambda world, __: {
        "requested_due_on": _soon(world, 40),
        "reason": "x",
    },
    ("PUT", "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>/decision"): lambda _, __: {
        "decision": "approve",
        **DECISION,
    },
    ("PUT", "/problems/<uuid:problem_id>/objections/<uuid:objection_id>"): lambda _, __: {"reason": "x"},
    ("PUT", "/problems/<uuid:problem_id>/objections/<uuid:objection_id>/decision"): lambda _, __: {
        "decision": "deny",
        **DECISION,
    },
    ("PUT", "/problems/<uuid:problem_id>/transfers/<uuid:transfer_id>"): lambda world, __: {
        "responsible": {"kind": "department", "name": "住建局"},
        "reason": "x",
        "due_on": _soon(world),
    },
    ("PUT", "/problems/<uuid:problem_id>/replies/<uuid:reply_id>"): lambda world, held: {
        "department": held.people["department"],
        "outcome": "done",
        "text": "x",
        "replied_on": world.today.isoformat(),
    },
    ("PUT", "/problems/<uuid:problem_id>/supervisions/<uuid:supervision_id>"): lambda world, __: {
        "reason": "x",
        "due_on": _soon(world),
    },
    ("PUT", "/problems/<uuid:problem_id>/reopenings/<uuid:reopening_id>"): lambda world, __: {
        "reason": "x",
        "due_on": _soon(world),
    },
    ("PUT", "/reminders/<uuid:reminder_id>"): lambda _, held: {"problem_ids": [held.problems["open"]], "text": "x"},
}


SPECIAL: Final[dict[str, dict[str, Any]]] = {
    "/steps/<kind>": {"text": ""},
    "/objections/<uuid:petition_id>/decision": {"decision": "deny"},
    "/issuing/<uuid:visit_id>/notice": {"problem": []},
    "/users/<uuid:user_id>/roles": {"role": "edu_inspector"},
    "/checklists/publish": {"checklist": ""},
    "/users/new": {"username": "newcomer", "role": "edu_inspector"},
}
"""What a form asks under a name that another form means otherwise: by the end of its path."""


def form_of(world: World, held: Holding, path: str) -> dict[str, Any]:
    """What any form of the desk may ask, all at once, and what the form behind this path asks otherwise."""
    return {
        "reason": "x",
        "comment": "x",
        "text": "x",
        "name": "x",
        "username": held.place.unit,
        "password": databases.PASSWORD,
        "organisation": "x",
        "title": "x",
        "purpose": "x",
        "signed_by": "x",
        "description": "x",
        "decision": "approve",
        "method": "desk",
        "outcome": "done",
        "department": "x",
        "kind": "school",
        "address": "x",
        "checklist": "school",
        "responsible.kind": "department",
        "responsible.name": "住建局",
        "effective_on": world.today.isoformat(),
        "completed_on": world.today.isoformat(),
        "replied_on": world.today.isoformat(),
        "issued_on": world.today.isoformat(),
        "service.on": world.today.isoformat(),
        "service.method": "in_app",
        "document_number": new_id(),
        "signer": "x",
        "planned_on": _soon(world, 3),
        "requested_due_on": _soon(world, 40),
        "due_on": _soon(world),
        "at": world.clock.local(world.clock.now()).isoformat(),
        "agency": "110指挥中心",
        "institution_id": held.ids["institution_id"],
        "institution": held.ids["institution_id"],
        "inspection": held.ids["unissued_id"],
        "problem": held.problems["open"],
        "problem_ids": held.problems["open"],
        "rectification_id": held.ids["rectification_id"],
        "user": held.people["second"],
        "user_id": held.people["inspector"],
        "to_user_id": held.people["successor"],
        "user_ids": held.ids["user_id"],
        "role": "auditor",
        "region_code": held.place.region,
        "credit_code": credit_code(98),
        "competent_department": "x",
        "old": databases.PASSWORD,
        "new": "Another long 1",
        "again": "Another long 1",
        **next((fields for end, fields in SPECIAL.items() if path.endswith(end)), {}),
    }
