"""What holds of the engine for any input."""

import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.engine import KNOWN_FLAGS, Circumstances, Verdict, evaluate, judge, parse, term_days
from checklists.loader import published
from checklists.model import Answer

TODAY = date(2026, 11, 23)
SCHOOL = published()["school", 1]
CODES = [item.code for item in SCHOOL.items()]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates().map(str),
    st.sampled_from(["yes", "no", "na", "全部完成", "2026-11-23", "2026-13-01", 10**400, -0.0, [], {}, ["na"]]),
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "value": SCALARS,
        "reason": st.sampled_from([None, "stage", "not_checked", "?"]),
        "photos": st.lists(st.just("a1"), max_size=2),
        "findings": st.lists(st.just({"fact": "x", "photos": ["a1"], "fixed_on_the_spot": None}), max_size=2),
    },
)
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
TERMS = st.lists(st.tuples(DAYS, DAYS).map(lambda pair: (min(pair), max(pair))), max_size=4)


@given(
    st.dictionaries(st.one_of(st.sampled_from(CODES), st.text(max_size=5)), ANSWERS, max_size=12),
    st.dictionaries(st.sampled_from(sorted(KNOWN_FLAGS)), st.booleans()),
    st.one_of(st.none(), st.lists(st.one_of(st.sampled_from(["S-01", "S-10"]), st.text(max_size=3)))),
    TERMS,
)
def test_any_answers_are_judged(
    answers: dict[str, Any], attributes: dict[str, bool], sections: list[str] | None, terms: list[tuple[date, date]]
) -> None:
    outcome = evaluate(SCHOOL, attributes, answers, TODAY, terms, sections)
    assert set(outcome.failing) <= set(answers)
    assert not {flag.pointer for flag in outcome.flags if flag.code == "answer_missing"} & {
        f"/answers/{code}" for code in answers
    }
    refused = {fault.pointer for fault in outcome.faults}
    assert all(f"/answers/{code}/value" not in refused for code in outcome.failing)


@given(SCALARS)
def test_a_number_is_finite_not_negative_and_not_too_large(value: object) -> None:
    outcome = evaluate(SCHOOL, {}, {"S-02-01": {"value": value}}, TODAY)
    malformed = any(fault.pointer == "/answers/S-02-01/value" for fault in outcome.faults)
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 10**9
    assert malformed is not (number or value == "na")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_named(value: float) -> None:
    outcome = evaluate(SCHOOL, {}, {"S-02-01": {"value": value}}, TODAY)
    assert [(fault.pointer, fault.code) for fault in outcome.faults] == [
        ("/answers/S-02-01/value", "number_not_finite")
    ]


@given(DAYS, DAYS, st.integers(0, 400), st.sampled_from(["within_days", "within_term_days"]), TERMS)
def test_a_later_date_never_fails_where_an_earlier_one_passes(
    one: date, other: date, days: int, rule: str, terms: list[tuple[date, date]]
) -> None:
    circumstances = Circumstances({}, {}, TODAY, terms)
    answer = Answer("date", {rule: days})
    early, late = (judge(answer, day, circumstances) for day in sorted((one, other)))
    assert early is not Verdict.PASSES or late is Verdict.PASSES


@given(DAYS, st.integers(0, 900), TERMS)
def test_term_days_are_days_that_lie_in_a_term(after: date, length: int, terms: list[tuple[date, date]]) -> None:
    days = [after + timedelta(days=n) for n in range(1, length + 1)]
    expected = [day for day in days if not terms or any(first <= day <= last for first, last in terms)]
    assert term_days(after, after + timedelta(days=length), terms) == len(expected)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 1000))
def test_more_never_fails_a_minimum_that_less_meets(one: int, other: int, least: int) -> None:
    answer = Answer("number", {"min": least})
    less, more = (judge(answer, parse(answer, n), Circumstances({}, {}, TODAY, ())) for n in sorted((one, other)))
    assert less is not Verdict.PASSES or more is Verdict.PASSES
