"""Leads (R1): reported alone and at once, read with a purpose by those who handle them, erased once they are in the
procuratorate's case file. No other action looks at them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from checklists.engine import Flag
from inspection.actions.context import Context
from inspection.actions.paging import cut, moment, position
from inspection.domain import leads as rules
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused, invalid
from inspection.domain.incoming import Incoming
from inspection.domain.leads import (
    BEFORE_HAND_OVER,
    Lead,
    LeadContent,
    LeadLine,
    LeadReaders,
    LeadStep,
    LeadStepView,
    LeadView,
)
from inspection.domain.permissions import HANDING_IN_DAYS
from inspection.domain.views import Page, Stored
from inspection.storage import accounts, institutions, leads
from inspection.storage.audit import APART
from inspection.storage.db import insert_rows
from inspection.storage.leads import LeadRow, LeadStepRow
from inspection.storage.unit import once_more, unit
from inspection.storage.vault import LONGEST

MOST_TOLD: Final = 500


def about_lead(lead_id: UUID) -> str:
    """Under which name the content of a lead is locked."""
    return f"lead {lead_id}"


def about_step(step_id: UUID) -> str:
    return f"step {step_id}"


@once_more
def report_lead(ctx: Context, actor: Actor, lead_id: UUID, incoming: Incoming[Lead]) -> Stored[LeadView]:
    """Take in a lead, and tell those who handle them that something waits, no more. The same bytes again are answered
    with where it stands. Raises `conflict`, `not_found` (institution out of scope), `invalid`, `sealed`."""
    if leads.find_for_system(ctx.session, lead_id) is not None:
        return Stored(_known_lead(ctx, actor, lead_id, incoming), created=False)
    lead, region = _judge(ctx, actor, incoming)
    begun = None if leads.has_key_for_system(ctx.session, region) else ctx.vault.begin(region)
    now = ctx.now()
    with unit(ctx.session):
        key = leads.key_for_system(ctx.session, region, begun)
        row = LeadRow(
            id=lead_id,
            region_code=region,
            creator_id=actor.id,
            state=lead.state,
            created_at=now,
            moved_at=now,
            content=ctx.vault.lock(region, key.key_id, about_lead(lead_id), incoming.raw),
        )
        ctx.session.add(row)
        ctx.session.flush()
        tell_handlers(ctx, region)
        ctx.record(actor, "report_lead", APART, lead_id)
        return Stored(_view(row, flags=_flags(ctx, lead, region, now)), created=True)


def _judge(ctx: Context, actor: Actor, incoming: Incoming[Lead]) -> tuple[Lead, str]:
    """The lead, and the region of its institution; scope first, then every fault."""
    lead = incoming.read.value
    if lead is None:
        raise Refused("invalid", incoming.read.faults)
    since = ctx.now() - timedelta(days=HANDING_IN_DAYS)
    place = institutions.get_lately(actor, ctx.session, lead.institution_id, since)
    if place is None:
        raise Refused("not_found")
    faults = [*incoming.read.faults, *rules.lead_faults(lead), *_too_long(incoming.raw)]
    if faults:
        raise Refused("invalid", faults)
    return lead, place.region_code


def _too_long(raw: bytes) -> list[Fault]:
    """What is locked has one size; a body of no more than its words fits."""
    return [] if len(raw) <= LONGEST else [Fault("", "length", {"min": "1", "max": str(LONGEST)})]


def _flags(ctx: Context, lead: Lead, region: str, received_at: datetime) -> list[Flag]:
    found = rules.hints({"place": lead.place, "text": lead.text}) + rules.odd_moments(lead, received_at)
    return found if _handlers(ctx, region) else [*found, Flag("nobody_handles")]


def _handlers(ctx: Context, region: str) -> list[UUID]:
    held = accounts.holders_over_for_system(ctx.session, ("lead_handler",), region, MOST_TOLD)
    return sorted({user.id for user, _ in held})


def tell_handlers(ctx: Context, region: str) -> None:
    """That something waits; not what, where or about whom."""
    ctx.tell_people("pending", _handlers(ctx, region), None, {})


def _known_lead(ctx: Context, actor: Actor, lead_id: UUID, incoming: Incoming[Lead]) -> LeadView:
    """What was erased cannot be compared any more: all there is to say is that it is known."""
    with unit(ctx.session):
        row = _held(ctx, lead_id)
        if row.creator_id != actor.id:
            raise Refused("conflict")
        if row.content is None:
            return _view(row)
        if ctx.vault.open(row.region_code, about_lead(row.id), row.content) != incoming.raw:
            raise Refused("conflict")
        return _view(row, flags=_flags(ctx, incoming.load(), row.region_code, row.created_at))


def _held(ctx: Context, lead_id: UUID) -> LeadRow:
    """The lead as it is now, held together with its region's key: that first, as whoever changes the key does."""
    known = leads.find_for_system(ctx.session, lead_id)
    if known is None:
        raise Refused("not_found")
    leads.key_for_system(ctx.session, known.region_code)
    return leads.lock_for_system(ctx.session, lead_id)


@once_more
def take_step(
    ctx: Context, actor: Actor, lead_id: UUID, step_id: UUID, incoming: Incoming[LeadStep]
) -> Stored[LeadView]:
    """Say what was done about a lead. With its transfer to the procuratorate's case file everything that it says is
    erased. Raises `conflict`, `not_found`, `not_allowed` (not for who only reported it), `wrong_state`, `invalid`."""
    known = leads.find_step_for_system(ctx.session, step_id)
    if known is not None:
        return Stored(_known_step(ctx, actor, lead_id, step_id, incoming), created=False)
    if leads.get(actor, ctx.session, lead_id) is None:
        raise Refused("not_found")
    with unit(ctx.session):
        row = _held(ctx, lead_id)
        step = incoming.read.value
        if step is None:
            raise Refused("invalid", incoming.read.faults)
        turn = rules.turn_of(step.kind)
        if not leads.handles(actor, ctx.session, lead_id) and not (turn.by_creator and _is_creators(actor, row)):
            raise Refused("not_allowed")
        if not rules.may_follow(step.kind, row.state, held=row.held_at is not None):
            raise Refused("wrong_state")
        faults = [*incoming.read.faults, *_too_long(incoming.raw)]
        wrong = {fault.pointer for fault in faults}
        faults += [fault for fault in rules.step_faults(step, ctx.now()) if fault.pointer not in wrong]
        if faults:
            raise Refused("invalid", faults)
        _add_step(ctx, actor, row, step_id, incoming.raw)
        _move(ctx, row, step.kind)
        ctx.record(actor, "step_lead", APART, lead_id, step=str(step_id), turn=step.kind)
        if step.kind == "transferred":
            _erase(ctx, actor, row)
        return Stored(_view(row, flags=rules.hints(step.said)), created=True)


def _is_creators(actor: Actor, row: LeadRow) -> bool:
    """Whether it is still for who reported it to read and to say what he did."""
    return row.creator_id == actor.id and row.state in BEFORE_HAND_OVER


def _known_step(ctx: Context, actor: Actor, lead_id: UUID, step_id: UUID, incoming: Incoming[LeadStep]) -> LeadView:
    with unit(ctx.session):
        step = leads.find_step_for_system(ctx.session, step_id)
        assert step is not None
        if (step.actor_id, step.lead_id) != (actor.id, lead_id):
            raise Refused("conflict")
        row = _held(ctx, lead_id)
        step = leads.find_step_for_system(ctx.session, step_id)  # as it is under the key that is held now
        assert step is not None
        if step.content is None:
            return _view(row)
        if ctx.vault.open(row.region_code, about_step(step_id), step.content) != incoming.raw:
            raise Refused("conflict")
        return _view(row, flags=rules.hints(incoming.load().said))


def _add_step(ctx: Context, actor: Actor, row: LeadRow, step_id: UUID, raw: bytes) -> None:
    key = leads.key_for_system(ctx.session, row.region_code)
    step: dict[str, Any] = {
        "id": step_id,
        "lead_id": row.id,
        "actor_id": actor.id,
        "at": ctx.now(),
        "content": ctx.vault.lock(row.region_code, key.key_id, about_step(step_id), raw),
    }
    insert_rows(ctx.session, LeadStepRow, [step])


def _move(ctx: Context, row: LeadRow, kind: str) -> None:
    target = rules.turn_of(kind).target
    if target is not None and target != row.state:
        row.state, row.moved_at = target, ctx.now()
    if kind == "handed_over":
        row.handed_over_at = ctx.now()
    elif kind == "held":
        row.held_at = ctx.now()
    elif kind == "released":
        row.held_at = row.proposed_at = None  # its time is looked at anew


def _erase(ctx: Context, actor: Actor, row: LeadRow) -> None:
    row.content = None
    leads.erase_steps_for_system(ctx.session, row.id)
    ctx.record(actor, "erase_lead", APART, row.id)


def list_leads(ctx: Context, actor: Actor, after: tuple[str, ...] | None, limit: int) -> Page[LeadLine]:
    """Those that he handles or has reported, the newest first, without anything that they say."""
    at = position(after, moment, UUID)
    rows = leads.list_visible(actor, ctx.session, at, limit + 1)
    return cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)), _view)


def read_lead(ctx: Context, actor: Actor, lead_id: UUID, purpose: str | None, readers: LeadReaders) -> LeadView:
    """A lead; what it says for its handlers, and for who reported it until the hand-over, each reading on record with
    its purpose. Raises `not_found`, `invalid` (no purpose), `sealed`."""
    seen = leads.get(actor, ctx.session, lead_id)
    if seen is None:
        raise Refused("not_found")
    if not _shows(ctx, actor, seen):
        return _view(seen)
    if not purpose:
        raise invalid(Fault("/purpose", "required"))
    with unit(ctx.session):
        row = _held(ctx, lead_id)
        if not _shows(ctx, actor, row):
            return _view(row)  # handed over or erased in this moment
        content = _content(ctx, row, readers)
        ctx.record(actor, "read_lead", APART, lead_id, purpose=purpose)
        said = {"place": content.lead.place, "text": content.lead.text}
        flags = [*rules.hints(said), *rules.odd_moments(content.lead, row.created_at)]
        flags += [flag for step in content.steps for flag in rules.hints(step.said)]
        return _view(row, content, flags)


def _shows(ctx: Context, actor: Actor, row: LeadRow) -> bool:
    if row.state == "transferred":
        return False
    return _is_creators(actor, row) or leads.handles(actor, ctx.session, row.id)


def _content(ctx: Context, row: LeadRow, readers: LeadReaders) -> LeadContent:
    assert row.content is not None
    region = row.region_code
    lead = readers.lead(ctx.vault.open(region, about_lead(row.id), row.content)).value
    assert lead is not None  # it was taken in
    steps = leads.steps_for_system(ctx.session, row.id)
    names = accounts.names_for_system(ctx.session, {row.creator_id, *(step.actor_id for step in steps)})
    shown = []
    for step in steps:
        assert step.content is not None
        read = readers.step(ctx.vault.open(region, about_step(step.id), step.content)).value
        assert read is not None
        shown.append(LeadStepView(step.id, read.at, step.at, names[step.actor_id], read.kind, read.said))
    place = institutions.get_for_system(ctx.session, lead.institution_id)
    return LeadContent(lead, place.name, names[row.creator_id], shown)


def look_at(ctx: Context, actor: Actor, lead_id: UUID) -> tuple[LeadLine, bool, list[rules.LeadTurn]]:
    """A lead from outside: where it stands, whether the actor may read what it says, and what he may do about it.
    Raises `not_found`."""
    row = leads.get(actor, ctx.session, lead_id)
    if row is None:
        raise Refused("not_found")
    handler = leads.handles(actor, ctx.session, lead_id)
    steps = rules.next_steps(row.state, held=row.held_at is not None, by_creator=not handler)
    return _view(row), _shows(ctx, actor, row), steps


def _view(row: LeadRow, content: LeadContent | None = None, flags: list[Flag] | None = None) -> LeadView:
    return LeadView(
        id=row.id,
        region_code=row.region_code,
        state=row.state,
        created_at=row.created_at,
        moved_at=row.moved_at,
        handed_over_at=row.handed_over_at,
        held=row.held_at is not None,
        proposed_at=row.proposed_at,
        erased=row.state == "transferred",
        content=content,
        flags=flags or (),
    )
