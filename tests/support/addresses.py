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
QUARTER: Final = "?group_by=region&from=2026-07-01&to=2026-09-30"
QUERIES: Final = {
    f"{PREFIX}/stats": QUARTER,
    f"{PREFIX}/stats/numbers": QUARTER,
    f"{PREFIX}/photos/<hash:sha256>": "?purpose=x",
    f"{PREFIX}/leads/<uuid:lead_id>": "?purpose=x",
    "/leads/<uuid:lead_id>": "?purpose=x",
    "/issuing/<uuid:visit_id>": "?institution={institution_id}",
    "/issuing/<uuid:visit_id>/notice": "?institution={institution_id}",
}
"""What must be said beside the path."""
OPEN: Final = ("/api/docs", "/favicon.ico", "/healthz", "/readyz", "/m/", "/m/sw.js", "/m/app.js", "/m/words.js")
"""What tells everybody the same."""


def declared() -> list[tuple[str, str, str]]:
    """(method, path, permission) of every route of the API and every page and act of the desk."""
    routes = [(one.method, PREFIX + one.path, one.permission) for one in DECLARATIONS.values()]
    return routes + [(one.method, one.path, one.permission) for one in PAGES.values()]


def filled(path: str, held: Holding | None) -> str:
    """The address of what a holding has, or of what is nowhere."""
    return PART.sub(lambda part: _word(path, part[2]) or _id(path, part[1], part[2], held), path)


def _word(path: str, name: str) -> str | None:
    return "police_called" if name == "kind" and path.startswith("/leads") else WORDS.get(name)


def _id(path: str, kind: str, name: str, held: Holding | None) -> str:
    if held is None:
        return ABSENT.get(kind) or new_id()
    decided = path.endswith("/decision")
    if name == "user_id" and "/resets/" in path and decided:
        return held.ids["lost_user_id"]
    if name == "problem_id":
        for about, become in (
            ("extensions", "asked" if decided else "open"),
            ("objections", "objected" if decided else "open"),
            ("accept", "proven"),
            ("return", "proven"),
            ("review", "proven"),
            ("repl", "transferred"),
            ("reopen", "closed"),
        ):
            if f"/{about}" in path:
                return held.problems[become]
    if name == "inspection_id" and "/withdrawal" in path:
        return held.ids["waiting_id" if decided else "unissued_id"]
    if name == "visit_id" and path.startswith("/issuing"):
        return held.ids["unissued_visit_id"]
    if name == "petition_id":
        return held.ids["extension_id" if "/extensions/" in path else "objection_id"]
    return held.ids.get(name) or new_id()
