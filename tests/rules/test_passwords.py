"""What a password must be: a table of cases for each of the two rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.domain.passwords import RULES, password_faults
from inspection.domain.texts import texts
from tests.support.clock import MONDAY

MLPS3 = {
    "Steppe-Wind-7": [],
    "草原的风Wind7": ["password_too_short"],
    "草原的风与马Wind7好": [],
    "草原草原的风和马群7！": [],
    "Steppe-7": ["password_too_short"],
    "steppe": ["password_too_short", "password_too_plain"],
    "steppewindhorse": ["password_too_plain"],
    "steppe wind horse": ["password_too_plain"],
    "STEPPEWINDhorse": ["password_too_plain"],
    "steppe wind horse 7": [],
    "8462917350": ["password_too_plain"],
    "Password123": ["password_too_easy"],
    "P@ssw0rd2026!": ["password_too_easy"],
    "Admin@123456": ["password_too_easy"],
    "Adm1n@123456": ["password_too_easy"],
    "Woaini@1314": ["password_too_easy"],
    "Jiancha#2026": ["password_too_easy"],
    "Aa1!Aa1!Aa1!": ["password_too_easy"],
    "Dragon1!Dragon1!": ["password_too_easy"],
    "Batu.Suren1": ["password_too_easy"],
    "batu.suren-2026": ["password_too_easy"],
    "Batu.surenbatu.suren": ["password_too_easy"],
    "Batu.surenBATU.SUREN1": ["password_too_easy"],
    "Batu.suren at 7 horses": [],
    "Ｐassword１２３": ["password_too_easy"],
}
NIST = {
    "steppe wind horse": [],
    "steppewindhorse": [],
    "草原上的风吹过马群也吹过羊群的": [],
    "草原上的风吹过马群也吹过羊群": ["password_too_short"],
    "Steppe-Wind-7": ["password_too_short"],
    "846291735028465": [],
    "aaaaaaaaaaaaaaa": ["password_too_easy"],
    "abcdefghijklmnop": ["password_too_easy"],
    "passwordpassword": ["password_too_easy"],
    "password2026!!!!": ["password_too_easy"],
    "batu.surenbatu.suren": ["password_too_easy"],
    "iloveyouiloveyou": ["password_too_easy"],
}
BESIDE_A_FACTOR = {
    "steppe-7": [],
    "steppe7": ["password_too_short"],
    "password": ["password_too_easy"],
    "iloveyou1": ["password_too_easy"],
}


def wrong(rules: str, password: str, *, second_factor: bool = False) -> list[str]:
    faults = password_faults(RULES[rules], "batu.suren", password, "/new", second_factor=second_factor)
    assert all(fault.pointer == "/new" for fault in faults)
    return [fault.code for fault in faults]


@pytest.mark.parametrize(("password", "faults"), MLPS3.items())
def test_the_third_level_asks_for_three_classes(password: str, faults: list[str]) -> None:
    assert wrong("mlps3", password) == faults
    assert wrong("mlps3", password, second_factor=True) == faults


@pytest.mark.parametrize(("password", "faults"), NIST.items())
def test_nist_asks_for_length_and_for_nothing_common(password: str, faults: list[str]) -> None:
    assert wrong("nist", password) == faults


@pytest.mark.parametrize(("password", "faults"), BESIDE_A_FACTOR.items())
def test_beside_a_second_factor_nist_takes_a_shorter_one(password: str, faults: list[str]) -> None:
    assert wrong("nist", password, second_factor=True) == faults


@given(st.sampled_from(sorted(RULES)), st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_any_text_is_judged(rules: str, password: str, username: str) -> None:
    told = password_faults(RULES[rules], username, password, "/new")
    assert {fault.pointer for fault in told} <= {"/new"}
    assert {fault.code for fault in told} <= set(texts("zh_CN")["fault"])
    if len(password) < 10:
        assert "password_too_short" in {fault.code for fault in told}


def test_the_third_level_asks_for_another_after_ninety_days_and_nist_never() -> None:
    ninety = MONDAY + timedelta(days=90)
    assert RULES["mlps3"].has_expired(MONDAY, ninety)
    assert not RULES["mlps3"].has_expired(MONDAY, ninety - timedelta(seconds=1))
    assert not RULES["mlps3"].has_expired(None, ninety)
    assert not RULES["nist"].has_expired(MONDAY, ninety + timedelta(days=3650))
