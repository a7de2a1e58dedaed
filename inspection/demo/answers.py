"""Answers that pass, by the items' own rules: the background against which a demo's findings stand out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from checklists.engine import applies
from checklists.model import Checklist, Item


def passing_answers(
    checklist: Checklist, attributes: Mapping[str, bool | int | None], inspected_on: date
) -> dict[str, dict[str, Any]]:
    """Every item that applies, R1 aside, answered so that it passes."""
    answers: dict[str, dict[str, Any]] = {}
    for item in checklist.items():
        if item.red_line != "R1" and applies(item, attributes):
            answers[item.code] = {"value": _passing(item, attributes, inspected_on, answers)}
    return answers


def failing_value(item: Item, inspected_on: date) -> Any:
    """A value by which the item fails; ValueError where none can."""
    answer = item.answer
    if answer.type == "yes_no":
        return "no"
    if answer.type == "choice" and isinstance(answer.ok, tuple):
        return next(choice for choice in answer.choices if choice not in answer.ok)
    if answer.type == "date":
        return (inspected_on - timedelta(days=800)).isoformat()
    if answer.type == "number" and isinstance(answer.ok, Mapping):
        return 3 if {"max", "equals"} & set(answer.ok) else 0
    raise ValueError(item.code)


def _passing(
    item: Item, attributes: Mapping[str, Any], inspected_on: date, answers: Mapping[str, dict[str, Any]]
) -> Any:
    answer = item.answer
    if answer.type == "yes_no":
        return "yes"
    if answer.type == "choice":
        return answer.ok[0] if isinstance(answer.ok, tuple) else answer.choices[0]
    if answer.type == "date":
        return (inspected_on - timedelta(days=20)).isoformat()
    if answer.type == "text":
        return "已核查"
    rule = answer.ok if isinstance(answer.ok, Mapping) else {}
    if "equals_item" in rule:
        return answers[rule["equals_item"]]["value"]
    if "min_attribute" in rule:
        return max(attributes.get(rule["min_attribute"]) or 3, rule.get("min", 0))
    if "equals" in rule:
        return rule["equals"]
    return rule.get("min", 0 if "max" in rule else 86)
