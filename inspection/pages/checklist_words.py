"""How the desk says what an item of a checklist asks and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from checklists.model import Answer, Item, LegalBasis
from inspection.domain.documents import printed_basis
from inspection.domain.texts import desk_texts, texts


@dataclass(frozen=True)
class ItemWords:
    """A template's `told`, in the reader's language."""

    language: str

    @property
    def own(self) -> Mapping[str, Any]:
        words: Mapping[str, Any] = desk_texts(self.language)["checklists"]
        return words

    def title(self, part: Any) -> str:
        """Of a checklist or a section."""
        return str(part.title if self.language == "zh_CN" else part.title_en)

    def text(self, item: Item) -> str:
        return item.text if self.language == "zh_CN" else item.text_en

    def rule(self, answer: Answer) -> str:
        """What is answered, and which answers pass."""
        own = self.own["rule"]
        if answer.type == "choice":
            listed = self._joined(answer.choices)
            if not isinstance(answer.ok, tuple):
                return str(own["choice_open"]).format(choices=listed)
            return str(own["choice"]).format(choices=listed, ok=self._joined(answer.ok))
        bounds = answer.ok.items() if isinstance(answer.ok, Mapping) else ()
        told = [own[kind].format(bound=self._bound(kind, bound)) for kind, bound in bounds]
        text = self._joined(told) or own["yes_no" if answer.type == "yes_no" else f"{answer.type}_open"]
        unit = self.own["percent"] if answer.unit == "percent" else ""
        return own["labelled"].format(label=answer.label, rule=f"{text}{unit}") if answer.label else f"{text}{unit}"

    def _bound(self, kind: str, bound: Any) -> str:
        return desk_texts(self.language)["institution"]["number"][bound] if kind == "min_attribute" else str(bound)

    def printed(self, item: Item) -> str:
        """The legal basis as a notice prints it; nothing where none may be printed."""
        found = (printed_basis(basis.law, basis.article, basis.status) for basis in item.legal_basis)
        return self._joined([one for one in found if one is not None])

    def applies(self, item: Item) -> str:
        return self._joined([self._word("attribute", flag) for flag in item.applies_when])

    def methods(self, methods: tuple[str, ...]) -> str:
        return self._joined([self.own["method"][method] for method in methods])

    def parts(self, parts: tuple[str, ...]) -> str:
        return self._joined([self._word("recommendation", part) for part in parts])

    def days(self, count: int | None) -> str:
        if count is None:
            return self.nothing
        return str(self.own["at_once"] if count == 0 else self.own["days"]).format(count=count)

    def value(self, field: str, value: Any) -> str:
        """A field of an item, a section or a checklist, for the table of differences."""
        if value in (None, "", ()):
            return self.nothing
        say: dict[str, Callable[[Any], str]] = {
            "kinds": lambda kinds: self._joined([self._word("kind", kind) for kind in kinds]),
            "method": self.methods,
            "recommendation": self.parts,
            "legal_basis": lambda all_of_it: self._joined([self._basis(one) for one in all_of_it]),
            "answer": self.rule,
            "applies_when": lambda flags: self._joined([self._word("attribute", flag) for flag in flags]),
            "severity": lambda code: self._word("severity", code),
            "photo": lambda code: self.own["photo"][code],
            "due_days": self.days,
            "responsible": lambda code: self._word("responsible", code),
            "red_line": lambda code: self.own["red_line"][code],
        }
        return say.get(field, str)(value)

    @property
    def nothing(self) -> str:
        return str(desk_texts(self.language)["common"]["none"])

    def _basis(self, basis: LegalBasis) -> str:
        """A citation as the file has it, with how far it was checked."""
        own = self.own["basis"]
        told = [own[basis.status]]
        if basis.valid_from:
            told.append(own["valid_from"].format(day=basis.valid_from.isoformat()))
        if basis.valid_to:
            told.append(own["valid_to"].format(day=basis.valid_to.isoformat()))
        if basis.note:
            told.append(basis.note)
        name = f"{basis.law} {basis.article}" if basis.article else basis.law
        return self.own["basis"]["whole"].format(name=name, about=self._joined(told))

    def _word(self, section: str, code: str) -> str:
        return texts(self.language)[section].get(code, code)

    def _joined(self, parts: Any) -> str:
        return str(self.own["between"]).join(parts)


def lint_text(code: str, params: Mapping[str, Any], language: str) -> str:
    """Why a line of a file is wrong."""
    return str(desk_texts(language)["checklists"]["lint"][code]).format_map(params)
