"""The house itself: routes declared and in the access table, arrows, texts whole, settings and codes documented."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from checklists import engine, loader
from inspection.api.endpoint import DECLARATIONS
from inspection.demo.cast import PEOPLE
from inspection.domain import errors
from inspection.domain.permissions import ALLOWED, ANYONE
from inspection.domain.picture import mermaid
from inspection.domain.texts import LANGUAGES, desk_texts, phone_texts, texts
from inspection.pages.routes import PAGES
from inspection.settings import KNOWN, BadSetting, Settings
from tests.support.world import World, new_id

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("inspection/**/*.py"), *ROOT.glob("checklists/**/*.py")])
ACCOUNTS = [person.username for person in PEOPLE if person.shown]

INSPECTORS = {"inspector", "inspector2", "procurator"}
UNITS = {"school", "kindergarten", "tutoring", "stranger"}
REVIEWERS = {"bureau", "neighbour"}
IN_SCOPE = INSPECTORS | UNITS | REVIEWERS | {"league"}
EVERYONE = IN_SCOPE | {"congress", "sysadmin", "secadmin", "auditor"}

ACCESS: dict[tuple[str, str], set[str]] = {
    ("GET", "/me"): EVERYONE,
    ("GET", "/auth/devices"): EVERYONE,
    ("DELETE", "/auth/devices/<uuid:device_id>"): EVERYONE,
    ("POST", "/auth/password"): EVERYONE,
    ("GET", "/users/<uuid:user_id>/resets"): {"secadmin"},
    ("PUT", "/users/<uuid:user_id>/resets/<uuid:reset_id>"): {"secadmin"},
    ("PUT", "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision"): {"secadmin"},
    ("GET", "/auth/second-factor"): EVERYONE,
    ("PUT", "/auth/second-factor"): EVERYONE,
    ("PUT", "/auth/second-factor/secret"): EVERYONE,
    ("PUT", "/auth/second-factor/recovery-codes"): EVERYONE,
    ("POST", "/auth/second-factor/removal"): EVERYONE,
    ("GET", "/calendar/<int:year>"): EVERYONE,
    ("PUT", "/calendar/<int:year>"): {"sysadmin"},
    ("GET", "/checklists"): EVERYONE,
    ("GET", "/checklists/<code>"): EVERYONE,
    ("GET", "/institutions"): IN_SCOPE,
    ("GET", "/institutions/<uuid:institution_id>"): IN_SCOPE,
    ("PUT", "/institutions/<uuid:institution_id>"): REVIEWERS | {"league"},
    ("PUT", "/institutions/<uuid:institution_id>/changes/<uuid:change_id>"): REVIEWERS | {"league"},
    ("GET", "/institutions/<uuid:institution_id>/recusals"): INSPECTORS | REVIEWERS,
    ("PUT", "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>"): INSPECTORS | REVIEWERS,
    ("PUT", "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end"): INSPECTORS | REVIEWERS,
    ("GET", "/assignments"): INSPECTORS | REVIEWERS | {"league"},
    ("PUT", "/assignments/<uuid:assignment_id>"): REVIEWERS,
    ("PUT", "/assignments/<uuid:assignment_id>/cancellation"): REVIEWERS,
    ("GET", "/visits/<uuid:visit_id>"): INSPECTORS | REVIEWERS | {"league"},
    ("GET", "/users"): {"secadmin"},
    ("PUT", "/handovers/<uuid:handover_id>"): {"secadmin"},
    ("GET", "/people"): REVIEWERS | {"league"},
    ("PUT", "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>"): INSPECTORS | REVIEWERS,
    ("PUT", "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision"): REVIEWERS | {"league"},
    ("PUT", "/photos/<hash:sha256>"): INSPECTORS | UNITS | REVIEWERS,
    ("GET", "/photos/<hash:sha256>"): IN_SCOPE,
    ("GET", "/photos/<hash:sha256>/thumbnail"): IN_SCOPE,
    ("GET", "/photos/<hash:sha256>/shared"): IN_SCOPE,
    ("PUT", "/inspections/<uuid:inspection_id>"): INSPECTORS,
    ("GET", "/inspections"): IN_SCOPE,
    ("GET", "/inspections/<uuid:inspection_id>"): IN_SCOPE,
    ("GET", "/inspections/<uuid:inspection_id>/receipt"): INSPECTORS | UNITS,
    ("GET", "/inspections/<uuid:inspection_id>/notice.docx"): IN_SCOPE,
    ("GET", "/notices"): IN_SCOPE,
    ("PUT", "/notices/<uuid:notice_id>"): REVIEWERS,
    ("GET", "/notices/<uuid:notice_id>"): IN_SCOPE,
    ("GET", "/notices/<uuid:notice_id>.docx"): IN_SCOPE,
    ("PUT", "/notices/<uuid:notice_id>/acknowledgement"): UNITS,
    ("GET", "/problems"): IN_SCOPE,
    ("GET", "/problems.xlsx"): IN_SCOPE,
    ("GET", "/problems/<uuid:problem_id>"): IN_SCOPE,
    ("PUT", "/problems/<uuid:problem_id>/rectifications/<uuid:rectification_id>"): UNITS,
    ("PUT", "/problems/<uuid:problem_id>/reviews/<uuid:review_id>"): REVIEWERS,
    ("PUT", "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>"): UNITS,
    ("PUT", "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>/decision"): REVIEWERS,
    ("PUT", "/problems/<uuid:problem_id>/objections/<uuid:objection_id>"): UNITS,
    ("PUT", "/problems/<uuid:problem_id>/objections/<uuid:objection_id>/decision"): REVIEWERS,
    ("PUT", "/problems/<uuid:problem_id>/transfers/<uuid:transfer_id>"): REVIEWERS,
    ("PUT", "/problems/<uuid:problem_id>/replies/<uuid:reply_id>"): REVIEWERS,
    ("PUT", "/problems/<uuid:problem_id>/supervisions/<uuid:supervision_id>"): {"league"},
    ("PUT", "/problems/<uuid:problem_id>/reopenings/<uuid:reopening_id>"): REVIEWERS,
    ("PUT", "/reminders/<uuid:reminder_id>"): REVIEWERS | {"league"},
    ("PUT", "/leads/<uuid:lead_id>"): INSPECTORS,
    ("GET", "/leads"): INSPECTORS,
    ("GET", "/leads/<uuid:lead_id>"): INSPECTORS,
    ("PUT", "/leads/<uuid:lead_id>/steps/<uuid:step_id>"): INSPECTORS,
    ("GET", "/sync"): INSPECTORS | UNITS,
    ("GET", "/stats"): IN_SCOPE | {"congress"},
    ("GET", "/stats/numbers"): IN_SCOPE | {"congress"},
    ("GET", "/notifications"): EVERYONE,
    ("PUT", "/notifications/<uuid:notification_id>/read"): EVERYONE,
}
OPEN = {
    ("POST", "/auth/login"),
    ("POST", "/auth/activation"),
    ("POST", "/auth/expired-password"),
    ("GET", "/openapi.json"),
}
NOBODYS = {"/api/docs", "/favicon.ico", "/assets/<name>", "/healthz", "/readyz", "/m/", "/m/<path:name>"}
"""Addresses that tell everybody the same."""


def test_every_route_is_declared_and_stands_in_the_access_table(sqlite_world: World) -> None:
    declared = {(d.method, d.path) for d in DECLARATIONS.values()}
    assert declared == set(ACCESS) | OPEN
    assert {(d.method, d.path) for d in DECLARATIONS.values() if d.permission == ANYONE} == OPEN
    assert {d.permission for d in DECLARATIONS.values()} - {ANYONE} <= set(ALLOWED)
    for rule in sqlite_world.app.url_map.iter_rules():
        assert rule.endpoint in DECLARATIONS or rule.endpoint in PAGES or rule.rule in NOBODYS, rule
    assert {page.permission for page in PAGES.values()} - {ANYONE} <= set(ALLOWED)


@pytest.mark.parametrize("username", [None, *ACCOUNTS])
def test_every_route_as_every_account(sqlite_world: World, username: str | None) -> None:
    """401 without a token, 403 without the role; else whatever the route says of a resource that is not there."""
    client = sqlite_world.app.test_client()
    headers = {"Authorization": f"Bearer token-{username}"} if username else {}
    for (method, path), allowed in ACCESS.items():
        address = "/api/v1" + path.replace("<hash:sha256>", "0" * 64).replace("<code>", "nothing").replace(
            "<int:year>", "2026"
        )
        while "<" in address:
            address = address[: address.index("<")] + new_id() + address[address.index(">") + 1 :]
        answer = client.open(
            address, method=method, headers=headers, json={} if method != "GET" else None, buffered=True
        )
        if username is None:
            assert answer.status_code == 401, (method, path)
        elif username not in allowed:
            assert (answer.status_code, answer.json["code"]) == (403, "not_allowed"), (method, path)
        else:
            assert answer.status_code in (200, 204, 404, 409, 415, 422), (method, path, answer.status_code)


@pytest.mark.parametrize("spoken", [texts, phone_texts, desk_texts])
def test_the_two_languages_have_the_same_texts_with_the_same_gaps(spoken: Callable[[str], Any]) -> None:
    def gaps(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    def flat(known: dict[str, Any], at: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for code, text in known.items():
            found |= flat(text, f"{at}{code}.") if isinstance(text, dict) else {at + code: text}
        return found

    chinese, english = (flat(spoken(language)) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    for code in chinese:
        assert gaps(chinese[code]) == gaps(english[code]), code


def test_every_operation_subject_and_role_has_its_words() -> None:
    known = texts("en")
    assert known["operation"].keys() == {name.removeprefix("api.") for name in DECLARATIONS}
    assert known["subject"].keys() == {declaration.tag for declaration in DECLARATIONS.values()}
    assert known["role"].keys() == {role for allowed in ALLOWED.values() for role in allowed}


@cache
def calls_in_source() -> dict[str, list[ast.Call]]:
    """Every call of the whole source, by the name of what is called."""
    found: dict[str, list[ast.Call]] = {}
    for path in SOURCES:
        if path.name == "lint.py":  # its faults are lines of a file, with codes of their own
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.setdefault(getattr(node.func, "id", getattr(node.func, "attr", "")), []).append(node)
    return found


def codes_in_source(function: str, position: int = 0) -> set[str]:
    """The string arguments at one position of all calls of a function."""
    given = [call.args[position] for call in calls_in_source().get(function, ()) if len(call.args) > position]
    return {str(one.value) for one in given if isinstance(one, ast.Constant)}


def test_every_code_has_its_text() -> None:
    known = texts("en")
    assert errors.CODES.keys() == known["title"].keys() == known["detail"].keys()
    assert codes_in_source("Refused") <= errors.CODES.keys()
    assert codes_in_source("Fault", 1) <= known["fault"].keys()
    assert codes_in_source("Malformed") <= known["fault"].keys()
    assert codes_in_source("Flag") <= known["flag"].keys()
    stages = {stage.kind for stage in _stages()}
    told = {"danger", "notice_issued", "proof_received", "proof_incomplete", "returned", "accepted"}
    told |= codes_in_source("tell_of", 2) | {"extension_asked", "objected", "transferred", "handed_back"}
    told |= codes_in_source("_tell", 1) | codes_in_source("_tell", 2) | codes_in_source("tell_people")
    told |= {"extension_approved", "extension_denied", "objection_denied", "withdrawal_agreed", "withdrawal_denied"}
    assert stages | told == known["notification"].keys()
    events = codes_in_source("turned", 3) | codes_in_source("event", 2) | told & known["event"].keys()
    assert events <= known["event"].keys()


def _stages():  # type: ignore[no-untyped-def]
    from inspection.domain import deadlines

    return (
        *deadlines.UNIT_STAGES,
        *deadlines.REVIEW_STAGES,
        *deadlines.ISSUE_STAGES,
        *deadlines.PETITION_STAGES,
        *deadlines.DEPARTMENT_STAGES,
        *deadlines.SUPERVISION_STAGES,
    )


def test_settings_codes_and_roles_are_documented() -> None:
    settings = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"`INSPECTION_{name}`" not in settings] == []
    documented = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    every = [*errors.CODES, *texts("en")["fault"], *texts("en")["flag"]]
    assert [code for code in every if f"`{code}`" not in documented] == []
    roles = (ROOT / "docs/roles.md").read_text(encoding="utf-8")
    assert [name for name in ALLOWED if f"`{name}`" not in roles] == []
    assert mermaid().strip() in (ROOT / "docs/life-of-a-problem.md").read_text(encoding="utf-8")


def test_arrows_point_downward() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()


def test_no_room_is_too_large_and_only_the_clock_reads_the_time() -> None:
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 400, path
        if path.name != "clock.py":
            for reading in ("datetime.now(", "date.today(", "time.time(", "utcnow("):
                assert reading not in source, (path, reading)


def test_locks_carry_hashes_and_no_address() -> None:
    for name in ("run", "dev"):
        lock = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
        assert "--hash=sha256:" in lock
        assert "://" not in lock


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TYPO", "x"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "nonsense"),
        ("SECRET_KEY", "short"),
        ("EVIDENCE_URL", "ftp://x"),
        ("DEMO_PASSWORD", "short"),
        ("PASSWORD_RULES", "strong"),
        ("SECOND_FACTOR", "reviewer,boss"),
        ("PROXY_HOPS", "-1"),
        ("PROXY_HOPS", "many"),
        ("TRUSTED_HOSTS", "https://inspection.example"),
        ("TRUSTED_HOSTS", "inspection.example:443"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../etc/passwd"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"INSPECTION_{name}") as refused:
        Settings.from_env({"INSPECTION_DATA_DIR": str(tmp_path), f"INSPECTION_{name}": value})
    assert "\n" not in str(refused.value)


def test_a_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    environment = {"INSPECTION_DATA_DIR": str(tmp_path / "new")}
    first, second = (Settings.from_env(environment).secret_key for _ in range(2))
    assert first == second
    assert (tmp_path / "new" / "secret-key").stat().st_mode & 0o077 == 0


def test_the_flags_of_profiles_and_checklists_are_the_same() -> None:
    named = {
        flag for checklist in loader.published().values() for item in checklist.items() for flag in item.applies_when
    }
    assert named <= engine.KNOWN_FLAGS


def test_the_suite_runs_every_floor() -> None:
    """They are named, the longest first; one that is not named would never be run."""
    listed = re.search(r"\$\(addprefix tests/,([a-z ]+)\)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert listed is not None
    floors = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert set(listed[1].split()) == floors
