"""What the documents of security say is there: every path and test that they name exists, every row has a verdict, and
one that claims something names a test. Whether the test shows it is for readers to judge."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SECURITY, ASVS, MLPS = "SECURITY.md", "docs/asvs.md", "docs/等保三级.md"
DOCUMENTS: Final = (SECURITY, ASVS, MLPS)

REFERENCE: Final = re.compile(
    r"`((?:tests|inspection|docs|checklists|migrations|requirements)/[^`\s]+|pyproject\.toml|Makefile)`"
)
LINK: Final = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

VERDICTS: Final = {ASVS: {"yes", "not applicable", "open"}, MLPS: {"满足", "部分满足", "不适用", "运维落实", "未落实"}}
CLAIMS: Final = {"yes", "满足", "部分满足"}

ASVS_5_LEVELS_1_AND_2: Final = """
V1.1 1-2, V1.2 1-9, V1.3 1-11, V1.4 1-3, V1.5 1-2
V2.1 1-3, V2.2 1-3, V2.3 1-4, V2.4 1
V3.2 1-2, V3.3 1-4, V3.4 1-6, V3.5 1-5, V3.7 1-2
V4.1 1-3, V4.2 1, V4.3 1-2, V4.4 1-4
V5.1 1, V5.2 1-3, V5.3 1-2, V5.4 1-3
V6.1 1-3, V6.2 1-12, V6.3 1-4, V6.4 1-4, V6.5 1-5, V6.6 1-3, V6.8 1-4
V7.1 1-3, V7.2 1-4, V7.3 1-2, V7.4 1-5, V7.5 1-2, V7.6 1-2
V8.1 1-2, V8.2 1-3, V8.3 1, V8.4 1
V11.1 1-2, V11.2 1-3, V11.3 1-3, V11.4 1-4, V11.5 1, V11.6 1
V12.1 1-3, V12.2 1-2, V12.3 1-4
V13.1 1, V13.2 1-5, V13.3 1-2, V13.4 1-5
V14.1 1-2, V14.2 1-4, V14.3 1-3
V15.1 1-3, V15.2 1-3, V15.3 1-7
V16.1 1, V16.2 1-5, V16.3 1-4, V16.4 1-3, V16.5 1-3
"""
"""The numbers of the standard's requirements of levels 1 and 2, but for three chapters that concern nothing here."""
WHOLE_CHAPTERS: Final = {"V9", "V10", "V17"}

MLPS_PARTS: Final = (
    *("身份鉴别", "访问控制", "安全审计", "入侵防范", "恶意代码防范", "可信验证", "数据完整性", "数据保密性"),
    *("数据备份恢复", "剩余信息保护", "个人信息保护", "系统管理", "审计管理", "安全管理", "集中管控"),
)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table, without headings."""
    known: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            known.append([cell.strip() for cell in line.strip("|").split("|")])
        else:
            yield from known[2:]
            known = []


def references(text: str) -> list[str]:
    return REFERENCE.findall(text)


@cache
def found_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_there(reference: str) -> bool:
    path, _, name = reference.partition("::")
    if not (ROOT / path).exists():
        return False
    return not name or (path.startswith("tests/") and name.startswith("test_") and name in found_in(ROOT / path))


def names_a_test(cell: str) -> bool:
    return any("::test_" in reference and is_there(reference) for reference in references(cell))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_named_exists(document: str) -> None:
    text = text_of(document)
    assert references(text)
    assert [reference for reference in references(text) if not is_there(reference)] == []
    folder = (ROOT / document).parent
    assert [link for link in LINK.findall(text) if not (folder / link).exists()] == []


@pytest.mark.parametrize(
    "reference",
    [
        "tests/house/test_nowhere.py",
        "tests/house/test_security_tables.py::test_of_nothing",
        "tests/house/test_security_tables.py::text_of",
        "inspection/nothing.py",
        "inspection/app.py::create_app",
    ],
)
def test_what_is_not_there_would_be_a_fault(reference: str) -> None:
    assert references(f"| `{reference}` |") == [reference]
    assert not is_there(reference)


@pytest.mark.parametrize("document", [ASVS, MLPS])
def test_every_row_has_its_verdict_and_what_is_claimed_its_test(document: str) -> None:
    judged = [row for row in rows(text_of(document)) if len(row) == 4]
    assert len(judged) > 30
    assert [row for row in judged if row[1] not in VERDICTS[document]] == []
    assert [row for row in judged if row[1] in CLAIMS and not names_a_test(row[3])] == []
    assert [row for row in judged if row[1] not in CLAIMS and not row[2]] == [], "why"


def test_every_threat_names_its_test_or_is_open() -> None:
    threats = text_of(SECURITY).partition("## Who might attack")[2].partition("## Keys and algorithms")[0]
    told = list(rows(threats))
    assert len(told) > 25
    assert [row for row in told if len(row) != 3 or not (names_a_test(row[2]) or row[2] == "open")] == []


def test_every_requirement_of_levels_1_and_2_has_one_row() -> None:
    expected = list(WHOLE_CHAPTERS)
    for section, numbers in re.findall(r"(V\d+\.\d+) ([\d-]+)", ASVS_5_LEVELS_1_AND_2):
        first, _, last = numbers.partition("-")
        expected += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    assert sorted(row[0].split(" ")[0] for row in rows(text_of(ASVS)) if row[0].startswith("V")) == sorted(expected)


def test_every_part_of_the_third_level_is_spoken_of() -> None:
    headings = re.findall(r"^#+ (.+)$", text_of(MLPS), re.MULTILINE)
    assert [part for part in MLPS_PARTS if not any(part in heading for heading in headings)] == []


def test_the_summary_of_verdicts_is_their_number() -> None:
    text = text_of(ASVS)
    for verdict in VERDICTS[ASVS]:
        count = sum(row[1] == verdict for row in rows(text) if row[0].startswith("V"))
        assert f"{count} {verdict}" in text, (verdict, count)
