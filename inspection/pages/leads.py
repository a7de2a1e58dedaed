"""线索: where each stands, for who handles or has reported it; what it says once its reader has said what for; and what
was done, each step with its consequence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Response, request, url_for

from inspection.actions import leads as actions
from inspection.actions.context import Context
from inspection.actions.institutions import regions_of
from inspection.domain.actor import Actor
from inspection.domain.errors import Fault, Refused
from inspection.domain.leads import SAID
from inspection.domain.texts import desk_texts
from inspection.pages.desk import ROWS, Query, deed, done, language, page, place, wrong_in
from inspection.pages.forms import Form, incoming
from inspection.schemas.leads import LEAD_READERS, LeadQuery, read_lead_step
from inspection.schemas.queries import NothingAsked
from inspection.web import cursor_of


@place("/leads", "lead.read", query=NothingAsked())
def leads(ctx: Context, actor: Actor, query: Query) -> Response:
    """The newest first, without anything that they say."""
    if query.faults:
        raise Refused("invalid", query.faults)
    listed = actions.list_leads(ctx, actor, query.after, ROWS)
    regions = dict(regions_of(ctx, actor))
    return page("leads.html", query=query, listed=listed, next=cursor_of(listed.next_key), regions=regions)


@place("/leads/<uuid:lead_id>", "lead.read", query=LeadQuery())
def lead(ctx: Context, actor: Actor, query: Query, lead_id: UUID) -> Response:
    """Where it stands; with a purpose, what it says."""
    line, readable, steps = actions.look_at(ctx, actor, lead_id)
    purpose = query.get("purpose")
    if purpose is None and "purpose" in request.args and not query.faults:
        query = replace(query, faults=(Fault("/purpose", "required"),))
    opened = actions.read_lead(ctx, actor, lead_id, purpose, LEAD_READERS) if readable and purpose else None
    return page(
        "lead.html",
        422 if query.faults else 200,
        query=query,
        wrong=wrong_in(query),
        one=line,
        regions=dict(regions_of(ctx, actor)),
        readable=readable,
        opened=opened,
        steps=steps,
        now=f"{ctx.clock.local(ctx.now()):%Y-%m-%dT%H:%M}",
    )


@deed("/leads/<uuid:lead_id>/steps/<kind>", "lead.step", again=lead)
def lead_step(ctx: Context, actor: Actor, form: Form, lead_id: UUID, kind: str) -> Response:
    """What was done, under the kind that the address names."""
    body = form.body(*SAID, kind=kind, at=_moment(ctx, form.text("at")))
    actions.take_step(ctx, actor, lead_id, form.act, incoming(body, read_lead_step))
    return done(desk_texts(language())["leads"]["done"][kind], url_for("desk.lead", lead_id=lead_id))


def _moment(ctx: Context, typed: str | None) -> str | None:
    """With the offset of the installation's zone; what is no moment is left for the reader to refuse."""
    try:
        moment = datetime.fromisoformat(typed or "")
    except ValueError:
        return typed
    return (moment if moment.tzinfo else moment.replace(tzinfo=ctx.clock.zone)).isoformat()
