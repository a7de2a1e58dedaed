"""A second factor: six digits that change every half a minute (TOTP, RFC 6238, with the parameters that every
authenticator knows: SHA-1, 30 s), and recovery codes for who has lost it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

from inspection.domain.actor import ROLES

DRIFT_STEPS: Final = 1
"""A phone's clock may be one step off, either way (RFC 6238, 5.2)."""

RECOVERY_CODES: Final = 10
RECOVERY_LETTERS: Final = 16
"""Eighty bits: what is guessed in no lifetime may be kept as a plain hash."""

LIMITS: Final = (("minutes", 5, timedelta(minutes=5)), ("hour", 20, timedelta(hours=1)))
"""Wrong codes for an account: in five minutes, and in an hour."""

ADVISED: Final = frozenset({"reviewer", "sysadmin", "secadmin", "auditor"})
"""Who issues and closes, and the three administrators: they should have one wherever people are real."""

assert set(ROLES) >= ADVISED


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator is told once: the secret in Base32, and the address that its QR code holds."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class SecondFactorView:
    """`since`: when it was enrolled, None for nobody's; `required`: a role of the person demands one;
    `recovery_codes`: how many are left."""

    since: datetime | None
    required: bool
    recovery_codes: int


def new_secret() -> str:
    """160 bits in Base32, the length of SHA-1 (RFC 4226, 4)."""
    return random_base32()


def enrolment(secret: str, username: str, issuer: str) -> Enrolment:
    return Enrolment(secret, TOTP(secret).provisioning_uri(name=username, issuer_name=issuer))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half a minute, counted since 1970, whose code this is; None where it is none of the present ones."""
    try:
        return TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=DRIFT_STEPS)
    except OTPVerificationError:
        return None


def normalised(code: str) -> str:
    """A code however it was typed: spaces, dashes, small letters, full-width digits of a Chinese keyboard."""
    return "".join(one for one in unicodedata.normalize("NFKC", code).upper() if one.isalnum())


def is_required(roles: Collection[str], required_of: Collection[str]) -> bool:
    return not set(required_of).isdisjoint(roles)
