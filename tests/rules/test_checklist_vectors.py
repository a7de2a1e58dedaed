"""Every case of checklists/vectors/: answers in, faults, failing items and flags out."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from checklists.engine import evaluate
from checklists.loader import DEFINITIONS, published

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((DEFINITIONS.parent / "vectors").glob("*.json"))
    for case in json.loads(Path(path).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_vector(case: dict[str, Any]) -> None:
    outcome = evaluate(
        published()[case["checklist"], case["version"]],
        case["attributes"],
        case["answers"],
        date.fromisoformat(case["inspected_on"]),
        [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in case["terms"]],
        case["sections"],
        case.get("answered_elsewhere", ()),
    )
    expect = case["expect"]
    missing = [flag.pointer for flag in outcome.flags if flag.code == "answer_missing"]
    odd = [[flag.code, flag.pointer] for flag in outcome.flags if flag.code != "answer_missing"]
    assert sorted([fault.pointer, fault.code] for fault in outcome.faults) == sorted(expect["faults"])
    assert list(outcome.failing) == expect["failing"]
    assert sorted(odd) == sorted(expect["flags"])
    assert missing == case.get("expect_missing", missing)


def test_there_are_enough_vectors_and_every_code_occurs() -> None:
    expects = [param.values[0]["expect"] for param in CASES]
    assert len(CASES) >= 70
    assert {code for expect in expects for _, code in expect["faults"]} == {
        "date_malformed",
        "date_out_of_range",
        "findings_on_passing",
        "na_reason_missing",
        "not_a_choice",
        "number_negative",
        "number_too_large",
        "percentage_over_100",
        "photo_forbidden",
        "reason_not_expected",
        "red_line_r1",
        "section_not_declared",
        "unknown_item",
        "unknown_section",
        "wrong_type",
    }
    assert {code for expect in expects for code, _ in expect["flags"]} == {
        "future_date",
        "item_not_applicable",
        "not_checked",
        "photo_missing",
        "rule_not_evaluated",
    }
