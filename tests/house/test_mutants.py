"""Whether anybody would notice: the modules that decide who sees what, and what the log is worth, each with one thing
in it changed. Of all such mutants the matrix and the tests of these modules find nearly every one; those that change
nothing are listed by name with the reason."""

from __future__ import annotations

import ast
import signal
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import pytest

from inspection.domain.actor import Actor, Grant
from inspection.domain.permissions import may
from tests.house.test_matrix import TABLE
from tests.support.matrix import Matrix, made_matrix
from tests.support.mutants import Judge, Mutant, by_matrix, by_tests, mutants, noticed, parsed
from tests.support.world import made_world

MOST: Final = 0.95
"""The share of mutants that must be noticed."""

PERMISSIONS: Final = "inspection.domain.permissions"
SCOPE: Final = "inspection.storage.scope"
CHAIN: Final = "inspection.domain.chain"
LOG: Final = "inspection.storage.audit"

TESTS: Final = {
    PERMISSIONS: ("tests/journeys/test_departures.py",),
    SCOPE: ("tests/actions/test_scope.py",),
    CHAIN: ("tests/journeys/test_audit_log.py",),
    LOG: (
        "tests/journeys/test_log_entries.py",
        "tests/journeys/test_audit_log.py",
        "tests/pages/test_log.py",
    ),
}
"""Besides the matrix."""
QUICK: Final = "(not postgresql and not tampering) or many_at_once"
"""What takes long is left out, but for the one test of writers that wait for each other."""
UNSHARED: Final = "a name that nobody else uses"
AUDITS: Final = "grant.role == 'auditor' and grant.region_code"
DIGITS: Final = "the code of a region has neither % nor _ in it"
EQUIVALENT: Final[dict[str, dict[str, str]]] = {
    PERMISSIONS: {"EVERYONE: frozenset(ROLES) → frozenset()": "what everyone may takes no role"},
    SCOPE: {
        "_branch: True → False": DIGITS,
        "_branch_before: True → False": DIGITS,
        "countable_institutions: True → False": DIGITS,
        "in_region: True → False": DIGITS,
        "visible_lately: return false() → return None": "NULL is as little true",
        "_branch: return false() → return None": "NULL is as little true",
        "_branch: if not grant.but: return inside → if False: return inside": "nothing is left out of everything",
        "countable_institutions: grant.role in CONGRESS and grant.region_code → grant.region_code": (
            "who counts holds either roles that see, whose regions are those that he sees, or the congress's alone"
        ),
    },
    CHAIN: {
        "_PLAIN: False → True": "every field of an entry is ASCII",
        "fields_of: entry.at.astimezone(UTC) → entry.at": "moments come in UTC",
    },
    LOG: {
        "PENDING: 'entries' → 'entriesx'": UNSHARED,
        "APPENDED: 'appended' → 'appendedx'": UNSHARED,
        "_append: 16 → 17": "a salt may be longer",
        "chain_of_for_system: region is None and actor.institution_id is not None → region is None": (
            "no institution has no id"
        ),
        "everything_for_system: 2000 → 2001": "how many are read at a time",
        "last_for_system: 1 → 2": "the first of them is taken",
        "_audited: True → False": DIGITS,
        "PROVINCE: 2 → 3": "what regions share has two, four or six digits",
        **{
            f"_audited: {before} → {after}": "an auditor holds no other role, and each for a region"
            for before, after in (
                (f"for grant in actor.grants if {AUDITS}", "for grant in actor.grants"),
                (AUDITS, AUDITS.replace("and", "or")),
                (AUDITS, "grant.region_code"),
                (AUDITS, "grant.role == 'auditor'"),
            )
        },
    },
}
"""Mutant → why it changes nothing that anybody could notice."""


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with made_world("sqlite", tmp_path_factory.mktemp("mutants")) as world:
        made = made_matrix(world, TABLE)
        yield made
        made.rows.close()


def judges(matrix: Matrix, module: str) -> list[Judge]:
    by_its_tests = by_tests(*TESTS[module], only=QUICK)
    of_module = {
        PERMISSIONS: [by_matrix(matrix), by_its_tests],
        SCOPE: [by_its_tests, by_matrix(matrix)],
        CHAIN: [by_its_tests],
        LOG: [by_its_tests, by_matrix(matrix, ("auditor", "auditor-near"))],
    }
    return of_module[module]


@pytest.mark.drill
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("module", TESTS)
def test_nearly_every_mutant_is_noticed(matrix: Matrix, module: str) -> None:
    asked = judges(matrix, module)
    assert not any(judge(None) for judge in asked)  # here, so that those who are forked have read all
    every = {mutant.name: mutant for mutant in mutants(module)}
    assert EQUIVALENT[module].keys() <= every.keys()
    tried = [mutant for name, mutant in every.items() if name not in EQUIVALENT[module]]
    missed = [mutant.name for mutant in tried if not noticed(mutant, asked)]
    assert len(missed) <= (1 - MOST) * len(tried), "\n".join(missed)


def test_a_mutant_is_one_change_and_is_put_in_nowhere_but_in_its_own_process() -> None:
    every = mutants(PERMISSIONS)
    original = ast.unparse(parsed(PERMISSIONS))
    assert len({mutant.name for mutant in every}) == len(every) > 150
    assert all(ast.unparse(mutant.tree()) != original for mutant in every)
    known = {"in a table": "ALLOWED['problem.review']: REVIEWERS → EVERYONE", "in a function": "may: not "}
    somebody = Actor(uuid4(), "x", "x", "x", (Grant("unit"),))

    def lets_him_review(_: Mutant | None) -> bool:
        return may(somebody, "problem.review")

    for name in known.values():
        assert noticed(next(one for one in every if one.name.startswith(name)), [lets_him_review]), name
    unrelated = next(one for one in every if one.name == "ALLOWED['notice.issue']: REVIEWERS → EVERYONE")
    assert not noticed(unrelated, [lets_him_review])
    assert not lets_him_review(None)


def test_who_comes_to_no_end_is_noticed() -> None:
    def waits(_: Mutant | None) -> bool:
        signal.pause()
        return False

    assert noticed(mutants(PERMISSIONS)[0], [waits], seconds=1)
