"""Wire shapes of institutions and what happens to them."""

from __future__ import annotations

import dataclasses
from typing import Any

from checklists.engine import KNOWN_FLAGS
from inspection.domain.imports import LARGEST_NUMBER, NUMBERS, ImportedInstitution
from inspection.domain.institutions import CHANGES, KINDS, InstitutionChange
from inspection.domain.recusals import Recusal, RecusalEnd
from inspection.domain.views import InstitutionDetail
from inspection.schemas.queries import Region
from inspection.schemas.wire import Anything, Choice, Day, Id, ListOf, Moment, Part, Text, Truth, Whole, Wire, reader


class InstitutionSchema(Wire):
    id = Id()
    name = Text(128)
    kind = Choice(KINDS)
    region_code = Text(6)
    region_name = Text(64)
    competent_department = Text(128)
    address = Text(128, allow_none=True)
    telephone = Text(32, allow_none=True)
    credit_code = Text(18, allow_none=True)
    profile = Anything()
    closed_on = Day(allow_none=True)
    successor_id = Id(allow_none=True)


class ChangeSchema(Wire):
    kind = Text(16)
    effective_on = Day()
    before = Anything()
    after = Anything()
    reason = Text(2000)
    by = Text(64, allow_none=True)
    at = Moment()


class InstitutionDetailSchema(InstitutionSchema):
    changes = ListOf(Part(ChangeSchema), most=10_000)
    predecessors = ListOf(Id(), most=10_000)


def institution_detail(detail: InstitutionDetail) -> dict[str, Any]:
    """One flat object: the list's line, its changes and predecessors."""
    data = {field.name: getattr(detail.summary, field.name) for field in dataclasses.fields(detail.summary)}
    return data | {"changes": detail.changes, "predecessors": detail.predecessors}


class ChangeBody(Wire):
    kind = Choice(CHANGES, required=True)
    effective_on = Day(required=True)
    reason = Text(2000, required=True)
    name = Text(128, allow_none=True)
    region_code = Region(allow_none=True)
    competent_department = Text(128, allow_none=True)
    address = Text(128, allow_none=True)
    telephone = Text(32, allow_none=True)
    successor_id = Id(allow_none=True)
    open_problems = Choice(("follow", "end"), allow_none=True)


read_change = reader(
    ChangeBody(),
    lambda data: InstitutionChange(
        kind=data["kind"],
        effective_on=data["effective_on"],
        reason=data["reason"],
        name=data.get("name"),
        region_code=data.get("region_code"),
        competent_department=data.get("competent_department"),
        address=data.get("address"),
        telephone=data.get("telephone"),
        successor_id=data.get("successor_id"),
        open_problems=data.get("open_problems"),
    ),
)


Profile = Wire.from_dict(
    {
        **{name: Truth(allow_none=True) for name in sorted(KNOWN_FLAGS)},
        **{name: Whole(0, LARGEST_NUMBER, allow_none=True) for name in NUMBERS},
    },
    name="Profile",
)


class RegistrationBody(Wire):
    name = Text(128, required=True)
    kind = Choice(KINDS, required=True)
    region_code = Region(required=True)
    credit_code = Text(18, required=True)
    competent_department = Text(128, required=True)
    address = Text(128, allow_none=True)
    telephone = Text(32, allow_none=True)
    profile = Part(Profile)


read_registration = reader(
    RegistrationBody(),
    lambda data: ImportedInstitution(
        name=data.get("name", ""),
        kind=data.get("kind", ""),
        credit_code=data.get("credit_code", ""),
        region_code=data.get("region_code", ""),
        competent_department=data.get("competent_department", ""),
        profile={name: value for name, value in (data.get("profile") or {}).items() if value is not None},
        address=data.get("address"),
        telephone=data.get("telephone"),
    ),
)


class RecusalBody(Wire):
    user_id = Id(required=True)
    reason = Text(2000, required=True)


read_recusal = reader(RecusalBody(), lambda data: Recusal(data["user_id"], data["reason"]))


class RecusalEndBody(Wire):
    reason = Text(2000, required=True)


read_recusal_end = reader(RecusalEndBody(), lambda data: RecusalEnd(data["reason"]))


class RecusalSchema(Wire):
    id = Id()
    user_id = Id()
    name = Text(64)
    reason = Text(2000)
    declared_by = Text(64)
    declared_at = Moment()
    ended_by = Text(64, allow_none=True)
    ended_at = Moment(allow_none=True)
    end_reason = Text(2000, allow_none=True)
