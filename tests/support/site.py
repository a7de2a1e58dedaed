"""A server that can go away and come back: on the same port, with the same data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy

from inspection.demo.cast import INSTITUTIONS
from tests.support.server import Gunicorn, Server, environment_for, free_port, wait_for

ENGINE: Final = os.environ.get("PHONE_ENGINE", "sqlite")
"""What lies behind the phones, which see no difference: one in the suite, the other as well in the drill."""


@dataclass
class Site(Server):
    url: str
    data_dir: Path
    port: int
    processes: int

    def stop_server(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Gone when this returns; SIGKILL ends all of its processes in whatever they are at."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(30)

    def start_server(self) -> None:
        self.process = Gunicorn(
            f"127.0.0.1:{self.port}", self.processes, self.environment, self.data_dir / "server.log"
        )
        wait_for(self.base, self.process)

    def count(self, statement: str) -> int:
        """What the database itself says."""
        engine = sqlalchemy.create_engine(self.url)
        try:
            with engine.connect() as connection:
                return int(connection.execute(sqlalchemy.text(statement)).scalar_one())
        finally:
            engine.dispose()

    def places(self) -> list[str]:
        """The ids of the demo's institutions, in their order."""
        seen = self.caller("league").get("/institutions?limit=200").json()["items"]
        found = {item["name"]: item["id"] for item in seen}
        return [found[place.name] for place in INSTITUTIONS]


@contextmanager
def site_on(url: str, data_dir: Path, processes: int = 1) -> Iterator[Site]:
    """Up when it answers; at the end it is killed, since nobody will look at its data again."""
    port, environment = free_port(), environment_for(url, data_dir)
    process = Gunicorn(f"127.0.0.1:{port}", processes, environment, data_dir / "server.log")
    site = Site(f"http://127.0.0.1:{port}", process, environment, url, data_dir, port, processes)
    try:
        wait_for(site.base, process)
        yield site
    finally:
        if site.process.poll() is None:
            site.stop_server(signal.SIGKILL)
