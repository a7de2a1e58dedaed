"""What a security administrator gives, as it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from inspection.domain.actor import ROLES
from inspection.domain.appointments import Appointment, NewAccount
from inspection.schemas.queries import Region
from inspection.schemas.wire import Choice, Id, ListOf, Wire, Words, reader

SEXES: Final = ("female", "male")
MOST_CODES: Final = 10_000


class AppointmentBody(Wire):
    role = Choice(ROLES, required=True)
    region_code = Region()
    institution = Words(128)


class AccountBody(AppointmentBody):
    username = Words(64, required=True)
    name = Words(64, required=True)
    organisation = Words(128, required=True)
    sex = Choice(SEXES)


class CodesBody(Wire):
    user_ids = ListOf(Id(), most=MOST_CODES, required=True)


class NothingBody(Wire):
    """An act that says all by being done."""


def _appointment(data: Mapping[str, Any]) -> Appointment:
    return Appointment(data["role"], data.get("region_code"), data.get("institution"))


def _account(data: Mapping[str, Any]) -> NewAccount:
    return NewAccount(data["username"], data["name"], data["organisation"], data.get("sex"), _appointment(data))


read_appointment = reader(AppointmentBody(), _appointment)
read_account = reader(AccountBody(), _account)
read_codes = reader(CodesBody(), lambda data: list(dict.fromkeys(data["user_ids"])))
read_nothing = reader(NothingBody(), lambda _: ())
