"""Guesses that many processes take at once are no more than guesses in a row, and the honest one still comes in."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from pyotp import TOTP
from requests.adapters import HTTPAdapter

from inspection.actions.guesses import FAILURES_PER_ADDRESS, FAILURES_PER_NAME_AND_ADDRESS
from tests.support import databases
from tests.support.server import serving_on

AT_ONCE = 16


class From(HTTPAdapter):
    """Requests from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        super().init_poolmanager(*given, **{**options, "source_address": (self.address, 0)})


def sign_in(base: str, username: str, password: str, address: str = "127.0.0.1", otp: str | None = None) -> int:
    body = {"username": username, "password": password, "device_name": "x", "otp": otp}
    with requests.Session() as session:
        session.mount("http://", From(address))
        return session.post(f"{base}/api/v1/auth/login", json=body, timeout=60).status_code


def guessed(engine: str, folder: Path, count: int) -> None:
    with databases.copy(engine) as url, serving_on(url, folder, workers=4) as server:

        def guesses(names: list[str]) -> Counter[int]:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                return Counter(pool.map(lambda name: sign_in(server.base, name, "a wrong guess"), names))

        of_one = guesses(["bureau"] * count)
        assert of_one == {401: FAILURES_PER_NAME_AND_ADDRESS, 429: count - FAILURES_PER_NAME_AND_ADDRESS}
        assert sign_in(server.base, "bureau", databases.PASSWORD) == 429
        assert sign_in(server.base, "bureau", databases.PASSWORD, "127.0.0.2") == 201
        of_many = guesses([f"nobody{number}" for number in range(count)])
        left = FAILURES_PER_ADDRESS - FAILURES_PER_NAME_AND_ADDRESS
        assert of_many == {401: left, 429: count - left}
        assert sign_in(server.base, "league", databases.PASSWORD, "127.0.0.2") == 201


@pytest.mark.short_drill
def test_no_guess_too_many_over_four_processes(engine: str, tmp_path: Path) -> None:
    guessed(engine, tmp_path, 160)


@pytest.mark.short_drill
def test_no_code_too_many_over_four_processes(engine: str, tmp_path: Path) -> None:
    """Who has the password, and guesses at the second factor from many addresses at once."""
    with databases.copy(engine) as url, serving_on(url, tmp_path, workers=4) as server:
        bureau = server.caller("bureau")
        begun = bureau.put("/auth/second-factor/secret", {"password": databases.PASSWORD}).json()
        assert bureau.put("/auth/second-factor", {"otp": TOTP(begun["secret"]).now()}).status_code == 200

        def guess(number: int) -> int:
            return sign_in(server.base, "bureau", databases.PASSWORD, f"127.0.1.{number}", f"{number:06}")

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert Counter(pool.map(guess, range(1, 49))) == {401: 5, 429: 43}


@pytest.mark.drill
def test_ten_thousand_guesses_over_four_processes(engine: str, tmp_path: Path) -> None:
    guessed(engine, tmp_path, 10_000)
