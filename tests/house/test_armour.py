"""What every answer carries: each route, as every account, against a table that is written down here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from inspection.demo.cast import PEOPLE
from inspection.domain.errors import CODES, Refused
from inspection.pages import assets
from tests.support import databases
from tests.support.addresses import OPEN, declared, filled
from tests.support.desk import Clerk
from tests.support.holdings import PLACES, Furnisher, Holding
from tests.support.world import World, made_world

ROOT: Final = Path(__file__).parents[2]
ACCOUNTS: Final = [None, *(person.username for person in PEOPLE if person.shown)]
SUITE: Final = (None, "bureau", "school", "inspector", "congress", "secadmin")
"""The rest in the drill: what an answer carries follows from what it is, and less from who asked."""

NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
PAGE: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SHELL: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "page": (PAGE, "no-store", "same-origin"),
    "manual": (PAGE, "no-cache", "no-referrer"),
    "shell": (SHELL, "no-cache", "no-referrer"),
    "asset": (NOTHING, "public, max-age=31536000, immutable", "no-referrer"),
    "icon": (NOTHING, "public, max-age=86400", "no-referrer"),
    "picture": (f"{NOTHING}; sandbox", "private, no-cache", "no-referrer"),
    "rest": (f"{NOTHING}; sandbox", "no-store", "no-referrer"),
}
"""By kind: its policy, what may be kept, what is told of where one came from."""
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCUMENTS: Final = ("page", "manual", "shell")
NONCE: Final = re.compile(r"; script-src 'nonce-([\w-]{22})'$")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Holding]]:
    with made_world("sqlite", tmp_path_factory.mktemp("armour")) as world:
        yield world, Furnisher(world, PLACES[0], "{} 之".format).holding()


def kind_of(path: str, answer: TestResponse) -> str:
    good = answer.status_code < 400
    if good and path == "/api/docs":
        return "manual"
    if good and path.startswith("/m/"):
        return "shell"
    if good and path.startswith("/assets/"):
        return "asset"
    if good and path == "/favicon.ico":
        return "icon"
    if good and path.endswith(("/thumbnail", "/shared")):
        return "picture"
    return "page" if answer.mimetype == "text/html" else "rest"


def missing(path: str, answer: TestResponse) -> list[str]:
    """What an answer lacks, or carries and must not."""
    kind = kind_of(path, answer)
    policy, cache, referrer = TABLE[kind]
    shown, used = answer.headers.get("Content-Security-Policy", ""), NONCE.search
    nonce = used(shown)
    wanted = {**ALWAYS, "Cache-Control": cache, "Referrer-Policy": referrer}
    if kind in DOCUMENTS:
        wanted["Cross-Origin-Opener-Policy"] = "same-origin"
    wrong = [name for name, value in wanted.items() if answer.headers.getlist(name) != [value]]
    if NONCE.sub("", shown) != policy or (nonce and kind != "page"):
        wrong.append("Content-Security-Policy")
    if kind == "page" and "<script" in answer.text and (nonce is None or f'nonce="{nonce[1]}"' not in answer.text):
        wrong.append("nonce")
    permissions = answer.headers.get("Permissions-Policy", "")
    granted = set(re.findall(r"([\w-]+)=\(self\)", permissions))
    if kind in DOCUMENTS:
        denied = {*re.findall(r"([\w-]+)=\(\)", permissions)}
        if not {"microphone", "payment", "usb", "camera", "geolocation"} <= denied | granted or "*" in permissions:
            wrong.append("Permissions-Policy")
    if granted != ({"camera", "geolocation"} if kind == "shell" else set()):
        wrong.append("Permissions-Policy")
    wrong += [name for name in ("Server", "X-Powered-By", "Strict-Transport-Security") if name in answer.headers]
    return [f"{answer.status_code} {path} ({kind}): {name}" for name in wrong] + (
        [] if answer.headers.get("X-Request-ID") else [f"{path}: X-Request-ID"]
    )


def ask(world: World, who: str | None, method: str, path: str, **options: Any) -> TestResponse:
    """By the token at the API, by the session elsewhere."""
    if path.startswith("/api/"):
        headers = {"Authorization": f"Bearer token-{who}"} if who else {}
        return world.app.test_client().open(path, method=method, headers=headers, buffered=True, **options)
    return Clerk(world, who).client.open(path, method=method, buffered=True, **options)


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=() if who in SUITE else pytest.mark.drill) for who in ACCOUNTS]
)
def test_every_route_as_every_account(full: tuple[World, Holding], who: str | None) -> None:
    """Each is asked for what is there, once for what is nowhere; what a body would do is of no interest here."""
    world, held = full
    wrong: list[str] = []
    for method, path, _ in declared():
        for at in (held, None) if who == "bureau" and "<" in path else (held,):
            body: dict[str, Any] = {} if method == "GET" or not path.startswith("/api/") else {"json": {}}
            address = filled(path, at)
            if (method, path) == ("DELETE", "/api/v1/auth/devices/<uuid:device_id>"):
                address = filled(path, None)
            wrong += missing(address, ask(world, who, method, address, **body))
    assert not wrong, "\n".join(wrong)


def test_what_tells_everybody_the_same(full: tuple[World, Holding]) -> None:
    world, _ = full
    paths = [*OPEN, *(assets.address(name) for name in assets.desk_files())]
    for path in paths:
        answer = ask(world, None, "GET", path)
        assert answer.status_code == 200, path
        assert missing(path, answer) == []
        tag = answer.headers.get("ETag")
        if tag:
            again = ask(world, None, "GET", path, headers={"If-None-Match": tag})
            assert again.status_code == 304
            assert missing(path, again) == []


def test_kinds_are_met_with_a_success(full: tuple[World, Holding]) -> None:
    """The table is no table of errors: files, pictures and pages are there."""
    world, held = full
    met = {
        "/api/v1/problems.xlsx": "rest",
        filled("/api/v1/notices/<uuid:notice_id>.docx", held): "rest",
        filled("/api/v1/photos/<hash:sha256>?purpose=x", held): "rest",
        filled("/api/v1/photos/<hash:sha256>/shared", held): "picture",
        filled("/photos/<hash:sha256>/thumbnail", held): "picture",
        filled("/problems/<uuid:problem_id>", held): "page",
        "/institutions/import.csv": "rest",
    }
    for path, kind in met.items():
        answer = ask(world, "bureau", "GET", path)
        assert answer.status_code == 200, path
        assert kind_of(path.partition("?")[0], answer) == kind
        assert missing(path.partition("?")[0], answer) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refusal(full: tuple[World, Holding], monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """In both shapes, whatever goes wrong and wherever."""
    world, _ = full
    for endpoint in ("api.accounts_me", "desk.inbox"):

        def refuses(**_: Any) -> Any:
            raise Refused(code)

        monkeypatch.setitem(world.app.view_functions, endpoint, refuses)
    for path in ("/api/v1/me", "/inbox"):
        answer = ask(world, "bureau", "GET", path)
        assert answer.status_code == CODES[code][0]
        assert missing(path, answer) == []


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/m/nothing", "/assets/nothing", "//problems", "/m"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY"])
def test_unknown_addresses_and_methods(full: tuple[World, Holding], method: str, path: str) -> None:
    world, _ = full
    answer = ask(world, None, method, path)
    assert answer.status_code in ((200, 308, 404) if method == "GET" else (308, 404, 405))
    assert missing("/m/" if path == "/m" else path, answer) == []


def test_methods_that_nobody_declared_are_refused_in_our_shape(full: tuple[World, Holding]) -> None:
    world, held = full
    methods = ("OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY")
    paths = [path for _, path, _ in declared()] + list(OPEN) + [assets.address("desk.css")]
    for number, path in enumerate(filled(path, held) for path in paths):
        method = methods[number % len(methods)]
        answer = ask(world, "bureau", method, path)
        assert answer.status_code == 405, path
        assert method not in answer.headers["Allow"]
        assert missing(path, answer) == []
        if path.startswith(("/api/v1/", "/m/", "/healthz", "/assets/")):
            assert answer.json is not None
            assert answer.json["code"] == "method_not_allowed"


def test_over_tls_a_browser_is_told_to_stay_there(full: tuple[World, Holding]) -> None:
    world, _ = full
    for path in ("/", "/api/v1/me", "/m/", "/nothing", "/healthz", assets.address("desk.css")):
        answer = world.app.test_client().get(path, base_url="https://localhost", buffered=True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path


def test_no_nonce_is_given_twice(full: tuple[World, Holding]) -> None:
    world, _ = full
    clerk, seen = Clerk(world, "bureau"), set()
    for _ in range(5):
        found = NONCE.search(clerk.open("/problems").response.headers["Content-Security-Policy"])
        assert found is not None
        seen.add(found[1])
    assert len(seen) == 5


def test_signing_out_empties_the_browsers_cache(full: tuple[World, Holding]) -> None:
    """What may be kept of a picture is gone with its reader."""
    world, _ = full
    clerk = Clerk(world, None)
    page = clerk.open("/sign-in").send("sign_in", username="league", password=databases.PASSWORD)
    form = next(form for form in page.forms if form.action == "/sign-out")
    left = clerk.post("/sign-out", form.fields, follow=False)
    assert left.response.headers["Clear-Site-Data"] == '"cache"'


def test_such_headers_are_written_in_one_place() -> None:
    names = {"content-security-policy", "cache-control", "referrer-policy", "permissions-policy", "x-frame-options"}
    names |= {"x-content-type-options", "strict-transport-security", "cross-origin-opener-policy"}
    names |= {"cross-origin-resource-policy"}
    for path in ROOT.glob("inspection/**/*.py"):
        if path.name != "armour.py":
            written = {node.value.lower() for node in ast.walk(ast.parse(path.read_text())) if is_text(node)}
            assert not names & written, path


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_table_is_documented() -> None:
    documented = (ROOT / "docs/web.md").read_text(encoding="utf-8")
    for policy, cache, referrer in TABLE.values():
        assert all(f"`{said}`" in documented for said in (policy, cache, referrer))
