"""Retries, races, kill -9, several workers and an outage: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
import sqlalchemy

from inspection.storage.evidence_store import FolderStore
from tests.journeys.test_story import body_for
from tests.support import databases
from tests.support.server import Caller, Server, environment_for, free_port, run_command, serving_on, wait_for
from tests.support.world import jpeg, new_id, sha256

ROOT = Path(__file__).parents[2]


def count(url: str, statement: str) -> int:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(sqlalchemy.text(statement)).scalar_one())
    finally:
        engine.dispose()


def sixteen_at_once(url: str, data_dir: Path, workers: int, inspections: int) -> dict[str, int]:
    """Each inspection sent by sixteen connections at once; how many rows of each kind that made."""
    with serving_on(url, data_dir, workers) as server:
        callers = [server.caller("inspector") for _ in range(16)]
        institution = callers[0].get("/institutions?q=云杉").json()["items"][0]["id"]
        body = body_for(institution, {"S-01-05": [{"fact": "超过一年"}], "S-09-01": [{"fact": "锁闭"}]}, [], new_id())
        with ThreadPoolExecutor(16) as pool:
            for _ in range(inspections):
                address = f"/inspections/{new_id()}"
                frozen = json.dumps({**body, "visit_id": new_id()}).encode()
                answers = list(pool.map(lambda caller, a=address, f=frozen: caller.put(a, f), callers))
                assert sorted({answer.status_code for answer in answers}) in ([200, 201], [201]), answers[0].text
                assert sum(answer.status_code == 201 for answer in answers) == 1
                assert len({answer.json()["problems"][0]["id"] for answer in answers}) == 1
    tables = ("inspection", "problem", "problem_event", "notification")
    return {table: count(url, f"SELECT count(*) FROM {table}") for table in tables}


def expected(inspections: int) -> dict[str, int]:
    """Two problems each; and of the danger, school and bureau are told."""
    twice = 2 * inspections
    return {"inspection": inspections, "problem": twice, "problem_event": twice, "notification": twice}


@pytest.mark.short_drill
def test_sixteen_identical_requests_at_once_make_one_inspection(engine: str, tmp_path: Path) -> None:
    with databases.copy(engine) as url:
        assert sixteen_at_once(url, tmp_path, 4, 10) == expected(10)


@pytest.mark.drill
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_sixteen_identical_requests_at_once_two_hundred_times(engine: str, tmp_path: Path, workers: int) -> None:
    with databases.copy(engine) as url:
        assert sixteen_at_once(url, tmp_path, workers, 200) == expected(200)


def test_a_photo_and_the_record_that_names_it_at_once_always_meet(engine: str, tmp_path: Path) -> None:
    with databases.copy(engine) as url, serving_on(url, tmp_path) as server:
        one, two, three = (server.caller("inspector") for _ in range(3))
        institution = one.get("/institutions?q=云杉").json()["items"][0]["id"]
        with ThreadPoolExecutor(3) as pool:
            for _ in range(15):
                photos = [jpeg(), jpeg()]
                hashes = [sha256(photo) for photo in photos]
                address = f"/inspections/{new_id()}"
                body = body_for(institution, {"S-03-04": [{"fact": "未锁", "photos": hashes}]}, hashes, new_id())
                sent = [
                    pool.submit(one.put, address, body),
                    pool.submit(two.upload, hashes[0], photos[0]),
                    pool.submit(three.upload, hashes[1], photos[1]),
                ]
                assert [one_sent.result().status_code for one_sent in sent] == [201, 201, 201]
                assert one.get(address).json()["state"] == "complete"


def half_upload(server: Server, data: bytes) -> socket.socket:
    """A connection on which half of a photo has been sent."""
    host, _, port = server.base.removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)))
    head = (
        f"PUT /api/v1/photos/{sha256(data)} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer token-inspector\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    line.sendall(head.encode() + data[: len(data) // 2])
    return line


@pytest.mark.short_drill
def test_kill_nine_in_mid_upload_leaves_no_row_without_its_file(engine: str, tmp_path: Path) -> None:
    photos = [jpeg((1200, 900)) + os.urandom(400_000) for _ in range(8)]
    with databases.copy(engine) as url:
        with serving_on(url, tmp_path) as server:
            stop = threading.Event()

            def send() -> None:
                caller = server.caller("inspector")
                for photo in photos:
                    while not stop.is_set():
                        try:
                            if caller.upload(sha256(photo), photo).status_code in (200, 201):
                                break
                        except requests.RequestException:  # killed before, in or after its answer
                            caller = server.caller("inspector")

            sender = threading.Thread(target=send)
            sender.start()
            for _ in range(3):
                line = half_upload(server, jpeg((1200, 900)) + os.urandom(400_000))
                for pid in server.workers():
                    os.kill(pid, signal.SIGKILL)
                line.close()
                wait_for(server.base, server.process)
            sender.join(120)
            stop.set()
            assert not sender.is_alive()
            listed = server.caller("inspector")
            assert all(listed.get(f"/photos/{sha256(photo)}").content == photo for photo in photos)
        store = FolderStore(tmp_path / "evidence", tmp_path / "derived")
        engine_ = sqlalchemy.create_engine(url)
        with engine_.connect() as connection:
            rows = connection.execute(sqlalchemy.text("SELECT sha256 FROM photo")).scalars().all()
        engine_.dispose()
        assert set(rows) >= {sha256(photo) for photo in photos}
        assert [row for row in rows if store.rehash(row) != row] == []
        assert run_command(environment_for(url, tmp_path), "verify").returncode == 0


@pytest.mark.short_drill
def test_several_sweeps_at_once_after_an_outage_say_everything_once(engine: str, tmp_path: Path) -> None:
    with databases.empty_database(engine) as url:
        environment = environment_for(url, tmp_path)
        for command in ("migrate", "demo"):
            done = run_command(environment, command)
            assert done.returncode == 0, done.stderr
        for days in (8, 31):  # a week without a pass, then more than three
            day = (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011
            with ThreadPoolExecutor(3) as pool:
                sweeps = [pool.submit(run_command, environment, "sweep", "--today", day) for _ in range(3)]
                assert [sweep.result().returncode for sweep in sweeps] == [0, 0, 0]
            doubled = (
                "SELECT count(*) FROM (SELECT user_id, kind, problem_id, params, created_at FROM notification "
                "GROUP BY user_id, kind, problem_id, params, created_at HAVING count(*) > 1) AS doubled"
            )
            assert count(url, doubled) == 0
            told = count(url, "SELECT count(*) FROM notification")
            again = run_command(environment, "sweep", "--today", day)
            assert " 0 stages" in again.stdout
            assert count(url, "SELECT count(*) FROM notification") == told
        assert run_command(environment, "verify").returncode == 0


@pytest.mark.short_drill
def test_the_newcomers_command_starts_twice_keeps_the_data_and_stops_cleanly(tmp_path: Path) -> None:
    environment = environment_for(f"sqlite:///{tmp_path}/demo.sqlite", tmp_path)
    seen = []
    for _ in range(2):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "inspection.cli", "up", "--bind", f"127.0.0.1:{port}"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(base, process)
            signed = requests.post(
                f"{base}/api/v1/auth/login",
                json={"username": "bureau", "password": databases.PASSWORD, "device_name": "desk"},
                timeout=30,
            )
            caller = Caller(base, signed.json()["token"])
            seen.append({problem["id"] for problem in caller.get("/problems?limit=200").json()["items"]})
            assert "校园安全" in requests.get(base, timeout=10).text
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert f"http://127.0.0.1:{port}" in said.decode()
        assert "inspector2" in said.decode()
    assert seen[0] == seen[1]
    assert len(seen[0]) > 10
    assert "ok    the worker is alive" in run_command(environment, "doctor").stdout
