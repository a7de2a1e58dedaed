"""Who gets what: every operation and every page, as everybody, of what lies in every place. The answer's status, every
word in it and every row behind it are held against a table that is written down in `tests/support/access.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Final

import pytest
from hypothesis import settings

from inspection.api.endpoint import DECLARATIONS
from inspection.pages.routes import PAGES as DECLARED
from tests.house.test_house import ACCESS, OPEN
from tests.support.access import (
    ANYONE,
    FACTORS,
    PAGES,
    PLACES,
    PREFIX,
    PRINCIPALS,
    SEES,
    Cell,
    fresh_part,
)
from tests.support.addresses import declared
from tests.support.breakage import BREAKAGES, Breakage
from tests.support.databases import ENGINES
from tests.support.matrix import Matrix, made_matrix
from tests.support.world import made_world

TABLE: Final = {**ACCESS, **dict.fromkeys(OPEN, ANYONE)}
ON_POSTGRESQL: Final = ("revoked", "procurator", "school", "congress", "moved", "secadmin-near", "left")
"""Who is asked there in the suite, and the others on SQLite."""
LEFT: Final = ("disabled", "inspector2", "neighbour", "stranger", "tutoring", "bureau-above", "league-beyond")
"""Who is like another, and asked in the drill alone."""
SUITE: Final = tuple(one for one in PRINCIPALS if one not in LEFT)


@pytest.fixture(scope="module")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Matrix]]:
    """One on each database, made when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def made(engine: str) -> Matrix:
            matrix = made_matrix(stack.enter_context(made_world(engine, tmp_path_factory.mktemp("matrix"))), TABLE)
            stack.callback(matrix.rows.close)
            return matrix

        yield made


@pytest.fixture
def asked(request: pytest.FixtureRequest, matrices: Callable[[str], Matrix]) -> Iterator[Matrix]:
    """What was found wrong stays with the test that found it."""
    matrix = matrices(request.param)
    matrix.faults.clear()
    yield matrix
    assert not matrix.faults, "\n".join(matrix.faults)


def in_turn(suite: tuple[str | None, ...], left: tuple[str | None, ...] = ()) -> pytest.MarkDecorator:
    """In the suite one of the two databases for each; in the drill both for everybody."""
    cases = []
    for one in (*suite, *left):
        for engine in ENGINES:
            in_suite = one in suite and (engine == "postgresql") == (one in ON_POSTGRESQL)
            marks = () if in_suite else pytest.mark.drill
            cases.append(pytest.param(engine, one, id=f"{one}-{engine}", marks=marks))
    return pytest.mark.parametrize(("asked", "who"), cases, indirect=["asked"])


def thorough() -> bool:
    return settings.get_current_profile_name() == "drill"


def test_every_operation_and_page_is_in_the_table() -> None:
    assert {(one.method, one.path) for one in DECLARATIONS.values()} == set(TABLE)
    assert {(one.method, one.path) for one in DECLARED.values()} == set(PAGES)


@in_turn(SUITE, LEFT)
def test_everything_as_everybody_everywhere(asked: Matrix, who: str | None) -> None:
    """And what the desk and the API have for the same thing is decided alike by session and by token."""
    cells = list(asked.cells(who, thorough=thorough()))
    assert len(cells) > 150
    for cell in cells:
        asked.ask(cell)
    asked.faults += asked.alike(who)


@in_turn(("bureau",), ("school", "inspector", "league", "kindergarten", "neighbour", "bureau-above", "league-beyond"))
def test_no_condition_and_no_cursor_opens_another_place(asked: Matrix, who: str) -> None:
    elsewhere = [place for place in PLACES if place not in SEES.get(who, set())]
    for cell in asked.lists(who, elsewhere if thorough() else elsewhere[:1]):
        asked.ask_list(cell)


@in_turn(("inspector", "bureau", "school"), ("league", "moved"))
def test_an_id_that_is_taken_elsewhere_tells_nothing(asked: Matrix, who: str) -> None:
    for method, path in TABLE:
        if fresh_part(method, path) is None or "<hash" in path:
            continue
        if path.startswith(("/handovers", "/reminders")) or not asked.access.allowed(
            Cell(who, "PUT", PREFIX + path, "own")
        ):
            continue
        for place in PLACES:
            if place not in SEES[who]:
                asked.ask_taken(who, path, place)


UNDONE: Final = {
    ("POST", f"{PREFIX}/auth/activation"),  # nobody waits for it
    ("POST", "/activation"),
    ("POST", "/users/<uuid:user_id>/code"),
    ("POST", "/users/codes"),
    ("POST", "/users/<uuid:user_id>/enable"),
    ("POST", "/users/<uuid:user_id>/roles"),  # whose account an institution's is holds nothing else
    ("POST", "/users/new"),
    ("PUT", f"{PREFIX}/notices/<uuid:notice_id>/acknowledgement"),  # acknowledged by all
    ("POST", "/notices/<uuid:notice_id>/acknowledgement"),
    ("POST", "/problems/<uuid:problem_id>/reply"),  # names the department, which only its readers know
    ("POST", "/calendar/<int:year>"),  # no form of one field, or one with a file
    ("POST", "/checklists/publish"),
    ("POST", "/checklists/publish/check"),
    ("POST", "/institutions/import"),
    ("POST", "/institutions/import/check"),
    ("POST", "/users/import"),
    ("POST", "/users/import/check"),
    *(
        (method, path)
        for method, path, _ in declared()
        if path in FACTORS and method != "GET" and not path.endswith("/secret")
    ),  # takes a code
}
"""What is allowed and refused for its content, in a world where everything has been done already."""


@pytest.mark.parametrize("asked", ["sqlite"], indirect=True)
def test_what_is_asked_is_what_would_be_done(asked: Matrix) -> None:
    """A denial says something only of a question that is good: each is asked by one who may, and done."""
    for method, path, _ in declared():
        may = [Cell(who, method, path, place) for who in PRINCIPALS for place in ("own", "beyond")]
        for cell in [cell for cell in may if asked.access.lets_in(cell)][:3]:
            if (method, path) not in asked.done | UNDONE:
                asked.ask(cell)
    assert {(method, path) for method, path, _ in declared()} - asked.done == UNDONE


# It finds what it is for


@pytest.mark.parametrize("broken", BREAKAGES, ids=str)
def test_it_finds_a_fault(matrices: Callable[[str], Matrix], broken: Breakage) -> None:
    matrix = matrices("sqlite")
    matrix.faults.clear()
    with pytest.MonkeyPatch.context() as patch:
        broken.breaks(matrix.world, patch)
        for cell in matrix.cells(broken.who):
            if re.search(broken.where, cell.path):
                matrix.ask(cell)
            if any(broken.said in fault for fault in matrix.faults):
                break
    matrix.rows.restore()
    matrix.world.app.extensions["unrecorded"].clear()
    told = list(matrix.faults)
    matrix.faults.clear()
    assert any(broken.said in fault for fault in told), told
