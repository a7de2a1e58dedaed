"""What is wrong with a checklist's file: file, line and reason for each fault, never an exception."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

import yaml

from checklists import model
from checklists.engine import KNOWN_FLAGS, NA, NUMBER_ATTRIBUTES
from checklists.reasons import REASONS

KINDS = ("school", "kindergarten", "tutoring_centre")
NUMBER_RULES = ("min", "max", "equals", "equals_item", "min_attribute")
DATE_RULES = ("within_days", "within_term_days")
LARGEST_BOUND = 1_000_000

Place = tuple[str | int, ...]
Check = Callable[[Place, Any], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file is no checklist, by its code in `reasons`; lines count from 1."""

    file: str
    line: int
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return REASONS[self.code].format_map(self.params)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def lint(path: Path) -> list[Fault]:
    """All faults of a file in the order of their lines; empty for a checklist."""
    return read(path)[1]


def read(path: Path) -> tuple[Any, list[Fault]]:
    """The document in a file and all its faults; a document with faults (`None` if it is no YAML) is not to be used."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        return None, [Fault(str(path), 1, "unreadable", {"why": getattr(error, "strerror", None) or error})]
    return read_bytes(str(path), data)


def read_bytes(file: str, data: bytes) -> tuple[Any, list[Fault]]:
    """The same of what a file of this name holds."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [Fault(file, data.count(b"\n", 0, error.start) + 1, "not_utf8")]
    linter = _Linter(file)
    try:
        _check_plain(text)
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return None, [Fault(file, 1, "empty")]
        document = linter.plain(loader, root, ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [Fault(file, line, "malformed", {"why": error.problem})]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Fault(file, 1, "malformed", {"why": str(error).splitlines()[0]})]
    linter.document(document)
    return document, sorted(linter.faults, key=lambda fault: fault.line)


DEEPEST = 50
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Dates stay text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _check_plain(text: str) -> None:
    """A document is a plain tree of some depth: no aliases, no tags, nothing that would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        at: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(problem="aliases and tags are not allowed", problem_mark=at)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=at)


class _Linter:
    """Collects faults; knows the line of every place in the document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.lines: dict[Place, int] = {}

    def fault(self, place: Place, code: str, /, **params: Any) -> None:
        while place not in self.lines:
            place = place[:-1]
        self.faults.append(Fault(self.file, self.lines[place], code, params))

    # From nodes to plain data

    def plain(self, loader: _Loader, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(loader, child, (*place, index)) for index, child in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return loader.construct_object(node)
        plain: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            inner = (*place, key)
            if key in plain:
                self.lines[inner] = key_node.start_mark.line + 1
                self.fault(inner, "key_twice", key=key)
            self.lines[inner] = key_node.start_mark.line + 1
            plain[key] = self.plain(loader, child, inner)
        return plain

    # Shapes

    def mapping(self, place: Place, value: Any, required: Mapping[str, Check], optional: Mapping[str, Check]) -> None:
        if not isinstance(value, dict):
            self.fault(place, "not_a_mapping", name=_name(place))
            return
        for key in sorted(required.keys() - value.keys()):
            self.fault(place, "key_missing", key=key)
        checks = {**required, **optional}
        for key, inner in value.items():
            if key in checks:
                checks[key]((*place, key), inner)
            else:
                self.fault((*place, key), "key_unknown", key=key)

    def list_of(self, check: Check, least: int = 1) -> Check:
        def checked(place: Place, value: Any) -> None:
            if not isinstance(value, list):
                self.fault(place, "not_a_list", name=_name(place))
                return
            if len(value) < least:
                self.fault(place, "nothing_in_it", name=_name(place))
            for index, element in enumerate(value):
                check((*place, index), element)
                if isinstance(element, str) and element in value[:index]:
                    self.fault((*place, index), "element_twice", element=element, name=_name(place))

        return checked

    def one_of(self, *values: str | None) -> Check:
        def checked(place: Place, value: Any) -> None:
            if value not in values:
                allowed = ", ".join("null" if v is None else v for v in values)
                self.fault(place, "not_one_of", name=_name(place), value=value, allowed=allowed)

        return checked

    def whole(self, least: int, null: bool = False) -> Check:
        def checked(place: Place, value: Any) -> None:
            if not (null and value is None) and not (type(value) is int and least <= value <= LARGEST_BOUND):
                code = "not_whole_or_null" if null else "not_whole"
                self.fault(place, code, name=_name(place), least=least)

        return checked

    def pattern(self, pattern: str) -> Check:
        def checked(place: Place, value: Any) -> None:
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                self.fault(place, "not_matching", name=_name(place), value=value, pattern=pattern)

        return checked

    def text(self, place: Place, value: Any) -> None:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.fault(place, "not_one_line", name=_name(place))

    def text_or_null(self, place: Place, value: Any) -> None:
        if value is not None:
            self.text(place, value)

    def day_or_null(self, place: Place, value: Any) -> None:
        try:
            if value is not None and date.fromisoformat(value).isoformat() != value:
                raise ValueError
        except (TypeError, ValueError):
            self.fault(place, "not_a_date", name=_name(place))

    # The document

    def document(self, value: Any) -> None:
        required: dict[str, Check] = {
            "code": self.pattern("[a-z][a-z_]*"),
            "version": self.whole(1),
            "title": self.text,
            "title_en": self.text,
            "kinds": self.list_of(self.one_of(*KINDS)),
            "sections": self.list_of(self.section),
        }
        self.mapping((), value, required, {})
        items = list(_items(value))
        self.codes(value, items)
        self.red_lines(value, items)
        numbers = {str(item.get("code")) for _, item in items if _type(item) == "number"}
        for place, item in items:
            self.consequences(place, item)
            self.reference(place, item, numbers)

    def section(self, place: Place, value: Any) -> None:
        required: dict[str, Check] = {
            "code": self.pattern("[A-Z]-[0-9]{2}"),
            "title": self.text,
            "title_en": self.text,
            "items": self.list_of(self.item),
        }
        self.mapping(place, value, required, {})

    def item(self, place: Place, value: Any) -> None:
        required: dict[str, Check] = {
            "code": self.pattern("[A-Z]-[0-9]{2}-[0-9]{2}"),
            "text": self.text,
            "text_en": self.text,
            "method": self.list_of(self.one_of(*get_args(model.Method))),
            "recommendation": self.list_of(self.one_of(*get_args(model.Part)), least=0),
            "legal_basis": self.list_of(self.legal_basis),
            "answer": self.answer,
            "applies_when": self.list_of(self.one_of(*sorted(KNOWN_FLAGS)), least=0),
            "severity": self.one_of(*get_args(model.Severity), None),
            "photo": self.one_of(*get_args(model.PhotoRule)),
            "due_days": self.whole(0, null=True),
            "red_line": self.one_of(*get_args(model.RedLine), None),
            "responsible": self.one_of(*get_args(model.Responsible)),
            "advice": self.text,
        }
        self.mapping(place, value, required, {})

    def legal_basis(self, place: Place, value: Any) -> None:
        required: dict[str, Check] = {"law": self.text, "status": self.one_of(*get_args(model.BasisStatus))}
        optional: dict[str, Check] = {
            "article": self.text_or_null,
            "valid_from": self.day_or_null,
            "valid_to": self.day_or_null,
            "note": self.text_or_null,
        }
        self.mapping(place, value, required, optional)

    # Answers and their rules

    def answer(self, place: Place, value: Any) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        required: dict[str, Check] = {"type": self.one_of(*get_args(model.AnswerType))}
        optional: dict[str, Check] = {}
        if kind == "number":
            required["ok"] = self.number_rule
            optional = {"label": self.text, "unit": self.one_of("percent")}
        elif kind == "date":
            required["ok"] = self.date_rule
        elif kind == "choice":
            required |= {"choices": self.list_of(self.choice, least=2), "ok": self.choice_rule}
        self.mapping(place, value, required, optional)
        if kind == "choice":
            for index, passing in enumerate(_list(value.get("ok"))):
                if passing not in _list(value.get("choices")):
                    self.fault((*place, "ok", index), "not_a_choice", value=passing)

    def choice(self, place: Place, value: Any) -> None:
        self.text(place, value)
        if value == NA:
            self.fault(place, "reserved_choice", value=NA)

    def choice_rule(self, place: Place, value: Any) -> None:
        if value is not None:
            self.list_of(self.text)(place, value)

    def number_rule(self, place: Place, value: Any) -> None:
        if value is None:
            return
        checks: dict[str, Check] = {
            "min": self.bound,
            "max": self.bound,
            "equals": self.bound,
            "equals_item": self.text,
            "min_attribute": self.one_of(*sorted(NUMBER_ATTRIBUTES)),
        }
        self.mapping(place, value, {}, checks)
        if isinstance(value, dict) and len(value) != 1 and value.keys() != {"min", "min_attribute"}:
            self.fault(place, "number_rule", rules=", ".join(NUMBER_RULES))

    def date_rule(self, place: Place, value: Any) -> None:
        self.mapping(place, value, {}, dict.fromkeys(DATE_RULES, self.whole(0)))
        if isinstance(value, dict) and len(value) != 1:
            self.fault(place, "date_rule", rules=", ".join(DATE_RULES))

    def bound(self, place: Place, value: Any) -> None:
        if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= LARGEST_BOUND:
            self.fault(place, "bound", name=_name(place), most=LARGEST_BOUND)

    # What one part says of another

    def codes(self, document: Any, items: list[tuple[Place, dict[str, Any]]]) -> None:
        seen: set[str] = set()
        sections = [(("sections", index), section) for index, section in _mappings(document, "sections")]
        for place, part in [*sections, *items]:
            code = part.get("code")
            if isinstance(code, str) and code in seen:
                self.fault((*place, "code"), "code_twice", code=code)
            seen.add(str(code))
        for place, item in items:
            section_code = document["sections"][place[1]].get("code")
            if not str(item.get("code")).startswith(f"{section_code}-"):
                self.fault((*place, "code"), "other_section", code=item.get("code"), section=section_code)

    def red_lines(self, document: Any, items: list[tuple[Place, dict[str, Any]]]) -> None:
        for place, item in items:
            last = place[1] == len(document["sections"]) - 1
            if last and item.get("red_line") != "R1":
                self.fault((*place, "red_line"), "last_section_r1")
            if not last and item.get("red_line") == "R1":
                self.fault((*place, "red_line"), "r1_elsewhere")

    def consequences(self, place: Place, item: dict[str, Any]) -> None:
        red_line, severity, due_days = item.get("red_line"), item.get("severity"), item.get("due_days")
        answer = item.get("answer")
        never_fails = _type(item) == "text" or (isinstance(answer, dict) and answer.get("ok", 0) is None)
        if (item.get("photo") == "restricted") is not (red_line == "R1"):
            self.fault((*place, "photo"), "photo_restricted")
        if red_line == "R1":
            if due_days is not None:
                self.fault((*place, "due_days"), "r1_due_days")
            return
        if red_line == "R2" and (due_days != 0 or severity != "critical"):
            self.fault((*place, "due_days"), "r2_critical")
        if (due_days is None) is not (severity is None):
            self.fault((*place, "due_days"), "due_days_severity")
        if never_fails is not (severity is None):
            self.fault((*place, "severity"), "severity_null")

    def reference(self, place: Place, item: dict[str, Any], numbers: set[str]) -> None:
        answer = item.get("answer")
        rule = answer.get("ok") if isinstance(answer, dict) else None
        other = rule.get("equals_item") if isinstance(rule, dict) else None
        if isinstance(other, str) and (other not in numbers or other == item.get("code")):
            self.fault((*place, "answer", "ok", "equals_item"), "no_other_item", code=other)


def _name(place: Place) -> str:
    return next((str(part) for part in reversed(place) if isinstance(part, str)), "the document")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(holder: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    elements = _list(holder.get(key)) if isinstance(holder, dict) else []
    return ((index, element) for index, element in enumerate(elements) if isinstance(element, dict))


def _items(document: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    for s, section in _mappings(document, "sections"):
        for i, item in _mappings(section, "items"):
            yield ("sections", s, "items", i), item


def _type(item: dict[str, Any]) -> Any:
    answer = item.get("answer")
    return answer.get("type") if isinstance(answer, dict) else None
