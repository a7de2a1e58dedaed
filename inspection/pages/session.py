"""The desk's session cookie: its name and its attributes follow from how the request came, and from nothing else."""

from __future__ import annotations

from typing import Final

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

SECURE_NAME: Final = "__Host-desk"
"""A name that browsers take over TLS alone, for this host alone (RFC 6265bis, 4.1.3.2)."""

PLAIN_NAME: Final = "desk"
"""For the loopback demo and tests: plain HTTP cannot hold a secure cookie."""


class DeskSession(SecureCookieSessionInterface):
    """Over TLS, met here or at the proxies that are counted by `INSPECTION_PROXY_HOPS`, a cookie of the plain name is
    neither read nor set: whoever can write to plain HTTP of this host would choose the session."""

    def get_cookie_name(self, app: Flask) -> str:
        return SECURE_NAME if self.get_cookie_secure(app) else PLAIN_NAME

    def get_cookie_secure(self, app: Flask) -> bool:
        del app
        return has_request_context() and request.is_secure

    def get_cookie_httponly(self, app: Flask) -> bool:
        del app
        return True

    def get_cookie_samesite(self, app: Flask) -> str:
        del app
        return "Lax"

    def get_cookie_domain(self, app: Flask) -> None:
        del app

    def get_cookie_path(self, app: Flask) -> str:
        del app
        return "/"
