"""Wire shapes of leads (R1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from inspection.domain.leads import CATEGORIES, KINDS, SAFE, SAID, STATES, TEXT_MOST, Lead, LeadReaders, LeadStep
from inspection.schemas.inspections import FlagSchema
from inspection.schemas.wire import Choice, Id, ListOf, MapOf, Moment, Part, Text, Truth, Wire, Words, reader


class LeadBody(Wire):
    """No name of a child, no number, no class, no photo: who it is stands in the police's file."""

    institution_id = Id(required=True)
    observed_at = Moment(required=True)
    place = Words(60, required=True)
    category = Choice(CATEGORIES, required=True)
    child_safe_now = Choice(SAFE, required=True)
    police_called_at = Moment(allow_none=True)
    police_receipt = Words(64, allow_none=True)
    text = Text(TEXT_MOST, least=0, required=True)


read_lead = reader(
    LeadBody(),
    lambda data: Lead(
        institution_id=data["institution_id"],
        observed_at=data["observed_at"],
        place=data["place"],
        category=data["category"],
        child_safe_now=data["child_safe_now"],
        police_called_at=data.get("police_called_at"),
        police_receipt=data.get("police_receipt"),
        text=data["text"],
    ),
)


class LeadStepBody(Wire):
    """`agency` of a call, `station` and `receipt` of a hand-over, `case_file` of a transfer, `text` of all others."""

    kind = Choice(KINDS, required=True)
    at = Moment(required=True)
    agency = Words(128)
    station = Words(128)
    receipt = Words(64)
    case_file = Words(128)
    text = Words(TEXT_MOST)


UNSAID: Final = datetime.min.replace(tzinfo=UTC)
"""In the place of a moment that is missing, so that what else is wrong is told with it."""

read_lead_step = reader(
    LeadStepBody(),
    lambda data: LeadStep(data["kind"], data.get("at", UNSAID), {name: data[name] for name in SAID if name in data}),
)

LEAD_READERS: Final = LeadReaders(read_lead, read_lead_step)


class LeadQuery(Wire):
    """What one reads it for; asked wherever content is shown."""

    purpose = Words(500)


class LeadLineSchema(Wire):
    id = Id()
    region_code = Text(6)
    state = Choice(STATES)
    created_at = Moment()
    moved_at = Moment()
    handed_over_at = Moment(allow_none=True)
    proposed_at = Moment(allow_none=True)
    held = Truth()
    erased = Truth()


class LeadStepSchema(Wire):
    id = Id()
    at = Moment()
    recorded_at = Moment()
    by = Text(64)
    kind = Choice(KINDS)
    said = MapOf(Text(16), Text(TEXT_MOST), most=len(SAID))


class LeadContentSchema(Wire):
    institution_id = Id(attribute="lead.institution_id")
    institution = Text(128)
    by = Text(64)
    observed_at = Moment(attribute="lead.observed_at")
    place = Text(60, attribute="lead.place")
    category = Choice(CATEGORIES, attribute="lead.category")
    child_safe_now = Choice(SAFE, attribute="lead.child_safe_now")
    police_called_at = Moment(attribute="lead.police_called_at", allow_none=True)
    police_receipt = Text(64, attribute="lead.police_receipt", allow_none=True)
    text = Text(TEXT_MOST, attribute="lead.text")
    steps = ListOf(Part(LeadStepSchema), most=1000)


class LeadSchema(LeadLineSchema):
    """`content` is null for who may see the state alone, in the answer to a PUT, and once it was erased."""

    content = Part(LeadContentSchema, allow_none=True)
    flags = ListOf(Part(FlagSchema), most=100)
