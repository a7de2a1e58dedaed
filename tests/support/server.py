"""A real gunicorn on a real port, and people who talk to it over the network."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from inspection import serving
from tests.support import databases

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Caller:
    """Somebody of the cast, with a connection that is kept."""

    base: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.session.request(method, f"{self.base}/api/v1{path}", headers=headers, timeout=60, **options)

    def get(self, path: str) -> requests.Response:
        return self.call("GET", path)

    def put(self, path: str, body: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.call("PUT", path, data=data, headers={"Content-Type": "application/json"})

    def upload(self, sha256: str, data: bytes) -> requests.Response:
        return self.call("PUT", f"/photos/{sha256}", data=data, headers={"Content-Type": "image/jpeg"})


@dataclass
class Server:
    base: str
    process: Gunicorn
    environment: dict[str, str]

    def caller(self, username: str) -> Caller:
        return Caller(self.base, f"token-{username}")

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(self.environment, *arguments)


_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    ["gunicorn.app.wsgiapp", "inspection.cli", "inspection.app", "inspection.demo", "inspection.actions.sweep"]
)
"""Commands and servers run in processes of their own, forked from one that has read the code already: a start costs
nothing."""


def run_command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """As an operator types it: its exit code, what it says, and what it complains of."""
    with tempfile.TemporaryDirectory() as folder:
        said, complained = Path(folder, "out"), Path(folder, "err")
        process = _forks.Process(target=_command, args=(environment, arguments, str(said), str(complained)))
        process.start()
        process.join(120)
        assert process.exitcode is not None, f"{arguments} does not end"
        return subprocess.CompletedProcess(arguments, process.exitcode, said.read_text(), complained.read_text())


def _command(environment: dict[str, str], arguments: tuple[str, ...], said: str, complained: str) -> None:
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((said, 1), (complained, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    from inspection.cli import main

    raise SystemExit(main(arguments))


class Gunicorn:
    """The server's own process, in a session of its own, as `subprocess.Popen` would have it."""

    def __init__(self, bind: str, workers: int, environment: dict[str, str], log: Path) -> None:
        arguments = serving.command(bind, workers)
        self._process = _forks.Process(target=_gunicorn, args=(environment, arguments, serving.ROOT != ROOT, str(log)))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("gunicorn", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def _gunicorn(environment: dict[str, str], arguments: list[str], other_tree: bool, log: str) -> None:
    """What has been read is this tree's code; a server of another one starts with nothing."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    if other_tree:
        os.execv(arguments[0], arguments)
    sys.argv = arguments[arguments.index("gunicorn") :]
    from gunicorn.app.wsgiapp import run

    run()


def environment_for(url: str, data_dir: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("INSPECTION_")},
        "INSPECTION_DATABASE_URL": url,
        "INSPECTION_DATA_DIR": str(data_dir),
        "INSPECTION_DEMO_PASSWORD": databases.PASSWORD,
    }


@contextmanager
def serving_on(url: str, data_dir: Path, workers: int = 2) -> Iterator[Server]:
    """Up when it answers `/readyz`, down and waited for at the end; what it has logged are lines of JSON."""
    port = free_port()
    environment = environment_for(url, data_dir)
    process = Gunicorn(f"127.0.0.1:{port}", workers, environment, data_dir / "server.log")
    server = Server(f"http://127.0.0.1:{port}", process, environment)
    try:
        wait_for(server.base, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    said = (data_dir / "server.log").read_text()
    assert all(json.loads(line)["event"] for line in said.splitlines()), said
    assert databases.PASSWORD not in said
    assert "token-" not in said


def wait_for(base: str, process: Gunicorn | subprocess.Popen[bytes]) -> None:
    """Until it is ready; polling is the only thing that a socket which nobody listens on yet allows."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if requests.get(f"{base}/readyz", timeout=30).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")
