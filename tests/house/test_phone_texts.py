"""The phone client speaks through its texts alone, and no text is left over."""

from __future__ import annotations

import re
from pathlib import Path

from checklists import engine
from inspection.domain.texts import SHARED_WITH_PHONE, phone_texts
from inspection.schemas.inspections import MODES

CLIENT = Path(__file__).parents[2] / "inspection/phone"
SOURCES = {path.relative_to(CLIENT).as_posix(): path.read_text(encoding="utf-8") for path in CLIENT.rglob("*.js")}
CODE = re.compile(r"""['`]([a-z][a-z_]*)\.([a-z0-9_]+)['`]""")
MADE = re.compile(r"`([a-z][a-z_]*)\.([a-z0-9_]*)\$\{")
LISTED = re.compile(r"codes\('([a-z_]+)'\)")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def test_every_code_that_is_said_has_its_text() -> None:
    known = phone_texts("en")
    missing = [
        (name, f"{section}.{code}")
        for name, source in SOURCES.items()
        for section, code in re.findall(r"\bt\(['`]([a-z][a-z_]*)\.([a-z0-9_]+)['`]", source)
        if code not in known.get(section, {})
    ]
    missing += [
        (name, f"{section}.{start}…")
        for name, source in SOURCES.items()
        for section, start in re.findall(r"\bt\(`([a-z][a-z_]*)\.([a-z0-9_]*)\$\{", source)
        if not any(code.startswith(start) for code in known.get(section, {}))
    ]
    assert missing == []


def test_no_text_is_left_over() -> None:
    everything = "\n".join(SOURCES.values())
    said = set(CODE.findall(everything))
    begun = set(MADE.findall(everything))
    listed = set(LISTED.findall(everything))
    unused = [
        f"{section}.{code}"
        for section, codes in phone_texts("en").items()
        if section not in SHARED_WITH_PHONE and section not in listed
        for code in codes
        if (section, code) not in said and not any(section == s and code.startswith(start) for s, start in begun)
    ]
    assert unused == []


def test_no_words_stand_in_the_code() -> None:
    """Chinese in code would stay Chinese for an English reader. What joins words (、；) is punctuation."""
    spoken = [
        (name, number, line)
        for name, source in SOURCES.items()
        for number, line in enumerate(source.splitlines(), 1)
        if CHINESE.search(re.sub(r"//.*|^\s*\*.*|/\*.*", "", line))
    ]
    assert spoken == []


def test_what_is_chosen_from_has_words() -> None:
    known = phone_texts("zh_CN")
    assert set(known["attribute"]) == engine.KNOWN_FLAGS
    assert set(known["na"]) == set(engine.NA_REASONS)
    assert tuple(known["mode"]) == MODES
    assert set(known["task"]) >= engine.NUMBER_ATTRIBUTES
