"""How a legal basis is printed in a notice."""

from __future__ import annotations

import re

import pytest

from checklists.loader import published
from inspection.domain.documents import FULL_NAMES, printed_articles, printed_basis


@pytest.mark.parametrize(
    ("articles", "expected"),
    [
        ("33", "第33条"),
        ("62(2)", "第62条第二款"),
        ("62(2)、126", "第62条第二款、第126条"),
        ("39—41", "第39条至第41条"),
        ("33、53—56", "第33条、第53条至第56条"),
        ("63(九)", "第63条第（九）项"),
        ("63(十一)", "第63条第（十一）项"),
        ("37之一", "第37条之一"),
        ("236、236之一、237", "第236条、第236条之一、第237条"),
        ("第三项", "第三项"),  # what is no number is printed as it stands
        ("附件2", "附件2"),
    ],
)
def test_articles_are_printed_as_law_texts_name_them(articles: str, expected: str) -> None:
    assert printed_articles(articles) == expected


def test_a_verified_basis_is_printed_whole() -> None:
    assert printed_basis("消防法", "16、28", "verified") == "《中华人民共和国消防法》第16条、第28条"


def test_a_verified_basis_without_an_article_is_the_law_alone() -> None:
    assert printed_basis("校车条例", None, "verified") == "《校车安全管理条例》"


def test_content_is_printed_by_the_laws_name_alone() -> None:
    assert printed_basis("食安法", "33", "content") == "《中华人民共和国食品安全法》"


@pytest.mark.parametrize("article", [None, "12"])
def test_an_unverified_basis_is_not_printed_at_all(article: str | None) -> None:
    assert printed_basis("消防法", article, "unverified") is None


@pytest.mark.parametrize("law", ["某办法", "《某办法》", " 《某办法》 "])
def test_an_unknown_name_is_printed_in_one_pair_of_marks(law: str) -> None:
    assert printed_basis(law, "3", "verified") == "《某办法》第3条"


def test_a_short_name_in_marks_is_known_too() -> None:
    assert printed_basis("《消防法》", None, "content") == "《中华人民共和国消防法》"


def test_full_names_carry_no_marks_of_their_own() -> None:
    assert not any(set("《》") & set(name) for name in FULL_NAMES.values())


def test_every_verified_article_of_the_published_checklists_is_understood() -> None:
    printed = re.compile(r"第\d+条(之.)?(至第\d+条)?(第.款|第（.+）项)?")
    for checklist in published().values():
        for item in checklist.items():
            for basis in item.legal_basis:
                if basis.status == "verified" and basis.article:
                    parts = printed_articles(basis.article).split("、")
                    assert all(printed.fullmatch(part) for part in parts), (item.code, basis.article)
