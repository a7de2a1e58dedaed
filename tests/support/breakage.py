"""Faults of the kind that the matrix is for, put into the running application by hand: each says by whom and where it
must be noticed, and what the matrix says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from inspection.actions import evidence as evidence_actions
from inspection.actions import recusals
from inspection.actions.context import Context
from inspection.api import endpoint
from inspection.app import parts_of
from inspection.domain.actor import Actor, Grant
from inspection.domain.errors import Refused
from inspection.domain.permissions import ALLOWED
from inspection.pages import desk
from inspection.storage import accounts, evidence, leads, notices, scope, sessions
from inspection.storage.sessions import TokenRow
from inspection.storage.unit import unit
from tests.support.holdings import token_of
from tests.support.world import World

Break = Callable[[World, pytest.MonkeyPatch], None]


def sees_everything(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scope, "_branch", lambda *_: true())


def a_district_is_as_wide_as_its_league(world: World, patch: pytest.MonkeyPatch) -> None:
    known = scope._branch

    def wide(grant: Grant, institution: Any) -> Any:
        code = grant.region_code
        return institution.region_code.startswith(code[:4]) if code else known(grant, institution)

    patch.setattr(scope, "_branch", wide)


def a_league_is_its_own_alone(world: World, patch: pytest.MonkeyPatch) -> None:
    known = scope._branch

    def narrow(grant: Grant, institution: Any) -> Any:
        code = grant.region_code
        return institution.region_code == code if code else known(grant, institution)

    patch.setattr(scope, "_branch", narrow)


def a_school_is_as_wide_as_its_kind(world: World, patch: pytest.MonkeyPatch) -> None:
    known = scope._branch

    def wide(grant: Grant, institution: Any) -> Any:
        return institution.kind == "school" if grant.role == "unit" else known(grant, institution)

    patch.setattr(scope, "_branch", wide)


def notices_have_no_scope(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(notices, "visible", lambda *_: true())


def who_knows_a_hash_sees_the_photo(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(evidence, "visible", lambda *_: true())


def schools_may_review(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(ALLOWED, "problem.review", ALLOWED["problem.review"] | {"unit"})


def bureaus_may_not_review(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(ALLOWED, "problem.review", frozenset({"supervisor"}))


def a_role_counts_wherever_another_is_held(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(endpoint, "acting", lambda actor, _: actor)


def a_bureau_speaks_for_all_everywhere(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recusals, "speaks_for_all", lambda _, actor, __: "reviewer" in actor.roles)


def a_token_lives_for_ever(world: World, patch: pytest.MonkeyPatch) -> None:
    def lenient(session: Session, token_sha256: str, *, now: datetime, recent_since: datetime) -> sessions.Known | None:
        del recent_since
        row = session.scalar(select(TokenRow).filter_by(token_sha256=token_sha256))
        if row is None:
            return None
        user = session.get_one(accounts.UserRow, row.user_id)
        roles = session.scalars(select(accounts.RoleRow).filter_by(user_id=user.id, ended_at=None))
        grants = tuple(Grant(role.role, role.region_code, role.institution_id) for role in roles)
        actor = Actor(user.id, user.username, user.name, user.organisation, grants, token_id=row.id)
        known = sessions.Known(actor, row.desk, now, rights_changed=False)
        session.rollback()
        return known

    patch.setattr(sessions, "known_by_token_for_system", lenient)


def a_role_that_ended_is_held(world: World, patch: pytest.MonkeyPatch) -> None:
    def held(rows: Any) -> Any:
        actor = known(rows)
        return actor and replace(actor, grants=(*actor.grants, *actor.recent), recent=())

    known = sessions.actor_of
    patch.setattr(sessions, "actor_of", held)


def a_list_writes(world: World, patch: pytest.MonkeyPatch) -> None:
    shown = world.app.view_functions["desk.problems"]

    def writes(**parts: Any) -> Any:
        ctx = parts_of(world.app).context()
        with unit(ctx.session):
            ctx.record(None, "looked", "problem", "1")
        return shown(**parts)

    patch.setitem(world.app.view_functions, "desk.problems", writes)


def a_denial_writes(world: World, patch: pytest.MonkeyPatch) -> None:
    known = desk.may

    def may(actor: Actor, permission: str) -> bool:
        if not known(actor, permission):
            ctx = parts_of(world.app).context()
            with unit(ctx.session):
                ctx.record(actor, "tried", "page", permission)
        return known(actor, permission)

    patch.setattr(desk, "may", may)


def what_is_not_there_is_called_by_its_name(world: World, patch: pytest.MonkeyPatch) -> None:
    def refuses(**_: Any) -> Any:
        raise Refused("not_found", extra={"meant": token_of("beyond")})

    patch.setitem(world.app.view_functions, "api.problems_get_problem", refuses)


def a_copy_is_the_original(world: World, patch: pytest.MonkeyPatch) -> None:
    def raw(ctx: Context, actor: Actor, sha256: str, name: str) -> Path:
        if evidence.find_photo(actor, ctx.session, sha256) is None:
            raise Refused("not_found")
        with ctx.evidence.local(sha256) as path:
            return path

    patch.setattr(evidence_actions, "derived_copy", raw)


def a_handler_handles_leads_everywhere(world: World, patch: pytest.MonkeyPatch) -> None:
    for rule in ("visible_leads", "handled_leads"):
        patch.setattr(leads, rule, lambda *_: true())


def whoever_may_report_sees_what_others_report(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leads, "visible_leads", lambda *_: true())


@dataclass(frozen=True)
class Breakage:
    """`where` is sought in the path of what is asked, `said` in what the matrix says."""

    breaks: Break
    who: str
    where: str
    said: str

    def __str__(self) -> str:
        return f"{self.breaks.__name__}-{self.who}"


BREAKAGES: Final = (
    Breakage(a_district_is_as_wide_as_its_league, "inspector", "/institutions", "says OrtAbove"),
    Breakage(schools_may_review, "school", "/problems/.*(reviews|accept)", "not [403]"),
    Breakage(a_token_lives_for_ever, "disabled", "/(problems|institutions)", "not [401]"),
    Breakage(a_denial_writes, "congress", "/problems", "changed ['audit_detail'"),
    Breakage(a_copy_is_the_original, "bureau", "/photos", "says KanarieOwn"),
    Breakage(sees_everything, "bureau", "/problems", "not [404]"),
    Breakage(sees_everything, "neighbour", "/inspections", "says Kanarie"),
    Breakage(a_district_is_as_wide_as_its_league, "neighbour", "/problems/", "not [404]"),
    Breakage(a_league_is_its_own_alone, "league", "/problems/", "404, not [200"),
    Breakage(a_school_is_as_wide_as_its_kind, "school", "/notices", "says KanarieSibling"),
    Breakage(notices_have_no_scope, "neighbour", "/notices/", "not [404]"),
    Breakage(notices_have_no_scope, "school", "/notices.*docx", "says KanarieBeyond"),
    Breakage(who_knows_a_hash_sees_the_photo, "school", "/photos", "not [404]"),
    Breakage(bureaus_may_not_review, "bureau", "/problems/.*(reviews|accept)", "403, not"),
    Breakage(a_role_counts_wherever_another_is_held, "two-hats", "/problems/.*reviews", "not [404]"),
    Breakage(a_bureau_speaks_for_all_everywhere, "two-hats", "/recusals", "not [403]"),
    Breakage(a_token_lives_for_ever, "revoked", "/(problems|institutions)", "not [401]"),
    Breakage(a_role_that_ended_is_held, "moved", "/problems", "not [404]"),
    Breakage(a_role_that_ended_is_held, "left", "/problems", "200, not [403]"),
    Breakage(a_list_writes, "league", "/problems", "changed ['audit_detail'"),
    Breakage(a_handler_handles_leads_everywhere, "procurator", "/leads/<uuid:lead_id>$", "says HinweisBeyond"),
    Breakage(whoever_may_report_sees_what_others_report, "two-hats", "/leads/<uuid:lead_id>$", "not [404]"),
    Breakage(what_is_not_there_is_called_by_its_name, "bureau", "/problems/<uuid:problem_id>$", "says KanarieBeyond"),
)
