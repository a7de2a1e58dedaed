"""A joint visit as one: who took part, who covered what, where their answers differ, what is odd about the team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson

from checklists.engine import Flag
from checklists.model import Checklist
from inspection.actions.context import Context
from inspection.domain import visits as rules
from inspection.domain.actor import Actor
from inspection.domain.errors import Refused
from inspection.domain.views import FlagView, VisitPartView, VisitView
from inspection.domain.visits import Member, Part
from inspection.storage import accounts, assignments, checklists, inspections
from inspection.storage.accounts import UserRow
from inspection.storage.inspections import InspectionRow, ParticipantRow


def get_visit(ctx: Context, actor: Actor, visit_id: UUID, institution_id: UUID | None) -> VisitView:
    """All submissions of a visit to one institution (where it went to several, `institution_id` says to which)."""
    rows = inspections.of_visit(actor, ctx.session, visit_id, institution_id)
    if not rows:
        raise Refused("not_found")
    first = [row for row in rows if row.institution_id == rows[0].institution_id]
    standing = [row for row in first if row.withdrawn_at is None]
    bodies = {row.id: orjson.loads(row.body) for row in first}
    named = inspections.participants_for_system(ctx.session, [row.id for row in first])
    people = _people_of(ctx, first, named)
    stand = {row.id for row in standing}
    parts = _parts(standing, people)
    team = team_from(standing, [person for person in named if person.inspection_id in stand], people)
    return VisitView(
        visit_id=visit_id,
        institution_id=rows[0].institution_id,
        inspections=[
            VisitPartView(
                id=row.id,
                by=people[row.submitter_id].name,
                received_at=row.received_at,
                checklist_code=row.checklist_code,
                sections=bodies[row.id].get("sections"),
                answered=len(row.answered),
                notice_id=row.notice_id,
                withdrawn=row.withdrawn_at is not None,
            )
            for row in first
        ],
        team=team,
        conflicts=rules.conflicts(parts),
        flags=[FlagView(flag.code, flag.pointer) for flag in flags_of(ctx, standing, parts, team)],
    )


def flags_of(ctx: Context, rows: Sequence[InspectionRow], parts: Sequence[Part], team: Sequence[Member]) -> list[Flag]:
    """Oddities of the whole team of a visit to one institution."""
    if not rows:
        return []
    checklist = checklists.find_for_system(ctx.session, rows[0].checklist_code, rows[0].checklist_version)
    assert checklist is not None
    return flags_by(ctx, rows, parts, team, checklist)


def flags_by(
    ctx: Context, rows: Sequence[InspectionRow], parts: Sequence[Part], team: Sequence[Member], checklist: Checklist
) -> list[Flag]:
    """The same where the checklist is known."""
    answered = [code for part in parts for code, answer in part.answers.items() if answer.get("value") != "na"]
    people = {member.user_id for member in team if member.user_id is not None}
    recused = assignments.recused_for_system(ctx.session, rows[0].institution_id, people, rows[0].received_at)
    return rules.team_flags(team, answered, checklist, frozenset(recused))


def visit_flags(ctx: Context, issued: Sequence[InspectionRow]) -> list[dict[str, str]]:
    """What whoever issues a notice has to know of the visits behind it: answers that differ, a part of the visit that
    this notice leaves out, what is odd about the team."""
    flags: list[dict[str, str]] = []
    ids = {row.id for row in issued}
    for visit_id, first in {row.visit_id: row for row in issued}.items():
        rows = inspections.of_visit_for_system(ctx.session, first)
        named = inspections.participants_for_system(ctx.session, [row.id for row in rows])
        people = _people_of(ctx, rows, named)
        parts = _parts(rows, people)
        flags += [
            {"code": "answers_conflict", "visit_id": str(visit_id), "item_code": conflict.item_code}
            for conflict in rules.conflicts(parts)
        ]
        if any(row.id not in ids and row.notice_id is None for row in rows):
            flags.append({"code": "visit_part_left_out", "visit_id": str(visit_id)})
        team = team_from(rows, named, people)
        flags += [{"code": flag.code, "visit_id": str(visit_id)} for flag in flags_of(ctx, rows, parts, team)]
    return flags


def _parts(rows: Sequence[InspectionRow], people: Mapping[UUID, UserRow]) -> list[Part]:
    return [Part(row.id, people[row.submitter_id].name, orjson.loads(row.body)["answers"]) for row in rows]


def team_of(ctx: Context, rows: Sequence[InspectionRow]) -> list[Member]:
    """Submitters and participants of these inspections, each once."""
    named = inspections.participants_for_system(ctx.session, [row.id for row in rows])
    return team_from(rows, named, _people_of(ctx, rows, named))


def _people_of(ctx: Context, rows: Sequence[InspectionRow], named: Sequence[ParticipantRow]) -> dict[UUID, UserRow]:
    """The accounts of whoever submitted these inspections or took part in them, by id."""
    ids = {row.submitter_id for row in rows} | {person.user_id for person in named if person.user_id is not None}
    return {user.id: user for user in accounts.users_for_system(ctx.session, ids)}


def team_from(
    rows: Sequence[InspectionRow], named: Sequence[ParticipantRow], known: Mapping[UUID, UserRow]
) -> list[Member]:
    """The same where their participants and accounts are known."""
    members = [
        Member(user.id, user.name, user.organisation, user.sex) for user in (known[row.submitter_id] for row in rows)
    ]
    for person in named:
        user = known.get(person.user_id) if person.user_id is not None else None
        sex = user.sex if user is not None else None
        members.append(Member(user.id if user else None, person.name, person.organisation, sex))
    return rules.team(members)
