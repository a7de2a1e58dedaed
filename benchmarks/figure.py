"""One line of the benchmark table, and what several benches measure alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Server

ROUNDS = 3


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ratio` is ours to the limit of the same round, the median of all rounds."""

    name: str
    ours: str
    limit: str
    ratio: float | None
    target: str


def resident(server: Server) -> list[int]:
    """Resident memory of each worker, in MB."""
    return [resident_of(pid) // 1024 for pid in sorted(server.workers())]


def resident_of(pid: int) -> int:
    """Resident memory of a process in KB; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS")), "VmRSS: 0 kB")
    return int(line.split()[1])
