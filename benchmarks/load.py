"""A client in a process of its own: prepared requests over kept connections, each answer timed."""

from __future__ import annotations

import http.client
import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

Request = tuple[str, bytes, str]
"""Path, body, content type."""


@dataclass(frozen=True)
class Run:
    """What came of it: requests per second, latencies in seconds (sorted), and answers other than 200 and 201."""

    per_second: float
    latencies: list[float]
    refused: int

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def put_all(port: int, requests: Sequence[Request], connections: int) -> Run:
    """All requests, once each, over this many connections."""
    return _run(port, "PUT", requests, connections, "inspector")


def get_all(port: int, path: str, count: int, connections: int, username: str) -> Run:
    """The same address so many times."""
    return _run(port, "GET", [(path, b"", "")] * count, connections, username)


def _run(port: int, method: str, requests: Sequence[Request], connections: int, username: str) -> Run:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_client, args=(there, port, method, requests, connections, username)
    )
    process.start()
    run: Run = here.recv()
    process.join()
    return run


def _client(
    answer: multiprocessing.connection.Connection,  # type: ignore[name-defined]
    port: int,
    method: str,
    requests: Sequence[Request],
    connections: int,
    username: str,
) -> None:
    waiting: SimpleQueue[Request] = SimpleQueue()
    for request in requests:
        waiting.put(request)
    latencies: list[float] = []
    refused = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal refused
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        own, bad = [], 0
        while True:
            try:
                path, body, kind = waiting.get_nowait()
            except Empty:
                break
            start = time.perf_counter()
            headers = {"Authorization": f"Bearer token-{username}"} | ({"Content-Type": kind} if kind else {})
            line.request(method, f"/api/v1{path}", body or None, headers)
            got = line.getresponse()
            got.read()
            own.append(time.perf_counter() - start)
            bad += got.status not in (200, 201)
        line.close()
        with lock:
            latencies.extend(own)
            refused += bad

    threads = [threading.Thread(target=work) for _ in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    answer.send(Run(len(requests) / took, sorted(latencies), refused))
