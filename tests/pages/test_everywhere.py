"""What holds of every page: the way out is in sight, words are no text with gaps, and coming in is on record."""

from __future__ import annotations

import pytest

from inspection.domain.permissions import ANYONE
from inspection.pages.routes import PAGES
from inspection.storage.db import db
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.world import World

GAPS = "{0.__class__}{x!r:>99}{name}%s%(name)s"


@pytest.mark.parametrize("who", ["bureau", "school", "congress", "auditor"])
def test_the_way_out_is_in_sight(sqlite_world: World, who: str) -> None:
    clerk, seen = Clerk(sqlite_world, who), 0
    for page in PAGES.values():
        if page.method != "GET" or "<" in page.path or page.permission == ANYONE:
            continue
        shown = clerk.open(page.path)
        if "</html>" in shown.html:
            seen += 1
            assert "/sign-out" in [form.action for form in shown.forms], page.path
    assert seen > 5


def test_words_are_no_text_with_gaps(sqlite_world: World) -> None:
    """Where an answer says back what somebody wrote, it does so as it is."""
    problem = sqlite_world.open_problem()
    bureau = Clerk(sqlite_world, "bureau")
    for path in ("/problems?text=", "/institutions?q=", f"/problems/{problem['id']}?queue="):
        assert bureau.open(path + GAPS.replace("%", "%25")).status < 500, path
    assert GAPS in bureau.open("/institutions?q=" + GAPS.replace("%", "%25")).html.replace("&gt;", ">")
    refused = sqlite_world.person("inspector").put(f"/leads/{problem['id']}", {GAPS: GAPS})
    assert refused.status_code == 422
    assert any(GAPS in fault["pointer"] for fault in refused.json["errors"])


def test_signing_in_is_on_record_and_failing_to(world: World) -> None:
    def came(action: str) -> int:
        with world.app.app_context():
            counted = db.text("SELECT count(*) FROM audit_log WHERE action = :action")
            return int(db.session.execute(counted, {"action": action}).scalar() or 0)

    before = came("sign_in"), came("sign_in_failed")
    for password in (PASSWORD, "wrong", PASSWORD):
        body = {"username": "bureau", "password": password, "device_name": "x"}
        world.app.test_client().post("/api/v1/auth/login", json=body)
    page = Clerk(world, None).open("/sign-in")
    assert page.send("sign_in", username="bureau", password="wrong").status == 401
    assert (came("sign_in") - before[0], came("sign_in_failed") - before[1]) == (2, 2)
