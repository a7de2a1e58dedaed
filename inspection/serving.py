"""gunicorn, alone or with the worker beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from inspection.settings import Settings

ROOT: Final = Path(__file__).parents[1]
WORKERS, THREADS = 2, 8


def command(bind: str, workers: int = WORKERS) -> list[str]:
    """Threads, so that a phone on a slow line holds one of sixteen and not one of two."""
    arguments = [
        *(sys.executable, "-m", "gunicorn", "wsgi:app"),
        *("--chdir", str(ROOT), "--bind", bind),
        *("--worker-class", "inspection.http_worker.Worker", "--workers", str(workers), "--threads", str(THREADS)),
        *("--forwarded-allow-ips", ""),  # what proxies say is believed in one place: `INSPECTION_PROXY_HOPS`
        *("--timeout", "60", "--graceful-timeout", "20", "--keep-alive", "5"),
        *("--no-control-socket", "--logger-class", "inspection.http_worker.Log", "--log-level", "warning"),
    ]
    if Path("/dev/shm").is_dir():
        arguments += ["--worker-tmp-dir", "/dev/shm"]
    return arguments


def environment(settings: Settings) -> dict[str, str]:
    """The same settings for a process with another working directory."""
    return {**os.environ, "INSPECTION_DATA_DIR": str(settings.data_dir)}


def serve(settings: Settings, bind: str) -> int:
    """Become gunicorn."""
    arguments = command(bind)
    os.execve(arguments[0], arguments, environment(settings))


def serve_with_worker(settings: Settings, bind: str) -> int:
    """Both until one of them ends or a signal comes; then both are ended. 0 after a signal."""
    parts = [
        subprocess.Popen(arguments, env=environment(settings), start_new_session=True)
        for arguments in (command(bind), [sys.executable, "-m", "inspection.cli", "worker"])
    ]
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        asked = True
        for part in parts:
            part.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    os.wait()
    for part in parts:
        if part.poll() is None:
            part.terminate()
    codes = [part.wait() for part in parts]
    return 0 if asked else max(1, *codes)
