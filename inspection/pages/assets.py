"""Files of the browser's that do not change while an installation runs, whole and in gzip; and those of the desk, each
under an address that holds its hash, so that a browser asks for it once."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import flask_bootstrap
from flask import Blueprint, Response, abort, request

STATIC: Final = Path(__file__).with_name("static")
BOOTSTRAP: Final = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/css/bootstrap.min.css"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}

assets = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served."""

    data: bytes
    packed: bytes
    type: str

    @classmethod
    def of(cls, name: str, data: bytes) -> File:
        return cls(data, gzip.compress(data, 9, mtime=0), TYPES[Path(name).suffix])

    @property
    def integrity(self) -> str:
        """As the browser checks it (W3C Subresource Integrity)."""
        return "sha256-" + base64.b64encode(hashlib.sha256(self.data).digest()).decode()

    def response(self) -> Response:
        packed = request.accept_encodings["gzip"] > 0
        response = Response(self.packed if packed else self.data, content_type=self.type)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response


@cache
def desk_files() -> dict[str, File]:
    """By name: the desk's style sheet (Bootstrap's, the variables of both faces, and its own) and script, the icon, and
    what the page of the API looks like."""
    style = b"\n".join(path.read_bytes() for path in (BOOTSTRAP, STATIC / "tokens.css", STATIC / "desk.css"))
    style = style.replace(b"/*# sourceMappingURL=bootstrap.min.css.map */", b"")
    sources = {
        "desk.css": style,
        "desk.js": (STATIC / "desk.js").read_bytes(),
        **{name: (STATIC / name).read_bytes() for name in ("tokens.css", "docs.css", "icon.svg")},
    }
    return {name: File.of(name, data) for name, data in sources.items()}


@cache
def address(name: str) -> str:
    """Where a file of the desk is fetched."""
    stem, _, suffix = name.partition(".")
    return f"/assets/{stem}.{hashlib.sha256(desk_files()[name].data).hexdigest()[:12]}.{suffix}"


@assets.get("/assets/<name>")
def file(name: str) -> Response:
    known = {address(one).rpartition("/")[2]: one for one in desk_files()}
    if name not in known:
        abort(404)
    return desk_files()[known[name]].response()


@assets.get("/favicon.ico")
def favicon() -> Response:
    return desk_files()["icon.svg"].response()


@assets.app_context_processor
def _addresses() -> dict[str, Any]:
    return {"asset": address}
