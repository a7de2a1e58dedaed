"""What a broken line does, on which the other tests of the phone stand; nobody else's client is asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from itertools import count

import pytest
import requests

from tests.support import databases
from tests.support.browser import Phone
from tests.support.line import Line, Where, to
from tests.support.photos import photo
from tests.support.server import Caller
from tests.support.site import ENGINE, Site, site_on
from tests.support.world import sha256

BROKEN = requests.ConnectionError
PUT_PHOTO = to("PUT", "/api/v1/photos/")
seeds = count()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with databases.copy(ENGINE) as url, site_on(url, tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def caller(line: Line) -> Iterator[Caller]:
    """Somebody with one kept connection to the line."""
    caller = Caller(line.base, "token-inspector")
    yield caller
    caller.session.close()


@pytest.fixture
def picture() -> bytes:
    return photo(next(seeds), (320, 240))


def upload(caller: Caller, data: bytes) -> int:
    return caller.upload(sha256(data), data).status_code


def test_what_passes_is_not_touched(line: Line, site: Site, caller: Caller) -> None:
    direct = site.caller("inspector")
    for path in ("/me", "/checklists", "/institutions?limit=200"):
        mine, theirs = caller.get(path), direct.get(path)
        assert (mine.status_code, mine.content) == (theirs.status_code, theirs.content)
        own = {"Date", "Connection", "X-Request-ID"}
        assert {k: v for k, v in mine.headers.items() if k not in own} == {
            k: v for k, v in theirs.headers.items() if k not in own
        }
    packed = caller.call("GET", "/sync", headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.raw.read()[:2] == b"\x1f\x8b"
    known = {"If-None-Match": caller.get("/me").headers["ETag"]}
    again = caller.call("GET", "/me", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    head = caller.call("HEAD", "/me")
    assert (int(head.headers["Content-Length"]) > 0, head.content) == (True, b"")
    assert [one.status for one in line.log[-4:]] == [200, 200, 304, 200]
    assert not line.disturbed


def test_twenty_megabytes_pass_and_the_log_knows_their_hash(line: Line, caller: Caller) -> None:
    heavy = photo(next(seeds), (320, 240), at_least=20_000_000)
    assert upload(caller, heavy) == 201
    assert (line.log[-1].size, line.log[-1].sha256) == (len(heavy), hashlib.sha256(heavy).hexdigest())


@pytest.mark.parametrize("where", ["start", "halfway"])
def test_a_lost_answer_was_given(line: Line, caller: Caller, picture: bytes, where: Where) -> None:
    line.lose_answers(PUT_PHOTO, times=2, where=where)
    for served in (201, 200):
        with pytest.raises((BROKEN, requests.exceptions.ChunkedEncodingError)):
            upload(caller, picture)
        assert (line.log[-1].status, line.log[-1].served) == (None, served)
    assert upload(caller, picture) == 200
    assert line.log[-1].status == 200


@pytest.mark.parametrize("where", ["start", "halfway", "end"])
def test_a_lost_request_was_never_made(line: Line, caller: Caller, picture: bytes, where: Where) -> None:
    line.lose_requests(PUT_PHOTO, where=where)
    with pytest.raises(BROKEN):
        upload(caller, picture)
    taken = {"start": 0, "halfway": len(picture) // 2, "end": len(picture)}[where]
    assert (line.log[-1].served, line.log[-1].size) == (None, taken)
    assert caller.get("/me").status_code == 200
    assert upload(caller, picture) == 201


def test_it_goes_dead_at_the_message_named(line: Line, caller: Caller, picture: bytes) -> None:
    done = threading.Event()
    line.cut_at(2, also=done.set)
    assert requests.get(f"{line.base}/readyz", timeout=20).status_code == 200, "only the API's messages count"
    with pytest.raises(BROKEN):
        upload(caller, picture)
    assert done.is_set()
    assert (line.dead, line.log[-1].served) == (True, 201)
    for _ in range(2):
        with pytest.raises(BROKEN):
            requests.get(f"{line.base}/readyz", timeout=20)
    line.restore()
    line.cut_at(3)
    assert upload(caller, picture) == 200
    with pytest.raises(BROKEN):
        upload(caller, picture)
    assert (line.log[-1].served, line.log[-1].size) == (None, len(picture))


def test_a_cut_breaks_what_is_under_way(line: Line, caller: Caller) -> None:
    assert caller.get("/me").status_code == 200
    line.cut()
    with pytest.raises(BROKEN):
        caller.get("/me")
    line.restore()
    assert caller.get("/me").status_code == 200


def test_a_portal_answers_all_until_it_is_passed(line: Line, caller: Caller, picture: bytes) -> None:
    line.portal()
    answer = caller.upload(sha256(picture), picture)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (line.log[-1].status, line.log[-1].served) == (200, None)
    line.restore()
    assert upload(caller, picture) == 201


def test_another_answers_as_often_as_told(line: Line, caller: Caller) -> None:
    line.answer(to("GET", "/api/v1/me"), 503, b"{}", "application/json", {"Retry-After": "1"}, times=2)
    assert [caller.get("/me").status_code for _ in range(3)] == [503, 503, 200]
    assert line.faked == {503}


def test_the_server_goes_and_comes_back_with_its_data(line: Line, site: Site, caller: Caller, picture: bytes) -> None:
    assert upload(caller, picture) == 201
    site.stop_server()
    with pytest.raises(BROKEN):
        caller.get("/me")
    site.start_server()
    assert upload(caller, picture) == 200


def test_waiting_ends_with_what_was_waited_for(line: Line, caller: Caller) -> None:
    later = threading.Timer(0.05, lambda: caller.get("/me"))
    later.start()
    line.until(lambda log: [one.status for one in log] == [200])
    later.join()
    with pytest.raises(AssertionError, match=r"GET /api/v1/me 0 B: 200 \(200\)"):
        line.until(lambda log: len(log) > 1, timeout=0.01)


def test_a_browser_sees_each_loss_and_asks_no_second_time_by_itself(line: Line, phone: Phone) -> None:
    """As it would on a connection that has served before."""
    line.answer(to("GET", "/blank"), 200, "<!doctype html><link rel=icon href=data:,>")
    phone.expects("status of 401")
    phone.open("/blank")
    ask = "path => fetch(path).then(answer => answer.status, error => error.name)"
    for _ in range(3):
        assert phone.page.evaluate(ask, "/api/v1/me") == 401
    line.lose_answers(to("GET", "/api/v1/me"), times=5)
    before = len(line.log)
    for lost in range(1, 6):
        assert phone.page.evaluate(ask, "/api/v1/me") == "TypeError"
        assert len(line.log) == before + lost
    assert phone.page.evaluate(ask, "/api/v1/me") == 401
