"""What would let somebody's words run, be guessed, or lead the server elsewhere is nowhere in the source, or in the one
place that is named here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = sorted([*ROOT.glob("inspection/**/*.py"), *ROOT.glob("checklists/**/*.py"), ROOT / "wsgi.py"])
PAGES: Final = sorted(ROOT.glob("inspection/pages/templates/**/*.html"))
SCRIPTS: Final = sorted([*ROOT.glob("inspection/phone/**/*.js"), *ROOT.glob("inspection/pages/static/*.js")])

RUNS: Final = {"eval", "exec", "compile", "__import__", "system", "popen", "render_template_string", "Markup"}
"""Code, commands, templates or markup made of a text."""
UNPACKS: Final = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "xml", "lxml"}
"""What builds objects, or follows entities, as the bytes say."""
SPEAKS: Final = {
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "ftplib",
    "socket",
}
WEAK: Final = {"md5", "sha1", "new"}

NAMED: Final = {
    ("inspection/http_worker.py", "socket"),  # the type of the line on which a request came
    ("inspection/images/drawings.py", "random"),  # the demo's pictures are the same each time
    ("inspection/pages/second_factor.py", "Markup"),  # a QR code is drawn of dots: no text of anybody stands in it
}


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """Each call with the name that is called and what it is called on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            on = node.func.value if isinstance(node.func, ast.Attribute) else None
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield (on.id if isinstance(on, ast.Name) else "" if on is None else "?"), name, node


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dangers(source: str) -> list[str]:
    """What is dangerous in a module: what runs, unpacks, speaks, is weak, or can be guessed."""
    tree = ast.parse(source)
    found = []
    for on, name, node in calls(tree):
        given = {keyword.arg for keyword in node.keywords}
        if (name in RUNS and on in ("", "os", "flask", "markupsafe")) or "shell" in given:
            found.append(name or "shell")
        elif (on == "hashlib" and name in WEAK) or (on == "yaml" and name in ("load", "unsafe_load", "full_load")):
            found.append(f"{on}.{name}")
    for name in imported(tree):
        found += [
            danger for danger in (UNPACKS | SPEAKS | {"random"}) if name == danger or name.startswith(f"{danger}.")
        ]
    return found


def test_no_text_is_run_unpacked_or_followed_and_nothing_secret_can_be_guessed() -> None:
    met = {(str(path.relative_to(ROOT)), danger) for path in SOURCES for danger in dangers(path.read_text("utf-8"))}
    assert met == NAMED


@pytest.mark.parametrize(
    "source",
    [
        *("eval(x)", "os.system(x)", "subprocess.run(x, shell=True)", "flask.render_template_string(x)", "Markup(x)"),
        *("import pickle", "from xml.etree import ElementTree", "yaml.load(x)", "hashlib.md5(x)", "import random"),
        *("import requests", "from urllib.request import urlopen", "import http.client", "from urllib import request"),
    ],
)
def test_what_is_dangerous_would_be_seen(source: str) -> None:
    assert dangers(source)


def test_pages_escape_whatever_they_show() -> None:
    assert len(PAGES) > 30
    for path in PAGES:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|\bon[a-z]+=[\"']|javascript:", source), path


def test_scripts_run_no_text_and_write_markup_in_one_place() -> None:
    writing = []
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function|document\.write|outerHTML|insertAdjacentHTML|srcdoc", source), path
        writing += [path.name for _ in re.finditer(r"\.innerHTML\s*=[^=]", source)]
    assert writing == ["app.js"], "what `html` has escaped is mounted there"
