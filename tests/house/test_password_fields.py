"""Passwords are taken as they are typed: masked, from managers and by paste, whole, and kept by a slow hash."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from argon2 import Type, extract_parameters

from inspection.actions.passwords import hash_password, password_matches
from tests.support.databases import PASSWORD
from tests.support.world import World

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = {"password", "old", "new", "again"}
INPUT: Final = re.compile(r"<input [^>]*>|\bui\.input\([^)]*\)")
NAME: Final = re.compile(r"""\bname=["'](\w+)["']|\bui\.input\(\w+, *["'](\w+)["']""")
LONGEST: Final = ("A-" + "".join(sha256(bytes([number])).hexdigest() for number in range(4)))[:256]


def password_inputs() -> list[str]:
    sources = [*ROOT.glob("inspection/pages/templates/**/*.html"), *ROOT.glob("inspection/phone/**/*.js")]
    inputs = [found for path in sources for found in INPUT.findall(path.read_text(encoding="utf-8"))]
    return [found for found in inputs if (name := NAME.search(found)) and (name[1] or name[2]) in SECRET]


def test_passwords_are_masked_and_managers_know_them() -> None:
    inputs = password_inputs()
    assert len(inputs) > 6
    for found in inputs:
        assert re.search(r"""type=["']password["']""", found), found
        assert re.search(r"""autocomplete=["'](current|new)-password["']""", found), found


def test_nothing_stands_in_the_way_of_paste() -> None:
    sources = [*ROOT.glob("inspection/phone/**/*.js"), *ROOT.glob("inspection/pages/static/*.js")]
    sources += ROOT.glob("inspection/pages/templates/**/*.html")
    assert [path.name for path in sources if re.search(r"\bonpaste\b|['\"]paste['\"]", path.read_text("utf-8"))] == []


@pytest.mark.parametrize("new", ["  Steppe-Wind-7  ", "Ｓteppe-Wind-7", "草原-Wind-7-é", LONGEST])
def test_a_password_is_taken_as_typed(sqlite_world: World, new: str) -> None:
    """Neither trimmed, folded, composed nor cut, up to 256 characters."""
    bureau = sqlite_world.person("bureau")
    changed = bureau.call("POST", "/auth/password", json={"old": PASSWORD, "new": new})
    assert changed.status_code == 204, changed.json

    def enters(password: str) -> int:
        body = {"username": "bureau", "password": password, "device_name": "x"}
        return sqlite_world.app.test_client().post("/api/v1/auth/login", json=body).status_code

    assert enters(new) == 201
    for other in {new.strip(), new.swapcase(), new[:-1], new.replace("Ｓ", "S"), new.replace("é", "e\u0301")} - {new}:
        assert enters(other) == 401, other


def test_passwords_are_kept_by_argon2id() -> None:
    """At least OWASP's measure: 19 MiB, two passes; another salt each time."""
    kept = hash_password(PASSWORD)
    measure = extract_parameters(kept)
    assert measure.type is Type.ID
    assert (measure.memory_cost, measure.time_cost) >= (19 * 1024, 2)
    assert measure.salt_len >= 16
    assert hash_password(PASSWORD) != kept
    assert password_matches(kept, PASSWORD)
    assert not password_matches(kept, PASSWORD + " ")
