"""The manuals for those who work on the phone and at the desk: they show what there is, and nothing that there is lies
unshown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inspection.domain.texts import desk_texts, phone_texts, texts

DOCS = Path(__file__).parents[2] / "docs"
PHONE, DESK = ((DOCS / f"{name}使用.md").read_text(encoding="utf-8") for name in ("手机端", "业务端"))
MOST_KIB = 2560


@pytest.mark.parametrize(("manual", "folder"), [(PHONE, "pictures"), (DESK, "pictures/desk")], ids=["phone", "desk"])
def test_every_picture_is_there_and_shown_once(manual: str, folder: str) -> None:
    named = re.findall(rf'src="{folder}/([^"/]+)"', manual)
    pictures = list((DOCS / folder).glob("*.png"))
    assert sorted(named) == sorted(path.name for path in pictures)
    assert all(re.findall(r'<img [^>]*alt="([^"]*)"', manual))
    assert sum(path.stat().st_size for path in pictures) < MOST_KIB * 1024


@pytest.mark.parametrize("manual", [PHONE, DESK], ids=["phone", "desk"])
def test_every_link_within_leads_somewhere(manual: str) -> None:
    headings = {re.sub(r"[^\w]", "", line) for line in re.findall(r"^#+ (.+)$", manual, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", manual)) <= headings
    for path in re.findall(r"\]\(([^)#]+\.md)\)", manual):
        assert (DOCS / path).is_file()


def flat(known: Any) -> set[str]:
    return {known} if isinstance(known, str) else {text for inner in known.values() for text in flat(inner)}


def test_what_is_to_be_tapped_or_clicked_is_called_so() -> None:
    called = r"点(?: \*\*)?“([^”]+)”"
    assert set(re.findall(called, PHONE)) <= flat(phone_texts("zh_CN"))
    assert set(re.findall(called, DESK)) <= flat(desk_texts("zh_CN")) | flat(texts("zh_CN"))
