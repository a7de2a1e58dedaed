"""Accounts as a security administrator sees and gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from inspection.domain.views import DeviceView

MOST_NAMED: Final = 5
"""Institutions that are named where a text fits several."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role that is to be given: a unit's for an institution, named by its credit code or by (a part of) its name;
    any other for a region."""

    role: str
    region_code: str | None
    institution: str | None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A person who gets an account with his first role."""

    username: str
    name: str
    organisation: str
    sex: str | None
    first: Appointment


@dataclass(frozen=True, slots=True)
class HeldRole:
    """`place` is the name of the region or of the institution that it is held for."""

    id: UUID
    role: str
    place: str
    since_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`roles` are those that are held now; `state`: active, waiting (no password was chosen yet) or disabled."""

    id: UUID
    username: str
    name: str
    organisation: str
    roles: Sequence[HeldRole]
    state: str


def state_of(disabled: bool, activated: bool) -> str:
    return "disabled" if disabled else "active" if activated else "waiting"


@dataclass(frozen=True, slots=True)
class AccountFile:
    """`past`: roles that ended, the latest first; `code_until`: until when the activation code is good, None where
    none is."""

    line: AccountLine
    sex: str | None
    created_at: datetime
    disabled_at: datetime | None
    past: Sequence[HeldRole]
    devices: Sequence[DeviceView]
    code_until: datetime | None


@dataclass(frozen=True, slots=True)
class GivenOut:
    """Accounts and (user name, name, code) of each; the codes are told once, and there are none when the same act comes
    again."""

    user_ids: Sequence[UUID]
    codes: Sequence[tuple[str, str, str]] = ()
