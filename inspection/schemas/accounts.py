"""Wire shapes of accounts, devices, institutions, photos, notifications."""

from __future__ import annotations

from marshmallow import fields

from inspection.domain.actor import ROLES
from inspection.domain.handovers import Handover
from inspection.domain.people import FINDABLE
from inspection.schemas.wire import Anything, Choice, Id, ListOf, Moment, Part, Sha256, Text, Truth, Whole, Wire, reader


class LoginBody(Wire):
    username = Text(64, required=True)
    password = Text(256, required=True)
    device_name = Text(128, required=True)
    otp = Text(64, allow_none=True)


class ActivationBody(Wire):
    username = Text(64, required=True)
    code = Text(32, required=True)
    password = Text(256, required=True)
    device_name = Text(128, required=True)
    otp = Text(64, allow_none=True)


class PasswordBody(Wire):
    old = Text(256, required=True)
    new = Text(256, required=True)


class ExpiredPasswordBody(PasswordBody):
    username = Text(64, required=True)
    otp = Text(64, allow_none=True)


class SecretBody(Wire):
    password = Text(256, required=True)


class CodeBody(Wire):
    otp = Text(64, required=True)


class RemovalBody(Wire):
    password = Text(256, required=True)
    otp = Text(64, required=True)


class EnrolmentSchema(Wire):
    secret = Text(64)
    address = Text(512)


class RecoveryCodesSchema(Wire):
    recovery_codes = ListOf(Text(32), most=10)


class SecondFactorSchema(Wire):
    since = Moment(allow_none=True)
    required = Truth()
    recovery_codes = Whole(0, 10)


class RoleSchema(Wire):
    role = Choice(ROLES)
    region_code = Text(6, allow_none=True)
    institution_id = Id(allow_none=True)


read_login = reader(LoginBody(), dict)
read_activation = reader(ActivationBody(), dict)
read_password = reader(PasswordBody(), dict)
read_secret = reader(SecretBody(), dict)
read_code = reader(CodeBody(), dict)
read_removal = reader(RemovalBody(), dict)
read_expired_password = reader(ExpiredPasswordBody(), dict)


class UserSchema(Wire):
    id = Id()
    username = Text(64)
    name = Text(64)
    organisation = Text(128, least=0)
    roles = ListOf(Part(RoleSchema), most=100)
    region_code = Text(6, allow_none=True)
    institution_id = Id(allow_none=True)


class AccountSchema(Wire):
    id = Id()
    username = Text(64)
    name = Text(64)
    organisation = Text(128, least=0)
    roles = ListOf(Part(RoleSchema), most=100)
    disabled = Truth()


class PeopleQuery(Wire):
    role = Choice(FINDABLE)
    q = Text(64)


class PersonSchema(Wire):
    id = Id()
    name = Text(64)
    organisation = Text(128, least=0)
    roles = ListOf(Part(RoleSchema), most=100)


class HandoverBody(Wire):
    from_user_id = Id(required=True)
    to_user_id = Id(required=True)
    reason = Text(2000, required=True)
    signed_by = Text(64, required=True)


read_handover = reader(
    HandoverBody(),
    lambda data: Handover(data["from_user_id"], data["to_user_id"], data["reason"], data["signed_by"]),
)


class HandoverSchema(Wire):
    id = Id()
    from_user_id = Id()
    to_user_id = Id()
    roles = ListOf(Part(RoleSchema), most=100)
    problems = Whole(0, 2**31)
    notices = Whole(0, 2**31)
    assignments = Whole(0, 2**31)


class SignedInSchema(Wire):
    token = Text(128)
    expires_at = Moment()
    user = Part(UserSchema)


class DeviceSchema(Wire):
    id = Id()
    device_name = Text(128)
    created_at = Moment()
    expires_at = Moment()
    current = Truth()


class PhotoSchema(Wire):
    sha256 = Sha256()
    type = Text(32)
    width = Whole(0, 2**31, allow_none=True)
    height = Whole(0, 2**31, allow_none=True)
    bytes = Whole(0, 2**31)
    taken_at = Text(64, allow_none=True)
    has_location = Truth()


class NotificationSchema(Wire):
    id = Id()
    kind = Text(32)
    problem_id = Id(allow_none=True)
    params = Anything()
    created_at = Moment()
    read_at = Moment(allow_none=True)
    text = fields.String()


class ChecklistHeadSchema(Wire):
    code = Text(32)
    version = Whole(1, 1_000_000)
    title = Text(128)
    title_en = Text(128)
    kinds = ListOf(Text(32), most=10)
    sha256 = Sha256()


class ChecklistSchema(ChecklistHeadSchema):
    sections = ListOf(Anything(), most=200)
