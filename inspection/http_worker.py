"""gunicorn's worker as it stands before this application."""

from __future__ import annotations

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker


class Answer(wsgi.Response):
    """An answer that does not say what made it: who looks for a server with a known fault learns nothing here."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Worker(ThreadWorker):
    """Threads, as gunicorn has them, whose answers are ours from their first line."""

    def init_process(self) -> None:
        wsgi.Response = Answer
        super().init_process()
