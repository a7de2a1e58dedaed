"""Addresses out of the paths that routes are declared under."""

from __future__ import annotations

import re
from typing import Final

from inspection.api.endpoint import DECLARATIONS, PREFIX
from inspection.pages.routes import PAGES
from tests.support.holdings import Holding
from tests.support.world import new_id

PART: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
ABSENT: Final = {"hash": "0" * 64, "int": "2026"}
WORDS: Final = {"code": "school", "kind": "correct", "year": "2026"}
"""Parts that name nobody's thing."""
OPEN: Final = ("/api/docs", "/favicon.ico", "/healthz", "/readyz", "/m/", "/m/sw.js", "/m/app.js", "/m/words.js")
"""What tells everybody the same."""


def declared() -> list[tuple[str, str, str]]:
    """(method, path, permission) of every route of the API and every page and act of the desk."""
    routes = [(one.method, PREFIX + one.path, one.permission) for one in DECLARATIONS.values()]
    return routes + [(one.method, one.path, one.permission) for one in PAGES.values()]


def filled(path: str, held: Holding | None) -> str:
    """The address of what a holding has, or of what is nowhere."""
    return PART.sub(lambda part: WORDS.get(part[2]) or _id(path, part[1], part[2], held), path)


def _id(path: str, kind: str, name: str, held: Holding | None) -> str:
    if held is None:
        return ABSENT.get(kind) or new_id()
    if name == "problem_id":
        for about, become in (
            ("extension", "asked"),
            ("objection", "objected"),
            ("accept", "proven"),
            ("return", "proven"),
            ("review", "proven"),
            ("repl", "transferred"),
            ("reopen", "closed"),
        ):
            if f"/{about}" in path:
                return held.problems[become]
    if name == "inspection_id" and "/withdrawal" in path:
        return held.ids["waiting_id"]
    if name == "visit_id" and path.startswith("/issuing"):
        return held.ids["unissued_visit_id"]
    if name == "petition_id":
        return held.ids["extension_id" if "/extensions/" in path else "objection_id"]
    return held.ids.get(name) or new_id()


def unfilled(path: str, held: Holding) -> list[str]:
    """The parts of a path that stand for a thing which the holding has."""
    return [name for _, name in PART.findall(path) if name in held.ids or name == "petition_id"]
