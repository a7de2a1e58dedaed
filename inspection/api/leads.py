"""Leads (R1): for who reports them and for their handlers, and for nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inspection.actions import leads as actions
from inspection.actions.context import Context
from inspection.api.endpoint import Answer, endpoint
from inspection.domain.actor import Actor
from inspection.domain.incoming import Incoming
from inspection.domain.leads import Lead, LeadLine, LeadStep, LeadView
from inspection.domain.views import Page, Stored
from inspection.schemas.leads import (
    LEAD_READERS,
    LeadBody,
    LeadLineSchema,
    LeadQuery,
    LeadSchema,
    LeadStepBody,
    read_lead,
    read_lead_step,
)


def _stored(stored: Stored[LeadView]) -> Answer:
    return Answer(stored.value, 201 if stored.created else 200)


@endpoint(
    "PUT",
    "/leads/<uuid:lead_id>",
    "lead.create",
    body=LeadBody(),
    read=read_lead,
    returns={200: LeadSchema(), 201: LeadSchema()},
    refuses=("conflict", "not_found", "sealed"),
)
def put_lead(ctx: Context, actor: Actor, incoming: Incoming[Lead], lead_id: UUID) -> Answer:
    """Report suspected harm to a child, or a crime; its handlers are alerted at once."""
    return _stored(actions.report_lead(ctx, actor, lead_id, incoming))


@endpoint("GET", "/leads", "lead.read", paged=True, returns={200: LeadLineSchema()})
def list_leads(ctx: Context, actor: Actor, query: dict[str, Any]) -> Page[LeadLine]:
    """Leads that one handles or has reported, the newest first, without what they say."""
    return actions.list_leads(ctx, actor, query["after"], query["limit"])


@endpoint(
    "GET",
    "/leads/<uuid:lead_id>",
    "lead.read",
    query=LeadQuery(),
    returns={200: LeadSchema()},
    refuses=("not_found", "sealed"),
)
def get_lead(ctx: Context, actor: Actor, query: dict[str, Any], lead_id: UUID) -> LeadView:
    """A lead with what it says; each reading is recorded with its purpose."""
    return actions.read_lead(ctx, actor, lead_id, query.get("purpose"), LEAD_READERS)


@endpoint(
    "PUT",
    "/leads/<uuid:lead_id>/steps/<uuid:step_id>",
    "lead.step",
    body=LeadStepBody(),
    read=read_lead_step,
    returns={200: LeadSchema(), 201: LeadSchema()},
    refuses=("conflict", "not_found", "not_allowed", "wrong_state", "sealed"),
)
def put_step(ctx: Context, actor: Actor, incoming: Incoming[LeadStep], lead_id: UUID, step_id: UUID) -> Answer:
    """Say what was done about a lead; with its transfer to the case file what it says is erased."""
    return _stored(actions.take_step(ctx, actor, lead_id, step_id, incoming))
