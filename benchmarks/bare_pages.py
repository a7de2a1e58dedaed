"""The bare limit of a list page: Flask, one route, the very same query through the driver, the rows as JSON."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import orjson
import psycopg
from flask import Flask, Response

from inspection.storage.db import sqlite_module

URL = os.environ["BARE_URL"]
SQL, PARAMETERS = json.loads(os.environ["BARE_QUERY"])
app = Flask(__name__)
own = threading.local()


def connection() -> Any:
    """One to each thread."""
    if not hasattr(own, "line"):
        if URL.startswith("postgresql"):
            address = URL.replace("postgresql+psycopg://", "postgresql://")
            # a prepared statement would soon be planned for any parameters, and ten times slower
            own.line = psycopg.connect(address, autocommit=True, prepare_threshold=None)
        else:
            module = sqlite_module()
            if module is None:
                import sqlite3 as module
            own.line = module.connect(URL.removeprefix("sqlite:///"))
    return own.line


@app.get("/api/v1/page")
def page() -> Response:
    cursor = connection().execute(SQL, PARAMETERS)
    names = [column[0] for column in cursor.description]
    items = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Response(orjson.dumps({"items": items}, default=str), content_type="application/json")
