"""The phone's rules against the server's, in a browser: every vector, and random submissions. Any difference fails."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from checklists import engine
from checklists.loader import DEFINITIONS, published
from checklists.model import Checklist, Item, from_document
from tests.support.site import Site

VECTORS = [
    case
    for path in sorted((DEFINITIONS.parent / "vectors").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
Case = Mapping[str, Any]

EVALUATE = """async (given) => {
    const { evaluate } = await import('/m/checklist.js');
    const { documents, cases } = JSON.parse(given);
    return JSON.stringify(cases.map(([name, c]) => evaluate(
        documents[name], c.attributes, c.answers, c.inspected_on, c.terms, c.sections, c.answered_elsewhere)));
}"""


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"{site.base}/m/")
    yield page
    page.close()


def test_every_vector_on_the_phone(page: Page) -> None:
    for case, outcome in zip(VECTORS, on_the_phone(page, VECTORS), strict=True):
        expect = case["expect"]
        missing = [flag["pointer"] for flag in outcome["flags"] if flag["code"] == "answer_missing"]
        odd = [[flag["code"], flag["pointer"]] for flag in outcome["flags"] if flag["code"] != "answer_missing"]
        assert sorted([fault["pointer"], fault["code"]] for fault in outcome["faults"]) == sorted(expect["faults"])
        assert outcome["failing"] == expect["failing"], case["name"]
        assert sorted(odd) == sorted(expect["flags"]), case["name"]
        assert missing == case.get("expect_missing", missing), case["name"]
        assert outcome == on_the_server(case), case["name"]


def test_random_submissions_on_the_phone(page: Page) -> None:
    cases = [Chance(seed).submission() for seed in range(600)]
    outcomes = on_the_phone(page, cases)
    for seed, (case, outcome) in enumerate(zip(cases, outcomes, strict=True)):
        assert outcome == on_the_server(case), f"seed {seed}: {case}"
    assert len({fault["code"] for outcome in outcomes for fault in outcome["faults"]}) == 15  # chance spares no rule
    assert len({flag["code"] for outcome in outcomes for flag in outcome["flags"]}) == 6


def test_term_days_are_counted_alike(page: Page) -> None:
    cases = [Chance(seed).days() for seed in range(400)]
    counted = page.evaluate(
        """async (cases) => {
            const { termDays } = await import('/m/checklist.js');
            return cases.map((c) => termDays(...c));
        }""",
        cases,
    )
    assert counted == [
        engine.term_days(date.fromisoformat(after), date.fromisoformat(until), terms_of(terms))
        for after, until, terms in cases
    ]


def test_what_json_cannot_say_is_judged_as_well(page: Page) -> None:
    items = [item for section in published()["school", 1].as_document()["sections"] for item in section["items"]]
    judged = page.evaluate(
        """async (items) => {
            const { verdict } = await import('/m/checklist.js');
            const circumstances = { attributes: {}, numbers: {}, inspectedOn: '2026-11-23', terms: [] };
            const values = [NaN, Infinity, -Infinity, undefined, Symbol('4'), 4n, () => 4, new Date(0), new Number(4)];
            return items.map((item) => values.map((value) => verdict(item, value, circumstances).fault.code));
        }""",
        items,
    )
    for item, codes in zip(items, judged, strict=True):
        first = "number_not_finite" if item["answer"]["type"] == "number" else "wrong_type"
        assert codes == [first] * 3 + ["wrong_type"] * 6, item["code"]


def test_the_phone_knows_the_same_words_and_bounds(page: Page) -> None:
    known = page.evaluate("async () => ({ ...(await import('/m/checklist.js')) })")
    for name in ("NA", "NA_REASONS", "LARGEST_NUMBER", "FIRST_DATE", "LAST_DATE"):
        assert known[name] == json.loads(json.dumps(getattr(engine, name), default=str)), name
    for name in ("KNOWN_FLAGS", "NUMBER_ATTRIBUTES"):
        assert sorted(known[name]) == sorted(getattr(engine, name)), name


def on_the_phone(page: Page, cases: list[Any]) -> list[Any]:
    named = [(f"{case['checklist']} {case['version']} {case.get('variation')}", case) for case in cases]
    given = {"documents": {name: checklist_of(case).as_document() for name, case in named}, "cases": named}
    return list(json.loads(page.evaluate(EVALUATE, json.dumps(given))))


def on_the_server(case: Case) -> dict[str, Any]:
    outcome = engine.evaluate(
        checklist_of(case),
        case["attributes"],
        case["answers"],
        date.fromisoformat(case["inspected_on"]),
        terms_of(case["terms"]),
        case["sections"],
        case.get("answered_elsewhere", ()),
    )
    return {
        "faults": [{"pointer": f.pointer, "code": f.code, "params": dict(f.params)} for f in outcome.faults],
        "flags": [{"code": flag.code, "pointer": flag.pointer} for flag in outcome.flags],
        "failing": list(outcome.failing),
    }


def terms_of(pairs: list[list[str]]) -> list[tuple[date, date]]:
    return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in pairs]


def checklist_of(case: Case) -> Checklist:
    return varied(case["checklist"], case["version"], case.get("variation"))


@cache
def varied(code: str, version: int, seed: int | None) -> Checklist:
    """A published checklist; with a seed its items have rules at random, also those that nothing published has."""
    if seed is None:
        return published()[code, version]
    chance = random.Random(seed)
    document = published()[code, version].as_document()
    items = [item for section in document["sections"] for item in section["items"]]
    for item in items:
        other = chance.choice(items)["code"]
        number_rules = [{"max": 3}, {"min": 2.5}, {"equals": 0}, {"equals": 3.0}, {"equals_item": other}, None]
        number_rules += [{"min_attribute": name} for name in engine.NUMBER_ATTRIBUTES]
        number_rules += [{"min": 3, "min_attribute": name} for name in engine.NUMBER_ATTRIBUTES]
        item["answer"] = chance.choice(
            [
                {"type": "yes_no"},
                {"type": "text"},
                {"type": "number", "ok": chance.choice(number_rules)},
                {"type": "number", "ok": chance.choice(number_rules), "unit": "percent"},
                {"type": "date", "ok": chance.choice([{"within_days": 0}, {"within_term_days": 45}, None])},
                {"type": "choice", "choices": ["有", "无", "yes"], "ok": chance.choice([["有"], ["无", "yes"], None])},
            ]
        )
        item["applies_when"] = chance.sample(sorted(engine.KNOWN_FLAGS), chance.choice([0, 0, 1, 2]))
        item["photo"] = chance.choice(["required", "optional", "forbidden"])
        item["red_line"] = chance.choice([None, None, None, "R1", "R2"])
    return from_document(document)


class Chance:
    """Submissions at random, most answers near a bound of their rule, some no answers at all."""

    NUMBERS = (0, 1, 2, 3, 4, 5, 29, 30, 31, 89, 90, 100, 101, 2.5, 3.0, -0.0, -1, 10**9, 10**9 + 1, 1e30)
    DAYS_AGO = (-1, 0, 1, 44, 45, 46, 60, 100, 101, 130, 179, 180, 181, 200, 364, 365, 366)
    ODD = (None, True, False, [], ["yes"], {}, "", "YES", "yes ", "4", 0, 7, "2026-11-23", "na ", "无", "constructor")
    ODD_DATES = (
        *("2026-02-29", "2028-02-29", "2100-02-29", "2000-02-29", "2026-11-31", "2026-11-00", "2026-00-10"),
        *("1989-12-31", "1990-01-01", "2100-01-01", "2100-01-02", "0000-01-01", "0099-12-31", "9999-12-31"),
        *("2026-11-23\n", " 2026-11-23", "２０２６-11-23", "2026-13-01", "20261123", "2026-1-2", "202-11-23"),
    )
    UNKNOWN = ("S-99-01", "K-01-01", "a/b~c", "~1", "", "__proto__", "constructor", "toString", "章")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        year = self.random.choice([1997, 2026, 2027, 2028])
        self.inspected_on = date(year, 1, 1) + timedelta(days=self.random.randrange(366))

    def submission(self) -> dict[str, Any]:
        code, version = self.random.choice(sorted(published()))
        named = {"checklist": code, "version": version, "variation": self.random.choice([None, 1, 2])}
        checklist = checklist_of(named)
        items = list(checklist.items())
        answered = self.random.sample(items, self.random.randrange(len(items)))
        sections = [section.code for section in checklist.sections] + ["S-77", "K-01", "__proto__"]
        answers = {item.code: self.answer(item) for item in answered}
        return {
            **named,
            "attributes": self.attributes(),
            "inspected_on": self.inspected_on.isoformat(),
            "terms": [self.term() for _ in range(self.random.randrange(5))],
            "sections": self.random.choice([None, self.some(sections)]),
            "answers": answers | {code: {"value": "yes"} for code in self.some(self.UNKNOWN)},
            "answered_elsewhere": self.some([item.code for item in items]),
        }

    def some(self, things: Any) -> list[Any]:
        return self.random.sample(things, self.random.choice([0, 0, 1, 2, len(things) // 2]))

    def attributes(self) -> dict[str, Any]:
        flags = {flag: self.random.choice([True, True, False, 1]) for flag in self.some(sorted(engine.KNOWN_FLAGS))}
        return flags | {
            name: self.random.choice([None, 0, 3, 30, 90]) for name in self.some(sorted(engine.NUMBER_ATTRIBUTES))
        }

    def days(self) -> tuple[str, str, list[list[str]]]:
        after = self.inspected_on - timedelta(days=self.random.randrange(-60, 500))
        return str(after), str(self.inspected_on), [self.term() for _ in range(self.random.randrange(5))]

    def term(self) -> list[str]:
        first = self.inspected_on - timedelta(days=self.random.randrange(-30, 400))
        return [str(first), str(first + timedelta(days=self.random.choice([-1, 0, 1, 20, 130])))]

    def answer(self, item: Item) -> dict[str, Any]:
        answer: dict[str, Any] = {"value": self.value(item)}
        if self.random.random() < (0.9 if answer["value"] == "na" else 0.1):
            answer["reason"] = self.random.choice([None, "no_such_facility", "stage", "not_checked", "忙"])
        if self.random.random() < 0.1:
            del answer["value"]
        if self.random.random() < 0.3:
            answer["photos"] = self.random.choice([None, [], ["a1"], ["a1", "b2"]])
        if self.random.random() < 0.3:
            answer["findings"] = self.random.choice([None, [], [self.finding()], [self.finding(), self.finding()]])
        return answer

    def value(self, item: Item) -> Any:
        if self.random.random() < 0.2:
            return self.random.choice([*self.ODD, "na"])
        if item.answer.type == "number":
            return self.random.choice(self.NUMBERS)
        if item.answer.type == "date":
            near = str(self.inspected_on - timedelta(days=self.random.choice(self.DAYS_AGO)))
            return self.random.choice([near, near, self.random.choice(self.ODD_DATES)])
        return self.random.choice(item.answer.choices or ("yes", "no"))

    def finding(self) -> dict[str, Any]:
        finding: dict[str, Any] = {"fact": "一处", "photos": self.random.choice([None, [], ["a1"]])}
        if self.random.random() < 0.5:
            fixed = {"note": "已改", "photos": self.random.choice([None, [], ["b2"]])}
            finding["fixed_on_the_spot"] = self.random.choice([None, fixed])
        return finding
