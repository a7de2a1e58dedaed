"""What answers mean: which items apply, which answers are malformed, missing or odd, and which fail.

Pure and total: any JSON value may stand in for an answer's value. A *fault* is a reason to refuse, a *flag* a remark.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import partial
from typing import Any

from checklists.model import Answer, Checklist, Item

KNOWN_FLAGS = frozenset(
    {
        "boarding",
        "canteen",
        "external_meal",
        "school_bus",
        "nap",
        "outsourced",
        "prior_round",
        "body_contact",
        "off_site",
        "foreign_staff",
        "one_to_one",
    }
)
NUMBER_ATTRIBUTES = frozenset({"guards_required", "playback_days_required"})
NA = "na"
NA_REASONS = ("no_such_facility", "stage", "not_checked")
LARGEST_NUMBER = 1_000_000_000
FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2100, 1, 1)

Term = tuple[date, date]
Value = str | int | float | date


@dataclass(frozen=True, slots=True)
class Fault:
    """Something malformed: JSON pointer into the submission, stable code, and what its text needs."""

    pointer: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something unfinished or odd; it never refuses a submission."""

    code: str
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All faults, all flags, and the codes of the failing items, each in the order of the checklist."""

    faults: tuple[Fault, ...]
    flags: tuple[Flag, ...]
    failing: tuple[str, ...]


class Verdict(Enum):
    """What a rule says of a well-formed value; `UNKNOWN` where what it compares with is absent."""

    PASSES = "passes"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Malformed(Exception):
    """A value that is no answer to its item: `code` and `params` of the fault."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rules compare with: the institution's attributes, the numbers answered, the inspection's day, the terms."""

    attributes: Mapping[str, bool | int | None]
    numbers: Mapping[str, int | float]
    inspected_on: date
    terms: Sequence[Term]


def applies(item: Item, attributes: Mapping[str, bool | int | None]) -> bool:
    """Whether any attribute that the item names is true; an item that names none always applies."""
    return not item.applies_when or any(attributes.get(flag) is True for flag in item.applies_when)


def evaluate(
    checklist: Checklist,
    attributes: Mapping[str, bool | int | None],
    answers: Mapping[str, Mapping[str, Any]],
    inspected_on: date,
    terms: Sequence[Term] = (),
    sections: Sequence[str] | None = None,
    answered_elsewhere: Collection[str] = (),
) -> Outcome:
    """Judge the answers of one submission.

    `attributes` are the merged ones; `answers` are as sent (`value`, `note`, `photos`, `findings`, `reason`),
    well-shaped but for `value`; `terms` are first and last days; `sections` are the declared ones, `None` for all;
    `answered_elsewhere` are codes of items that another submission of the visit answered. An R2 item may be answered
    outside the declared sections. Never raises; whatever is malformed is a fault of the outcome.
    """
    known = {item.code for item in checklist.items()}
    section_codes = {section.code for section in checklist.sections}
    declared = section_codes if sections is None else set(sections)
    circumstances = Circumstances(attributes, _numbers(checklist, answers), inspected_on, terms)
    remarks: list[Fault | Flag] = [
        Fault(_pointer("sections", index), "unknown_section", {"section": code})
        for index, code in enumerate(sections or ())
        if code not in section_codes
    ]
    remarks += [
        Fault(_pointer("answers", code), "unknown_item", {"item": code}) for code in answers if code not in known
    ]
    failing = []
    for section in checklist.sections:
        for item in section.items:
            pointer = _pointer("answers", item.code)
            if item.red_line == "R1":
                if item.code in answers:
                    remarks.append(Fault(pointer, "red_line_r1", {"item": item.code}))
            elif item.code in answers:
                if section.code not in declared and item.red_line != "R2":
                    remarks.append(Fault(pointer, "section_not_declared", {"item": item.code, "section": section.code}))
                verdict, remarked = _examine(item, answers[item.code], circumstances)
                remarks += remarked
                if verdict is Verdict.FAILS:
                    failing.append(item.code)
            elif section.code in declared and applies(item, attributes) and item.code not in answered_elsewhere:
                remarks.append(Flag("answer_missing", pointer))
    return Outcome(
        faults=tuple(remark for remark in remarks if isinstance(remark, Fault)),
        flags=tuple(remark for remark in remarks if isinstance(remark, Flag)),
        failing=tuple(failing),
    )


def parse(answer: Answer, value: object) -> Value:
    """The value of an answer, "na" aside; raises `Malformed` if it cannot be one."""
    if answer.type == "number":
        return _number(value, answer.unit == "percent")
    if not isinstance(value, str):
        raise Malformed("wrong_type", expected=answer.type)
    if answer.type == "date":
        return _date(value)
    choices = ("yes", "no") if answer.type == "yes_no" else answer.choices
    if choices and value not in choices:
        raise Malformed("not_a_choice", choices=[*choices, NA])
    return value


def judge(answer: Answer, value: Value, circumstances: Circumstances) -> Verdict:
    """What the answer's rule says of a parsed value; raises `Malformed` where a part is larger than its whole."""
    if answer.type == "yes_no":
        return _verdict(value == "yes")
    if isinstance(answer.ok, tuple):
        return _verdict(value in answer.ok)
    if answer.ok is None or isinstance(value, str):
        return Verdict.PASSES
    if isinstance(value, date):
        return _verdict(_date_passes(answer.ok, value, circumstances))
    return _judge_number(answer.ok, value, circumstances)


def term_days(after: date, until: date, terms: Sequence[Term]) -> int:
    """How many days after one date, up to and including another, lie in a term; with no terms every day counts."""
    if not terms:
        return max((until - after).days, 0)
    days, counted_to = 0, after
    for first, last in sorted(terms):
        start, end = max(first, counted_to + timedelta(days=1)), min(last, until)
        if start <= end:
            days += (end - start).days + 1
            counted_to = end
    return days


def _verdict(passes: bool) -> Verdict:
    return Verdict.PASSES if passes else Verdict.FAILS


def _number(value: object, percent: bool) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("wrong_type", expected="number")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed("number_not_finite")
    if value < 0:
        raise Malformed("number_negative")
    if percent and value > 100:
        raise Malformed("percentage_over_100")
    if value > LARGEST_NUMBER:
        raise Malformed("number_too_large", limit=LARGEST_NUMBER)
    return value


def _date(value: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise Malformed("date_malformed")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Malformed("date_malformed") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise Malformed("date_out_of_range", first=FIRST_DATE.isoformat(), last=LAST_DATE.isoformat())
    return day


def _numbers(checklist: Checklist, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, int | float]:
    numbers: dict[str, int | float] = {}
    for item in checklist.items():
        if item.answer.type == "number" and item.code in answers:
            with suppress(Malformed):
                numbers[item.code] = _number(answers[item.code].get("value"), item.answer.unit == "percent")
    return numbers


def _date_passes(rule: Mapping[str, Any], day: date, circumstances: Circumstances) -> bool:
    until = circumstances.inspected_on
    if "within_term_days" in rule:
        return term_days(day, until, circumstances.terms) <= int(rule["within_term_days"])
    return (until - day).days <= int(rule["within_days"])


def _judge_number(rule: Mapping[str, Any], value: int | float, circumstances: Circumstances) -> Verdict:
    verdicts = {_compare(kind, bound, value, circumstances) for kind, bound in rule.items()}
    if Verdict.FAILS in verdicts:
        return Verdict.FAILS
    return Verdict.PASSES if Verdict.PASSES in verdicts else Verdict.UNKNOWN


def _compare(kind: str, bound: Any, value: int | float, circumstances: Circumstances) -> Verdict:
    limit = bound
    if kind == "min_attribute":
        limit = circumstances.attributes.get(bound)
    elif kind == "equals_item":
        limit = circumstances.numbers.get(bound)
    if limit is None:
        return Verdict.UNKNOWN
    if kind == "max":
        return _verdict(value <= limit)
    if kind in ("min", "min_attribute"):
        return _verdict(value >= limit)
    if kind == "equals_item" and value > limit:
        raise Malformed("percentage_over_100", item=bound)
    return _verdict(value == limit)


def _examine(
    item: Item, answer: Mapping[str, Any], circumstances: Circumstances
) -> tuple[Verdict | None, list[Fault | Flag]]:
    """The verdict on one answer, `None` if malformed, and the remarks on it."""
    at = partial(_pointer, "answers", item.code)
    value, reason, findings = answer.get("value"), answer.get("reason"), answer.get("findings") or ()
    verdict: Verdict | None = Verdict.PASSES
    remarks: list[Fault | Flag] = []
    if not applies(item, circumstances.attributes):
        remarks.append(Flag("item_not_applicable", at()))
    if value == NA:
        if reason not in NA_REASONS:
            remarks.append(Fault(at("reason"), "na_reason_missing", {"choices": list(NA_REASONS)}))
        elif reason == "not_checked":
            remarks.append(Flag("not_checked", at("reason")))
    else:
        if reason is not None:
            remarks.append(Fault(at("reason"), "reason_not_expected"))
        try:
            parsed = parse(item.answer, value)
            verdict = judge(item.answer, parsed, circumstances)
            if isinstance(parsed, date) and parsed > circumstances.inspected_on:
                remarks.append(Flag("future_date", at("value")))
        except Malformed as malformed:
            verdict = None
            remarks.append(Fault(at("value"), malformed.code, malformed.params))
    if verdict is Verdict.UNKNOWN:
        remarks.append(Flag("rule_not_evaluated", at("value")))
        if findings:  # without a rule the inspector's own finding decides
            verdict = Verdict.FAILS
    if verdict is Verdict.PASSES and findings:
        remarks.append(Fault(at("findings"), "findings_on_passing"))
    if item.photo == "forbidden":
        remarks += [Fault(pointer, "photo_forbidden", {"item": item.code}) for pointer in _photos(item, answer)]
    if verdict is Verdict.FAILS and item.photo == "required" and not any(_photos_of_problem(answer)):
        remarks.append(Flag("photo_missing", at("photos")))
    return verdict, remarks


def _photos_of_problem(answer: Mapping[str, Any]) -> Iterator[Any]:
    for holder in (answer, *(answer.get("findings") or ())):
        yield from holder.get("photos") or ()


def _photos(item: Item, answer: Mapping[str, Any]) -> Iterator[str]:
    """Pointers to every photo of an answer: its own, its findings' and those of what was fixed on the spot."""
    holders: list[tuple[Mapping[str, Any], tuple[str | int, ...]]] = [(answer, ())]
    for index, finding in enumerate(answer.get("findings") or ()):
        holders.append((finding, ("findings", index)))
        holders.append((finding.get("fixed_on_the_spot") or {}, ("findings", index, "fixed_on_the_spot")))
    for holder, path in holders:
        for index in range(len(holder.get("photos") or ())):
            yield _pointer("answers", item.code, *path, "photos", index)


def _pointer(*parts: str | int) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
