"""How often a page asks the database: a dozen times at most, however much it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from inspection.storage.db import db
from tests.support.desk import Clerk
from tests.support.world import World

MOST = 12
MOST_OF_ONE = 15
"""One problem with everything that happened to it asks one question for each kind of thing."""


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: Any) -> None:
        if statement != "BEGIN":  # which one of the two sends as a statement
            seen.append(statement)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_first_page_the_list_and_the_figures(world: World) -> None:
    for place in (0, 1, 3):
        wrong: dict[str, Any] = {"S-01-05": [], "S-02-03": []} if place != 1 else {"K-01-01": []}
        made = world.inspect(wrong, place)
        problems = world.issue(made["id"])["problems"]
        if place == 0:
            world.prove(problems[0]["problem_id"])
    world.inspect({"S-03-01": []}, 3)
    filters = "status=open&severity=general,serious,critical&region=150102"
    for who in ("bureau", "league", "procurator", "inspector", "school"):
        for path in ("/", f"/problems?{filters}", "/stats?group_by=region"):
            clerk = Clerk(world, who)
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))


def test_one_problem_and_one_visit(world: World) -> None:
    """However many turns a problem has behind it, and however many answers stand in a notice."""
    made = world.inspect({"S-01-05": [], "S-02-03": [], "S-03-01": []})
    one = world.issue(made["id"])["problems"][0]["problem_id"]
    waiting = world.inspect({"S-01-05": [], "S-02-03": []})
    for number in range(2):
        proof = world.prove(one)
        pages = {"bureau": [f"/problems/{one}"], "school": [f"/problems/{one}"]}
        if number == 0:
            pages["bureau"].append(f"/issuing/{waiting['visit_id']}?institution={world.places[0]}")
        for who, paths in pages.items():
            clerk = Clerk(world, who)
            for path in paths:
                with counted(world) as seen:
                    assert clerk.open(path).status == 200
                assert len(seen) <= MOST_OF_ONE, (who, path, len(seen), "\n".join(seen))
        assert world.review(one, proof["id"], "return").status_code == 201


def test_the_administrators_pages(world: World) -> None:
    world.open_problem()
    pages = {
        "sysadmin": ("/", "/calendar", "/checklists", "/checklists/school"),
        "secadmin": ("/", "/users", "/users/new", f"/users/{world.person('bureau').id}"),
        "auditor": ("/", "/log", "/log?q=a&action=submit_inspection&kind=inspection"),
    }
    with counted(world) as seen:
        assert Clerk(world, "sysadmin").open("/system").status == 200
    assert len(seen) <= MOST + 1, "\n".join(seen)  # a look at everything that can be wrong
    for who, paths in pages.items():
        clerk = Clerk(world, who)
        for path in paths:
            with counted(world) as seen:
                assert clerk.open(path).status == 200
            assert len(seen) <= MOST, (who, path, len(seen), "\n".join(seen))
