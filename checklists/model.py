"""A checklist as an immutable value, and its JSON document."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

Method = Literal["records", "site", "ask", "test"]
Part = Literal["A", "B", "C"]
Severity = Literal["general", "serious", "critical"]
PhotoRule = Literal["required", "optional", "forbidden", "restricted"]
RedLine = Literal["R1", "R2"]
Responsible = Literal["institution", "department"]
BasisStatus = Literal["verified", "content", "unverified"]
AnswerType = Literal["yes_no", "number", "date", "choice", "text"]


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """One law, or some articles of it, and how far the citation has been checked.

    `verified`: the article was read; `content`: the law says so, its article number is not confirmed;
    `unverified`: neither. `note` is a remark on the citation.
    """

    law: str
    article: str | None
    status: BasisStatus
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be answered and what passes.

    `ok` is the rule: for numbers and dates a mapping such as `{"min": 4}`, for choices the passing ones, `None` where
    no answer fails by rule (and for `yes_no`, which fails on "no"). `label` says what a number counts.
    """

    type: AnswerType
    ok: Mapping[str, Any] | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    label: str | None = None
    unit: Literal["percent"] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question with everything a finding inherits from it; `severity` is `None` where it only informs."""

    code: str
    text: str
    text_en: str
    method: tuple[Method, ...]
    recommendation: tuple[Part, ...]
    legal_basis: tuple[LegalBasis, ...]
    answer: Answer
    applies_when: tuple[str, ...]
    severity: Severity | None
    photo: PhotoRule
    due_days: int | None
    red_line: RedLine | None
    responsible: Responsible
    advice: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of items; its code is the beginning of theirs."""

    code: str
    title: str
    title_en: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a checklist; `sha256` is that of its document without `sha256`, as canonical JSON."""

    code: str
    version: int
    title: str
    title_en: str
    kinds: tuple[str, ...]
    sha256: str
    sections: tuple[Section, ...]

    def items(self) -> Iterator[Item]:
        """All items in document order."""
        for section in self.sections:
            yield from section.items

    def item(self, code: str) -> Item | None:
        """The item of this code, `None` if there is none."""
        return next((item for item in self.items() if item.code == code), None)

    def unit_copy(self) -> "Checklist":
        """The copy for the inspected: without the sections of R1 items, under a hash of its own."""
        kept = tuple(section for section in self.sections if all(item.red_line != "R1" for item in section.items))
        return _sealed(replace(self, sections=kept))

    def as_document(self) -> dict[str, Any]:
        """The JSON document, `sha256` included."""
        return {**_content(self), "sha256": self.sha256}


def from_document(document: Mapping[str, Any]) -> Checklist:
    """The checklist of a document without faults (see `lint`); its hash is computed, never taken over."""
    return _sealed(
        Checklist(
            code=document["code"],
            version=document["version"],
            title=document["title"],
            title_en=document["title_en"],
            kinds=tuple(document["kinds"]),
            sha256="",
            sections=tuple(
                Section(s["code"], s["title"], s["title_en"], tuple(_item(i) for i in s["items"]))
                for s in document["sections"]
            ),
        )
    )


def _item(data: Mapping[str, Any]) -> Item:
    return Item(
        code=data["code"],
        text=data["text"],
        text_en=data["text_en"],
        method=tuple(data["method"]),
        recommendation=tuple(data["recommendation"]),
        legal_basis=tuple(_legal_basis(basis) for basis in data["legal_basis"]),
        answer=_answer(data["answer"]),
        applies_when=tuple(data["applies_when"]),
        severity=data["severity"],
        photo=data["photo"],
        due_days=data["due_days"],
        red_line=data["red_line"],
        responsible=data["responsible"],
        advice=data["advice"],
    )


def _legal_basis(data: Mapping[str, Any]) -> LegalBasis:
    def day(key: str) -> date | None:
        return date.fromisoformat(data[key]) if data.get(key) else None

    return LegalBasis(
        data["law"], data.get("article"), data["status"], day("valid_from"), day("valid_to"), data.get("note")
    )


def _answer(data: Mapping[str, Any]) -> Answer:
    ok = data.get("ok")
    return Answer(
        type=data["type"],
        ok=tuple(ok) if isinstance(ok, list) else ok,
        choices=tuple(data.get("choices", ())),
        label=data.get("label"),
        unit=data.get("unit"),
    )


def _sealed(checklist: Checklist) -> Checklist:
    canonical = json.dumps(_content(checklist), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(checklist, sha256=hashlib.sha256(canonical.encode()).hexdigest())


def _content(checklist: Checklist) -> dict[str, Any]:
    return {
        "code": checklist.code,
        "version": checklist.version,
        "title": checklist.title,
        "title_en": checklist.title_en,
        "kinds": list(checklist.kinds),
        "sections": [
            {
                "code": section.code,
                "title": section.title,
                "title_en": section.title_en,
                "items": [_item_document(item) for item in section.items],
            }
            for section in checklist.sections
        ],
    }


def _item_document(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "text": item.text,
        "text_en": item.text_en,
        "method": list(item.method),
        "recommendation": list(item.recommendation),
        "legal_basis": [_basis_document(basis) for basis in item.legal_basis],
        "answer": _answer_document(item.answer),
        "applies_when": list(item.applies_when),
        "severity": item.severity,
        "photo": item.photo,
        "due_days": item.due_days,
        "red_line": item.red_line,
        "responsible": item.responsible,
        "advice": item.advice,
    }


def _basis_document(basis: LegalBasis) -> dict[str, Any]:
    document = {
        "law": basis.law,
        "article": basis.article,
        "status": basis.status,
        "valid_from": basis.valid_from.isoformat() if basis.valid_from else None,
        "valid_to": basis.valid_to.isoformat() if basis.valid_to else None,
    }
    return document | ({"note": basis.note} if basis.note else {})


def _answer_document(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = {"type": answer.type}
    if answer.type == "choice":
        document |= {"choices": list(answer.choices), "ok": list(answer.ok) if answer.ok is not None else None}
    elif answer.type in ("number", "date"):
        document["ok"] = dict(answer.ok) if isinstance(answer.ok, Mapping) else None
    for key, extra in (("label", answer.label), ("unit", answer.unit)):
        if extra is not None:
            document[key] = extra
    return document
