"""Templates say nothing of their own: every word that they name exists, and none is written into them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inspection.domain.leads import SAID
from inspection.domain.texts import LANGUAGES, desk_texts, texts

FOLDER = Path(__file__).parents[2] / "inspection/pages/templates/desk"
TEMPLATES = sorted(FOLDER.glob("*.html"))
NAMED = re.compile(r"\b(t|words)((?:\.[a-z_][a-z0-9_]*)+)")
METHODS = {"format", "items", "values", "keys", "get"}
HIDDEN = re.compile(r"\b(?:T|t\.[a-z_]+|words)\.(?:{})\b(?!\()".format("|".join(set(dir({})))))
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’]+")
ALLOWED = {"中文"}
"""The language's own name, in its own language."""


def found(known: Any, path: list[str]) -> bool:
    for step in path:
        if not isinstance(known, dict):
            return step in METHODS
        if step in METHODS and step not in known:
            return True
        if step not in known:
            return False
        known = known[step]
    return True


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_text_that_is_named_is_there(template: Path) -> None:
    roots = {"t": desk_texts("zh_CN"), "words": texts("zh_CN")}
    source = template.read_text(encoding="utf-8")
    named = [(root, path.strip(".").split(".")) for root, path in NAMED.findall(source)]
    assert [f"{root}.{'.'.join(path)}" for root, path in named if not found(roots[root], path)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_text_hides_behind_a_method(template: Path) -> None:
    """`t.plan.clear` is what a dictionary can do, and not the word of that name: a template would print the method."""
    assert HIDDEN.findall(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_said_in_one_language_alone(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert set(CHINESE.findall(source)) <= ALLOWED
    assert " style=" not in source
    assert " onclick=" not in source
    assert "| safe" not in source


FIELD = re.compile(r"\b(?:input|area|select|radios)\(\s*\w+, '([\w.]+)'")


def test_every_field_of_a_form_has_its_name_for_the_list_of_what_is_wrong() -> None:
    asked = {name.rpartition(".")[2] for template in TEMPLATES for name in FIELD.findall(template.read_text("utf-8"))}
    assert len(asked) > 40
    for language in LANGUAGES:
        assert (asked - {""} | set(SAID)) - set(desk_texts(language)["field"]) == set(), language
