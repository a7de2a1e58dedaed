"""Codes of a second factor: the vectors of RFC 6238, drift, and however they are typed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from inspection.domain.second_factor import enrolment, is_required, new_secret, normalised, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    assert step_of(SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, taken: bool) -> None:
    now = datetime.fromtimestamp(1234567890, UTC) + timedelta(seconds=30 * steps)
    assert step_of(SECRET, "005924", now) == (1234567890 // 30 if taken else None)


@pytest.mark.parametrize("code", ["", "0", "05924", "0059240", "5924", "abcdef", "005924\x00", "٠٠٥٩٢٤"])
def test_nothing_else_is_a_code(code: str) -> None:
    assert step_of(SECRET, code, datetime.fromtimestamp(1234567890, UTC)) is None


@pytest.mark.parametrize("typed", ["005924", " 005 924 ", "005-924", "００５９２４", "０05 9２4\n", "005\u3000924"])
def test_however_it_is_typed(typed: str) -> None:
    assert normalised(typed) == "005924"


def test_small_letters_of_a_recovery_code_are_capitals() -> None:
    assert normalised("abcd-ef23-gh45-jk67") == "ABCDEF23GH45JK67"


def test_an_authenticator_is_told_all_that_it_needs() -> None:
    told = enrolment(SECRET, "batu.suren", "校园安全检查")
    assert told.address.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in told.address
    assert "batu.suren" in told.address
    assert len(base64.b32decode(new_secret())) == 20
    assert new_secret() != new_secret()


def test_one_role_that_demands_it_is_enough() -> None:
    assert is_required({"reviewer", "lead_handler"}, {"reviewer"})
    assert not is_required({"unit"}, {"reviewer"})
    assert not is_required(set(), {"reviewer"})
