"""What a role may ever do. A permission that the actor's roles lack is 403, before anything is looked up.

What an actor may *see* of what his role may do is a matter of scope: `storage/scope.py`, and 404.
"""

from __future__ import annotations

from typing import Final

from inspection.domain.actor import INSPECTORS, ROLES, Actor

EVERYONE: Final = frozenset(ROLES)
"""Any account that is signed in: also one whose roles have all been handed over."""

ANYONE: Final = "anyone"
"""The permission of a route that needs no sign-in."""

REVIEWERS: Final = frozenset({"reviewer"})
UNIT: Final = frozenset({"unit"})
IN_SCOPE: Final = INSPECTORS | {"reviewer", "supervisor", "unit"}

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "account.self": EVERYONE,
    "account.revoke_device": EVERYONE,
    "account.enrol": EVERYONE,
    "account.sign_out": EVERYONE,
    "account.list": frozenset({"secadmin"}),
    "account.appoint": frozenset({"secadmin"}),
    "account.reset": frozenset({"secadmin"}),
    "account.hand_over": frozenset({"secadmin"}),
    "people.read": frozenset({"reviewer", "supervisor"}),
    "calendar.read": EVERYONE,
    "calendar.edit": frozenset({"sysadmin"}),
    "checklist.read": EVERYONE,
    "checklist.publish": frozenset({"sysadmin"}),
    "system.examine": frozenset({"sysadmin"}),
    "audit.read": frozenset({"auditor"}),
    "institution.read": IN_SCOPE,
    "institution.register": frozenset({"reviewer", "supervisor"}),
    "institution.change": frozenset({"reviewer", "supervisor"}),
    "institution.recuse": INSPECTORS | {"reviewer"},
    "institution.recuse_others": REVIEWERS,
    "assignment.plan": REVIEWERS,
    "assignment.read": INSPECTORS | {"reviewer", "supervisor"},
    "photo.upload": INSPECTORS | {"reviewer", "unit"},
    "photo.read": IN_SCOPE,
    "photo.read_original": IN_SCOPE,
    "photo.read_others_original": frozenset({"reviewer", "supervisor", "proc_inspector"}),
    "inspection.submit": INSPECTORS,
    "inspection.read": IN_SCOPE,
    "inspection.receipt": INSPECTORS | UNIT,
    "inspection.ask_withdrawal": INSPECTORS | {"reviewer"},
    "inspection.decide_withdrawal": frozenset({"reviewer", "supervisor"}),
    "visit.read": INSPECTORS | {"reviewer", "supervisor"},
    "notice.issue": REVIEWERS,
    "notice.read": IN_SCOPE,
    "notice.acknowledge": UNIT,
    "problem.read": IN_SCOPE,
    "problem.rectify": UNIT,
    "problem.review": REVIEWERS,
    "problem.ask_extension": UNIT,
    "problem.decide_extension": REVIEWERS,
    "problem.object": UNIT,
    "problem.decide_objection": REVIEWERS,
    "problem.transfer": REVIEWERS,
    "problem.record_reply": REVIEWERS,
    "problem.reopen": REVIEWERS,
    "problem.supervise": frozenset({"supervisor"}),
    "problem.remind": frozenset({"reviewer", "supervisor"}),
    "lead.create": INSPECTORS,
    "lead.read": INSPECTORS | {"lead_handler"},
    "lead.step": INSPECTORS | {"lead_handler"},
    "stats.read": IN_SCOPE | {"npc_viewer"},
    "sync.read": INSPECTORS | UNIT,
    "notification.read": EVERYONE,
}

HANDING_IN: Final = frozenset({"photo.upload", "inspection.submit", "problem.rectify", "lead.create"})
"""What was captured while a role was held may be handed in for fourteen days after it ended."""

HANDING_IN_DAYS: Final = 14

BEFORE_ENROLLING: Final = HANDING_IN | {"account.enrol", "account.sign_out"}
"""All that somebody may whose role demands a second factor, and who has none yet: what a phone has captured is taken
in whatever was decided meanwhile, since nothing can be read by it."""


def may(actor: Actor, permission: str) -> bool:
    """Whether any role of the actor ever allows this; what everyone may takes none. KeyError for a permission that
    does not exist."""
    if actor.must_enrol and permission not in BEFORE_ENROLLING:
        return False
    roles = actor.recent_roles if permission in HANDING_IN else actor.roles
    return ALLOWED[permission] == EVERYONE or not roles.isdisjoint(ALLOWED[permission])


def acting(actor: Actor, permission: str) -> Actor:
    """The actor with those roles alone that allow this, so that scope is the scope of those roles."""
    return actor.holding(ALLOWED[permission], recent=permission in HANDING_IN)


def refusal(actor: Actor) -> str:
    """The code of the refusal for who may not."""
    return "second_factor_required" if actor.must_enrol else "not_allowed"
