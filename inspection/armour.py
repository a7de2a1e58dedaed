"""What every answer carries, so that a browser does with it what it is meant for and nothing else. The kind of answer
follows from what it is and where it came from; what nobody thought of is of the strictest kind. `docs/web.md` has the
table. Sources: W3C Content Security Policy 3, WHATWG Fetch, RFC 6797 (HSTS), RFC 9111 (caches)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, request

OFF: Final = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *("storage-access", "usb", "xr-spatial-tracking"),
)
"""The features of a browser that no page of the desk has a use for."""
FIELD: Final = ("camera", "geolocation")
"""Those that the phone's client has."""

HSTS: Final = "max-age=31536000"
"""A year over TLS alone, once it was reached so; the host's other names are not ours to decide on."""


def _permissions(*allowed: str) -> str:
    return ", ".join(f"{feature}={'(self)' if feature in allowed else '()'}" for feature in OFF)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of answer. `cache` is what may be kept of one that succeeded; of a refusal nothing is. A `document` is
    what a browser shows in a window of its own; in a `scripted` one runs what bears the nonce of its request."""

    policy: tuple[str, ...]
    cache: str = "no-store"
    referrer: str = "no-referrer"
    document: bool = False
    scripted: bool = False
    allowed: tuple[str, ...] = ()


_PAGE: Final = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",  # Bootstrap's arrows and ticks stand in its style sheet
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_SHELL: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_NOTHING: Final = ("default-src 'none'", "frame-ancestors 'none'")

PAGE: Final = Kind(_PAGE, referrer="same-origin", document=True, scripted=True)  # without any, a form has no origin
MANUAL: Final = Kind(_PAGE, cache="no-cache", document=True)
SHELL: Final = Kind(_SHELL, cache="no-cache", document=True, allowed=FIELD)
ASSET: Final = Kind(_NOTHING, cache="public, max-age=31536000, immutable")
ICON: Final = Kind(_NOTHING, cache="public, max-age=86400")
PICTURE: Final = Kind((*_NOTHING, "sandbox"), cache="private, no-cache")
REST: Final = Kind((*_NOTHING, "sandbox"))

OPEN: Final[Mapping[str, Kind]] = {
    "docs.show": MANUAL,
    "phone.file": SHELL,
    "assets.file": ASSET,
    "assets.favicon": ICON,
}
"""The places that tell everybody the same."""


def nonce() -> str:
    """By what a page of this request names the scripts that may run in it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    made: str = g.nonce
    return made


def register(app: Flask) -> None:
    """One place on the application for all answers, those to unknown addresses and to faults of ours as well."""

    @app.after_request
    def _arm(response: Response) -> Response:
        carried = carried_by(_kind_of(response), response.status_code, g.get("nonce"))
        if request.is_secure:
            carried["Strict-Transport-Security"] = HSTS
        response.headers.update(carried)
        return response


def carried_by(kind: Kind, status: int, nonce: str | None = None) -> dict[str, str]:
    """The headers of a kind, by name; those of TLS are not among them."""
    policy = kind.policy
    if kind.scripted and nonce is not None:
        policy = (*policy, f"script-src 'nonce-{nonce}'")
    carried = {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": kind.cache if status < 400 else "no-store",
        "Referrer-Policy": kind.referrer,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if kind.document:
        carried["Cross-Origin-Opener-Policy"] = "same-origin"
        carried["Permissions-Policy"] = _permissions(*kind.allowed)
    return carried


def _kind_of(response: Response) -> Kind:
    good = response.status_code < 400
    if good and request.endpoint in OPEN:
        return OPEN[request.endpoint]
    if response.mimetype == "text/html":
        return PAGE
    if good and response.mimetype == "image/jpeg" and not _is_saved(response):
        return PICTURE
    return REST


def _is_saved(response: Response) -> bool:
    return response.headers.get("Content-Disposition", "").startswith("attachment")
