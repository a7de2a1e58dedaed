"""The phone client: its files as one version, and the service worker that keeps them for days without signal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import orjson
from flask import Blueprint, Response, abort, request

from inspection.domain.texts import LANGUAGES, phone_texts
from inspection.pages.assets import STATIC, TYPES, File
from inspection.web import tagged

ROOM: Final = Path(__file__).parents[1] / "phone"
WORKER: Final = "sw.js"
INSTALLED: Final = (".png", ".webmanifest")
"""What the system fetches by itself for the home screen; a day without signal needs none of it."""

phone = Blueprint("phone", __name__, url_prefix="/m")


@dataclass(frozen=True, slots=True)
class Shell:
    """All files by their path below `/m/`, and the version: the hash of their list."""

    files: dict[str, File]
    version: str


@cache
def shell() -> Shell:
    """Read once: the files of an installation do not change while it runs."""
    sources = {
        path.relative_to(ROOM).as_posix(): path.read_bytes()
        for path in sorted(ROOM.rglob("*"))
        if path.is_file() and path.suffix in TYPES
    }
    sources["phone.css"] = (STATIC / "tokens.css").read_bytes() + sources["phone.css"]
    sources["icon.svg"] = (STATIC / "icon.svg").read_bytes()
    spoken = {language.replace("_", "-"): phone_texts(language) for language in LANGUAGES}
    sources["words.js"] = b"const TEXTS = " + orjson.dumps(spoken) + b";\n" + sources["words.js"]
    listed = "".join(f"{hashlib.sha256(data).hexdigest()} {name}\n" for name, data in sorted(sources.items()))
    version = hashlib.sha256(listed.encode()).hexdigest()[:12]
    sources[""] = sources.pop("index.html").replace(b"VERSION", version.encode())
    worker = sources.pop(WORKER)
    files = {name or "index.html": File.of(name or "index.html", data) for name, data in sources.items()}
    kept = [
        (name.replace("index.html", ""), file.integrity)
        for name, file in sorted(files.items())
        if not name.endswith(INSTALLED)
    ]
    head = f"const VERSION = '{version}';\nconst FILES = {orjson.dumps(kept).decode()};\n"
    files[WORKER] = File.of(WORKER, head.encode() + worker)
    return Shell(files, version)


@phone.get("/", defaults={"name": "index.html"})
@phone.get("/<path:name>")
def file(name: str) -> Response:
    """A file of the client; asked for anew each time, and not sent again where it is the same."""
    known = shell().files.get(name)
    if known is None:
        abort(404)
    return tagged(known.response())


@phone.after_app_request
def tell_version(response: Response) -> Response:
    """Each answer of the API says which client is the newest, so that an old one can say so. None is ever refused."""
    if request.path.startswith("/api/"):
        response.headers["X-Client-Latest"] = shell().version
    return response
