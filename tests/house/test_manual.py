"""The manual for those who work on the phone: it shows what there is, and nothing that there is lies unshown."""

from __future__ import annotations

import re
from pathlib import Path

from inspection.domain.texts import phone_texts

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "手机端使用.md").read_text(encoding="utf-8")
PICTURES = DOCS / "pictures"
MOST_KIB = 2560


def test_every_picture_is_there_and_shown_once() -> None:
    named = re.findall(r'src="pictures/([^"]+)"', MANUAL)
    assert sorted(named) == sorted(path.name for path in PICTURES.iterdir())
    assert all(re.findall(r'<img [^>]*alt="([^"]*)"', MANUAL))
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < MOST_KIB * 1024


def test_every_link_within_leads_somewhere() -> None:
    headings = {re.sub(r"[^\w]", "", line) for line in re.findall(r"^#+ (.+)$", MANUAL, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", MANUAL)) <= headings
    for path in re.findall(r"\]\(([^)#]+\.md)\)", MANUAL):
        assert (DOCS / path).is_file()


def test_what_is_to_be_tapped_is_called_so_on_the_phone() -> None:
    on_screen = {text for section in phone_texts("zh_CN").values() for text in section.values()}
    assert set(re.findall(r"点(?: \*\*)?“([^”]+)”", MANUAL)) <= on_screen
