"""Whether the process is alive, and whether it can work."""

from __future__ import annotations

from flask import Blueprint, Response

from inspection.actions.readiness import in_the_way
from inspection.domain.texts import finding_text
from inspection.web import context, json_response

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Alive."""
    return json_response({"status": "alive"})


@health.get("/readyz")
def readyz() -> Response:
    """Database, schema and evidence store are usable."""
    faults = [finding_text(code, "en", {}) for code in in_the_way(context())]
    response = json_response({"status": "not_ready" if faults else "ready", "faults": faults}, 503 if faults else 200)
    if faults:
        response.headers["Retry-After"] = "5"
    return response
